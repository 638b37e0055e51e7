"""The numerical models that the fake Open-Meteo has: their runs, their errors, and the file that
says which run is served.

A model's forecast is the fake's weather with the model's own bias, and with errors that grow with
the time from the run's start to the hour: it is some degrees off, and so is the place of its rain.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

AGED = re.compile(r"(?P<variable>.+)_previous_day(?P<age_d>\d)")
OLDEST_D = 7
METADATA = re.compile(r"/data/(?P<data_set>[a-z0-9_]+)/static/meta\.json")


@dataclass(frozen=True)
class Model:
    """A numerical model.

    Attributes:
        data_set: the name that its file stands under.
        length_h, short_length_h: how far a run of 00 or 12 UTC reaches, and one between them.
        first: the first day of its archive.
        bias_c, wind_factor, phase: what its errors are like.
        served_after_h: hours from a run's start until it is served.
    """

    data_set: str
    length_h: int
    first: date
    bias_c: float
    wind_factor: float
    phase: float
    short_length_h: int = 0
    spacing_h: int = 6
    served_after_h: float = 5.0
    has_gusts: bool = True

    def newest_run(self, now: datetime) -> int:
        """The start, in hours since 1970, of the newest run that is served."""
        served_h = now.timestamp() / 3600 - self.served_after_h
        return int(served_h // self.spacing_h * self.spacing_h)

    def runs(self, hours: np.ndarray, age_d: int, now: datetime) -> np.ndarray:
        """The newest run started `age_d` days or more before each hour that reaches it, in hours
        since 1970; NaN where none does, or the archive keeps none as old."""
        if age_d >= self.length_h // 24:
            return np.full(len(hours), np.nan)
        latest = (hours - 24 * age_d) // self.spacing_h * self.spacing_h
        latest = np.minimum(latest, self.newest_run(now))
        one_before = latest - self.spacing_h
        reaching = [
            np.where(hours - run <= self._lengths(run), run, np.nan) for run in (latest, one_before)
        ]
        return np.where(np.isfinite(reaching[0]), reaching[0], reaching[1])

    def off_c(self, hours: np.ndarray, runs: np.ndarray) -> np.ndarray:
        """How many degrees too warm it is: its bias, larger by day, and what grows with the age."""
        by_day = 1 + 0.3 * np.cos(hours / 24 * math.tau)
        age_d = (hours - runs) / 24
        return self.bias_c * by_day + 0.15 * age_d * np.sin(hours / 17 + 2 * self.phase)

    def displaced_deg(self, hours: np.ndarray, runs: np.ndarray) -> np.ndarray:
        """How far off, to the north and east, it has the weather."""
        age_d = (hours - runs) / 24
        return 0.08 * age_d * np.sin(hours / 23 + self.phase)

    def as_it_writes(
        self, values: Mapping[str, np.ndarray], hours: np.ndarray, runs: np.ndarray
    ) -> dict[str, np.ndarray]:
        """The values with its wind, without what it doesn't have."""
        first_hour = int(datetime(*self.first.timetuple()[:3], tzinfo=UTC).timestamp() // 3600)
        has = np.isfinite(runs) & (hours >= first_hour)
        written = {name: np.where(has, column, np.nan) for name, column in values.items()}
        for name in ("wind_speed_10m", "wind_gusts_10m"):
            written[name] = written[name] * self.wind_factor
        if not self.has_gusts:
            written["wind_gusts_10m"] = np.full(len(hours), np.nan)
        return written

    def metadata(self, now: datetime) -> dict[str, int]:
        """What its file says, in seconds since 1970."""
        started_s = self.newest_run(now) * 3600
        available_s = started_s + int(self.served_after_h * 3600)
        return {
            "chunk_time_length": 504,
            "data_end_time": started_s + self.length_h * 3600,
            "last_run_availability_time": available_s,
            "last_run_initialisation_time": started_s,
            "last_run_modification_time": available_s - 600,
            "temporal_resolution_seconds": 3600,
            "update_interval_seconds": self.spacing_h * 3600,
        }

    def _lengths(self, runs: np.ndarray) -> np.ndarray:
        is_long = runs % 12 == 0
        return np.where(is_long, self.length_h, self.short_length_h or self.length_h)


MODELS = {
    "ecmwf_ifs025": Model(
        data_set="ecmwf_ifs025",
        length_h=360,
        short_length_h=144,
        first=date(2024, 2, 4),
        bias_c=-0.8,
        wind_factor=1.2,
        phase=0.4,
        has_gusts=False,
    ),
    "gfs_seamless": Model(
        data_set="ncep_gfs013",
        length_h=384,
        first=date(2024, 1, 1),
        bias_c=1.5,
        wind_factor=1.4,
        phase=1.9,
    ),
    "icon_seamless": Model(
        data_set="dwd_icon",
        length_h=180,
        short_length_h=120,
        first=date(2024, 1, 19),
        bias_c=0.6,
        wind_factor=0.8,
        phase=3.1,
    ),
    "gem_global": Model(
        data_set="cmc_gem_gdps_15km",
        length_h=240,
        first=date(2024, 1, 1),
        bias_c=-1.7,
        wind_factor=1.1,
        phase=4.6,
        spacing_h=12,
    ),
    "knmi_seamless": Model(
        data_set="ecmwf_ifs025",
        length_h=240,
        first=date(2024, 1, 1),
        bias_c=-0.3,
        wind_factor=1.3,
        phase=5.5,
    ),
    "jma_msm": Model(
        data_set="jma_msm",
        length_h=78,
        short_length_h=39,
        first=date(2018, 1, 1),
        bias_c=0.2,
        wind_factor=1.0,
        phase=0.9,
        spacing_h=3,
        served_after_h=3.0,
        has_gusts=False,
    ),
}


@dataclass(frozen=True)
class Series:
    """One column of an answer: its key, and the values that it is of; without a model, the
    weather's own."""

    key: str
    variable: str
    age_d: int = 0
    model: str | None = None


def series(names: list[str], models: list[str], takes_ages: bool) -> list[Series]:
    """The columns of an answer; with several models, each key ends with its model."""
    columns = []
    for model in models or [None]:
        for name in names:
            variable, age_d = name, 0
            if takes_ages and (found := AGED.fullmatch(name)) and int(found["age_d"]) <= OLDEST_D:
                variable, age_d = found["variable"], int(found["age_d"])
            key = f"{name}_{model}" if len(models) > 1 else name
            columns.append(Series(key, variable, age_d, model))
    return columns


def metadata(data_set: str, now: datetime, state: str) -> Any:
    """What a data set's file says in this state; None where there is no such file."""
    by_name = {model.data_set: model for model in MODELS.values()}
    if data_set not in by_name or state == "missing":
        return None
    model = by_name[data_set]
    said = model.metadata(now)
    match state:
        case "fresh":
            return said
        case "late" | "outdated":
            runs_ago = 2 if state == "late" else 400
            behind_s = runs_ago * model.spacing_h * 3600
            return {
                name: value - behind_s if "time" in name and "temporal" not in name else value
                for name, value in said.items()
            }
        case "just served":
            return {**said, "last_run_availability_time": int(now.timestamp()) - 120}
        case "of the future":
            return {**said, "last_run_availability_time": int(now.timestamp()) + 7_200}
        case "unreadable":
            return {"last_run_initialisation_time": None}
    raise AssertionError(state)
