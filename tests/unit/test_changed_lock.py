"""The paragraph at the end of `make repro`: only where this machine, and nobody's change, gave
dvc.lock other hashes."""

import copy
import json
import os
import subprocess
from pathlib import Path

import pytest
import yaml

from wearcast.cli.changed_lock import explanation, score_differences, show, wrapped
from wearcast.config import Paths

LOCK = {
    "schema": "2.0",
    "stages": {
        "ingest": {
            "cmd": "wearcast run-notebook ingest",
            "deps": [{"path": "notebooks/ingest.ipynb", "md5": "a1"}],
            "params": {"params.yaml": {"ingest": {"source": "sample"}}},
            "outs": [{"path": "data/raw", "md5": "b1.dir"}],
        },
        "train": {
            "cmd": "wearcast run-notebook train",
            "deps": [
                {"path": "data/raw", "md5": "b1.dir"},
                {"path": "src/wearcast/forecasting", "md5": "c1.dir"},
            ],
            "params": {"params.yaml": {"train": {"hidden": 48}}},
            "outs": [{"path": "models/forecaster", "md5": "d1.dir"}],
        },
        "evaluate": {
            "cmd": "wearcast run-notebook evaluate",
            "deps": [{"path": "models/forecaster", "md5": "d1.dir"}],
            "outs": [{"path": "reports/metrics.json", "md5": "e1"}],
        },
    },
}
METRICS = {"mae_c": {"1-24": 2.263, "all": 2.919}, "rain_brier": 0.0722}


class Clone:
    """A clone whose HEAD holds `LOCK` and `METRICS`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.lock = copy.deepcopy(LOCK)
        self.stages = self.lock["stages"]
        (root / "reports").mkdir(parents=True)
        (root / "params.yaml").touch()
        self.write()

    def write(self, metrics: dict = METRICS) -> None:
        """Leave dvc.lock as a run would."""
        (self.root / "dvc.lock").write_text(yaml.safe_dump(self.lock, sort_keys=False))
        (self.root / "reports/metrics.json").write_text(json.dumps(metrics))

    def train_elsewhere(self) -> None:
        """Give dvc.lock what another processor would."""
        self.stages["train"]["outs"][0]["md5"] = "d2.dir"
        self.stages["evaluate"]["deps"][0]["md5"] = "d2.dir"

    def git(self, *arguments: str) -> str:
        """Run git here; what it prints."""
        environment = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull}
        done = subprocess.run(
            ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments],
            cwd=self.root,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def explanation(self) -> str | None:
        """What is said at the end of `make repro`."""
        return explanation(Paths(self.root))


@pytest.fixture
def clone(tmp_path):
    made = Clone(tmp_path / "clone")
    made.git("init", "--quiet")
    made.git("add", "--all")
    made.git("commit", "--quiet", "--message", "A run")
    return made


def test_other_bytes_of_the_model_alone_are_explained_with_the_worst_differences(clone):
    clone.train_elsewhere()
    clone.stages["evaluate"]["outs"][0]["md5"] = "e2"
    clone.write({"mae_c": {"1-24": 2.263, "all": 2.914}, "rain_brier": 0.0724})
    said = clone.explanation()
    assert said.startswith("dvc.lock changed, though code, data and params are those committed:")
    assert "agree within 0.005 (mae_c.all: 2.919 committed, 2.914 here)" in said
    assert "relatively within 0.277 % (rain_brier: 0.0722 committed, 0.0724 here)" in said


def test_equal_scores_are_called_the_same(clone):
    clone.train_elsewhere()
    clone.write()
    assert "The scores in reports/metrics.json are the same." in clone.explanation()


@pytest.mark.parametrize("staged", [False, True])
def test_what_it_tells_to_type_gives_a_clean_tree(clone, staged):
    clone.train_elsewhere()
    clone.write({"mae_c": {"1-24": 2.2, "all": 2.9}, "rain_brier": 0.07})
    if staged:
        clone.git("add", "--all")
    (command,) = [piece for piece in clone.explanation().split("`") if piece.startswith("git ch")]
    clone.git(*command.split()[1:])
    assert clone.git("status", "--porcelain") == ""
    assert clone.explanation() is None


def test_nothing_is_said_where_dvc_lock_is_as_committed(clone):
    assert clone.explanation() is None


def change_params(stages):
    stages["train"]["params"]["params.yaml"]["train"]["hidden"] = 64


def change_code(stages):
    stages["train"]["deps"][1]["md5"] = "c2.dir"


def change_command(stages):
    stages["train"]["cmd"] = "python train.py"


def change_data(stages):
    stages["ingest"]["outs"][0]["md5"] = stages["train"]["deps"][0]["md5"] = "b2.dir"


def add_a_dependency(stages):
    stages["train"]["deps"].append({"path": "data/mine", "md5": "f1"})


def add_a_stage(stages):
    stages["mine"] = {"cmd": "true", "outs": [{"path": "mine", "md5": "f1"}]}


def remove_a_stage(stages):
    del stages["evaluate"]


@pytest.mark.parametrize(
    "change",
    [
        change_params,
        change_code,
        change_command,
        change_data,
        add_a_dependency,
        add_a_stage,
        remove_a_stage,
    ],
)
def test_nothing_is_said_to_whoever_changed_something(clone, change):
    clone.train_elsewhere()
    change(clone.stages)
    clone.write()
    assert clone.explanation() is None


def test_nothing_is_said_outside_git_and_before_the_first_commit(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    outside = Clone(tmp_path / "outside")
    outside.train_elsewhere()
    outside.write()
    assert outside.explanation() is None
    outside.git("init", "--quiet")
    assert outside.explanation() is None


def test_nothing_is_said_where_git_is_not_installed(clone, monkeypatch, tmp_path):
    clone.train_elsewhere()
    clone.write()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert clone.explanation() is None


def test_a_score_that_is_missing_on_one_side_is_not_compared():
    committed = {"a": 1.0, "b": None, "c": {"d": 2.0}, "gone": 1.0}
    found = {"a": 1.5, "b": 0.3, "c": {"d": None}, "new": 2.0}
    (difference,) = score_differences(committed, found)
    assert (difference.name, difference.absolute, difference.relative) == ("a", 0.5, 0.5)


def test_a_committed_zero_has_no_relative_difference():
    (difference,) = score_differences({"bias": 0.0}, {"bias": 0.1})
    assert (difference.absolute, difference.relative) == (0.1, 0.0)


def test_no_line_breaks_a_command(clone, capsys, monkeypatch):
    clone.train_elsewhere()
    clone.write()
    monkeypatch.setenv("COLUMNS", "60")
    show(Paths(clone.root))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == ""
    assert max(map(len, lines)) <= 60
    assert sum("`git checkout HEAD -- dvc.lock reports`" in line for line in lines) == 1
    assert wrapped("a `b c` d", 5) == "a\n`b c`\nd"
