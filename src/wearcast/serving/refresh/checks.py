"""The checks of a forecast before it is published: possible values, none missing, quantiles in
order, and observations that are recent enough."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np

from wearcast.forecasting.array_types import Flags, Floats32
from wearcast.forecasting.quantiles import MEDIAN
from wearcast.forecasting.snapshot import Snapshot
from wearcast.variables import FORECAST, VARIABLES

MAX_JUMP_C: Final = 10.0
"""The largest difference allowed between the first hour's median and the last observation. At New
York's airports in 2013, the temperature never changed by more than 7.6 °C in an hour, and no median
of 26,000 forecasts by more than 3.5 °C; a last value in °F, of another place, or a spike differs by
more."""

MAX_AHEAD_OF_CLOCK: Final = timedelta(hours=1)
"""A source may stamp an observation with the end of the current hour; one further in the future
means that a clock is wrong."""

_CHANNEL_OF_TARGET: Final = {"precip_mm": "log_rain"}
"""Forecast variables whose channel in the model has another name."""


def failed_checks(
    snapshot: Snapshot, s: int, reported: Collection[str], now: datetime, oldest: timedelta
) -> list[str]:
    """The checks that a station's forecast fails; none where it may be published.

    Args:
        snapshot: the forecast.
        s: the station's index in it.
        reported: the channels that the station reports according to the model; none of their values
            may be missing.
        now: the current time; for a replay the replayed hour.
        oldest: the largest age allowed of the last observation.
    """
    names = [name for name in FORECAST if _is_required(name, reported)]
    failed = [*_age_of_observations(snapshot, s, now, oldest), *_temperature_jump(snapshot, s)]
    for name in names:
        failed += _missing_values(snapshot, s, name)
        failed += _impossible_values(snapshot, s, name)
        failed += _crossing_quantiles(snapshot, s, name)
    if "dewpoint_c" in names:
        failed += _dew_point_above_temperature(snapshot, s)
    return failed


def _is_required(name: str, reported: Collection[str]) -> bool:
    if name == "temp_c":
        return True
    channel = _CHANNEL_OF_TARGET.get(name, name)
    return channel in reported


def _age_of_observations(
    snapshot: Snapshot, s: int, now: datetime, oldest: timedelta
) -> Iterable[str]:
    issued_at = snapshot.issued_at[s].item().replace(tzinfo=UTC)
    if now - issued_at > oldest:
        yield (
            f"the last observation is of {issued_at:%Y-%m-%dT%HZ}, {_in_hours(now - issued_at)}"
            f" ago; at most {_in_hours(oldest)} are allowed"
        )
    if issued_at - now > MAX_AHEAD_OF_CLOCK:
        yield (
            f"the last observation is of {issued_at:%Y-%m-%dT%HZ}, {_in_hours(issued_at - now)}"
            " ahead of this machine's clock; set it right"
        )


def _temperature_jump(snapshot: Snapshot, s: int) -> Iterable[str]:
    last = snapshot.observed["temp_c"][s, -1]
    following = snapshot.quantiles["temp_c"][s, 0, MEDIAN]
    if abs(following - last) > MAX_JUMP_C:
        yield (
            f"the temperature jumps from {last:.1f} °C, observed, to {following:.1f} °C in an hour;"
            f" at most {MAX_JUMP_C:g} °C are believed"
        )


def _missing_values(snapshot: Snapshot, s: int, name: str) -> Iterable[str]:
    absent = np.zeros(snapshot.horizon_h, dtype=bool)
    for values in _forecasts(snapshot, s, name).values():
        absent |= np.isnan(values).any(axis=1)
    if absent.any():
        yield (
            f"{name} is missing at {absent.sum()} of {len(absent)} leads, the first"
            f" {_first_lead_h(absent)} h ahead"
        )


def _impossible_values(snapshot: Snapshot, s: int, name: str) -> Iterable[str]:
    for kind, values in _forecasts(snapshot, s, name).items():
        low = VARIABLES[name].low
        high = VARIABLES[name].high
        if kind == "rain_chance":
            low = 0.0
            high = 1.0
        outside = (values < low) | (values > high)
        if outside.any():
            yield (
                f"{kind} of {name} hold {values[outside][0]:g}, {_first_lead_h(outside)} h ahead;"
                f" possible is {low:g} … {high:g}"
            )


def _crossing_quantiles(snapshot: Snapshot, s: int, name: str) -> Iterable[str]:
    crossed = (np.diff(snapshot.quantiles[name][s], axis=-1) < 0).any(axis=1)
    if crossed.any():
        yield (
            f"quantiles of {name} cross at {crossed.sum()} of {len(crossed)} leads, the first"
            f" {_first_lead_h(crossed)} h ahead"
        )


def _dew_point_above_temperature(snapshot: Snapshot, s: int) -> Iterable[str]:
    trajectories = snapshot.trajectories_of(s)
    if (trajectories["dewpoint_c"] > trajectories["temp_c"]).any():
        yield "a dew point lies above its temperature"


def _forecasts(snapshot: Snapshot, s: int, name: str) -> dict[str, Floats32]:
    """All forecast values of a variable by kind, each of shape (leads, …)."""
    kinds = {
        "quantiles": snapshot.quantiles[name][s],
        "trajectories": snapshot.trajectories_of(s)[name].T,
    }
    if name == "precip_mm":
        kinds["rain_chance"] = snapshot.hourly_rain_chance[s][:, None]
    return kinds


def _first_lead_h(flags: Flags) -> int:
    """The first lead with a flag; leads are the first axis."""
    rows = flags.reshape(len(flags), -1)
    by_lead = rows.any(axis=1)
    index = int(np.argmax(by_lead))
    return index + 1


def _in_hours(time: timedelta) -> str:
    return f"{time.total_seconds() / 3600:.1f} h"
