"""Which day an advice is for: the one that was asked for, and what today, tomorrow and nothing
mean. The API and the terminal ask here."""

import re
from datetime import date, datetime, timedelta
from typing import Final, Literal

from wearcast.clothing.outings import outing_dates
from wearcast.clothing.settings import Settings
from wearcast.clothing.weather_input import Weather
from wearcast.errors import ModelError
from wearcast.forecasting.daily import days, reader_clock
from wearcast.forecasting.snapshot import Snapshot

Relative = Literal["today", "tomorrow"]
FORMS: Final = "must be today, tomorrow or a date such as 2013-12-31"

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DAY: Final = timedelta(days=1)


def read_day(text: str) -> date | Relative:
    """A day as a person writes it.

    Raises:
        ValueError: it is written in none of the three ways.
    """
    if text == "today":
        return "today"
    if text == "tomorrow":
        return "tomorrow"
    if not _DATE.fullmatch(text):
        raise ValueError(FORMS)
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(FORMS) from error


def target_day(
    snapshot: Snapshot,
    station: str,
    asked: date | Relative | None,
    settings: Settings,
    now: datetime,
) -> date:
    """The day that an advice is for.

    Nothing asked means today while one of its hours outdoors is still to come, and tomorrow after
    that; where the forecast hasn't got that day, the nearest one that it has.

    Args:
        snapshot: the forecast.
        station: its id.
        asked: a date, or a word for it.
        settings: the person's, for their hours outdoors.
        now: the reader's time, with its zone; a replay's is its issue time.

    Raises:
        ModelError: the station isn't in the snapshot, or what was asked for isn't among its days;
            says which are.
    """
    clock = reader_clock(snapshot, station, now)
    today = clock.date()
    offered = [day.date for day in days(snapshot, station, today)]
    if asked is None:
        usual = today if clock.hour < settings.last_hour else today + _DAY
        return min(offered, key=lambda day: abs(day - usual))
    on = _date(asked, today)
    if on not in offered:
        raise ModelError(
            f"No forecast for {on} at {station}; there is one for {', '.join(map(str, offered))}."
        )
    return on


def target_day_of(
    weather: Weather, asked: date | Relative | None, settings: Settings, now: datetime
) -> date:
    """The day of given hours that an advice is for: without one asked the first that has an hour
    outdoors, or the first at all where none has.

    Args:
        weather: all the hours.
        asked: a date, or a word for it.
        settings: the person's, for their hours outdoors.
        now: the reader's time, with its zone.

    Raises:
        ModelError: what was asked for isn't among the dates of the hours; says which are.
    """
    offered = weather.dates
    if asked is None:
        outings = outing_dates(weather.hours, settings).tolist()
        return next((day for day in offered if day in outings), offered[0])
    on = _date(asked, now.astimezone(weather.station.zone).date())
    if on not in offered:
        raise ModelError(
            f"There are no hours of {on} among those given; there are some of"
            f" {', '.join(map(str, offered))}. Choose one of these."
        )
    return on


def _date(asked: date | Relative, today: date) -> date:
    if isinstance(asked, date):
        return asked
    return {"today": today, "tomorrow": today + _DAY}[asked]
