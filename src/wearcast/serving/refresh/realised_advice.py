"""What the advice of past evenings was worth once the day had come: how far the outfit was from the
one that the observed weather asks for, and how often it was right beside how sure it had been."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

import numpy as np

from wearcast.clothing.hindcast_cases import CLIMATOLOGY_DRIFT, NETWORK, PERSON, SEASONAL_NAIVE
from wearcast.clothing.judged_day import JudgedDay
from wearcast.clothing.snapshot_weather import weather_of_day
from wearcast.clothing.weather_input import Weather
from wearcast.config import Station
from wearcast.forecasting.array_types import Floats, Hours, Positions
from wearcast.forecasting.channels import CHANNELS
from wearcast.forecasting.history import History
from wearcast.forecasting.local_time import local_time
from wearcast.forecasting.snapshot import Snapshot
from wearcast.forecasting.station_climatology import StationClimatology
from wearcast.forecasting.verification import rounded
from wearcast.variables import FORECAST

_DAY_H: Final = 24
_DIGITS: Final = 4
_SCORES: Final = {
    "clo_error": (NETWORK, "clo_error"),
    "persistence_clo_error": (SEASONAL_NAIVE, "clo_error"),
    "climatology_clo_error": (CLIMATOLOGY_DRIFT, "clo_error"),
    "right_said": (NETWORK, "hours_right_said"),
    "off": (NETWORK, "hours_off_tight"),
}
"""By what is kept, the driver and the score of a judged day."""


class PastDay(NamedTuple):
    """A local date of a station whose every hour was measured, and so was the day before.

    Attributes:
        on: the date.
        rows: its hours in the history.
        valid_at: the same, UTC.
    """

    on: date
    rows: Positions
    valid_at: Hours


def past_days(measured: History, station: Station, days: int) -> Iterator[PastDay]:
    """Those of the last so many dates before the one of the newest hour, the latest first."""
    last_h = (days + 2) * _DAY_H
    first = max(0, len(measured) - last_h)
    local = local_time(measured.valid_at[first:], station)
    dates = local.astype("datetime64[D]")
    is_known = np.isfinite(measured.column("temp_c"))
    for before in range(1, days + 1):
        on = dates[-1] - before
        rows = first + np.flatnonzero(dates == on)
        if not len(rows):
            return
        day_before = rows[0] - _DAY_H
        if day_before < first:
            return
        both_days = np.arange(day_before, rows[-1] + 1)
        if is_known[both_days].all():
            yield PastDay(on.item(), rows, measured.valid_at[rows])


def judged(
    snapshot: Snapshot,
    station: Station,
    day: PastDay,
    measured: History,
    climate: StationClimatology,
) -> dict[str, float]:
    """The scores of the advice that a snapshot of the evening before gave for a day to the average
    person, beside that for the last day's weather over again and for the climatology's.

    Raises:
        ModelError: the snapshot doesn't have the station or the day.
    """
    forecasts = {
        NETWORK: weather_of_day(snapshot, station.id, day.on, PERSON),
        SEASONAL_NAIVE: _observed(measured, station, day, day.rows - _DAY_H),
        CLIMATOLOGY_DRIFT: _usual(climate, station, day),
    }
    observed = _observed(measured, station, day, day.rows)
    scores = JudgedDay.of(observed, forecasts).scores
    kept = {}
    for name, (driver, score) in _SCORES.items():
        kept[name] = scores[driver][score]
    return kept


def checked(scores: Any) -> dict[str, float]:
    """What `judged` gave, read from a file.

    Raises:
        ValueError: it is something else.
    """
    try:
        kept = {name: float(scores[name]) for name in _SCORES}
    except (KeyError, TypeError, OverflowError) as error:
        raise ValueError(f"it holds something else than scores: {error!r}") from error
    values = list(kept.values())
    if not np.isfinite(values).all():
        raise ValueError("it holds scores that are no finite numbers")
    return kept


def figures(days: Sequence[dict[str, float]]) -> dict[str, Any]:
    """How many days there are, the mean errors of the outfits in clo, and the shares of hours
    outdoors that the advice said to be right and that were; empty where there is no day."""
    if not days:
        return {}
    means: dict[str, Any] = {"days": len(days)}
    for name in _SCORES:
        values = [day[name] for day in days]
        means[name] = float(np.mean(values))
    means["right"] = 1 - means.pop("off")
    return {name: rounded(value, _DIGITS) for name, value in means.items()}


def day_figures(on: date, scores: Mapping[str, float]) -> dict[str, Any]:
    """The same of one day, with its date."""
    told = figures([dict(scores)])
    del told["days"]
    return {"on": on.isoformat(), **told}


def _observed(measured: History, station: Station, day: PastDay, rows: Positions) -> Weather:
    """The weather of some hours at the hours of a day."""
    fields = {name: measured.column(name)[rows] for name in FORECAST}
    return _weather(station, day, fields)


def _usual(climate: StationClimatology, station: Station, day: PastDay) -> Weather:
    expected = climate.at(day.valid_at)
    fields: dict[str, Floats] = {}
    for name in FORECAST:
        if name in climate.reported:
            fields[name] = expected[:, CHANNELS.index(name)]
    if "wind_ms" in fields:
        fields["wind_ms"] = np.maximum(fields["wind_ms"], 0.0)
    return _weather(station, day, fields)


def _weather(station: Station, day: PastDay, fields: Mapping[str, Any]) -> Weather:
    local = local_time(day.valid_at, station)
    return Weather.of(station, day.valid_at, on=day.on, hours=local, **fields)
