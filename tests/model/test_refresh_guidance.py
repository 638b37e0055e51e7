"""A refresh with numerical forecasts publishes whatever the service gives, and the snapshot says
what it was made from."""

import shutil
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from fakes.open_meteo import FakeOpenMeteo
from fakes.serving import served
from unit.serving.guided_refresh import MODELS, REACH_H, GuidedRefresh, places
from wearcast.forecasting.quantiles import MEDIAN
from wearcast.forecasting.snapshot import Snapshot
from wearcast.serving.refresh.guidance_cache import KEPT_D
from wearcast.serving.refresh.guidance_files import FOLDER

NOW = datetime(2026, 8, 20, 9, 30, tzinfo=UTC)
RUN = datetime(2026, 8, 20, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[FakeOpenMeteo, str]]:
    fake = FakeOpenMeteo(now=lambda: NOW)
    with served(fake) as url:
        yield fake, url


@pytest.fixture(scope="module")
def observed(server, tmp_path_factory) -> Path:
    """A folder in which observations and numerical forecasts are there already."""
    folder = tmp_path_factory.mktemp("observed")
    fake, url = server
    GuidedRefresh(fake, url, folder, places(2)).made().run()
    return folder / "history"


@pytest.fixture
def live(server, observed, tmp_path) -> GuidedRefresh:
    """A refresh of two stations at half past nine, not its first."""
    fake, url = server
    for changed in (fake.log, fake.faults, fake.gone, fake.metadata):
        changed.clear()
    fake.now = lambda: NOW
    shutil.copytree(observed, tmp_path / "history")
    return GuidedRefresh(fake, url, tmp_path, places(2))


@pytest.fixture
def first(live) -> GuidedRefresh:
    """One that has no numerical forecasts yet."""
    for folder in (live.folder / "history").glob(f"*/{FOLDER}"):
        shutil.rmtree(folder)
    return live


def at(live: GuidedRefresh, hours: float) -> None:
    """Let it be so many hours later."""
    live.fake.now = lambda: NOW + hours * HOUR


def refreshed(live: GuidedRefresh) -> tuple[str, Snapshot]:
    """A refresh: what it says, and what it published."""
    made = live.made()
    outcome = made.run()
    assert outcome.is_new
    return outcome.summary, made.store.snapshot(made.store.pointer().latest)


def test_it_is_made_from_the_newest_runs_and_far_nearer_to_what_comes(live):
    said, snapshot = refreshed(live)
    assert "; made from ECMWF, GFS and ICON, runs of 00 UTC on August 20, in" in said
    for used in snapshot.guidance:
        assert [run.model for run in used.runs] == list(MODELS)
        assert {(run.issued_from, run.issued_until) for run in used.runs} == {(RUN, RUN)}
        assert (used.source, used.missing, used.reach_h) == ("open_meteo", (), REACH_H)
    live.uses_guidance = False
    _, from_past = refreshed(live)
    assert from_past.guidance == (None, None)
    at(live, 24)
    live.uses_guidance = True
    came = refreshed(live)[1].observed["temp_c"][:, -24:]
    errors = [
        np.abs(made.quantiles["temp_c"][:, :24, MEDIAN] - came).mean()
        for made in (snapshot, from_past)
    ]
    assert errors[0] < 1.5
    assert errors[0] < errors[1] / 2


def test_the_newest_runs_are_asked_for_once_for_all_stations(live):
    refreshed(live)
    newest = [asked for asked in live.fake.asked_of("forecast") if "models" in asked.query]
    assert [asked.query["models"] for asked in newest] == list(MODELS)
    assert {asked.places for asked in newest} == {2}


def test_the_archive_fills_the_cache_once(first):
    live = first
    refreshed(live)
    asked = live.fake.asked_of("previous-runs")
    first_days = {one.days[0] for one in asked}
    assert min(first_days) == f"{NOW - timedelta(days=KEPT_D):%Y-%m-%d}"
    at(live, 1)
    refreshed(live)
    assert live.fake.asked_of("previous-runs") == asked


def test_the_same_runs_and_observations_are_nothing_new(live):
    live.made().run()
    assert not live.made().run().is_new


def test_where_the_newest_are_gone_it_goes_on_with_older_runs(live, caplog):
    at(live, 6)
    for model in MODELS:
        live.fake.gone[model] = NOW + HOUR
    said, snapshot = refreshed(live)
    assert "made from ECMWF, GFS and ICON, runs of 00 UTC on August 20" in said
    assert "the newest runs are missing: none of the models" in caplog.text
    assert snapshot.guidance[0].reach_h == REACH_H


def test_a_model_that_is_null_leaves_the_others(first, caplog):
    live = first
    live.fake.gone["icon_seamless"] = NOW - timedelta(days=60)
    said, snapshot = refreshed(live)
    assert "made from ECMWF and GFS, runs of 00 UTC on August 20, without ICON" in said
    assert [run.model for run in snapshot.guidance[0].runs] == list(MODELS[:2])
    assert snapshot.guidance[0].missing == ("icon_seamless",)
    assert "model icon_seamless is left out of the newest forecasts" in caplog.text


def test_where_all_are_gone_it_is_made_from_the_past_alone(first, caplog):
    live = first
    for model in MODELS:
        live.fake.gone[model] = NOW - timedelta(days=60)
    said, snapshot = refreshed(live)
    assert "; made from the stations' past alone, in" in said
    assert snapshot.guidance == (None, None)
    assert "the newest runs are missing: none of the models" in caplog.text


def test_where_nothing_says_which_run_it_is_the_bounds_are_wider(live, caplog):
    at(live, 1)
    live.fake.metadata.update(ecmwf_ifs025="late", ncep_gfs013="missing")
    said, snapshot = refreshed(live)
    ecmwf, gfs, icon = snapshot.guidance[0].runs
    assert ecmwf.issued_from < ecmwf.issued_until == RUN
    assert gfs.issued_from < gfs.issued_until == RUN
    assert icon.issued_from == icon.issued_until == RUN
    assert "the next run of ecmwf_ifs025 is late" in caplog.text
    assert "which run of gfs_seamless is served is not known" in caplog.text
    assert "GFS of 18 UTC on August 19 to 00 UTC on August 20" in said


def test_a_service_that_does_not_answer_holds_nothing_up(live, caplog, monkeypatch):
    at(live, 1)
    live.most_s = 0.5
    made = live.made()
    end, answered = threading.Event(), []
    monkeypatch.setattr(made.guidance.source, "newest_all", lambda _: answered.append(end.wait(60)))
    outcome = made.run()
    assert not answered
    end.set()
    assert "the newest runs are missing: no answer came within" in caplog.text
    assert "made from ECMWF, GFS and ICON, runs of 00 UTC on August 20" in outcome.summary


def test_a_cache_that_is_broken_is_told_and_fetched_again(live, caplog):
    files = sorted((live.folder / "history").glob(f"*/{FOLDER}/*.parquet"))
    for path in files:
        path.write_bytes(b"broken")
    at(live, 1)
    said, snapshot = refreshed(live)
    assert f"{files[0]} can't be read, and is dropped" in caplog.text
    assert "made from ECMWF, GFS and ICON" in said
    assert snapshot.guidance[0].reach_h == REACH_H
