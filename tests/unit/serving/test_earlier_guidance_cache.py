"""What releases before have kept of numerical forecasts is taken over in little memory, and puts
nothing old over what is held."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pyarrow as arrow

from unit.forecasting.synthetic import place
from wearcast.artifacts import write_json
from wearcast.serving.refresh.earlier_guidance_cache import EarlierGuidanceCache
from wearcast.serving.refresh.guidance_cache import GuidanceCache
from wearcast.serving.refresh.guidance_files import GuidanceFiles, place_of
from wearcast.weather import guidance

NOW = datetime(2026, 8, 20, 9, 30, tzinfo=UTC)
HOUR = pd.Timestamp(NOW).floor("h")
STATION = place("AAA")
OTHERS = 400


def run(age_h: int, first_h: int, hours: int = 48, station: str = "AAA") -> pd.DataFrame:
    """A run so many hours old, of hours from the one `first_h` hours ahead."""
    valid_at = pd.date_range(HOUR + pd.Timedelta(hours=first_h), periods=hours, freq="h")
    issued = HOUR - pd.Timedelta(hours=age_h)
    rows = {
        "station": station,
        "source": "open_meteo",
        "model": "gem_global",
        "valid_at": valid_at,
        "issued_from": issued,
        "issued_until": issued,
        "available_at": issued + pd.Timedelta(hours=4),
        "temp_c": float(age_h),
    }
    return guidance.conform(pd.DataFrame(rows))


def many(age_h: int) -> pd.DataFrame:
    """The same run's last day at all stations."""
    one = run(age_h, -24)
    rows = pd.concat([one.assign(station=f"S{number:03}") for number in range(OTHERS)] + [one])
    return guidance.conform(rows)


def earlier_cache(history: Path, newest: pd.DataFrame) -> EarlierGuidanceCache:
    """A cache as releases before have left it."""
    earlier = EarlierGuidanceCache.of(history)
    guidance.write_parquet(earlier.folder / "newest.parquet", newest)
    described = {"source": "open_meteo", "places": {"AAA": place_of(STATION)}}
    write_json(earlier.folder / "guidance.json", described)
    return earlier


def test_the_past_of_some_stations_takes_the_memory_of_one_file_of_all(tmp_path):
    earlier = earlier_cache(tmp_path, many(72))
    files = GuidanceFiles.of(tmp_path, "AAA")
    peaks = []
    default = arrow.default_memory_pool()
    for number in range(12):
        path = earlier.folder / f"past/20260820T{number:02}0000.parquet"
        guidance.write_parquet(path, many(72 + number))
        pool = arrow.proxy_memory_pool(default)
        arrow.set_memory_pool(pool)
        try:
            earlier.copy_to({"AAA": files}, HOUR - pd.Timedelta(hours=12))
        finally:
            arrow.set_memory_pool(default)
        peaks.append(pool.max_memory())
    assert peaks[-1] < 1.5 * peaks[0]
    past = guidance.read_parquet(files.folder / "past.parquet")
    assert set(past["station"]) == {"AAA"}
    assert past["valid_at"].min() == HOUR - pd.Timedelta(hours=12)
    assert sorted(past["temp_c"].unique()) == [72.0 + number for number in range(12)]


def test_an_earlier_cache_that_is_restored_puts_no_old_run_over_a_newer_one(tmp_path):
    earlier = earlier_cache(tmp_path, run(12, -6, hours=36))
    GuidanceCache(tmp_path, "open_meteo", [STATION], NOW).take(run(6, -6))
    before = GuidanceCache(tmp_path, "open_meteo", [STATION], NOW).read("AAA")
    assert newest_by_hour(before).loc[HOUR] == 6.0
    state = str(int(earlier.state) + 1_000_000_000)
    os.utime(earlier.folder / "newest.parquet", ns=(int(state), int(state)))
    after = GuidanceCache(tmp_path, "open_meteo", [STATION], NOW).read("AAA")
    assert GuidanceFiles.of(tmp_path, "AAA").description()["earlier"] == state
    pd.testing.assert_frame_equal(after, before)


def test_hours_of_which_nothing_newer_is_held_are_taken_over(tmp_path):
    GuidanceCache(tmp_path, "open_meteo", [STATION], NOW).take(run(12, 0, hours=24))
    earlier_cache(tmp_path, pd.concat([run(18, 0, hours=48), run(6, 60, hours=6)]))
    found = newest_by_hour(GuidanceCache(tmp_path, "open_meteo", [STATION], NOW).read("AAA"))
    held = dict.fromkeys(pd.date_range(HOUR, periods=24, freq="h"), 12.0)
    further = dict.fromkeys(pd.date_range(HOUR, periods=48, freq="h")[24:], 18.0)
    newer = run(6, 60, hours=6).set_index("valid_at")["temp_c"].to_dict()
    assert found.to_dict() == held | further | newer


def newest_by_hour(rows: pd.DataFrame) -> pd.Series:
    """The temperatures of the newest run of each hour, which are the runs' ages."""
    return rows.groupby("valid_at")["temp_c"].min()
