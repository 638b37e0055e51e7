"""The outputs of the stage `preprocess` as arrays: every station's record, and the split."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from wearcast import artifacts
from wearcast.config import Station
from wearcast.forecasting.array_types import Flags, Minutes
from wearcast.forecasting.guidance_record import GuidanceRecord
from wearcast.forecasting.history import History
from wearcast.forecasting.split import Split
from wearcast.variables import HISTORY
from wearcast.weather import guidance
from wearcast.weather.observations import read_parquet, station_arrays
from wearcast.weather.stations import read_stations

GUIDANCE = "guidance.parquet"
"""The table of guidance in data/processed, where there is any."""

_INTERPOLATED = {"temp_c", "wind_ms", "pressure_hpa", "cloud_pct"}
"""Columns the network sees that quality control fills by interpolation alone."""


@dataclass(frozen=True)
class Records:
    """Every station's observations after quality control, and the split.

    Attributes:
        stations: in the order of params.yaml.
        histories: a station's whole record by its id.
        split: which hours train, validate and test.
        source: the name of the source that gave them.
        sha256: the hash of the table of observations, of the split, and of the guidance.
        guidance: numerical forecasts by the station, for those that have any.
    """

    stations: tuple[Station, ...]
    histories: Mapping[str, History]
    split: Split
    source: str
    sha256: str
    guidance: Mapping[str, GuidanceRecord] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> "Records":
        """Read data/processed."""
        table = read_parquet(folder / "observations.parquet")
        stations = tuple(read_stations(folder / "stations.json"))
        fingerprint = artifacts.read_json(folder / "source.json")["source"]
        files = [folder / "observations.parquet", folder / "split.json"]
        forecasts = {}
        if (folder / GUIDANCE).exists():
            files.append(folder / GUIDANCE)
            forecasts = read_guidance(folder / GUIDANCE)
        return cls(
            stations=stations,
            histories={station.id: history_of(table, station.id) for station in stations},
            split=Split.from_json(artifacts.read_json(folder / "split.json")),
            source=fingerprint.split()[0],
            sha256=artifacts.sha256(*files),
            guidance=forecasts,
        )


def read_guidance(path: Path) -> dict[str, GuidanceRecord]:
    """Every station's guidance in a table that keeps the contract of `weather.guidance`."""
    with pq.ParquetFile(path) as file:
        table = file.read().to_pandas()
    return {str(id): guidance_record(rows) for id, rows in table.groupby("station", sort=True)}


def guidance_record(rows: pd.DataFrame) -> GuidanceRecord:
    """A station's guidance from its rows of such a table."""
    models = sorted(rows["model"].unique())
    number = {name: i for i, name in enumerate(models)}
    valid_at = rows["valid_at"].dt.tz_localize(None).to_numpy()
    available_at = rows["available_at"].dt.tz_localize(None).to_numpy()
    return GuidanceRecord.of_rows(
        tuple(models),
        rows["model"].map(number).to_numpy(dtype=np.int64),
        valid_at.astype("datetime64[h]"),
        (valid_at - available_at) / np.timedelta64(1, "h"),
        {name: rows[name].to_numpy(dtype=np.float64) for name in guidance.VALUES},
        issued=_in_minutes(rows, ["issued_from", "issued_until"]),
        source=str(rows["source"].iloc[0]),
    )


def _in_minutes(rows: pd.DataFrame, names: list[str]) -> Minutes:
    """Columns of times as they stand in UTC, (rows, len(names))."""
    columns = [rows[name].dt.tz_localize(None).to_numpy() for name in names]
    return np.stack(columns, axis=1).astype("datetime64[m]")


def history_of(table: pd.DataFrame, station: str) -> History:
    """A station's whole record in a table of controlled observations.

    Raises:
        ObservationsError: the table has no rows of that station.
    """
    valid_at, arrays = station_arrays(table, station)
    values = {name: arrays[name] for name in HISTORY}
    is_of_station = table["station"] == station
    filled = _interpolated(table[is_of_station])
    return History(station, valid_at, values, filled)


def _interpolated(rows: pd.DataFrame) -> Flags:
    """Hours with a value that later ones went into; a dew point derived from its own hour's
    humidity is none."""
    # Of thousands of hours only a few lists of columns differ.
    numbers, lists = pd.factorize(rows["filled"].astype(str))
    filled = [set(names.split(",")) for names in lists]
    with_rh = np.array([_uses_later_hours(names, True) for names in filled], dtype=bool)
    without_rh = np.array([_uses_later_hours(names, False) for names in filled], dtype=bool)
    measured_rh = rows["rh_pct"].notna().to_numpy()
    interpolated: Flags = np.where(measured_rh, with_rh[numbers], without_rh[numbers])
    return interpolated


def _uses_later_hours(filled: set[str], has_rh: bool) -> bool:
    """Whether an hour whose columns `filled` were filled has an interpolated value."""
    if filled & _INTERPOLATED:
        return True
    derived = has_rh and not {"rh_pct", "temp_c"} & filled
    return "dewpoint_c" in filled and not derived
