"""The weather of a snapshot's day or hour that an advice is for."""

from datetime import date, datetime, timedelta

import numpy as np

from wearcast.clothing.outings import outing_dates
from wearcast.clothing.settings import Settings
from wearcast.clothing.weather_input import Weather
from wearcast.errors import ModelError
from wearcast.forecasting.array_types import Positions
from wearcast.forecasting.daily import StationHours, reader_clock, station_hours
from wearcast.forecasting.snapshot import Snapshot


def weather_of_day(snapshot: Snapshot, station: str, on: date, settings: Settings) -> Weather:
    """The hours outdoors of one of the snapshot's days, or of the night that begins on it.

    Raises:
        ModelError: the station or the date isn't in the snapshot.
    """
    known = station_hours(snapshot, station)
    _check_offered(known, on)
    return Weather.of_outing(known, on, settings)


def weather_of_day_before(
    snapshot: Snapshot, station: str, on: date, settings: Settings
) -> Weather | None:
    """The hours outdoors of the day before one of the snapshot's days, as far as the snapshot knows
    them; None where it knows none.

    Raises:
        ModelError: the station isn't in the snapshot.
    """
    known = station_hours(snapshot, station)
    before = on - timedelta(days=1)
    outdoors = outing_dates(known.hours, settings) == np.datetime64(before)
    hours = np.flatnonzero(outdoors & known.known)
    return Weather.of_series(known, hours, before) if len(hours) else None


def weather_of_hour(snapshot: Snapshot, station: str, at: datetime) -> Weather:
    """One hour of the snapshot's days, given with its zone.

    Raises:
        ModelError: the station or the hour isn't in the snapshot, or the hour has no zone.
    """
    if at.tzinfo is None:
        raise ModelError(
            f"{at} has no time zone, so it could be any hour. Give it with one, such as"
            f" {at.isoformat()}+09:00."
        )
    known = station_hours(snapshot, station)
    local = at.astimezone(known.station.zone)
    _check_offered(known, local.date())
    hour = _hour_on_the_clock(known, local)
    if not len(hour):
        raise ModelError(
            f"the snapshot has no weather of {station} at {at:%Y-%m-%d %H:%M %Z}. Choose another"
            " hour."
        )
    return Weather.of_series(known, hour, local.date())


def weather_since(
    snapshot: Snapshot, station: str, on: date, settings: Settings, now: datetime
) -> Weather | None:
    """The hours outdoors of a date, today or before, that have begun; None where the snapshot knows
    none. They are as observed, but the last ones as forecast.

    Args:
        snapshot: the newest.
        station: its id.
        on: the local date.
        settings: the person's, for their hours outdoors.
        now: the reader's time, with its zone; a replay has a clock of its own.

    Raises:
        ModelError: the station isn't in the snapshot.
    """
    known = station_hours(snapshot, station)
    clock = reader_clock(snapshot, station, now)
    begun = known.hours <= np.datetime64(clock.replace(tzinfo=None))
    outdoors = outing_dates(known.hours, settings) == np.datetime64(on)
    hours = np.flatnonzero(begun & outdoors & known.known)
    return Weather.of_series(known, hours, on) if len(hours) else None


def _check_offered(known: StationHours, on: date) -> None:
    offered = [day.date for day in known.days]
    if on not in offered:
        raise ModelError(
            f"no forecast for {on} at {known.station.id}; there is one for {offered[0]} to"
            f" {offered[-1]}. Choose one of those."
        )


def _hour_on_the_clock(known: StationHours, local: datetime) -> Positions:
    """The hour with a local time's date and hour of the day, whatever the minutes; none where no
    such hour is known.

    Of an hour that comes twice as summer time ends, it is the one on the same side of the change.
    """
    wanted = np.datetime64(local.replace(tzinfo=None), "h")
    same_hour = known.hours.astype("datetime64[h]") == wanted
    found = np.flatnonzero(same_hour & known.known)
    ahead_of_utc = known.hours[found] - known.valid_at[found]
    wanted_ahead = np.timedelta64(local.utcoffset() or 0, "s")
    same_side = found[ahead_of_utc == wanted_ahead]
    return same_side[:1] if len(same_side) else found[:1]
