"""What a forecast must pass before it is published: possible, whole, in order, and from weather
that is new enough."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np

from wearcast.forecasting.array_types import Flags, Floats32
from wearcast.forecasting.quantiles import MEDIAN
from wearcast.forecasting.snapshot import Snapshot
from wearcast.variables import FORECAST, VARIABLES
from wearcast.vocabulary import HORIZON_H

MAX_JUMP_C: Final = 10.0
"""How far the next hour's median may lie from the last temperature. In 2013 no hour at New York's
airports changed it by more than 7.6 °C, and none of 26,000 forecasts by more than 3.5 °C; a last
value in °F, of another place, or a spike lies further off."""

MAX_AHEAD_OF_CLOCK: Final = timedelta(hours=1)
"""A source may stamp the hour that is under way; an observation from further ahead means that
somebody's clock is wrong."""

_CHANNEL_OF_TARGET: Final = {"precip_mm": "log_rain"}
"""Targets that the model knows under another name."""


def failed_checks(
    snapshot: Snapshot, s: int, reported: Collection[str], now: datetime, oldest: timedelta
) -> list[str]:
    """What is wrong with the forecast of the station with index `s`; nothing, if it may be
    published.

    Args:
        snapshot: the forecast.
        s: the station's index in it.
        reported: the channels that the model knows the station to report; of these nothing may be
            missing.
        now: by the clock, of a replay its hour.
        oldest: how old the last observation may be.
    """
    names = [
        name
        for name in FORECAST
        if name == "temp_c" or _CHANNEL_OF_TARGET.get(name, name) in reported
    ]
    found = [*_age_of_observations(snapshot, s, now, oldest), *_temperature_jump(snapshot, s)]
    for name in names:
        found += [
            *_missing_values(snapshot, s, name),
            *_impossible_values(snapshot, s, name),
            *_crossing_quantiles(snapshot, s, name),
        ]
    if (
        "dewpoint_c" in names
        and (snapshot.trajectories["dewpoint_c"][s] > snapshot.trajectories["temp_c"][s]).any()
    ):
        found.append("a dew point lies above its temperature")
    return found


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
    last, following = snapshot.observed["temp_c"][s, -1], snapshot.quantiles["temp_c"][s, 0, MEDIAN]
    if abs(following - last) > MAX_JUMP_C:
        yield (
            f"the temperature jumps from {last:.1f} °C, observed, to {following:.1f} °C in an hour;"
            f" at most {MAX_JUMP_C:g} °C are believed"
        )


def _missing_values(snapshot: Snapshot, s: int, name: str) -> Iterable[str]:
    absent = np.zeros(HORIZON_H, dtype=bool)
    for values in _forecasts(snapshot, s, name).values():
        absent |= np.isnan(values).any(axis=1)
    if absent.any():
        yield (
            f"{name} is missing at {absent.sum()} of {HORIZON_H} leads, the first"
            f" {_first_lead_h(absent)} h ahead"
        )


def _impossible_values(snapshot: Snapshot, s: int, name: str) -> Iterable[str]:
    for kind, values in _forecasts(snapshot, s, name).items():
        low, high = VARIABLES[name].low, VARIABLES[name].high
        if kind == "rain_chance":
            low, high = 0.0, 1.0
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
            f"quantiles of {name} cross at {crossed.sum()} of {HORIZON_H} leads, the first"
            f" {_first_lead_h(crossed)} h ahead"
        )


def _forecasts(snapshot: Snapshot, s: int, name: str) -> dict[str, Floats32]:
    """All that is forecast of a variable, each with the lead as its first of two axes."""
    kinds = {
        "quantiles": snapshot.quantiles[name][s],
        "trajectories": snapshot.trajectories[name][s].T,
    }
    return kinds | (
        {"rain_chance": snapshot.hourly_rain_chance[s][:, None]} if name == "precip_mm" else {}
    )


def _first_lead_h(where: Flags) -> int:
    """The first lead with a flag; leads are the first axis."""
    return int(np.argmax(where.reshape(HORIZON_H, -1).any(axis=1))) + 1


def _in_hours(time: timedelta) -> str:
    return f"{time.total_seconds() / 3600:.1f} h"
