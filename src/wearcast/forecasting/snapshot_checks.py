"""The checks of a snapshot that was read: whether its values can be served at all.

They are wider than those of a forecast before it is published (`wearcast.serving.refresh.checks`),
and the same whoever published it.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from wearcast.errors import ModelError
from wearcast.forecasting.array_types import Flags, Floats32
from wearcast.variables import VARIABLES, Variable

if TYPE_CHECKING:
    from wearcast.forecasting.snapshot import Snapshot

_EARLIEST: Final = np.datetime64("1900-01-01T00", "h")
_LATEST: Final = np.datetime64("2100-01-01T00", "h")
"""Replays are of years past; nothing is issued outside these."""

_TOLERANCE: Final = 0.05
"""Of a variable's range, beyond its ends: another release may know a wider range than this one."""
_ROUNDING: Final = 0.001
"""What can't be negative may be by so much."""
_MOST_DECREASE: Final = 0.001
"""By so much, in the variable's unit, a quantile may be below the one before it, for a rounding."""
_MAX_NAME: Final = 200
_MAX_TRAILING_YEAR_H: Final = 366 * 24
_MAX_MODELS: Final = 50
_MOST_LOG_MM: Final = 30.0
"""Far beyond any rain; trajectories are given no more than what is possible."""
_LEAST_WIND_MS: Final = 0.01
"""Of a gust curve: its last gust is divided by its last wind."""


def require_servable(snapshot: "Snapshot") -> None:
    """Refuse a snapshot whose arrays have their shapes, but whose values can't be served.

    Raises:
        ModelError: saying which value of which station is impossible.
    """
    for problem in _problems(snapshot):
        raise ModelError(
            f"the snapshot can't be served: {problem}. Make it anew: `dvc repro`, or `wearcast"
            " refresh`."
        )


def _problems(snapshot: "Snapshot") -> Iterator[str]:
    yield from _problems_of_header(snapshot)
    yield from _problems_of_station_numbers(snapshot)
    yield from _problems_of_guidance(snapshot)
    yield from _problems_of_basis(snapshot)
    yield from _outside(snapshot, "rain_chance", snapshot.hourly_rain_chance, 0.0, 1.0)
    given = snapshot.trajectories or {}
    kinds = {"quantiles": snapshot.quantiles, "trajectories": given, "observed": snapshot.observed}
    for kind, arrays in kinds.items():
        for name, values in arrays.items():
            lowest, highest = _servable_range(VARIABLES[name])
            yield from _outside(snapshot, f"{kind}.{name}", values, lowest, highest)
    for kind in ("quantiles", "trajectories"):
        if "temp_c" in kinds[kind]:
            values = kinds[kind]["temp_c"]
            yield from _at(snapshot, f"{kind}.temp_c", values, np.isnan(values), "is missing")
    for name, values in snapshot.quantiles.items():
        decreasing = values[..., 1:] < values[..., :-1] - _MOST_DECREASE
        what = "is below that of the level before"
        yield from _at(snapshot, f"quantiles.{name}", values[..., 1:], decreasing, what)


def _servable_range(variable: Variable) -> tuple[float, float]:
    tolerance = _TOLERANCE * (variable.high - variable.low)
    lowest = variable.low - tolerance if variable.low < 0 else -_ROUNDING
    return lowest, variable.high + tolerance


def _problems_of_header(snapshot: "Snapshot") -> Iterator[str]:
    ids = [station.id for station in snapshot.stations]
    if not ids:
        yield "it has no station"
    elif len(set(ids)) < len(ids):
        yield "two of its stations have the same id"
    if not snapshot.members:
        yield "it has no trajectories"
    for field in ("model", "source"):
        text = getattr(snapshot.origin, field)
        if not isinstance(text, str) or not 0 < len(text) <= _MAX_NAME:
            yield f"its {field} isn't a text of 1 to {_MAX_NAME} characters"
        elif field == "model" and not (text.isascii() and text.isprintable()):
            # Answers name the model in a header.
            yield f"its model {text!r} holds other than printable ASCII"
    replay: Any = snapshot.origin.replay
    if not isinstance(replay, bool):
        yield "its replay is neither true nor false"


def _problems_of_station_numbers(snapshot: "Snapshot") -> Iterator[str]:
    for station, issued_at, filled, trailing_h in zip(
        snapshot.stations,
        snapshot.issued_at,
        snapshot.filled,
        snapshot.trailing_year_h,
        strict=True,
    ):
        # Neither NaT nor NaN is between two values.
        if not _EARLIEST <= issued_at <= _LATEST:
            yield (
                f"station {station.id} was issued at {issued_at}, outside {_EARLIEST.item():%Y}"
                f" to {_LATEST.item():%Y}"
            )
        if not 0 <= filled <= 1:
            yield f"filled of station {station.id} is {filled}, outside 0 to 1"
        if not 0 <= trailing_h <= _MAX_TRAILING_YEAR_H:
            yield f"drift_h of station {station.id} is {trailing_h}, outside 0 to a year's hours"


def _problems_of_guidance(snapshot: "Snapshot") -> Iterator[str]:
    for station, used in zip(snapshot.stations, snapshot.guidance, strict=True):
        if used is None:
            continue
        furthest_h = max(used.reach_h, used.rain_reach_h)
        if not 0 < furthest_h <= snapshot.horizon_h:
            yield (
                f"guidance of station {station.id} reaches {furthest_h} h ahead, outside 1 to"
                f" {snapshot.horizon_h}"
            )
        models = [run.model for run in used.runs]
        if not models:
            yield f"guidance of station {station.id} is of no model"
        names = [used.source, *models, *used.missing]
        if max(len(name) for name in names) > _MAX_NAME or len(names) > _MAX_MODELS:
            yield f"guidance of station {station.id} names too many or too long models"


def _problems_of_basis(snapshot: "Snapshot") -> Iterator[str]:
    """Of what the trajectories are drawn from, which then are within their possible values."""
    basis = snapshot.basis
    if basis is None:
        return
    if "temp_c" not in basis.targets:
        yield "it has no trajectories of temp_c"
    most = _MOST_LOG_MM
    yield from _outside(snapshot, "rain_log_mm", basis.rain_log_mm, -most, most)
    _, highest_ms = _servable_range(VARIABLES["gust_ms"])
    yield from _outside(snapshot, "gust_curves", basis.gust_curves, _LEAST_WIND_MS, highest_ms)
    hours = basis.wet_days[..., :2]
    yield from _outside(snapshot, "wet_days", hours, 0, snapshot.horizon_h)
    yield from _at(snapshot, "wet_days", hours, np.isnan(hours), "is missing")
    yield from _outside(snapshot, "wet_days", basis.wet_days[..., 2], 0.0, 1.0)


def _outside(
    snapshot: "Snapshot", array: str, values: Floats32, lowest: float, highest: float
) -> Iterator[str]:
    """Values outside a range, infinities among them; NaN isn't."""
    outside = (values < lowest) | (values > highest)
    yield from _at(snapshot, array, values, outside, f"is outside {lowest:g} to {highest:g}")


def _at(
    snapshot: "Snapshot", array: str, values: Floats32, wrong: Flags, what: str
) -> Iterator[str]:
    """Where the first wrong value is; stations are the first axis."""
    if wrong.any():
        index = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
        station = snapshot.stations[index[0]].id
        rest = ", ".join(str(number) for number in index[1:])
        yield f"{array} of station {station}, at [{rest}], {what}: {values[index]:g}"
