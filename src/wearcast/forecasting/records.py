"""What the stage `preprocess` left, as this room works on it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from wearcast import artifacts
from wearcast.config import Station
from wearcast.forecasting.history import RANGES, History
from wearcast.forecasting.split import Split
from wearcast.weather.observations import read_parquet, station_arrays
from wearcast.weather.stations import read_stations


@dataclass(frozen=True)
class Records:
    """Every station's observations after quality control, and the split.

    Attributes:
        stations: in the order of params.yaml.
        histories: a station's whole record by its id.
        split: which hours train, validate and test.
        source: the name of the source that gave them.
        sha256: the hash of the table of observations and of the split.
    """

    stations: tuple[Station, ...]
    histories: Mapping[str, History]
    split: Split
    source: str
    sha256: str

    @classmethod
    def read(cls, folder: Path) -> "Records":
        """Read data/processed."""
        table = read_parquet(folder / "observations.parquet")
        stations = tuple(read_stations(folder / "stations.json"))
        return cls(
            stations=stations,
            histories={station.id: _history(table, station.id) for station in stations},
            split=Split.from_json(artifacts.read_json(folder / "split.json")),
            source=artifacts.read_json(folder / "source.json")["source"].split()[0],
            sha256=artifacts.sha256(folder / "observations.parquet", folder / "split.json"),
        )


def _history(table: pd.DataFrame, station: str) -> History:
    valid_at, values = station_arrays(table, station)
    filled = table.loc[table["station"] == station, "filled"].astype(str).to_numpy() != ""
    return History(station, valid_at, {name: values[name] for name in RANGES}, filled)
