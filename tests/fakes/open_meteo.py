"""Open-Meteo, made up over real HTTP from what its own server's source says: archive, forecast,
previous runs and geocoding.

The weather is a smooth function of place and time, so a test can tell what any hour must be; the
archive's last days and the forecast's past hours are a little off, as preliminary values are, and
become the final ones when the days pass. What its numerical models make of it is in
`open_meteo_models`.
"""

import asyncio
import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import numpy as np

from fakes.open_meteo_answers import LIMITS, as_json, found, spoilt, zone_at
from fakes.open_meteo_models import METADATA, MODELS, Series, metadata, series

UNITS = {
    # name: unit, decimals
    "temperature_2m": ("°C", 1),
    "relative_humidity_2m": ("%", 0),
    "dew_point_2m": ("°C", 1),
    "apparent_temperature": ("°C", 1),
    "precipitation": ("mm", 2),
    "pressure_msl": ("hPa", 1),
    "cloud_cover": ("%", 0),
    "wind_speed_10m": ("km/h", 1),
    "wind_gusts_10m": ("km/h", 1),
    "wind_direction_10m": ("°", 0),
    "shortwave_radiation": ("W/m²", 1),
}
FACTORS = {
    "kmh": ("km/h", 3.6, 1),
    "ms": ("m/s", 1.0, 2),
    "mph": ("mph", 2.2369, 1),
    "kn": ("kn", 1.9438, 1),
}
FINAL_AFTER, ARCHIVE_LAG, REACHES_BACK_D, REACHES_AHEAD_D = (
    timedelta(days=5),
    timedelta(days=2),
    93,
    16,
)
GUST_FACTOR = 1.6
OFF_C = {"final": 0.0, "preliminary": 0.3, "forecast": 0.7}


