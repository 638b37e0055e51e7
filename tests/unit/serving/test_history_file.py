"""A station's file of hours: what an earlier release kept by month goes into it, and nothing that
was observed is lost when that release comes back for a while."""

import os
import signal
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from unit.forecasting.synthetic import place
from unit.serving.refresh_fakes import FakeSource, hour, source
from wearcast.serving.refresh import history_file, observation_cache
from wearcast.serving.refresh.history_file import FILE, MONTHS_KEPT
from wearcast.serving.refresh.observation_cache import Observed
from wearcast.serving.refresh.replay import SourceAsOf
from wearcast.weather import raw_data
from wearcast.weather.fetching import Fetcher

STATION = place("AAA")
AT = hour("2013-06-20T05")


def earlier_release(given: FakeSource, until: datetime, history: Path) -> None:
    """What a release that keeps months does of a refresh."""
    as_of = SourceAsOf(given, until)
    raw_data.sync(as_of, [STATION], None, None, history / STATION.id)


def refreshed(given: FakeSource, until: datetime, history: Path) -> pd.DataFrame:
    """What this release does of a refresh; the rows that it has then."""
    fetcher = Fetcher(SourceAsOf(given, until))
    [(_, found)] = observation_cache.update(fetcher, [STATION], history, fill_h=3)
    assert isinstance(found, Observed)
    kept = history_file.read(history / STATION.id)
    assert kept
    return kept.rows


def asked(given: FakeSource) -> list[tuple[datetime, datetime]]:
    """The hours asked for since the last time."""
    spans = [(start, end) for _, start, end in given.asked]
    given.asked.clear()
    return spans


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def same(rows: pd.DataFrame, given: FakeSource, until: datetime) -> None:
    """These are all that the source had by then."""
    expected = given.rows[(given.rows["station"] == "AAA") & (given.rows["valid_at"] <= until)]
    pd.testing.assert_frame_equal(
        rows.reset_index(drop=True), expected.reset_index(drop=True), check_dtype=True
    )


def test_the_months_of_an_earlier_release_are_taken_over_and_stay(tmp_path):
    given = source()
    earlier_release(given, AT, tmp_path)
    before = contents(tmp_path)
    asked(given)
    same(refreshed(given, AT + timedelta(hours=1), tmp_path), given, AT + timedelta(hours=1))
    assert asked(given) == [(AT + timedelta(hours=1), AT + timedelta(hours=2))]
    assert contents(tmp_path) == {
        **before,
        tmp_path / "AAA" / FILE: (tmp_path / "AAA" / FILE).read_bytes(),
    }


def test_months_without_anything_new_are_taken_over_without_a_question(tmp_path):
    given = source()
    earlier_release(given, AT, tmp_path)
    asked(given)
    same(refreshed(given, AT, tmp_path), given, AT)
    assert asked(given) == []
    assert history_file.read(tmp_path / "AAA").is_in_file


def test_a_release_that_is_gone_back_to_goes_on_and_what_it_adds_is_taken_over(tmp_path):
    given = source()
    earlier_release(given, AT, tmp_path)
    refreshed(given, AT + timedelta(hours=3), tmp_path)
    asked(given)
    earlier_release(given, AT + timedelta(hours=6), tmp_path)
    assert asked(given) == [(AT + timedelta(hours=1), AT + timedelta(hours=7))]
    same(refreshed(given, AT + timedelta(hours=8), tmp_path), given, AT + timedelta(hours=8))
    assert asked(given) == [(AT + timedelta(hours=7), AT + timedelta(hours=9))]


def test_hours_that_the_source_has_no_more_are_kept_through_all_of_that(tmp_path):
    given = source()
    whole = replace(given, rows=given.rows.copy())
    earlier_release(given, AT, tmp_path)
    refreshed(given, AT + timedelta(hours=3), tmp_path)
    earlier_release(given, AT + timedelta(hours=6), tmp_path)
    gone = given.rows["valid_at"] <= AT + timedelta(hours=6)
    first = given.rows["valid_at"] == given.rows["valid_at"].min()
    given.rows = given.rows[~gone | first]
    given.fingerprint = whole.fingerprint
    rows = refreshed(given, AT + timedelta(hours=8), tmp_path)
    same(rows, whole, AT + timedelta(hours=8))


