"""What one station's observations were in its training years, and how far its newest are from
that."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from wearcast.forecasting.array_types import Floats, Hours
from wearcast.forecasting.input_series import (
    WATCHED,
    InputHours,
    level,
    run_lengths,
    spread,
)
from wearcast.forecasting.input_windows import WindowReference, margin_of_part
from wearcast.forecasting.temperature_relation import TemperatureRelation

_D: Final = 24
_Leasts = dict[int, float]
"""By the windows' length in hours, the least difference that is an alarm."""

_FACTOR: Final = float(np.log(1.8))
_LEVELS: Final[dict[str, _Leasts]] = {
    "temp_c": {2 * _D: 12.0, 14 * _D: 6.0, 60 * _D: 3.0},
    "dewpoint_c": {2 * _D: 14.0, 14 * _D: 8.0, 60 * _D: 4.0},
    "wind_ms": {2 * _D: _FACTOR, 14 * _D: _FACTOR, 60 * _D: _FACTOR},
    "pressure_hpa": {2 * _D: 20.0, 14 * _D: 10.0, 60 * _D: 5.0},
    "cloud_pct": {14 * _D: 30.0, 60 * _D: 30.0},
    "precip_mm": {60 * _D: float(np.log(3))},
}
_SPREADS: Final[dict[str, _Leasts]] = {
    "temp_c": {14 * _D: float(np.log(2))},
    "dewpoint_c": {14 * _D: float(np.log(2))},
    "wind_ms": {2 * _D: 2 * _FACTOR, 14 * _D: 2 * _FACTOR},
    "pressure_hpa": {14 * _D: float(np.log(2))},
    "cloud_pct": {},
    "precip_mm": {},
}
_RELATIONS_C: Final[_Leasts] = {30 * _D: 2.9, 60 * _D: 2.15}
"""A new sensor, or a mast moved a few metres, changes more than weather does and less than these:
Seoul's wind by a third in autumn 2019, its dew point by 1.5 °C. That costs hardly any skill."""

_RUN_MARGIN: Final = 1.5
_LEAST_RUN_H: Final = 12.0
_MOST_RUN_H: Final = 40.0
"""Of the longest run of equal values: within two days, whatever the training years had."""


Scores = dict[tuple[str, str], dict[int, Floats]]
"""By variable and check, and by the windows' length in hours, how near each hour is to an alarm,
which is 1: (n,), NaN where it isn't known. Runs of equal values have the length 0."""


@dataclass(frozen=True)
class StationInputs:
    """A station's reference.

    Attributes:
        level, spread: by variable, of windows of several lengths.
        run_h: by variable, how many hours of equal values are an alarm.
        told: what other variables tell of the temperature; None where one isn't reported.
        relation: of the temperature without that.
    """

    level: Mapping[str, tuple[WindowReference, ...]]
    spread: Mapping[str, tuple[WindowReference, ...]]
    run_h: Mapping[str, float]
    told: TemperatureRelation | None
    relation: tuple[WindowReference, ...]

    @classmethod
    def fit(cls, inputs: InputHours, annual: int) -> "StationInputs":
        """Fit on training hours, with NaN at all others.

        Args:
            inputs: the station's record.
            annual: harmonics of the year.
        """
        levels = {}
        spreads = {}
        runs = {}
        for name in WATCHED:
            values = inputs.column(name)
            if not np.isfinite(values).any():
                continue
            of_level = {hours: level(name, values, hours) for hours in _LEVELS[name]}
            of_spread = {hours: spread(name, values, hours) for hours in _SPREADS[name]}
            levels[name] = _references(inputs.valid_at, of_level, annual)
            spreads[name] = _references(inputs.valid_at, of_spread, annual)
            runs[name] = _longest_run_h(name, values)
        told = TemperatureRelation.fit(inputs, annual)
        left = {hours: told.left(inputs, hours) for hours in _RELATIONS_C} if told else {}
        return cls(levels, spreads, runs, told, _references(inputs.valid_at, left, annual))

    @classmethod
    def none(cls) -> "StationInputs":
        """Of a record that says too little: nothing is an alarm."""
        return cls(level={}, spread={}, run_h={}, told=None, relation=())

    def scores(self, inputs: InputHours) -> Scores:
        """How near each hour is to an alarm.

        Args:
            inputs: the station's hours, and those of the year before.
        """
        valid_at = inputs.valid_at
        found: Scores = {}
        for name, windows in self.level.items():
            values = inputs.column(name)
            levels = found[name, "level"] = {}
            for one in windows:
                statistic = level(name, values, one.hours)
                least = _LEVELS[name][one.hours]
                levels[one.hours] = one.score(valid_at, statistic, least)
            spreads = found[name, "spread"] = {}
            for one in self.spread[name]:
                statistic = spread(name, values, one.hours)
                least = _SPREADS[name][one.hours]
                spreads[one.hours] = one.score(valid_at, statistic, least)
            found[name, "stuck"] = {0: run_lengths(name, values) / self.run_h[name]}
        if self.told:
            relations = found["temp_c", "relation"] = {}
            for one in self.relation:
                statistic = self.told.left(inputs, one.hours)
                relations[one.hours] = one.score(valid_at, statistic, _RELATIONS_C[one.hours])
        return found

    def to_json(self) -> dict[str, Any]:
        """All of it, for the manifest."""
        return {
            "level": _windows_as_json(self.level),
            "spread": _windows_as_json(self.spread),
            "run_h": dict(self.run_h),
            # Where a release before this one looks for slopes, none: it judges no relation then.
            "slopes": [],
            "told": self.told.to_json() if self.told else None,
            "relation": [one.to_json() for one in self.relation],
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "StationInputs":
        """The one that `to_json` wrote."""
        return cls(
            level=_windows_from_json(content["level"]),
            spread=_windows_from_json(content["spread"]),
            run_h=content["run_h"],
            told=_told_from_json(content),
            relation=_references_from_json(content["relation"]),
        )


def _references(
    valid_at: Hours, statistics: Mapping[int, Floats], annual: int
) -> tuple[WindowReference, ...]:
    fitted = [
        WindowReference.fit(valid_at, statistic, hours, annual)
        for hours, statistic in statistics.items()
    ]
    return tuple(one for one in fitted if one)


def _longest_run_h(name: str, values: Floats) -> float:
    """How many hours of equal values are an alarm."""
    longest = float(np.nanmax(run_lengths(name, values)))
    margin = _RUN_MARGIN + margin_of_part(np.isfinite(values).sum())
    return round(float(np.clip(margin * longest, _LEAST_RUN_H, _MOST_RUN_H)), 1)


def _told_from_json(content: Mapping[str, Any]) -> TemperatureRelation | None:
    """What the release before this one told by slopes that no season changes."""
    if content["slopes"]:
        return TemperatureRelation.of_constant_slopes(content["slopes"])
    told = content.get("told")
    return TemperatureRelation.from_json(told) if told else None


def _windows_as_json(windows: Mapping[str, tuple[WindowReference, ...]]) -> dict[str, Any]:
    return {name: [one.to_json() for one in of_name] for name, of_name in windows.items()}


def _windows_from_json(content: Mapping[str, Any]) -> dict[str, tuple[WindowReference, ...]]:
    return {name: _references_from_json(of_name) for name, of_name in content.items()}


def _references_from_json(content: list[Any]) -> tuple[WindowReference, ...]:
    return tuple(WindowReference.from_json(one) for one in content)
