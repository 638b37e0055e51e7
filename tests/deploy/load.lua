-- Visitors of the API: each of the connections asks about 20 times a second, for one thing after the other.
local paths = { "/api/forecast/latest", "/recommendation/by_day", "/api/stations", "/forecast/latest", "/api/health/ready" }
local n = 0

function request()
  n = n + 1
  return wrk.format("GET", paths[n % #paths + 1])
end

function delay()
  return 50
end
