"""Advice in the terminal for hours that a person gives, without a forecast or a project."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from rich.console import Console

from wearcast.cli.advice_page import footnote, page
from wearcast.cli.asked_day import read_date
from wearcast.clothing.advice import advise
from wearcast.clothing.ladders import Ladder
from wearcast.clothing.own_wardrobe import read_own
from wearcast.clothing.settings import Settings
from wearcast.clothing.target_day import target_day_of
from wearcast.clothing.weather_file import MAX_BYTES, parse_weather
from wearcast.clothing.weather_input import UnknownPlace, Weather
from wearcast.config import checked
from wearcast.errors import ConfigError
from wearcast.messages import say
from wearcast.weather.stations import resolve

STANDARD_INPUT = "-"


@dataclass(frozen=True)
class GivenDay:
    """A day of given hours that somebody asked what to wear on.

    Attributes:
        weather: all the hours.
        on: the day.
        settings: the person's.
        owned: the ladder of what they own; None for everything of the style.
    """

    weather: Weather
    on: date
    settings: Settings
    owned: Ladder | None

    @property
    def outing(self) -> Weather:
        """The hours that the advice is for."""
        return self.weather.outing_on(self.on, self.settings)


def read(
    file: str,
    options: Mapping[str, object],
    station: str | None,
    on: str | None,
    wardrobe: Path | None,
    now: datetime,
) -> GivenDay:
    """The day asked for of a file's hours.

    Args:
        file: CSV as `parse_weather` takes it; - for the standard input.
        options: the person's settings.
        station: the id of one in the catalogue; else the place is unknown.
        on: today, tomorrow or a date; else what `target_day_of` says.
        wardrobe: a file of what the person owns.
        now: the reader's time, with its zone.

    Raises:
        ConfigError: the file or an option isn't valid, or the station isn't known.
        ModelError: there are no hours of that day.
    """
    settings = checked(Settings, dict(options), "what you asked for")
    place = resolve([station])[0] if station else None
    where = "the standard input" if file == STANDARD_INPUT else file
    weather = parse_weather(_content(file), where, place)
    day = target_day_of(weather, read_date(on), settings, now)
    return GivenDay(
        weather, day, settings, read_own(wardrobe, settings.activity) if wardrobe else None
    )


def show(console: Console, given: GivenDay) -> None:
    """Print what to wear."""
    station = given.weather.station
    console.print(page(advise(given.outing, given.settings, given.owned), station))
    if isinstance(station, UnknownPlace):
        without_sun = say(
            given.settings.language,
            "The place is unknown, so the sun is left out: name a station with {option}.",
            option="--station",
        )
        console.print(footnote(without_sun))


def _content(file: str) -> bytes:
    """Of the file, and no more than one byte beyond what is allowed."""
    try:
        with open(0 if file == STANDARD_INPUT else file, "rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"--weather {file} can't be read: {error}") from error
