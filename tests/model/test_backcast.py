"""What forecasts of the last months would have been worth, from what a refresh keeps, a partition
of stations at a time."""

import shutil

import numpy as np
import pytest

from model.test_recent_errors import by_hand
from model.test_refresh import STATIONS, hour, live
from unit.forecasting.synthetic import built
from wearcast.errors import ModelError
from wearcast.forecasting import model_assembly
from wearcast.serving.cluster.engine import ThisProcess
from wearcast.serving.refresh import backcast as module
from wearcast.serving.refresh.backcast import BackcastTask, backcast, backcast_partition
from wearcast.serving.refresh.recent_errors import recent_errors


@pytest.fixture
def made(tmp_path):
    """A refresh that has run once, and its model in a folder."""
    found = live(tmp_path)
    found.run()
    model_assembly.save(tmp_path / "model", built().onnx, built().manifest)
    found.settings.__dict__["model"] = tmp_path / "model"
    return found


def told(made):
    return backcast(made.settings, made.params, ThisProcess())


def test_the_scores_are_those_of_the_forecasts_that_would_have_been_issued_then(made):
    found = told(made)
    assert found["model"] == made.forecaster.manifest.version
    assert found["left_out"] == {}
    assert list(found["stations"]) == [station.id for station in STATIONS]
    issued = recent_errors(made.forecaster, made.params, made.settings.history)["stations"]
    for station in STATIONS:
        scores = found["stations"][station.id]
        times = [hour(at) for at in issued[station.id]]
        assert scores["forecasts"] == len(times)
        assert scores["from"] == f"{min(times):%Y-%m-%dT%H:00Z}"
        assert scores["until"] == f"{max(times):%Y-%m-%dT%H:00Z}"
        assert 0 < scores["mae_c"]["all"] < scores["climatology_mae_c"]["all"] * 2
        assert 0 <= scores["coverage_80"]["all"] <= 1
    assert scores["rain_brier"]["all"] is None, "BBB reports no rain"


def test_a_single_forecast_is_scored_as_by_hand(made, monkeypatch):
    monkeypatch.setattr(
        module, "issue_positions", lambda kept, _: np.array([len(kept.history) - 25])
    )
    for station in STATIONS:
        scores = told(made)["stations"][station.id]
        at = hour(scores["from"].removesuffix(":00Z"))
        errors = by_hand(made, station, at)
        assert scores["hours"] == len(errors) == 24
        assert scores["mae_c"]["all"] == pytest.approx(errors.mean(), abs=2e-3)


def test_partitions_of_any_size_give_the_same(made, monkeypatch):
    whole = told(made)
    monkeypatch.setattr(module, "PARTITION_STATIONS", 1)
    assert told(made) == whole


def test_a_station_of_which_nothing_is_kept_is_left_out_with_the_reason(made):
    shutil.rmtree(made.settings.history / STATIONS[0].id)
    found = told(made)
    assert list(found["stations"]) == [STATIONS[1].id]
    assert list(found["left_out"]) == [STATIONS[0].id]


def test_where_nothing_is_kept_that_is_said(made, tmp_path):
    made.settings.__dict__["history"] = tmp_path / "nothing"
    with pytest.raises(ModelError, match=r"holds no observations from which.*of 2: AAA"):
        told(made)


def test_a_machine_with_another_model_is_refused(made):
    task = BackcastTask(
        model=str(made.settings.model),
        version="another one",
        history=str(made.settings.history),
        fill_h=3,
        stations=STATIONS,
    )
    with pytest.raises(ModelError, match="on this machine, and another one was asked for"):
        backcast_partition(task.to_json())
    assert BackcastTask.from_json(task.to_json()) == task
