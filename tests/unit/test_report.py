"""What `wearcast report` prints."""

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from wearcast import artifacts
from wearcast.cli import advice_scores, report
from wearcast.cli.report import markdown, scores, show
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


def test_errors_at_00_and_12_local_stand_between_the_methods_and_the_interval():
    errors = {"1-24": 2.0, "all": 3.0}
    mae = {"network": errors, "ridge": {"1-24": 2.5, "all": 3.5}, "persistence": errors}
    temp_c = {"mae": mae, "mae_at_00_12": mae, "coverage_80": {"network": errors}}
    metrics = {
        "temp_c": temp_c,
        "period": "test",
        "forecasts": 9,
        "forecasts_at_00_12": 5,
        "from": "2013-03-11",
        "until": "2013-12-16",
        "independent_blocks": 4,
    }
    rows = [line for line in markdown(metrics).splitlines() if line.startswith("| ")][2:]
    assert rows[3:5] == [
        "| network at 00 and 12 local | 2.00 | 3.00 |",
        "| ridge at 00 and 12 local | 2.50 | 3.50 |",
    ]
    assert len(rows) == 6
    assert markdown(metrics).endswith("; 5 issued at 00 and 12 local.")
    del temp_c["mae_at_00_12"], metrics["forecasts_at_00_12"]
    assert "00 and 12" not in markdown(metrics)


def test_the_headline_is_that_of_all_scores(repository: Path, verification: dict[str, Any]):
    assert artifacts.read_json(Paths(repository).metrics) == headline(verification)


@pytest.mark.parametrize(
    ("origin", "said"),
    [
        (
            {"chosen": {"scheme": "blocks", "cycle_d": 104, "annual_harmonics": 2}},
            "split by blocks of 104 days, annual harmonics: 2",
        ),
        (
            {"chosen": {"scheme": "years", "cycle_d": None, "annual_harmonics": 3}},
            "split by years, annual harmonics: 3",
        ),
        ({}, ""),
    ],
)
def test_it_tells_how_the_hours_were_split_where_the_model_does(
    tmp_path: Path, origin: dict[str, Any], said: str
):
    paths = Paths(tmp_path)
    assert report.chosen(paths) == ""
    artifacts.write_json(paths.model / "manifest.json", {"origin": origin})
    assert report.chosen(paths) == said


def test_no_number_is_cut_in_80_columns(verification: dict[str, Any]) -> None:
    for table, rows in (
        (report.clothes(verification), advice_scores.table(verification, advice_scores.SHORT)),
        (report.scores(verification), []),
    ):
        console = Console(width=80, file=io.StringIO(), record=True)
        console.print(table)
        shown = console.export_text()
        numbers = [value for row in rows for value in list(row.values())[1:]]
        assert [value for value in numbers if value not in shown] == []
        assert "…" not in shown
        assert max(map(len, shown.splitlines())) <= 80
