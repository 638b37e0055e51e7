"""What the page is drawn from: the API's answers about a station's week, and which of it is
chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from wearcast.serving.dashboard.api_client import Client, Trouble
from wearcast.serving.dashboard.page_query import Choices, Wrong
from wearcast.vocabulary import Language

Answer = Mapping[str, Any]


@dataclass(frozen=True)
class Answers:
    """Answers that belong together: all of one snapshot and the same days.

    Attributes:
        choices: what is shown, with a station and a day.
        stations: that can be chosen.
        latest: the station's forecast.
        advice: of the chosen day.
        week: of each day that it was had for.
    """

    choices: Choices
    stations: Sequence[Answer]
    latest: Answer
    advice: Answer
    week: Mapping[str, Answer]

    @property
    def station(self) -> Answer:
        """The chosen station."""
        return next(station for station in self.stations if station["id"] == self.choices.station)

    @property
    def language(self) -> Language:
        """Of every text."""
        return self.choices.lang or "en"

    @property
    def forecast(self) -> Answer:
        """Which forecast all of it comes from."""
        found: Answer = self.advice["forecast"]
        return found

    @property
    def letter(self) -> str:
        """What names of temperatures end in: c or f."""
        return "f" if self.choices.units == "imperial" else "c"

    @property
    def wind(self) -> str:
        """The name of the wind's speed."""
        return "wind_mph" if self.choices.units == "imperial" else "wind_ms"

    def day(self, date: str) -> Answer:
        """A day of the forecast."""
        return next(day for day in self.latest["days"] if day["date"] == date)

    def hours(self, date: str) -> list[Answer]:
        """The hours of a local day in order, those that have passed first; an hour ahead has
        `lead_h`."""
        return [hour for hour in self._every_hour if hour["local_time"].startswith(date)]

    @property
    def shown_hours(self) -> list[Answer]:
        """The hours of the chosen day, and those in which its night out goes on after midnight."""
        day, out = self.choices.day or "", {step["at"] for step in self.advice["timeline"]}
        return [
            hour
            for hour in self._every_hour
            if hour["local_time"].startswith(day) or hour["local_time"] in out
        ]

    @property
    def _every_hour(self) -> list[Answer]:
        return [*self.latest["observed"], *self.latest["hours"]]

    def temperature(self, hour: Answer) -> float | None:
        """An hour's temperature, the median of one that is ahead."""
        found = hour[f"temp_{self.letter}"]
        median: float | None = found["p50"] if isinstance(found, dict) else found
        return median


async def ask(client: Client, choices: Choices) -> tuple[Answers, tuple[Wrong, ...]]:
    """All that the page shows, and which choices couldn't be met.

    Raises:
        Trouble: the API has no answer.
    """
    for _ in range(2):
        stations = (await client.get("/stations"))["stations"]
        settled, wrong = settle(choices, stations)
        found = await _ask(client, settled, stations)
        if _belong_together(found):
            break
    # Where the snapshot changes faster than it can be read, each answer is right by itself.
    return found, wrong


async def _ask(client: Client, choices: Choices, stations: Sequence[Answer]) -> Answers:
    """The answers; without a choice of a day, the API says which one is meant."""
    offered = next(station["days"] for station in stations if station["id"] == choices.station)
    days = [choices.day, *(day for day in offered if day != choices.day)]
    advice, latest, *others = await client.all(
        client.get("/recommendation/by_day", **choices.asked()),
        client.get("/forecast/latest", station=choices.station, units=choices.units),
        *(client.get("/recommendation/by_day", **choices.asked(day)) for day in days[1:]),
    )
    if isinstance(latest, Trouble):
        raise latest
    week = {
        day: found
        for day, found in zip(days[1:], others, strict=True)
        if not isinstance(found, Trouble)
    }
    shown = advice["target_date"]
    return Answers(replace(choices, day=shown), stations, latest, advice, {**week, shown: advice})


def _belong_together(answers: Answers) -> bool:
    versions = {found["forecast"]["version"] for found in (answers.latest, *answers.week.values())}
    return (
        len(versions) == 1
        and [day["date"] for day in answers.latest["days"]] == answers.station["days"]
    )


def settle(choices: Choices, stations: Sequence[Answer]) -> tuple[Choices, tuple[Wrong, ...]]:
    """The choices with a station that there is, and no day but one that there is; and what was
    chosen in vain.

    Raises:
        Trouble: no station has a forecast.
    """
    forecast = {station["id"]: station for station in stations if station["days"]}
    if not forecast:
        raise Trouble("empty", "")
    wrong = []
    if choices.station is not None and choices.station not in forecast:
        wrong.append(Wrong("station", choices.station))
    station = forecast.get(choices.station or "", next(iter(forecast.values())))
    if choices.day is not None and choices.day not in station["days"]:
        wrong.append(Wrong("day", choices.day))
    day = choices.day if choices.day in station["days"] else None
    return replace(choices, station=station["id"], day=day), tuple(wrong)