@dataclass(frozen=True)
class Asked:
    """A request as the server saw it, and what it made of it."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    weight: float
    status: int
    at_s: float

    @property
    def days(self) -> tuple[str, str]:
        return self.query["start_date"], self.query["end_date"]

    @property
    def places(self) -> int:
        return self.query["latitude"].count(",") + 1


class RefusedError(Exception):
    """400 with this reason."""


@dataclass
class FakeOpenMeteo:
    """The endpoints at one address: /v1/archive, /v1/forecast, /v1/previous-runs, /v1/search, and
    the files that say which run is served.

    Attributes:
        gone: from when on a model has nulls only.
        metadata: by data set, what its file is like; "fresh" where nothing is said.
        unaged_off_c: what is wrong with previous runs that are asked for without an age.
    """

    now: Callable[[], datetime] = lambda: datetime(2026, 8, 20, 9, 30, tzinfo=UTC)
    limited: bool = False
    delay_s: float = 0.0
    log: list[Asked] = field(default_factory=list)
    faults: deque[str] = field(default_factory=deque)
    archive_lacks: Callable[[float, np.ndarray], np.ndarray] = lambda _, hours: np.zeros(
        len(hours), dtype=bool
    )
    gone: dict[str, datetime] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    unaged_off_c: float = 0.0

    def __post_init__(self) -> None:
        self._spent: dict[tuple[str, int], float] = {}
        self._inside = self.most_at_once = 0
        self._turn = asyncio.Lock()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        query = dict(parse_qsl(scope["query_string"].decode()))
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        fault = self.faults.popleft() if self.faults else ""
        if fault == "silent":
            self.log.append(
                Asked(scope["path"], query, headers, weight_of(query), 0, self.now().timestamp())
            )
            while (await receive())["type"] != "http.disconnect":
                pass
            return
        self._inside += 1
        self.most_at_once = max(self.most_at_once, self._inside)
        try:
            status, body, extra = await self._answered(scope["path"], query, fault)
        finally:
            self._inside -= 1
        at_s = self.now().timestamp()
        self.log.append(Asked(scope["path"], query, headers, weight_of(query), status, at_s))
        await _sent(send, status, body, extra, fault)

    @property
    def spent(self) -> float:
        return sum(asked.weight for asked in self.log)

    def asked_of(self, endpoint: str) -> list[Asked]:
        return [asked for asked in self.log if asked.path == f"/v1/{endpoint}"]

    async def _answered(
        self, path: str, query: dict[str, str], fault: str
    ) -> tuple[int, bytes, dict[str, str]]:
        # One request is worked on, five wait.
        if self._inside > 6:
            return as_json(429, {"reason": "Too many concurrent requests", "error": True})
        async with self._turn:
            await asyncio.sleep(self.delay_s)
            if file := METADATA.fullmatch(path):
                return self._file(file["data_set"], fault)
            if self.limited and (refusal := self._over_limit(query)):
                return as_json(429, {"error": True, "reason": refusal})
            try:
                content = self._content(path, query)
            except RefusedError as error:
                return as_json(400, {"error": True, "reason": str(error)})
            return spoilt(fault, content, query)

    def _file(self, data_set: str, fault: str) -> tuple[int, bytes, dict[str, str]]:
        content = metadata(data_set, self.now(), self.metadata.get(data_set, "fresh"))
        if content is None:
            return as_json(404, {"error": True, "reason": "Not Found"})
        return spoilt(fault, content, {})

    def _over_limit(self, query: Mapping[str, str]) -> str | None:
        at_s, weight = self.now().timestamp(), weight_of(query)
        for name, within_s, most, again in LIMITS:
            bucket = (name, int(at_s // within_s))
            if self._spent.get(bucket, 0.0) + weight > most:
                self._spent[bucket] = self._spent.get(bucket, 0.0) + 1
                ending = "limit exceeded. Please try again"
                return f"{name} API request {ending} {again}."
        for name, within_s, _, _ in LIMITS:
            bucket = (name, int(at_s // within_s))
            self._spent[bucket] = self._spent.get(bucket, 0.0) + weight
        return None

    def _content(self, path: str, query: Mapping[str, str]) -> Any:
        match path:
            case "/v1/search":
                return found(query)
            case "/v1/archive" | "/v1/era5":
                return self._weather(query, "archive")
            case "/v1/forecast":
                return self._weather(query, "forecast")
            case "/v1/previous-runs":
                return self._weather(query, "previous runs")
        raise RefusedError("Not Found")

    def _weather(self, query: Mapping[str, str], endpoint: str) -> Any:
        latitudes, longitudes = (_numbers(query, name) for name in ("latitude", "longitude"))
        if len(latitudes) != len(longitudes):
            raise RefusedError(
                "Parameter 'latitude' and 'longitude' must have the same number of elements"
            )
        elevations = (
            _numbers(query, "elevation") if "elevation" in query else [38.0] * len(latitudes)
        )
        places = list(zip(latitudes, longitudes, elevations, strict=True))
        columns = _asked_columns(query, endpoint)
        first, last = self._days(query, endpoint)
        answers = [
            self._place(n, place, columns, first, last, query, endpoint)
            for n, place in enumerate(places)
        ]
        return answers if len(answers) > 1 else answers[0]

    def _days(self, query: Mapping[str, str], endpoint: str) -> tuple[date, date]:
        today = self.now().date()
        if endpoint == "archive" and not {"start_date", "end_date"} <= set(query):
            raise RefusedError("Both 'start_date' and 'end_date' must be set in the url")
        try:
            first = date.fromisoformat(query.get("start_date", f"{today}"))
            last = date.fromisoformat(query.get("end_date", f"{today + timedelta(days=6)}"))
        except ValueError:
            raise RefusedError("Invalid date format. Make sure to use 'YYYY-MM-DD'") from None
        if last < first:
            raise RefusedError("End-date must be larger or equals than start-date")
        oldest = {
            "archive": date(1940, 1, 1),
            "previous runs": date(2016, 1, 1),
            "forecast": today - timedelta(days=REACHES_BACK_D),
        }[endpoint]
        newest = today if endpoint == "archive" else today + timedelta(days=REACHES_AHEAD_D)
        for name, day in (("start_date", first), ("end_date", last)):
            if not oldest <= day <= newest:
                raise RefusedError(
                    f"Parameter '{name}' is out of allowed range from {oldest} to {newest}"
                )
        return first, last

    def _place(
        self,
        index: int,
        place: tuple[float, float, float],
        columns: Sequence[Series],
        first: date,
        last: date,
        query: Mapping[str, str],
        endpoint: str,
    ) -> dict[str, Any]:
        latitude, longitude, elevation = place
        if not -90 <= latitude <= 90:
            raise RefusedError(f"Latitude must be in range of -90 to 90°. Given: {latitude}.")
        if not -180 <= longitude <= 180:
            raise RefusedError(f"Longitude must be in range of -180 to 180°. Given: {longitude}.")
        zone = query.get("timezone", "GMT")
        if zone == "auto":
            zone = zone_at(latitude, longitude)
        offset = self.now().astimezone(ZoneInfo(zone)).utcoffset() or timedelta(0)
        local = np.arange(np.datetime64(first, "h"), np.datetime64(last + timedelta(days=1), "h"))
        hours = (local - np.timedelta64(int(offset.total_seconds() // 3600), "h")).astype(np.int64)
        values = {}
        for one in columns:
            if one.model is None:
                values[None, 0] = self._values(latitude, longitude, hours, endpoint == "archive")
            elif (one.model, one.age_d) not in values:
                values[one.model, one.age_d] = self.modelled(
                    one.model, one.age_d, latitude, longitude, hours, endpoint
                )
        unit, factor, decimals = FACTORS[query.get("wind_speed_unit", "kmh")]
        hourly: dict[str, Any] = {"time": np.datetime_as_string(local, "m").tolist()}
        units = {"time": "iso8601"}
        for one in columns:
            is_speed = UNITS[one.variable][0] == "km/h"
            units[one.key], places = (unit, decimals) if is_speed else UNITS[one.variable]
            column = values[one.model, one.age_d][one.variable] * (factor if is_speed else 1.0)
            hourly[one.key] = _written(column, places)
        head: dict[str, Any] = {
            "latitude": round(latitude * 4) / 4,
            "longitude": round(longitude * 4) / 4,
            "generationtime_ms": 0.5,
            "utc_offset_seconds": int(offset.total_seconds()),
            "timezone": zone,
            "timezone_abbreviation": (
                zone if zone == "GMT" else f"GMT{int(offset.total_seconds() // 3600):+d}"
            ),
            "elevation": elevation,
        }
        if index:
            head["location_id"] = index
        return {**head, "hourly_units": units, "hourly": hourly}

    def _values(
        self, latitude: float, longitude: float, hours: np.ndarray, archive: bool
    ) -> dict[str, np.ndarray]:
        now_h = self.now().timestamp() / 3600
        if not archive:
            return weather(latitude, longitude, hours, np.full(len(hours), OFF_C["forecast"]))
        off = np.where(
            hours <= now_h - FINAL_AFTER / timedelta(hours=1), OFF_C["final"], OFF_C["preliminary"]
        )
        values = weather(latitude, longitude, hours, off)
        lacks = (hours > now_h - ARCHIVE_LAG / timedelta(hours=1)) | self.archive_lacks(
            latitude, hours
        )
        return {name: np.where(lacks, np.nan, column) for name, column in values.items()}

    def modelled(
        self,
        name: str,
        age_d: int,
        latitude: float,
        longitude: float,
        hours: np.ndarray,
        endpoint: str = "previous runs",
    ) -> dict[str, np.ndarray]:
        """What a model's newest run, started `age_d` days or more before each of the hours since
        1970, says of them."""
        model, now = MODELS[name], self.now()
        runs = model.runs(hours, age_d, now)
        off_c = model.off_c(hours, runs)
        if endpoint == "previous runs" and age_d == 0:
            off_c = off_c + self.unaged_off_c
        displaced = model.displaced_deg(hours, runs)
        values = weather(latitude + displaced, longitude + displaced, hours, off_c)
        values = model.as_it_writes(values, hours, runs)
        if name in self.gone:
            since = self.gone[name]
            is_gone = hours >= since.timestamp() / 3600
            if endpoint == "forecast":
                is_gone |= now >= since
            values = {name: np.where(is_gone, np.nan, column) for name, column in values.items()}
        return values


def weather(
    latitude: float | np.ndarray,
    longitude: float | np.ndarray,
    hours: np.ndarray,
    off_c: np.ndarray,
) -> dict[str, np.ndarray]:
    """What the weather is at hours since 1970, °C off by `off_c`."""
    day, year = (hours + longitude / 15 - 15) / 24 * math.tau, (hours / 8766 - 0.55) * math.tau
    weeks = np.sin(hours / 97 + latitude) + np.sin(hours / 61 + longitude)
    temp = (
        22
        - abs(latitude) / 4
        + 10 * np.cos(year) * np.sign(latitude)
        + 4 * np.cos(day)
        + 3 * weeks
        + off_c
    )
    humidity = np.clip(np.round(65 - 15 * np.cos(day) + 10 * weeks), 5, 100)
    sun = np.clip(np.cos(day), 0, None)
    return {
        "temperature_2m": temp,
        "apparent_temperature": temp - 1,
        "relative_humidity_2m": humidity,
        "dew_point_2m": temp - (100 - humidity) / 5,
        "precipitation": np.clip(weeks - 1.2, 0, None) * 2 + 0 * off_c,
        "pressure_msl": 1013 - 8 * weeks,
        "cloud_cover": np.clip(np.round(50 + 30 * weeks), 0, 100),
        "wind_speed_10m": np.abs(3 + 2 * weeks),
        "wind_gusts_10m": np.abs(3 + 2 * weeks) * GUST_FACTOR,
        "wind_direction_10m": np.round(180 + 90 * weeks) % 360,
        "shortwave_radiation": 700 * sun,
    }


def _asked_columns(query: Mapping[str, str], endpoint: str) -> list[Series]:
    """The columns asked for, known to be of variables and models that there are."""
    models = query["models"].split(",") if "models" in query else []
    for model in models:
        if model not in MODELS:
            raise RefusedError(
                "Data corrupted at path ''. Cannot initialize MultiDomains from invalid String"
                f" value {model}."
            )
    columns = series(query["hourly"].split(","), models, endpoint == "previous runs")
    for one in columns:
        if one.variable not in UNITS:
            raise RefusedError(
                "Data corrupted at path ''. Cannot initialize ForecastVariable from invalid"
                f" String value {one.variable}."
            )
    return columns


def weight_of(query: Mapping[str, str]) -> float:
    """What the real server counts a request: the sum over places of max(1, variables / 10, days /
    14 * variables / 10), each variable once a model; a plain file counts nothing."""
    if not query:
        return 0.0
    if not {"hourly", "start_date"} <= query.keys():
        return 1.0
    models = query.get("models", "").count(",") + 1
    variables = (query["hourly"].count(",") + 1) * models
    first, last = (date.fromisoformat(query[name]) for name in ("start_date", "end_date"))
    days = (last - first).days + 1
    return (query["latitude"].count(",") + 1) * max(
        1.0, variables / 10, days / 14 * (variables / 10)
    )


async def _sent(
    send: Any, status: int, body: bytes, headers: Mapping[str, str], fault: str
) -> None:
    length = {} if fault != "dropped" else {"content-length": str(len(body))}
    pairs = [(name.encode(), value.encode()) for name, value in {**headers, **length}.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    if fault == "dropped":
        # The server promises more than it sends, and hangs up.
        await send(
            {"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True}
        )
        raise ConnectionError("the fake hangs up")
    pieces = [body[n : n + 500] for n in range(0, len(body), 500)] if fault == "dribble" else [body]
    for piece in pieces:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        await asyncio.sleep(0.05 if fault == "dribble" else 0)
    await send({"type": "http.response.body", "body": b""})


def _written(column: np.ndarray, decimals: int) -> list[float | int | None]:
    rounded = np.round(column, decimals)
    known = np.isfinite(rounded)
    plain = rounded.tolist() if decimals else np.where(known, rounded, 0).astype(int).tolist()
    return (
        plain
        if known.all()
        else [value if there else None for value, there in zip(plain, known.tolist(), strict=True)]
    )


def _numbers(query: Mapping[str, str], name: str) -> list[float]:
    return [float(part) for part in query[name].split(",")]
