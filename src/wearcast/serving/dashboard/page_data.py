"""What the page is drawn from: the API's answers about a station's week, and which of it is
chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from wearcast.serving.dashboard.api_client import ApiClient, ApiError
from wearcast.serving.dashboard.page_query import Choices, InvalidChoice
from wearcast.variables import VARIABLES
from wearcast.vocabulary import Language

JsonObject = Mapping[str, Any]


@dataclass(frozen=True)
class PageData:
    """Answers that belong together: all of one snapshot and the same days.

    Attributes:
        choices: what is shown, with a station and a day.
        stations: that can be chosen.
        latest: the station's forecast.
        advice: of the chosen day.
        week: of each day that it was had for.
    """

    choices: Choices
    stations: Sequence[JsonObject]
    latest: JsonObject
    advice: JsonObject
    week: Mapping[str, JsonObject]

    @property
    def station(self) -> JsonObject:
        """The chosen station."""
        return next(station for station in self.stations if station["id"] == self.choices.station)

    @property
    def language(self) -> Language:
        """Of every text."""
        return self.choices.lang or "en"

    @property
    def provenance(self) -> JsonObject:
        """Which forecast all of it comes from."""
        found: JsonObject = self.advice["forecast"]
        return found

    @property
    def temperature_suffix(self) -> str:
        """What names of temperatures end in: c or f."""
        return "f" if self.choices.units == "imperial" else "c"

    @property
    def wind_key(self) -> str:
        """The name of the wind's speed."""
        return VARIABLES["wind_ms"].scale(self.choices.units).name

    def day(self, date: str) -> JsonObject:
        """A day of the forecast."""
        return next(day for day in self.latest["days"] if day["date"] == date)

    def hours(self, date: str) -> list[JsonObject]:
        """The hours of a local day in order, those that have passed first; an hour ahead has
        `lead_h`."""
        return [hour for hour in self._all_hours if hour["local_time"].startswith(date)]

    @property
    def shown_hours(self) -> list[JsonObject]:
        """The hours of the chosen day, and those in which its night out goes on after midnight."""
        day, out = self.choices.day or "", {step["at"] for step in self.advice["timeline"]}
        return [
            hour
            for hour in self._all_hours
            if hour["local_time"].startswith(day) or hour["local_time"] in out
        ]

    @property
    def _all_hours(self) -> list[JsonObject]:
        return [*self.latest["observed"], *self.latest["hours"]]

    def temperature(self, hour: JsonObject) -> float | None:
        """An hour's temperature, the median of one that is ahead."""
        found = hour[f"temp_{self.temperature_suffix}"]
        median: float | None = found["p50"] if isinstance(found, dict) else found
        return median


async def fetch_page_data(
    client: ApiClient, choices: Choices
) -> tuple[PageData, tuple[InvalidChoice, ...]]:
    """All that the page shows, and which choices couldn't be met.

    Raises:
        Trouble: the API has no answer.
    """
    for _ in range(2):
        stations = (await client.get("/stations"))["stations"]
        settled, wrong = resolve_choices(choices, stations)
        found = await _fetch(client, settled, stations)
        if _same_snapshot_and_days(found):
            break
    # Where the snapshot changes faster than it can be read, each answer is right by itself.
    return found, wrong


async def _fetch(client: ApiClient, choices: Choices, stations: Sequence[JsonObject]) -> PageData:
    """The answers; without a choice of a day, the API says which one is meant."""
    offered = next(station["days"] for station in stations if station["id"] == choices.station)
    days = [choices.day, *(day for day in offered if day != choices.day)]
    advice, latest, *others = await client.all(
        client.get("/recommendation/by_day", **choices.advice_query()),
        client.get("/forecast/latest", station=choices.station, units=choices.units),
        *(client.get("/recommendation/by_day", **choices.advice_query(day)) for day in days[1:]),
    )
    if isinstance(latest, ApiError):
        raise latest
    week = {
        day: found
        for day, found in zip(days[1:], others, strict=True)
        if not isinstance(found, ApiError)
    }
    shown = advice["target_date"]
    return PageData(replace(choices, day=shown), stations, latest, advice, {**week, shown: advice})


def _same_snapshot_and_days(data: PageData) -> bool:
    versions = {found["forecast"]["version"] for found in (data.latest, *data.week.values())}
    return (
        len(versions) == 1 and [day["date"] for day in data.latest["days"]] == data.station["days"]
    )


def resolve_choices(
    choices: Choices, stations: Sequence[JsonObject]
) -> tuple[Choices, tuple[InvalidChoice, ...]]:
    """The choices with a station that there is, and no day but one that there is; and what was
    chosen in vain.

    Raises:
        Trouble: no station has a forecast.
    """
    with_forecast = {station["id"]: station for station in stations if station["days"]}
    if not with_forecast:
        raise ApiError("empty", "")
    wrong = []
    if choices.station is not None and choices.station not in with_forecast:
        wrong.append(InvalidChoice("station", choices.station))
    station = with_forecast.get(choices.station or "", next(iter(with_forecast.values())))
    if choices.day is not None and choices.day not in station["days"]:
        wrong.append(InvalidChoice("day", choices.day))
    day = choices.day if choices.day in station["days"] else None
    return replace(choices, station=station["id"], day=day), tuple(wrong)
