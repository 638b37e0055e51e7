"""Numerical forecasts of a refresh, of each kind of source; whatever goes wrong is told, and fails
nothing."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fakes.guidance import MODELS, FakeGuidance
from unit.forecasting.synthetic import history, place
from wearcast.serving.refresh.guidance_cache import GuidanceCache
from wearcast.serving.refresh.live_guidance import LiveGuidance

STATION = place("AAA")
LAST = np.datetime64("2024-03-01T09", "h")
NOW = pd.Timestamp("2024-03-01T09:30", tz="UTC").to_pydatetime()
OBSERVED = {"AAA": history("AAA", days=60, start=LAST - np.timedelta64(60 * 24 - 1, "h"))}


def guided(folder: Path, source: FakeGuidance, name: str) -> LiveGuidance:
    return LiveGuidance(source, name, folder / "history", frozenset({"AAA"}), most_s=60.0)


def records(live: LiveGuidance):
    return live.records([STATION], OBSERVED, NOW)


def test_a_source_without_an_archive_is_collected_run_by_run(tmp_path):
    source = FakeGuidance("2024-01-01", "2024-03-01T09", has_archive=False)
    live = guided(tmp_path, source, "kma")
    record = records(live)["AAA"]
    assert record.models == MODELS
    assert record.source == "fake"
    assert record.valid_at[0] == LAST + 1
    assert not source.asked
    source.without_newest.update(MODELS)
    assert records(live)["AAA"].valid_at[0] == LAST + 1


def test_files_are_read_around_the_last_hour_and_not_kept(tmp_path):
    source = FakeGuidance("2024-01-01", "2024-03-01T09")
    record = records(guided(tmp_path, source, "files"))["AAA"]
    assert {month for _, month in source.asked} == {"2024-01"}
    assert record.valid_at[0] == np.datetime64("2024-01-26T09", "h")
    assert not (tmp_path / "history").exists()


def test_a_station_that_the_model_was_not_fitted_at_is_not_asked_for(tmp_path):
    source = FakeGuidance("2024-01-01", "2024-03-01T09")
    live = LiveGuidance(source, "fake", tmp_path, frozenset({"BBB"}))
    assert records(live) == {}
    assert not source.asked


@pytest.mark.parametrize("broken", ["newest", "disk"])
def test_what_goes_wrong_is_told_and_fails_nothing(broken, tmp_path, caplog):
    source = FakeGuidance("2024-01-01", "2024-03-01T09")
    if broken == "newest":
        source.without_newest.update(MODELS)
    else:
        (tmp_path / "history").write_text("no folder")
    assert records(guided(tmp_path, source, "fake")) == {}
    assert {
        "newest": "the newest run is missing at station AAA: no run can be had now",
        "disk": "numerical forecasts are not used",
    }[broken] in caplog.text


def test_a_file_of_something_else_in_the_cache_is_dropped_and_told(tmp_path, caplog):
    source = FakeGuidance("2024-01-01", "2024-03-01T09")
    records(guided(tmp_path, source, "fake"))
    strange = tmp_path / "history/AAA/.guidance/past.parquet"
    pd.DataFrame({"station": ["AAA"]}).to_parquet(strange)
    assert records(guided(tmp_path, source, "fake"))
    assert f"{strange} can't be read, and is dropped" in caplog.text
    assert not strange.exists()


def test_an_odd_answer_at_one_station_takes_no_other_with_it(tmp_path, caplog):
    class Odd(FakeGuidance):
        def newest(self, station):
            if station.id == "AAA":
                raise KeyError("runs")
            return super().newest(station)

    source = Odd("2024-01-01", "2024-03-01T09", has_archive=False)
    stations = [STATION, place("BBB")]
    live = LiveGuidance(source, "kma", tmp_path, frozenset({"AAA", "BBB"}), most_s=60.0)
    found = live.records(stations, {**OBSERVED, "BBB": OBSERVED["AAA"]}, NOW)
    assert set(found) == {"BBB"}
    assert "the newest run is missing at station AAA" in caplog.text
    assert "no answer came" not in caplog.text


def test_newest_runs_that_cannot_be_kept_are_used_all_the_same(tmp_path, caplog, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(GuidanceCache, "take", full)
    source = FakeGuidance("2024-01-01", "2024-03-01T09", has_archive=False)
    assert records(guided(tmp_path, source, "kma"))["AAA"].models == MODELS
    assert "can't be kept" in caplog.text


@pytest.mark.parametrize("content", ["[]", '{"source": "fake", "places": 7}', "{", "null"])
def test_a_broken_description_of_the_cache_begins_it_anew(tmp_path, content):
    source = FakeGuidance("2024-01-01", "2024-03-01T09")
    records(guided(tmp_path, source, "fake"))
    (tmp_path / "history/AAA/.guidance/guidance.json").write_text(content)
    assert records(guided(tmp_path, source, "fake"))
