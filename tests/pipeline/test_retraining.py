"""`wearcast retrain` and the workflow's own steps, with real DVC, git and notebooks."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from deploy.workflow import Job
from model.replayed_retraining import SMALL, WEAK
from pipeline.copies import Copy, copied
from pipeline.proposals import Host
from wearcast import artifacts

pytestmark = pytest.mark.real


def report(copy: Copy) -> dict[str, Any]:
    found: dict[str, Any] = artifacts.read_json(copy.root / ".retraining/report.json")
    return found


def failed(copy: Copy) -> list[str]:
    return [check["name"] for check in report(copy)["checks"] if not check["passed"]]


@pytest.mark.full
def test_the_committed_model_is_the_champion_whatever_lies_in_its_place(
    small_project: Copy,
) -> None:
    """On a record that never grows, the same settings make the same model once more."""
    copy = small_project.sibling("retrained")
    copy.commit("What serves")
    version = json.loads((copy.root / "models/forecaster/manifest.json").read_text())["version"]
    shutil.rmtree(copy.root / "models/forecaster")
    copy.dvc("checkout", "models/forecaster")
    artifacts.write_bytes(copy.root / "models/forecaster/manifest.json", b"somebody else's")
    done = copy.run("wearcast", "retrain", check=False)
    assert done.returncode == 4, done.stderr
    assert report(copy)["champion"] == version
    assert failed(copy) == ["newness"]
    assert "The champion is kept: newness" in done.stdout
    assert ".retraining" not in copy.run("git", "status", "--short").stdout


@pytest.fixture
def seoul(repository: Path, test_data: Path, tmp_path: Path) -> Copy:
    """A project on Seoul's record up to 2020, with a weak model that is committed and pushed."""
    copy = copied(repository, tmp_path / "seoul")
    (copy.root / "dvc.lock").unlink()
    exports = copy.root / "data/seoul"
    exports.mkdir(parents=True)
    for year in (2018, 2019, 2020, 2021):
        [export] = (test_data / "kma-asos-seoul").glob(f"*_HR_{year}_{year}_*.csv")
        shutil.copy(export, exports)
    copy.dvc("add", "data/seoul")
    settings: dict[str, dict[str, Any]] = {
        "ingest": {"source": "files", "stations": ["108"], "end": "2020-01-01"},
        "train": SMALL | WEAK,
        "evaluate": {"every_h": 23, "bootstrap": 100},
    }
    for stage, values in settings.items():
        for key, value in values.items():
            copy.set_param(stage, key, value)
    sample = "src/wearcast/weather/sample"
    params = (copy.root / "params.yaml").read_text()
    (copy.root / "params.yaml").write_text(params.replace(sample, "data/seoul", 1))
    copy.dvc("repro")
    copy.dvc("remote", "add", "--local", "--default", "deploy", str(tmp_path / "remote"))
    copy.dvc("push")
    copy.commit("A first model")
    return copy


@pytest.mark.full
def test_the_workflow_s_own_steps_propose_a_better_model_and_then_keep_it(
    seoul: Copy, tmp_path: Path, real_part
) -> None:
    real_part("jq", shutil.which("jq"))
    seoul.set_param("ingest", "end", "2021-04-01")
    better = SMALL | {"annual_harmonics": "auto", "diurnal_harmonics": 3}
    for key, value in better.items():
        seoul.set_param("train", key, value)
    seoul.commit("Better settings, and fifteen more months")
    host = Host(seoul, tmp_path)
    # The environment is there already.
    (tmp_path / "bin/make").write_text("#!/bin/sh\n")
    (tmp_path / "bin/make").chmod(0o755)
    first = run(seoul, host, tmp_path, "7")
    assert report(seoul)["passed"], failed(seoul)
    names = [check["name"] for check in report(seoul)["checks"]]
    assert names[-1] == "refit: distance"
    assert "The challenger takes the champion's place" in first.said
    assert {"dvc.lock", "reports/metrics.json"} <= host.changed_on("retrain-7")
    assert [one[:2] for one in host.asked()] == [["pr", "create"], ["pr", "comment"]]
    assert "| ✓ | temperature, all leads |" in host.asked()[-1][-1]

    host.log.unlink()
    run(seoul, host, tmp_path, "8")
    assert failed(seoul) == ["period"]
    assert host.asked()[-1][:2] == ["issue", "create"]
    assert "has learned from the record until 2021-04-01T00" in host.asked()[-1][-1]


def run(copy: Copy, host: Host, scratch: Path, number: str) -> Job:
    """Run the workflow's job in the copy."""
    job = Job(
        checkout=copy.root,
        scratch=scratch,
        environment=host.environment() | {"GITHUB_RUN_ID": number},
        context={
            "vars.DVC_REMOTE": str(scratch / "remote"),
            "github.sha": copy.run("git", "rev-parse", "HEAD").stdout.strip(),
            "github.ref_name": "main",
            "github.repository": "owner/wearcast",
            "github.token": "none",
        },
    )
    assert job.run("retrain.yml", "train"), job.said
    return job
