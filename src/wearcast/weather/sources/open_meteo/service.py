"""How Open-Meteo is asked: its limits, its key, and what its refusals mean.

Free use is for non-commercial purposes and counted by the caller's address. A commercial key
(OPEN_METEO_API_KEY) lifts the limits and leads to hosts of their own.
"""

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from pydantic import SecretStr

from wearcast.config import Station
from wearcast.errors import QuotaError, SourceError
from wearcast.weather.open_meteo_terms import KEY, OWN_HOST
from wearcast.weather.sources.http_client import HttpClient, Query
from wearcast.weather.sources.http_response import HttpResponse
from wearcast.weather.sources.open_meteo.days import Days
from wearcast.weather.sources.quoted_keys import refuse_quotes
from wearcast.weather.sources.rate_limit import RateLimit, RateLimiter

T = TypeVar("T")
NAME: Final = "Open-Meteo"
FREE: Final = (RateLimit(600, 60), RateLimit(5_000, 3_600), RateLimit(10_000, 86_400))
"""Weights a minute, an hour and a day (open-meteo.com/en/terms)."""

_TOO_BUSY: Final = 429

MOST_WEIGHT: Final = 60.0
"""Of one request: a tenth of what a free caller may ask for in a minute."""

_FREE_AT_ONCE: Final = 1
"""Requests of a free caller that are worked on side by side; five more may wait, and any other is
refused."""

_PAID_AT_ONCE: Final = 4
"""With a key, or at a server of one's own, nothing is said of it: this is polite."""


def weight(locations: int, variables: int, days: int) -> float:
    """What a request counts in the free limits: each place at least 1, two weeks of ten variables
    being 1. A variable counts once for each model, and for each age of a forecast."""
    share = variables / 10
    return locations * max(1.0, share, days / 14 * share)


def question(stations: Sequence[Station], hourly: Iterable[str], days: Days) -> dict[str, str]:
    """The query for hourly values at the stations' places and heights, in our units."""
    return {
        "latitude": ",".join(str(station.latitude) for station in stations),
        "longitude": ",".join(str(station.longitude) for station in stations),
        "elevation": ",".join(str(station.elevation_m) for station in stations),
        "hourly": ",".join(hourly),
        **days.query,
        "timezone": "GMT",
        "wind_speed_unit": "ms",
    }


@functools.cache
def _free_limiter() -> RateLimiter:
    """Of this process: the free limits are counted by the caller's address, for observations and
    numerical forecasts together."""
    return RateLimiter(NAME, FREE)


class Service:
    """Open-Meteo's servers, or one's own that speak as they do."""

    def __init__(
        self,
        environment: Mapping[str, str],
        client: HttpClient,
        limiter: RateLimiter | None = None,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        """The key comes from `environment`; `limiter` is for tests: by default the free limits hold
        for Open-Meteo's own free servers.

        Raises:
            ConfigError: the key stands in quotes.
        """
        key = environment.get(KEY, "").strip()
        refuse_quotes(KEY, key)
        self._key = SecretStr(key)
        self._client = client
        self._limiters = {
            True: limiter or _free_limiter(),
            False: limiter or RateLimiter(NAME, ()),
        }
        self._now = now or (lambda: datetime.now(UTC))

    def ask(self, url: str, query: Query, counts: float, read: Callable[[Any], T]) -> T:
        """What `read` makes of the answer's JSON; the request counts as `counts` in the limits.

        Raises:
            PassingError: the service can't be reached or is too busy.
            SourceError: it refuses the request, or answers rubbish.
        """
        free = not self._key.get_secret_value()
        limiter = self._limiters[self._is_limited(url)]
        limiter.spend(counts)
        keyed = query if free else {**query, "apikey": self._key}
        address = self.address(url)
        return self._client.get(address, keyed, lambda response: read(self._json(response)))

    def requests_at_once(self, url: str) -> int:
        """How many requests to `url` may be under way side by side."""
        return _FREE_AT_ONCE if self._is_limited(url) else _PAID_AT_ONCE

    def _is_limited(self, url: str) -> bool:
        """Whether the free limits hold there."""
        return not self._key.get_secret_value() and bool(OWN_HOST.match(url))

    def address(self, url: str) -> str:
        """Where `url` is asked: with a key, at the hosts for customers."""
        if not self._key.get_secret_value():
            return url
        return OWN_HOST.sub(r"https://customer-\1", url)

    def _json(self, response: HttpResponse) -> Any:
        if response.status == 200:
            content = response.json()
            if isinstance(content, dict) and content.get("error"):
                raise self._refused(response, str(content.get("reason", "")))
            return content
        reason = _reason(response)
        if response.status == _TOO_BUSY:
            self._raise_busy(response, reason)
        if 400 <= response.status < 500 and reason:
            raise self._refused(response, reason)
        response.require_success(reason)
        raise response.rubbish(f"status {response.status}")

    def _raise_busy(self, response: HttpResponse, reason: str) -> None:
        for period, again in (("Hourly", "in the next hour"), ("Daily", "tomorrow (UTC)")):
            if reason.startswith(period):
                raise QuotaError(
                    f"{response.url}: {reason} It counts all that comes from this network address."
                    f" Run again {again}: what is there already is not asked for again. Fewer"
                    f" stations or years ask for less; a commercial key ({KEY}) lifts the limit."
                )
        if reason.startswith("Minutely") and response.retry_after_s is None:
            # It begins to count anew with each minute, and sends no Retry-After.
            raise response.passing(f"status 429: {reason}", retry_after_s=61.0 - self._now().second)
        response.require_success(reason)

    def _refused(self, response: HttpResponse, reason: str) -> SourceError:
        hint = "Check the stations' coordinates, and ingest.start and ingest.end."
        if response.status in (401, 403) or "api key" in reason.lower():
            hint = f"Check {KEY}, or unset it to use the free service."
        elif "out of allowed range" in reason:
            hint = (
                "Change ingest.start or ingest.end; if it names today, check this machine's clock."
            )
        elif "initialize MultiDomains" in reason:
            hint = "The server doesn't know that model: check ingest.guidance.models."
        elif "Cannot initialize" in reason:
            hint = (
                "The server doesn't know that variable: check the addresses in ingest.open_meteo."
            )
        elif "too much data" in reason:
            hint = "Name fewer stations, or a later ingest.start."
        return SourceError(f"{response.url} refuses the request: {reason.rstrip('.')}. {hint}")


def _reason(response: HttpResponse) -> str:
    """The reason that the server gives in its way; empty where it speaks in another, as a proxy
    before it does."""
    try:
        content = response.json()
    except SourceError:
        return ""
    return str(content.get("reason", "")) if isinstance(content, dict) else ""
