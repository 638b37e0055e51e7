"""What the stage `preprocess` left, as a record to forecast from."""

import numpy as np
import pandas as pd
import pytest

from horizon import HORIZON_H
from wearcast import artifacts
from wearcast.config import Preprocess, Station
from wearcast.forecasting.processed_data import Records
from wearcast.forecasting.split import plan
from wearcast.forecasting.window_dataset import role_positions
from wearcast.weather.observations import conform, write_parquet
from wearcast.weather.quality import control
from wearcast.weather.stations import write_stations

HOME = Station(
    id="HOME",
    name_en="Home",
    name_ko="집",
    latitude=40,
    longitude=-74,
    elevation_m=5,
    time_zone="America/New_York",
)
HOURS = pd.date_range("2013-01-01", periods=24 * 60, freq="h", tz="UTC")
HUMID = 70 + 10 * np.sin(np.arange(len(HOURS)) / 5)
SPLIT = Preprocess.model_validate(
    {
        "fill_h": 3,
        "scheme": "periods",
        "margin_h": 168,
        "blocks": {"cycle_d": 91, "validation_d": 14, "test_d": 14},
        "periods": {
            "train": [["2013-01-01", "2013-02-10"]],
            "validation": [["2013-02-10", "2013-03-03"]],
        },
    }
)


def kept(folder, **columns) -> Records:
    """Raw hours as the stage `preprocess` would keep them."""
    raw = conform(pd.DataFrame({"station": "HOME", "valid_at": HOURS, **columns}))
    observations, _ = control(raw, [HOME], SPLIT.fill_h)
    write_parquet(folder / "observations.parquet", observations)
    write_stations(folder / "stations.json", [HOME])
    first, last = (HOURS[i].tz_localize(None).to_datetime64() for i in (0, -1))
    artifacts.write_json(folder / "split.json", plan(first, last, SPLIT).to_json())
    artifacts.write_json(folder / "source.json", {"source": "files sha256:0"})
    return Records.read(folder)


@pytest.fixture
def temp_c():
    """A plausible winter."""
    hours = np.arange(len(HOURS))
    return 2 + 4 * np.sin(2 * np.pi * hours / 24) + 3 * np.sin(2 * np.pi * hours / 100)


def test_a_station_with_humidity_alone_has_as_many_windows_as_one_with_a_dew_point(
    tmp_path, temp_c
):
    humid = kept(tmp_path / "humid", temp_c=temp_c, rh_pct=HUMID)
    dewy = kept(tmp_path / "dewy", temp_c=temp_c, dewpoint_c=temp_c - 5)
    assert np.isfinite(humid.histories["HOME"].column("dewpoint_c")).all()
    windows = [
        role_positions(records.histories["HOME"], records.split, "train", 168, HORIZON_H)
        for records in (humid, dewy)
    ]
    assert len(windows[0]) == len(windows[1]) > 0


def test_no_window_is_issued_where_a_value_was_interpolated(tmp_path, temp_c):
    gap = 24 * 20
    broken, wet = temp_c.copy(), HUMID.copy()
    broken[gap : gap + 2], wet[gap + 48] = np.nan, np.nan
    records = kept(tmp_path, temp_c=broken, rh_pct=wet)
    filled = np.flatnonzero(records.histories["HOME"].filled)
    assert filled.tolist() == [gap, gap + 1, gap + 48]
    issued = role_positions(records.histories["HOME"], records.split, "train", 168, HORIZON_H)
    assert not set(filled) & set(issued)
    assert gap + 2 in issued


def test_the_source_is_named(tmp_path, temp_c):
    assert kept(tmp_path, temp_c=temp_c).source == "files"
