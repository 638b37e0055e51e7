"""What `wearcast report` prints."""

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from wearcast import artifacts
from wearcast.cli.report import scores, show
from wearcast.config import Paths
from wearcast.errors import ConfigError
from wearcast.forecasting.evaluation import headline


def test_before_the_pipeline_ran_it_says_what_to_run(tmp_path: Path):
    with pytest.raises(
        ConfigError, match=r"verification\.json is not there yet\. Run `make repro`"
    ):
        show(Paths(tmp_path), Console(file=io.StringIO()))


def test_scores_of_an_older_version_are_refused(tmp_path: Path):
    paths = Paths(tmp_path)
    artifacts.write_json(paths.verification, {"period": "test"})
    artifacts.write_bytes(paths.snapshot, b"")
    with pytest.raises(
        ConfigError,
        match=(
            r"verification\.json doesn't tell of the advice; an older version wrote it\. Run `make"
            r" repro`"
        ),
    ):
        show(paths, Console(file=io.StringIO()))


def test_the_best_method_stands_first_and_the_interval_last(verification: dict[str, Any]):
    console = Console(file=io.StringIO(), width=120, record=True)
    console.print(scores(verification))
    lines = [line for line in console.export_text().splitlines() if line.startswith("│")]
    best = min(verification["temp_c"]["mae"].items(), key=lambda item: item[1]["all"])[0]
    assert lines[0].split()[1] == best
    assert "within the 80 % interval" in lines[-1]


def test_the_headline_is_that_of_all_scores(repository: Path, verification: dict[str, Any]):
    assert artifacts.read_json(Paths(repository).metrics) == headline(verification)
