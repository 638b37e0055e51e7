"""`wearcast refresh`: what it prints, and what it tells cron."""

import json
import logging
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml

from unit.forecasting.synthetic import place
from unit.serving.refresh_fakes import params, source
from wearcast.cli import app
from wearcast.forecasting import model_assembly
from wearcast.serving.refresh.lock import exclusive_lock
from wearcast.serving.store.object_storage import FolderStorage
from wearcast.serving.store.snapshot_store import POINTER, SnapshotStore

COLUMNS = (
    "station",
    "valid_at",
    "temp_c",
    "dewpoint_c",
    "wind_ms",
    "wind_dir_deg",
    "pressure_hpa",
    "cloud_pct",
    "precip_mm",
)


@pytest.fixture
def root(tmp_path: Path, model, monkeypatch) -> Path:
    """A project whose own file holds a few weeks of the made-up stations, and the tracked model."""
    rows = source().rows
    rows[rows["valid_at"] >= "2013-07-01"][list(COLUMNS)].to_csv(tmp_path / "own.csv", index=False)
    content = params("files").model_dump(mode="json")
    content["ingest"]["files"] = {"path": "own.csv", "columns": {name: name for name in COLUMNS}}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(content))
    model_assembly.save(tmp_path / "models/forecaster", model.onnx, model.manifest)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WEARCAST_OLDEST_OBSERVATION", "36500d")
    return tmp_path


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    logger, names = logging.getLogger(), ("uvicorn", "uvicorn.access")
    before = (
        logger.handlers[:],
        logger.level,
        {name: logging.getLogger(name).level for name in names},
    )
    yield
    logger.handlers[:], logger.level = before[0], before[1]
    for name, level in before[2].items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture
def wearcast(monkeypatch) -> Callable[..., int]:
    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["wearcast", *arguments])
        with pytest.raises(SystemExit) as ended:
            app.main()
        return int(ended.value.code or 0)

    return run


def published(root: Path) -> int:
    """How many snapshots there are."""
    pointer = SnapshotStore(FolderStorage(root / "data/serving/store"), 10).pointer()
    return len(pointer.history) if pointer else 0


def test_it_says_at_its_start_that_a_free_service_is_for_non_commercial_use(root, wearcast, capfd):
    assert wearcast("refresh") == 0
    assert "non-commercial" not in capfd.readouterr().err
    content = yaml.safe_load((root / "params.yaml").read_text())
    content["ingest"]["guidance"]["source"] = "open_meteo"
    (root / "params.yaml").write_text(yaml.safe_dump(content))
    assert wearcast("refresh") == 0
    assert capfd.readouterr().err.count("non-commercial") == 1


def test_it_publishes_into_the_project_and_says_so_in_a_line(root, wearcast, capsys):
    assert wearcast("refresh") == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("published ")
    assert "issued AAA 2013-07-20T04Z, BBB 2013-07-20T04Z, in " in printed.out
    assert printed.err == ""
    assert published(root) == 1


def test_again_it_finds_nothing_new(root, wearcast, capsys):
    assert (wearcast("refresh"), wearcast("refresh")) == (0, 0)
    assert capsys.readouterr().out.splitlines()[1].startswith("nothing new: the latest still is ")
    assert published(root) == 1


def test_3_some_station_is_left_out_and_the_log_says_why(root, wearcast, capfd):
    content = yaml.safe_load((root / "params.yaml").read_text())
    content["ingest"]["stations"].append(place("CCC").model_dump())
    (root / "params.yaml").write_text(yaml.safe_dump(content))
    assert wearcast("refresh") == 3
    printed = capfd.readouterr()
    assert "; without CCC, in" in printed.out
    line = json.loads(printed.err)
    assert (line["level"], line["logger"]) == ("WARNING", "wearcast.serving.refresh.run")
    assert line["message"].startswith("CCC is left out: ")
    assert published(root) == 1


