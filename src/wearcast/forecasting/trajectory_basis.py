"""What trajectories are drawn from: beside a station's quantiles and chances of rain, its amounts
of rain, the chances of whole days, its gusts, and the model's ranks.

They are a pure function of these in single precision, as a snapshot's file has them. So the file
needs no trajectories, and all who read it draw the same ones.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wearcast.forecasting.array_types import Floats, Floats32
from wearcast.forecasting.channels import TARGETS
from wearcast.forecasting.gusts import MOST_WINDS, GustCurve
from wearcast.forecasting.quantiles import LEVELS
from wearcast.forecasting.trajectories import Ranks, rain_at_levels
from wearcast.forecasting.wet_days import WetDays, agreeing_order
from wearcast.variables import FORECAST, VARIABLES

BASIS_FLOATS = ("rain_log_mm", "wet_days", "gust_curves")
"""The arrays of `TrajectoryBasis`, beside the ranks."""

_DAY_FIELDS = 3
"""Of a day: its first hour, the hour before which it stops, and its chance."""


@dataclass(frozen=True, eq=False)
class TrajectoryBasis:
    """What the trajectories of S stations are drawn from, beside their marginal distributions.

    Attributes:
        ranks: the order of the model's past errors, for M members.
        targets: the variables of the ranks, in their order; rain is the one after them.
        rain_log_mm: quantiles of log mm if it rains, (S, horizon_h, Q).
        wet_days: of the waking days ahead the first hour, the one before which they stop, and the
            chance of a wet hour in them, NaN where it isn't known: (S, D, 3).
        gust_curves: the winds and the gusts of each station's curve, NaN beyond the last: (S, 2,
            MOST_WINDS).
    """

    ranks: Ranks
    targets: tuple[str, ...]
    rain_log_mm: Floats32
    wet_days: Floats32
    gust_curves: Floats32

    @classmethod
    def of_station(
        cls,
        ranks: Ranks,
        targets: Sequence[str],
        rain_log_mm: Floats,
        wet_days: WetDays | None,
        gust: GustCurve,
    ) -> "TrajectoryBasis":
        """That of one station.

        Args:
            ranks, targets: as above.
            rain_log_mm: (horizon_h, Q).
            wet_days: of one issue time; None where only the chances of hours are known.
            gust: the station's curve.
        """
        return cls(
            ranks=ranks,
            targets=tuple(targets),
            rain_log_mm=rain_log_mm[None].astype(np.float32),
            wet_days=_days_as_array(wet_days),
            gust_curves=gust.as_array()[None],
        )

    @classmethod
    def joined(cls, parts: Sequence["TrajectoryBasis"]) -> "TrajectoryBasis":
        """Those of all stations of several, which are of the same model."""
        most_days = max(part.wet_days.shape[1] for part in parts)
        return cls(
            ranks=parts[0].ranks,
            targets=parts[0].targets,
            rain_log_mm=np.concatenate([part.rain_log_mm for part in parts]),
            wet_days=np.concatenate([_padded(part.wet_days, most_days) for part in parts]),
            gust_curves=np.concatenate([part.gust_curves for part in parts]),
        )

    def drawn(
        self, s: int, quantiles: Mapping[str, Floats32], rain_chance: Floats32
    ) -> dict[str, Floats32]:
        """The trajectories of the station with this index: of each of `FORECAST` (M, horizon_h),
        within its possible values.

        Args:
            s: the station's index.
            quantiles: its own, of each target (horizon_h, Q).
            rain_chance: of a wet hour, (horizon_h,).
        """
        drawn = {}
        for name in TARGETS:
            of_target = quantiles[name].astype(np.float64)
            drawn[name] = self._in_order(name, of_target)
        bounded = physical(drawn, TARGETS)
        bounded["precip_mm"] = self._rain_mm(s, rain_chance.astype(np.float64))
        gust = GustCurve.of_array(self.gust_curves[s])
        bounded["gust_ms"] = gust(bounded["wind_ms"])
        return {name: bounded[name].astype(np.float32) for name in FORECAST}

    def wrong_shapes(self, stations: int, horizon_h: int) -> list[str]:
        """The names of the arrays that aren't of so many stations and hours."""
        days = self.wet_days.shape[1:2]
        expected = {
            "rain_log_mm": (stations, horizon_h, len(LEVELS)),
            "wet_days": (stations, *days, _DAY_FIELDS),
            "gust_curves": (stations, 2, MOST_WINDS),
        }
        wrong = [name for name in BASIS_FLOATS if getattr(self, name).shape != expected[name]]
        if self.ranks.order.shape[1:] != (horizon_h, len(self.targets) + 1):
            wrong.append("ranks")
        return wrong

    def _in_order(self, name: str, quantiles: Floats) -> Floats:
        """Quantiles of a target, (horizon_h, Q), in the order of its errors; NaN of one that the
        ranks don't have."""
        if name not in self.targets:
            shape = self.ranks.order.shape[:2]
            return np.full(shape, np.nan)
        at_levels = self.ranks.interpolations[self.targets.index(name)]
        return at_levels(quantiles)

    def _rain_mm(self, s: int, chance: Floats) -> Floats:
        order = self.ranks.order[:, :, -1]
        levels = self.ranks.levels[:, :, -1]
        if np.isfinite(self.wet_days[s, :, 2]).any():
            agreeing = self._agreeing_order(s, order, chance)
            levels = (agreeing + 0.5) / len(order)
        log_mm = self.rain_log_mm[s].astype(np.float64)
        return rain_at_levels(chance, log_mm, levels)

    def _agreeing_order(
        self, s: int, order: NDArray[np.uint8], chance: Floats
    ) -> NDArray[np.uint8]:
        first, stop, day_chance = self.wet_days[s].T.astype(np.float64)
        first_hours = first.astype(np.int64)
        stop_hours = stop.astype(np.int64)
        return agreeing_order(order, chance, first_hours, stop_hours, day_chance)


def physical(values: Mapping[str, Floats], bounded_names: Sequence[str]) -> dict[str, Floats]:
    """The same values with those of some variables within their possible ones, and no dew point
    above the temperature."""
    bounded = dict(values)
    for name in bounded_names:
        variable = VARIABLES[name]
        bounded[name] = np.clip(values[name], variable.low, variable.high)
    bounded["dewpoint_c"] = np.minimum(bounded["dewpoint_c"], bounded["temp_c"])
    return bounded


def _days_as_array(days: WetDays | None) -> Floats32:
    """Those of one issue time, (1, D, 3)."""
    if days is None:
        return np.empty((1, 0, _DAY_FIELDS), dtype=np.float32)
    fields = [days.first[0], days.stop[0], days.chance[0]]
    return np.stack(fields, axis=-1)[None].astype(np.float32)


def _padded(days: Floats32, count: int) -> Floats32:
    """The same days, (S, D, 3), and after them days of no hour, up to so many."""
    stations, known, _ = days.shape
    no_hour = np.array([0, 0, np.nan], dtype=np.float32)
    missing = np.broadcast_to(no_hour, (stations, count - known, _DAY_FIELDS))
    return np.concatenate([days, missing], axis=1)
