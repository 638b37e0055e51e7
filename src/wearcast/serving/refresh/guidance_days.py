"""The ledger of what numerical models were worth, beside that of our forecasts.

<origin>/guidance/2013-03-12.json  by station and model the sums of the scores of a day's hours, UTC

A day's sums are made anew as long as its forecasts are kept, as those of the forecasts are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from wearcast.forecasting.array_types import Floats, Hours
from wearcast.forecasting.guidance_record import GuidanceRecord
from wearcast.forecasting.history import History
from wearcast.serving.refresh.kept_forecasts import KeptForecasts, past_of_station
from wearcast.serving.refresh.ledger_files import checked_sums, read_days, write_day
from wearcast.serving.refresh.realised_guidance import SUMS, daily_sums, figures
from wearcast.serving.refresh.realised_scores import scored_ranges

_DAY: Final = np.timedelta64(1, "D")

ModelSums = dict[str, Floats]
"""By model the sums of one day: (ranges, len(SUMS))."""


@dataclass(frozen=True)
class GuidanceDays:
    """The days that are kept.

    Attributes:
        folder: their own.
        kept_d: how many are kept, the one of the newest issue time the last of them.
        horizon_h: how far ahead our forecasts reach.
    """

    folder: Path
    kept_d: int
    horizon_h: int

    def update(
        self,
        forecasts: Sequence[KeptForecasts],
        histories: Mapping[str, History],
        records: Mapping[str, GuidanceRecord],
        days: Hours,
        is_whole: bool,
    ) -> dict[str, dict[str, Any]]:
        """Score some days anew; by station and model the scores of all that are kept, as
        `realised_guidance.figures` gives them.

        Args:
            forecasts: all that reach the days; none at a model's first refresh.
            histories: by station, what came.
            records: by station, what the models said; of one that has none, what is kept counts.
            days: those to score, in a row, UTC; the last is the newest.
            is_whole: whether nothing of the forecasts is still to be read.
        """
        kept = self._read(days[-1])
        scored: dict[np.datetime64, dict[str, ModelSums]] = {day: {} for day in days}
        scorable = histories.keys() & records.keys() if forecasts else ()
        for station in scorable:
            past = past_of_station(forecasts, station)
            by_model = daily_sums(past, histories[station], records[station], days)
            for place, day in enumerate(days):
                scored[day][station] = _of_day(by_model, place)
        for day, by_station in scored.items():
            known = kept.get(day, {}) | by_station
            if not any(known.values()):
                continue
            kept[day] = known
            if is_whole:
                path = self.folder / f"{day}.json"
                write_day(path, _as_json(known))
        return {station: self._told(kept, station) for station in histories}

    def _read(self, today: np.datetime64) -> dict[np.datetime64, dict[str, ModelSums]]:
        """The sums on disk; those of days that are over for long, or that are to come again in a
        replay, are deleted."""
        first = today - (self.kept_d - 1) * _DAY
        return read_days(self.folder, first, today, self._of_file)

    def _of_file(self, content: Any) -> dict[str, ModelSums]:
        by_station: dict[str, ModelSums] = {}
        for station, by_model in content.items():
            of_station = by_station.setdefault(station, {})
            for model, sums in by_model.items():
                of_station[model] = checked_sums(sums, self._shape)
        return by_station

    def _told(
        self, kept: Mapping[np.datetime64, Mapping[str, ModelSums]], station: str
    ) -> dict[str, Any]:
        totals: ModelSums = {}
        for by_station in kept.values():
            for model, sums in by_station.get(station, {}).items():
                total = totals.get(model, np.zeros(self._shape))
                totals[model] = total + sums
        told = {}
        for model in sorted(totals):
            told[model] = figures(totals[model], self.horizon_h)
        return told

    @property
    def _shape(self) -> tuple[int, int]:
        return len(scored_ranges(self.horizon_h)), len(SUMS)


def _of_day(by_model: Mapping[str, Floats], place: int) -> ModelSums:
    """The sums of one of the days, of the models that have any pairs on it."""
    of_day = {}
    for model, by_day in by_model.items():
        sums = by_day[place]
        if sums.any():
            of_day[model] = sums
    return of_day


def _as_json(by_station: Mapping[str, ModelSums]) -> dict[str, Any]:
    content = {}
    for station, by_model in by_station.items():
        content[station] = {model: sums.tolist() for model, sums in by_model.items()}
    return content