def failing(wearcast, capsys, code: int, said: str) -> None:
    assert wearcast("refresh") == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("Error: ")
    assert said in printed.err
    assert "Traceback" not in printed.err


@pytest.mark.usefixtures("root")
def test_1_a_setting_is_nonsense(wearcast, capsys, monkeypatch):
    monkeypatch.setenv("WEARCAST_KEEP", "0")
    failing(wearcast, capsys, 1, "WEARCAST_KEEP: ")


@pytest.mark.usefixtures("root")
def test_1_there_is_no_model(wearcast, capsys, monkeypatch):
    monkeypatch.setenv("WEARCAST_MODEL", "models/none")
    failing(wearcast, capsys, 1, "models/none holds no model")


def test_65_all_forecasts_are_refused(root, wearcast, capsys, monkeypatch):
    monkeypatch.setenv("WEARCAST_OLDEST_OBSERVATION", "12h")
    failing(
        wearcast,
        capsys,
        65,
        "no station can be forecast, and nothing was published: AAA: the last observation is of"
        " 2013-07-20T04Z",
    )
    assert published(root) == 0


def test_69_the_source_gives_nothing(root, wearcast, capsys):
    (root / "own.csv").unlink()
    failing(wearcast, capsys, 69, "own.csv")


@pytest.mark.usefixtures("root")
def test_73_the_store_can_not_take_it(wearcast, capsys, monkeypatch):
    monkeypatch.setenv("WEARCAST_STORE", "own.csv")
    failing(wearcast, capsys, 73, "own.csv")


def test_75_another_refresh_is_running(root, wearcast, capsys):
    with exclusive_lock(root / "data/serving/history"):
        failing(wearcast, capsys, 75, "another refresh is running")


def test_a_model_that_may_have_seen_the_sample_is_not_replayed(root, wearcast, capsys, monkeypatch):
    content = yaml.safe_load((root / "params.yaml").read_text())
    content["ingest"]["stations"] = ["JFK"]
    (root / "params.yaml").write_text(yaml.safe_dump(content))
    monkeypatch.setenv("WEARCAST_SOURCE", "sample")
    failing(wearcast, capsys, 1, "what is replayed may not be new to it")


def test_the_help_tells_the_codes(wearcast, capsys):
    assert wearcast("refresh", "--help") == 0
    printed = capsys.readouterr().out
    assert [line.split()[0] for line in printed.splitlines() if line.strip()[:1].isdigit()] == [
        "0",
        "1",
        "3",
        "65",
        "69",
        "73",
        "75",
    ]


def test_with_every_it_goes_on_logging_json_until_it_is_told_to_end(root):
    command = [sys.executable, "-m", "wearcast", "refresh", "--every", "1s"]
    process = subprocess.Popen(
        command, cwd=root, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stderr
    lines = [json.loads(process.stderr.readline()) for _ in range(2)]
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=30)
    lines += [json.loads(line) for line in err.splitlines()]
    assert (process.returncode, out) == (0, "")
    assert [line["message"].split()[0] for line in lines[:2]] == ["published", "nothing"]
    assert lines[-1]["message"] == "ended by SIGTERM"


def test_a_period_that_is_none_is_refused(root, wearcast, capsys):
    assert wearcast("refresh", "--every", "often") == 1
    assert "--every: 'often' is no length of time" in capsys.readouterr().err
    assert not (root / "data").exists()


def test_nothing_but_the_store_and_the_history_is_written(root, wearcast):
    before = {path for path in root.rglob("*") if path.is_file()}
    assert wearcast("refresh") == 0
    made = {path.relative_to(root) for path in root.rglob("*") if path.is_file()} - {
        path.relative_to(root) for path in before
    }
    assert all(path.parts[:2] == ("data", "serving") for path in made)
    assert Path("data/serving/store", POINTER) in made
    assert np.all([path.suffix in {".npz", ".json", ".parquet", ".lock"} for path in made])
