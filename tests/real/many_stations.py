"""A small project with many stations: perturbed copies of one of the sample's, which its model
knows, in a file of one's own, and the observations that a refresh keeps of each."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pandas as pd
import yaml

from real import small_project
from real.processes import environment
from wearcast.config import Params, Station, checked, read_groups
from wearcast.forecasting import model_assembly
from wearcast.forecasting.forecaster import Forecaster
from wearcast.weather.sources import open_source
from wearcast.weather.stations import CATALOGUE

ORIGINAL = CATALOGUE[small_project.STATION]
VALUES = ("temp_c", "dewpoint_c", "wind_ms", "wind_dir_deg", "precip_mm", "pressure_hpa")
REACHING = timedelta(days=450)
REFRESH = {"OLDEST_OBSERVATION": "36500d"}
"""The settings with which a refresh takes what is of 2013 for new."""


def copies(count: int) -> list[Station]:
    """So many stations."""
    return [ORIGINAL.model_copy(update={"id": f"S{number}"}) for number in range(count)]


def project(root: Path, count: int) -> Path:
    """The project at `root`: params.yaml, models/forecaster, and data/serving after a refresh."""
    small_project.project(root)
    stations = copies(count)
    rows = _rows(root, stations)
    (root / "observations").mkdir()
    rows.to_parquet(root / "observations/hours.parquet")
    _name(root / "params.yaml", stations)
    _teach(root / "models/forecaster", stations)
    done = subprocess.run(
        [sys.executable, "-m", "wearcast", "refresh"],
        cwd=root,
        env=environment(**REFRESH),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return root


def _rows(root: Path, stations: Sequence[Station]) -> pd.DataFrame:
    """The last hours of all stations, each a little warmer than the one before."""
    content = read_groups(root / "params.yaml")
    source = open_source(checked(Params, content, where="the small project").ingest, root)
    _, last = source.span(ORIGINAL)
    hours = source.fetch(ORIGINAL, last - REACHING, last + timedelta(hours=1))
    known = hours[["valid_at", *VALUES]].astype(dict.fromkeys(VALUES, "float64"))
    parts = []
    for number, station in enumerate(stations):
        temp_c = known["temp_c"] + 0.01 * number
        parts.append(known.assign(station=station.id, temp_c=temp_c))
    return pd.concat(parts, ignore_index=True)


def _name(path: Path, stations: Sequence[Station]) -> None:
    """Name the stations and their file in params.yaml."""
    content = read_groups(path)
    content["ingest"] |= {
        "source": "files",
        "stations": [station.model_dump() for station in stations],
        "files": {
            "path": "observations",
            "columns": {name: name for name in ("valid_at", "station", *VALUES)},
            "time_zone": "UTC",
            "blank_rain": "unknown",
        },
    }
    params = checked(Params, content, where="the project of many stations")
    path.write_text(yaml.safe_dump(params.model_dump(mode="json", exclude_unset=True)))


def _teach(folder: Path, stations: Sequence[Station]) -> None:
    """Let the model know of every copy what it knows of the original."""
    manifest = Forecaster.load(folder).manifest
    known = manifest.standardization
    climate = known.climatologies[ORIGINAL.id]
    standardization = replace(
        known,
        climatologies={station.id: climate for station in stations},
        longitudes={station.id: station.longitude for station in stations},
    )
    taught = replace(
        manifest,
        stations=tuple(stations),
        standardization=standardization,
        inputs=None,
        rain_days={},
    )
    model_assembly.save(folder, (folder / "model.onnx").read_bytes(), taught)
