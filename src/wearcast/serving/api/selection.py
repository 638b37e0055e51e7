"""What a client asks for of a forecast: some hours, quantities or quantiles, or everything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from wearcast.forecasting.array_types import Floats
from wearcast.forecasting.quantiles import LEVELS
from wearcast.serving.api.units import METRIC_NAMES

QUANTILE_NAMES: Final = tuple(f"p{round(100 * level):02}" for level in LEVELS)
"""The fields of `schemas.Quantiles`."""


@dataclass(frozen=True)
class Selection:
    """A part of a forecast.

    Attributes:
        hours: how many hours ahead, from the first; None for all.
        fields: the metric names of what an hour has; None for all.
        levels: the quantiles, of `QUANTILE_NAMES`.
    """

    hours: int | None = None
    fields: frozenset[str] | None = None
    levels: tuple[str, ...] = QUANTILE_NAMES

    def has(self, name: str) -> bool:
        """Whether an hour's field is asked for, by its metric name."""
        return self.fields is None or name in self.fields

    def of_columns(self, columns: Mapping[str, Sequence[Any]]) -> dict[str, Sequence[Any]]:
        """The columns asked for, and the times; of hours ahead as far as `hours` reaches."""
        return {
            name: column[: self.hours] if "lead_h" in columns else column
            for name, column in columns.items()
            if name not in METRIC_NAMES or self.has(METRIC_NAMES[name])
        }

    def of_quantiles(self, values: Floats) -> Sequence[dict[str, float] | None]:
        """The quantiles of each hour, from (H, Q); None where the station doesn't report it."""
        if np.isnan(values).any():
            return [None] * len(values)
        if self.levels == QUANTILE_NAMES:
            return quantile_fields(values)
        kept = [QUANTILE_NAMES.index(level) for level in self.levels]
        rows = values[:, kept].tolist()
        return [dict(zip(self.levels, row, strict=True)) for row in rows]

    def of_day(self, day: Any) -> Any:
        """A day with the quantiles asked for."""
        if self.levels == QUANTILE_NAMES:
            return day
        fields = day.model_dump()
        for name, value in fields.items():
            if isinstance(value, dict) and name != "usual":
                fields[name] = {level: value[level] for level in self.levels}
        return fields


EVERYTHING: Final = Selection()


def quantile_fields(values: Floats) -> list[dict[str, float] | None]:
    """The fields of `schemas.Quantiles` of each row of (H, Q)."""
    # Written out: a response has more than a thousand of them, and a loop over the names takes
    # twice as long.
    return [
        {
            "p05": p05,
            "p10": p10,
            "p25": p25,
            "p40": p40,
            "p50": p50,
            "p60": p60,
            "p75": p75,
            "p90": p90,
            "p95": p95,
        }
        for p05, p10, p25, p40, p50, p60, p75, p90, p95 in values.tolist()
    ]
