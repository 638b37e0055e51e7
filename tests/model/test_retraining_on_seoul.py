"""Retraining on replayed Seoul: a better challenger is promoted, an equal one isn't, a broken one
never is. `make bench-gate` prints the table."""

from pathlib import Path

import pytest

from model.replayed_retraining import Replay, Verdict, verdicts

pytestmark = [pytest.mark.full, pytest.mark.real]

FOUND_BY = {
    "the champion itself": "newness",
    "the same recipe and data, another seed": "temperature, all leads",
    "shuffled targets": "training: hours",
    "wrong units in training (km/h)": "training: hours",
    "half the months missing in training": "training: hours",
    "wrong units in the new data (3 days of km/h)": "data: drift: wind_ms of 108 since",
    "half the hours missing in the new data": "data: volume",
    "leaked future": "has seen the record until",
    "leaked future, and says it isn't": "training: end",
    "leaked future, beside honest data": "training: data",
    "NaN weights": "training: parity",
    "a stale model": "newness",
    "a stale model renamed": "training: end",
    "a stale model renamed, beside new data": "training: parity",
}
"""What must be among the reasons for not promoting each of them."""


@pytest.fixture(scope="module")
def rows(test_data: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Verdict]:
    """The table."""
    replay = Replay(tmp_path_factory.mktemp("replay"), test_data / "kma-asos-seoul")
    return list(verdicts(replay, 3))


def test_the_better_recipe_is_promoted_and_its_equals_are_not(rows: list[Verdict]) -> None:
    better, *equal = rows[:3]
    assert better.promoted, better.because
    assert [row.challenger for row in equal if row.promoted] == []


def test_no_broken_challenger_is_promoted_and_each_is_told_why(rows: list[Verdict]) -> None:
    broken = {row.challenger: row for row in rows[3:]}
    assert set(broken) == set(FOUND_BY)
    assert [name for name, row in broken.items() if row.promoted] == []
    for name, reason in FOUND_BY.items():
        assert reason in f"{broken[name].verdict} {broken[name].because}", name
