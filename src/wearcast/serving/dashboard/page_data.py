"""The data of the page: the API's responses about a station's week, and the viewer's choices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from wearcast.messages import clock
from wearcast.serving.dashboard.api_client import ApiClient, ApiError
from wearcast.serving.dashboard.page_query import Choices, InvalidChoice
from wearcast.serving.dashboard.station_search import OfferedStations, offered_stations
from wearcast.serving.dashboard.wanted_places import PlaceDesk, WantedPlaces
from wearcast.variables import VARIABLES
from wearcast.vocabulary import Language

JsonObject = Mapping[str, Any]
"""An object of an API response."""


@dataclass(frozen=True)
class PageData:
    """Responses of one snapshot and the same days.

    Attributes:
        choices: the choices that are shown, with a station and a day.
        stations: the stations to choose from, the chosen one among them.
        latest: the station's forecast.
        advice: the advice of the chosen day.
        week: by day, the advice of each day that has one.
        is_usual_day: whether the shown day is the API's choice where none is asked for.
        found: the stations that the search finds; None without a search.
        wanted: the places that can be asked for where it finds none; None where none may be, or
            nobody looked.
    """

    choices: Choices
    stations: Sequence[JsonObject]
    latest: JsonObject
    advice: JsonObject
    week: Mapping[str, JsonObject]
    is_usual_day: bool = False
    found: Sequence[JsonObject] | None = None
    wanted: WantedPlaces | None = None

    @property
    def chosen(self) -> Choices:
        """The choices without a day where it is the usual one, so that the page goes on to the next
        day by itself."""
        return replace(self.choices, day=None) if self.is_usual_day else self.choices

    def query(self, **other: Any) -> str:
        """The page's query; `other` replaces choices."""
        return self.chosen.to_query(**other)

    @property
    def station(self) -> JsonObject:
        """The chosen station."""
        return _find(self.stations, "id", self.choices.station)

    @property
    def language(self) -> Language:
        """The language of the page."""
        return self.choices.lang or "en"

    @property
    def provenance(self) -> JsonObject:
        """Which forecast the responses come from."""
        provenance: JsonObject = self.advice["forecast"]
        return provenance

    @property
    def temperature_suffix(self) -> str:
        """The suffix of temperatures' names: c or f."""
        return "f" if self.choices.units == "imperial" else "c"

    @property
    def wind_key(self) -> str:
        """The name of the wind's speed."""
        return VARIABLES["wind_ms"].scale(self.choices.units).name

    def clock(self, local_time: str) -> str:
        """A local time by the clock of the page."""
        return clock(self.language, self.choices.units, local_time)

    def day(self, date: str) -> JsonObject:
        """A day of the forecast."""
        return _find(self.latest["days"], "date", date)

    def hours(self, date: str) -> list[JsonObject]:
        """The hours of a local day in order, observed ones first; forecast ones have `lead_h`."""
        hours = self._all_hours
        return [hour for hour in hours if hour["local_time"].startswith(date)]

    @property
    def shown_hours(self) -> list[JsonObject]:
        """The hours of the chosen day, and its hours outdoors after midnight."""
        day = self.choices.day or ""
        outdoors = {step["at"] for step in self.advice["timeline"]}
        hours = []
        for hour in self._all_hours:
            local_time = hour["local_time"]
            if local_time.startswith(day) or local_time in outdoors:
                hours.append(hour)
        return hours

    @property
    def _all_hours(self) -> list[JsonObject]:
        hours: list[JsonObject] = self.latest["observed"] + self.latest["hours"]
        return hours

    def temperature(self, hour: JsonObject) -> float | None:
        """An hour's temperature; of a forecast hour, the median."""
        return median(hour[f"temp_{self.temperature_suffix}"])


def median(value: Any) -> float | None:
    """The median of a forecast quantity; an observed value is returned as it is."""
    if isinstance(value, dict):
        value = value["p50"]
    number: float | None = value
    return number


async def fetch_page_data(
    client: ApiClient, choices: Choices, desk: PlaceDesk | None = None
) -> tuple[PageData, tuple[InvalidChoice, ...]]:
    """The data of the page, and the choices that are invalid.

    Args:
        client: of the API.
        choices: the viewer's.
        desk: looks for places where no station is found; without it nobody does.

    Raises:
        ApiError: the API has no response.
    """
    for _ in range(2):
        offered = await offered_stations(client, choices.station, choices.find, desk)
        resolved, invalid = resolve_choices(choices, offered.listed)
        data = await _fetch(client, resolved, offered)
        if _same_snapshot_and_days(data):
            break
    # Where snapshots change faster than they can be fetched, each response is right by itself.
    return data, invalid


async def _fetch(client: ApiClient, choices: Choices, offered: OfferedStations) -> PageData:
    """The responses; without a choice of a day, the API chooses one."""
    days = _find(offered.listed, "id", choices.station)["days"]
    usual, latest, *advices = await client.all(
        client.get("/recommendation/by_day", **replace(choices, day=None).advice_query()),
        client.get("/forecast/latest", station=choices.station, units=choices.units),
        *[client.get("/recommendation/by_day", **choices.advice_query(day)) for day in days],
    )
    week = dict(zip(days, advices, strict=True))
    advice = week[choices.day] if choices.day else usual
    for needed in (advice, latest):
        if isinstance(needed, ApiError):
            raise needed
    shown = replace(choices, day=advice["target_date"])
    week = {day: one for day, one in week.items() if not isinstance(one, ApiError)}
    is_usual = shown.day == usual["target_date"]
    return PageData(
        shown,
        offered.listed,
        latest,
        advice,
        week | {shown.day: advice},
        is_usual,
        found=offered.found,
        wanted=offered.wanted,
    )


def _find(objects: Sequence[JsonObject], key: str, value: str | None) -> JsonObject:
    for one in objects:
        if one[key] == value:
            return one
    raise LookupError(f"no {key} {value}")


def _same_snapshot_and_days(data: PageData) -> bool:
    version = data.latest["forecast"]["version"]
    for advice in data.week.values():
        if advice["forecast"]["version"] != version:
            return False
    offered: list[str] = data.station["days"]
    return offered == [day["date"] for day in data.latest["days"]]


def resolve_choices(
    choices: Choices, stations: Sequence[JsonObject]
) -> tuple[Choices, tuple[InvalidChoice, ...]]:
    """The choices with a station that has a forecast, and with a day only where it has that day;
    and the invalid choices.

    Raises:
        ApiError: no station has a forecast.
    """
    with_forecast = {station["id"]: station for station in stations if station["days"]}
    if not with_forecast:
        raise ApiError("empty", "")
    invalid = []
    station_id = choices.station
    day = choices.day
    if station_id is not None and station_id not in with_forecast:
        invalid.append(InvalidChoice("station", station_id))
        station_id = None
    station = with_forecast[station_id or next(iter(with_forecast))]
    if day is not None and day not in station["days"]:
        invalid.append(InvalidChoice("day", day))
        day = None
    resolved = replace(choices, station=station["id"], day=day)
    return resolved, tuple(invalid)
