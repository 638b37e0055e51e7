"""Which local dates of a station were wet, and how often they usually are.

A wet hour makes a wet day, and hours that follow each other are alike: the climatology of wet hours
doesn't say how often a day is wet.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from wearcast.forecasting.array_types import Floats, Hours
from wearcast.forecasting.channels import known_rain
from wearcast.forecasting.climatology import Climatology
from wearcast.forecasting.history import History
from wearcast.forecasting.local_time import HasZone, local_time

_SHORTEST_DAY_H: Final = 23
_FEWEST_DAYS: Final = 90
_CHANCES: Final = (0.02, 0.98)
"""What a usual chance can be: no season is quite dry or wet."""

_NOON: Final = np.timedelta64(12, "h")


@dataclass(frozen=True)
class RainDays:
    """The local dates of a record.

    Attributes:
        dates: in order, each once, (D,), datetime64[D].
        wet: 1 where an hour was wet or a sum of three was, 0 where none was, NaN where that isn't
            known: (D,).
    """

    dates: Hours
    wet: Floats

    @classmethod
    def of(cls, history: History, station: HasZone) -> "RainDays":
        """Those of a station's record."""
        rain = known_rain(history, share=1.0).wet
        dates, day = np.unique(
            local_time(history.valid_at, station).astype("datetime64[D]"), return_inverse=True
        )
        wet_hours = np.bincount(day, rain > 0, len(dates))
        known_hours = np.bincount(day, np.isfinite(rain), len(dates))
        hours = np.bincount(day, minlength=len(dates))
        is_dry = (known_hours == hours) & (hours >= _SHORTEST_DAY_H)
        known = np.where(is_dry, 0.0, np.nan)
        return cls(dates, np.where(wet_hours > 0, 1.0, known))

    def was_wet(self, date: np.datetime64) -> float:
        """1 or 0; NaN where it isn't known."""
        place = int(np.searchsorted(self.dates, date))
        if place == len(self.dates) or self.dates[place] != date:
            return float("nan")
        return float(self.wet[place])


@dataclass(frozen=True)
class UsualRainDays:
    """How often a local date of a station is wet, by the time of year."""

    climatology: Climatology

    @classmethod
    def fit(cls, days: RainDays, annual: int) -> "UsualRainDays | None":
        """Fit on the dates of training hours; None where too few are known."""
        if np.isfinite(days.wet).sum() < _FEWEST_DAYS:
            return None
        return cls(Climatology.fit(_noon(days.dates), days.wet, annual, 0))

    def chance(self, date: np.datetime64) -> float:
        """The usual chance that a date is wet."""
        at = _noon(np.array([date], dtype="datetime64[D]"))
        return float(np.clip(self.climatology.at(at)[0], *_CHANCES))

    def to_json(self) -> list[float]:
        """All of it, for the manifest."""
        coefficients: list[float] = self.climatology.coefficients.tolist()
        return coefficients

    @classmethod
    def from_json(cls, content: Any) -> "UsualRainDays":
        """The one that `to_json` wrote."""
        return cls(Climatology(len(content) // 2, 0, np.array(content)))


UsualRain = Mapping[str, UsualRainDays]
"""By station; of one that doesn't report rain, nothing."""


def _noon(dates: Hours) -> Hours:
    midnight: Hours = dates.astype("datetime64[h]")
    return midnight + _NOON