def test_months_are_deleted_once_no_release_goes_back_to_them(tmp_path):
    given = source()
    until = hour("2013-06-10T05")
    earlier_release(given, until, tmp_path)
    refreshed(given, until + MONTHS_KEPT, tmp_path)
    refreshed(given, until + MONTHS_KEPT, tmp_path)
    assert (tmp_path / "AAA" / "AAA").exists()
    last = until + MONTHS_KEPT + timedelta(hours=1)
    same(refreshed(given, last, tmp_path), given, last)
    assert [path.name for path in (tmp_path / "AAA").iterdir()] == [FILE]


def test_a_broken_file_beside_months_loses_only_what_came_after_them(tmp_path, caplog):
    given = source()
    earlier_release(given, AT, tmp_path)
    refreshed(given, AT + timedelta(hours=3), tmp_path)
    path = tmp_path / "AAA" / FILE
    path.write_bytes(path.read_bytes()[:1000])
    asked(given)
    same(refreshed(given, AT + timedelta(hours=4), tmp_path), given, AT + timedelta(hours=4))
    assert set(caplog.messages) == {f"{path} was broken, and is fetched again"}
    assert asked(given) == [(AT + timedelta(hours=1), AT + timedelta(hours=5))]


def test_a_file_that_is_broken_behind_a_sound_end_is_fetched_again(tmp_path, caplog):
    given = source()
    refreshed(given, AT, tmp_path)
    path = tmp_path / "AAA" / FILE
    content = path.read_bytes()
    path.write_bytes(content[:100] + bytes(2_000) + content[2_100:])
    assert history_file.read_metadata(tmp_path / "AAA")
    later = AT + timedelta(hours=1)
    same(refreshed(given, later, tmp_path), given, later)
    assert caplog.messages == [f"{path} was broken, and is fetched again"]


def test_a_broken_month_is_fetched_again_with_those_before_it(tmp_path):
    given = source()
    earlier_release(given, AT, tmp_path)
    (tmp_path / "AAA" / "AAA" / "2013-03.parquet").write_bytes(b"broken")
    same(refreshed(given, AT, tmp_path), given, AT)


def test_what_a_killed_process_was_writing_is_removed(tmp_path):
    given = source()
    refreshed(given, AT, tmp_path)
    left = tmp_path / "AAA" / f".{FILE}.abc"
    left.write_bytes(b"half")
    refreshed(given, AT + timedelta(hours=1), tmp_path)
    assert left.exists(), "it may be another process's, at work"
    abandon(left)
    refreshed(given, AT + timedelta(hours=2), tmp_path)
    assert not left.exists()


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("kill_at", ["write", "rename", "after"])
def test_killed_while_it_takes_months_over_it_does_so_again(tmp_path, kill_at):
    given = source()
    earlier_release(given, AT, tmp_path)
    before = contents(tmp_path / "AAA" / "AAA")
    child = os.fork()
    if child == 0:
        _killed_at(kill_at)
        refreshed(given, AT + timedelta(hours=1), tmp_path)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    assert contents(tmp_path / "AAA" / "AAA") == before
    for half_written in (tmp_path / "AAA").glob(f".{FILE}.*"):
        abandon(half_written)
    last = AT + timedelta(hours=2)
    same(refreshed(given, last, tmp_path), given, last)
    assert sorted(path.name for path in (tmp_path / "AAA").iterdir() if path.is_file()) == [
        FILE,
        "source.json",
        "stations.json",
    ]


def abandon(path: Path) -> None:
    """Let it be as old as what nobody writes any more."""
    long_ago_s = path.stat().st_mtime - 3_601
    os.utime(path, (long_ago_s, long_ago_s))


def _killed_at(moment: str) -> None:
    """Let this process be killed at a moment of its next write."""

    def kill(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    rename = Path.replace
    match moment:
        case "write":
            os.fsync = kill
        case "rename":
            Path.replace = kill
        case "after":
            Path.replace = lambda old, new: (rename(old, new), kill())
