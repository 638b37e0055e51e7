"""What the fake Open-Meteo answers besides weather: places by their names, and answers with
something wrong about them."""

import json
from collections.abc import Mapping
from typing import Any

PLACES = (
    # id, name, name in Korean, latitude, longitude, elevation, country_code, timezone, population,
    # country, admin1
    (
        1835848,
        "Seoul",
        "서울특별시",
        37.566,
        126.9784,
        38.0,
        "KR",
        "Asia/Seoul",
        10349312,
        "South Korea",
        "Seoul",
    ),
    (
        1833747,
        "Ulsan",
        "울산광역시",
        35.53722,
        129.31667,
        11.0,
        "KR",
        "Asia/Seoul",
        962865,
        "South Korea",
        "Ulsan",
    ),
    (
        4409896,
        "Springfield",
        "스프링필드",
        37.21533,
        -93.29824,
        396.0,
        "US",
        "America/Chicago",
        166810,
        "United States",
        "Missouri",
    ),
    (
        4951788,
        "Springfield",
        "스프링필드",
        42.10148,
        -72.58981,
        21.0,
        "US",
        "America/New_York",
        154341,
        "United States",
        "Massachusetts",
    ),
    (
        1843137,
        "Gangneung",
        "강릉시",
        37.75266,
        128.87239,
        39.0,
        "KR",
        "Asia/Seoul",
        180611,
        "South Korea",
        "Gangwon-do",
    ),
)
LIMITS = (
    ("Minutely", 60, 600, "in one minute"),
    ("Hourly", 3_600, 5_000, "in the next hour"),
    ("Daily", 86_400, 10_000, "tomorrow"),
)


def spoilt(fault: str, content: Any, query: Mapping[str, str]) -> tuple[int, bytes, dict[str, str]]:
    """The answer, with what is wrong with it."""
    first = content[0] if isinstance(content, list) else content
    match fault:
        case "" | "dribble" | "dropped":
            return as_json(200, content)
        case "503":
            return as_json(503, {"reason": "The service is overloaded", "error": True})
        case "503 with Retry-After":
            status, body, headers = as_json(
                503, {"reason": "The service is overloaded", "error": True}
            )
            return status, body, {**headers, "retry-after": "7"}
        case "500":
            return as_json(500, {"error": True, "reason": "Something went wrong."})
        case "502":
            page = (
                b"<html>\r\n"
                b"<head><title>502 Bad Gateway</title></head>\r\n"
                b"<body><center><h1>502 Bad Gateway</h1></center></body></html>"
            )
            return 502, page, {"content-type": "text/html"}
        case "429 Minutely" | "429 Hourly" | "429 Daily":
            again = {name: text for name, _, _, text in LIMITS}[fault.split()[1]]
            reason = f"{fault.split()[1]} API request limit exceeded. Please try again {again}."
            return as_json(429, {"error": True, "reason": reason})
        case "429 concurrent":
            return as_json(429, {"reason": "Too many concurrent requests", "error": True})
        case "broken stream":
            status, body, headers = as_json(200, content)
            return (
                status,
                body[: len(body) // 2] + b"Unexpected error while streaming data: timeoutReached",
                headers,
            )
        case "HTML":
            return (
                200,
                b"<!DOCTYPE html><html><body>Please log in to this network</body></html>",
                {"content-type": "text/html"},
            )
        case "XML":
            return (
                200,
                b'<?xml version="1.0"?><error>no</error>',
                {"content-type": "application/xml"},
            )
        case "empty":
            return 200, b"", {"content-type": "application/json; charset=utf-8"}
        case "redirect":
            to = "https://elsewhere.example/v1?" + "&".join(
                f"{name}={value}" for name, value in query.items()
            )
            return 301, b"", {"location": to}
        case "key refused":
            return as_json(
                400,
                {
                    "error": True,
                    "reason": f"The supplied API key is invalid: {query.get('apikey')}",
                },
            )
        case "too much":
            reason = (
                "Your API call requests too much data. Please reduce the number of variables,"
                " locations and/or weather models."
            )
            return as_json(400, {"error": True, "reason": reason})
        case "no data":
            return as_json(400, {"error": True, "reason": "No data is available for this location"})
        case "error with 200":
            return as_json(200, {"error": True, "reason": "No data is available for this location"})
        case "°F":
            first["hourly_units"][_key(first, "temperature_2m")] = "°F"
        case "missing column":
            del first["hourly"][_key(first, "dew_point_2m")]
        case "short column":
            first["hourly"][_key(first, "dew_point_2m")].pop()
        case "text for numbers":
            first["hourly"][_key(first, "temperature_2m")][3] = "12.5"
        case "other hours":
            first["hourly"]["time"] = [f"1999{time[4:]}" for time in first["hourly"]["time"]]
        case "local time":
            first.update(
                utc_offset_seconds=32_400, timezone="Asia/Seoul", timezone_abbreviation="GMT+9"
            )
        case "other place":
            first["latitude"] += 10
        case "fewer places":
            return as_json(200, first)
        case "a list of lists":
            return as_json(200, [[]])
        case _:
            raise AssertionError(fault)
    return as_json(200, content)


def _key(answer: Mapping[str, Any], variable: str) -> str:
    """The first key of a variable, whatever its age or model."""
    return next(name for name in answer["hourly"] if name.startswith(variable))


def as_json(status: int, content: Any) -> tuple[int, bytes, dict[str, str]]:
    """An answer as the server writes JSON."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    return status, body, {"content-type": "application/json; charset=utf-8"}


def found(query: Mapping[str, str]) -> dict[str, Any]:
    """The places of a name; where there is none, the answer has no `results`."""
    name, language = query.get("name", ""), query.get("language", "en")
    hits = [
        place
        for place in PLACES
        if len(name) > 1
        and (place[1].lower().startswith(name.lower()) or place[2].startswith(name))
    ]
    results = [_result(place, language) for place in hits][: int(query.get("count", 10))]
    return {**({"results": results} if results else {}), "generationtime_ms": 0.6}


def _result(place: tuple[Any, ...], language: str) -> dict[str, Any]:
    id, english, korean, latitude, longitude, elevation, code, zone, population, country, admin = (
        place
    )
    return {
        "id": id,
        "name": korean if language == "ko" else english,
        "latitude": latitude,
        "longitude": longitude,
        "elevation": elevation,
        "feature_code": "PPLC",
        "country_code": code,
        "timezone": zone,
        "population": population,
        "country": country,
        "admin1": admin,
    }


def zone_at(latitude: float, longitude: float) -> str:
    """The time zone that `timezone=auto` is answered with: that of the nearest of the places."""
    nearest = min(PLACES, key=lambda place: abs(place[3] - latitude) + abs(place[4] - longitude))
    return str(nearest[7])
