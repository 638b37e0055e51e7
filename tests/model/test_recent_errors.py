"""How far a model's forecasts of the last months would have been off, from what a refresh keeps."""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime

import numpy as np
import pytest

from model.test_refresh import END, STATIONS, hour, live, weeks
from wearcast.errors import ModelError
from wearcast.forecasting.processed_data import history_of
from wearcast.forecasting.quantiles import MEDIAN
from wearcast.serving.refresh import recent_errors as module
from wearcast.serving.refresh.history_file import FILE
from wearcast.serving.refresh.recent_errors import recent_errors
from wearcast.weather import quality


@pytest.fixture
def made(tmp_path):
    """A refresh that has run once."""
    found = live(tmp_path)
    found.run()
    return found


def told(made):
    return recent_errors(made.forecaster, made.params, made.settings.history)


def by_hand(made, station, issued_at):
    """The forecast of whom nobody has shown anything later, beside what was given later."""
    raw = weeks().rows
    raw = raw[raw["station"] == station.id]
    observations, _ = quality.control(raw[raw["valid_at"] <= issued_at], [station], 3)
    forecast = made.forecaster.predict(history_of(observations, station.id))
    median_c = forecast.marginals.quantiles["temp_c"][0, :, MEDIAN]
    later = raw[raw["valid_at"] > issued_at].set_index("valid_at")["temp_c"][: module.LEADS_H]
    return np.abs(median_c[: len(later)] - later.to_numpy())


def test_each_is_the_error_of_the_forecast_that_would_have_been_issued_then(made):
    found = told(made)
    assert found["format"] == 1
    assert found["model"] == made.forecaster.manifest.version
    assert set(found["stations"]) == {station.id for station in STATIONS}
    for station in STATIONS:
        errors = found["stations"][station.id]
        times = {datetime.fromisoformat(at + ":00").replace(tzinfo=UTC) for at in errors}
        assert {at.hour for at in times} == {0, 12}
        assert max(times) == hour("2013-07-20T00")
        for issued_at in (hour("2013-07-10T12"), max(times)):
            by_lead = by_hand(made, station, issued_at)
            hours, mean_c = errors[f"{issued_at:%Y-%m-%dT%H}"]
            assert hours == len(by_lead)
            assert mean_c == pytest.approx(by_lead.mean(), abs=2e-3)
    assert errors[f"{max(times):%Y-%m-%dT%H}"][0] == END.hour


def test_of_many_stations_some_are_taken(made, monkeypatch):
    monkeypatch.setattr(module, "MAX_STATIONS", 1)
    assert list(told(made)["stations"]) == [STATIONS[0].id]


def test_a_station_of_which_nothing_is_kept_is_left_out(made):
    (made.settings.history / STATIONS[0].id / FILE).unlink()
    assert list(told(made)["stations"]) == [STATIONS[1].id]


def test_where_nothing_is_kept_that_is_said(made, tmp_path):
    with pytest.raises(ModelError, match="holds no observations from which"):
        recent_errors(made.forecaster, made.params, tmp_path / "nothing")


def test_the_command_prints_it_as_a_rollout_reads_it(repository, tmp_path):
    """After one refresh of the tracked model's replay."""
    environment = {
        "PATH": "",
        "WEARCAST_STORE": str(tmp_path / "store"),
        "WEARCAST_HISTORY": str(tmp_path / "history"),
    }

    def run(*command):
        return subprocess.run(
            [sys.executable, "-m", "wearcast", *command],
            cwd=repository,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    assert run("recent-errors").returncode == 1
    assert run("refresh").returncode == 0
    done = run("recent-errors")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["format"] == 1
    assert all(len(errors) > 100 for errors in found["stations"].values())
    shown = run("backcast")
    assert shown.returncode == 0, shown.stderr
    for station, errors in found["stations"].items():
        assert re.search(rf"^ *{station} +{len(errors)} ", shown.stdout, re.MULTILINE)
