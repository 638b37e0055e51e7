"""A source of numerical forecasts in memory: every value follows from its model, hour and run."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
import pandas as pd

from wearcast.config import Station
from wearcast.errors import SourceError
from wearcast.weather.guidance import DELAY_H, concatenate, conform

MODELS = ("alpha", "beta")
AGES = (1, 2)
_HOUR = pd.Timedelta(hours=1)


class FakeGuidance:
    """An archive from `first` to the hour before `now`, and a newest run every six hours.

    Attributes:
        broken: by model, why it can't be had at all.
        without_newest: models whose newest run is late.
        asked: the models and months that were fetched.
        shift_c: what another version of a model adds to its temperatures.
    """

    def __init__(
        self, first: str, now: str, models: Sequence[str] = MODELS, has_archive: bool = True
    ) -> None:
        self.models = tuple(models)
        self.has_archive = has_archive
        self.first = pd.Timestamp(first, tz="UTC")
        self.now = pd.Timestamp(now, tz="UTC")
        self.broken: dict[str, str] = {}
        self.without_newest: set[str] = set()
        self.asked: list[tuple[str, str]] = []
        self.shift_c: Mapping[str, float] = {}

    def span(self, station: Station, model: str) -> tuple[datetime, datetime]:
        assert model in self.models, station.id
        if model in self.broken:
            raise SourceError(self.broken[model])
        return self.first.to_pydatetime(), (self.now - _HOUR).to_pydatetime()

    def fetch(self, station: Station, model: str, start: datetime, end: datetime) -> pd.DataFrame:
        self.asked.append((model, f"{start:%Y-%m}"))
        until = min(end, self.now.to_pydatetime())
        hours = pd.date_range(start, until, freq="h", inclusive="left")
        age_d = np.tile(AGES, len(hours))
        each = hours.repeat(len(AGES))
        return self._runs(station, model, each, each - pd.to_timedelta(age_d, unit="D"))

    def newest(self, station: Station) -> pd.DataFrame:
        given = [model for model in self.models if model not in self.without_newest]
        if not given:
            raise SourceError("no run can be had now")
        hours = pd.date_range(self.now, periods=72, freq="h")[1:]
        issued = pd.DatetimeIndex([(self.now - pd.Timedelta(hours=DELAY_H)).floor("6h")])
        runs = issued.repeat(len(hours))
        return concatenate(self._runs(station, model, hours, runs) for model in given)

    def fingerprint(self, model: str) -> str:
        return f"fake {model} {self.shift_c.get(model, 0.0)}"

    def _runs(
        self, station: Station, model: str, hours: pd.DatetimeIndex, issued: pd.DatetimeIndex
    ) -> pd.DataFrame:
        lead_h = (hours - issued) / _HOUR
        of_day = np.sin(2 * np.pi * hours.hour / 24)
        temps = 10 + 5 * of_day + 0.01 * lead_h + self.models.index(model)
        columns = {
            "station": station.id,
            "source": "fake",
            "model": model,
            "issued_from": issued,
            "issued_until": issued,
            "available_at": issued + pd.Timedelta(hours=DELAY_H),
            "valid_at": hours,
            "temp_c": temps + self.shift_c.get(model, 0.0),
            "rh_pct": 60.0,
        }
        return conform(pd.DataFrame(columns))
