"""Raw guidance on disk: what is fetched, what is kept, and what is there whatever was killed."""

import random
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from fakes.guidance import FakeGuidance
from full import repeated
from wearcast.artifacts import read_json
from wearcast.config import Station
from wearcast.errors import GuidanceError, SourceError
from wearcast.weather.guidance import KEY
from wearcast.weather.guidance_archive import clear, read_raw, sync
from wearcast.weather.stations import resolve

FIRST, NOW = "2026-06-28T00", "2026-07-03T09"
LATER = "2026-07-04T11"
OBSERVED_FROM = {"108": pd.Timestamp("2026-05-01T00Z"), "london": pd.Timestamp("2026-06-30T05Z")}


class Killed(Exception):
    """What stands for a process that ends here."""


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def bring(source: FakeGuidance, stations: list[Station], folder: Path) -> pd.DataFrame:
    return sync(source, stations, None, None, OBSERVED_FROM, folder)


@pytest.fixture
def source() -> FakeGuidance:
    return FakeGuidance(FIRST, NOW)


@pytest.fixture
def london() -> Station:
    return resolve(["london"])[0]


@pytest.fixture
def one(seoul: Station) -> list[Station]:
    return [seoul]


def test_there_is_a_file_a_station_model_and_month_and_one_of_the_newest_runs(
    tmp_path: Path, source: FakeGuidance, one: list[Station]
) -> None:
    summary = bring(source, one, tmp_path)
    months = ("2026-06", "2026-07")
    expected = {f"108/{model}/{month}.parquet" for model in source.models for month in months}
    assert set(contents(tmp_path)) == {*expected, "108/newest.parquet", "guidance.json"}
    assert summary[["model", "months", "fetched", "missing"]].values.tolist() == [
        ["alpha", 2, 2, ""],
        ["beta", 2, 2, ""],
    ]
    described = read_json(tmp_path / "guidance.json")
    assert described["source"] == "fake"
    assert described["fingerprints"] == {"alpha": "fake alpha 0.0", "beta": "fake beta 0.0"}
    assert described["partitions"]["108"]["beta"] == {
        "2026-06": ["2026-06-28T00Z", "2026-07-01T00Z"],
        "2026-07": ["2026-07-01T00Z", "2026-07-03T09Z"],
    }


def test_what_was_synced_is_what_the_source_has(
    tmp_path: Path, source: FakeGuidance, seoul: Station
) -> None:
    bring(source, [seoul], tmp_path)
    raw = read_raw(tmp_path)
    assert raw is not None
    start, end = pd.Timestamp("2026-06-28T00Z"), pd.Timestamp("2026-07-03T09Z")
    past = raw[raw["valid_at"] < end].reset_index(drop=True)
    alpha = past[past["model"] == "alpha"].reset_index(drop=True)
    pd.testing.assert_frame_equal(alpha, source.fetch(seoul, "alpha", start, end))
    ahead = raw[raw["valid_at"] >= end].reset_index(drop=True)
    pd.testing.assert_frame_equal(ahead, source.newest(seoul))


def test_nothing_is_asked_for_before_the_first_day_or_the_first_observation(
    tmp_path: Path, source: FakeGuidance, seoul: Station, london: Station
) -> None:
    sync(source, [seoul, london], date(2026, 6, 29), date(2026, 7, 2), OBSERVED_FROM, tmp_path)
    partitions = read_json(tmp_path / "guidance.json")["partitions"]
    assert partitions["108"]["alpha"]["2026-06"] == ["2026-06-29T00Z", "2026-07-01T00Z"]
    assert partitions["london"]["alpha"] == {
        "2026-06": ["2026-06-30T05Z", "2026-07-01T00Z"],
        "2026-07": ["2026-07-01T00Z", "2026-07-02T00Z"],
    }


def test_a_station_without_observations_has_no_archive_and_is_told(
    tmp_path: Path, source: FakeGuidance, seoul: Station, london: Station
) -> None:
    observed_from = {"108": OBSERVED_FROM["108"]}
    summary = sync(source, [seoul, london], None, None, observed_from, tmp_path)
    assert summary["months"].tolist() == [2, 2, 0, 0]
    assert "has no observations" in summary["missing"].iloc[-1]


def test_a_second_run_fetches_nothing(
    tmp_path: Path, source: FakeGuidance, one: list[Station]
) -> None:
    bring(source, one, tmp_path)
    before = contents(tmp_path)
    source.asked.clear()
    assert bring(source, one, tmp_path)["fetched"].tolist() == [0, 0]
    assert source.asked == []
    assert contents(tmp_path) == before


def test_as_time_goes_on_only_the_month_that_is_open_is_asked_for(
    tmp_path: Path, source: FakeGuidance, one: list[Station]
) -> None:
    bring(source, one, tmp_path / "grown")
    source.now = pd.Timestamp(LATER, tz="UTC")
    source.asked.clear()
    bring(source, one, tmp_path / "grown")
    assert source.asked == [("alpha", "2026-07"), ("beta", "2026-07")]
    bring(source, one, tmp_path / "at once")
    assert contents(tmp_path / "grown") == contents(tmp_path / "at once")


def test_progress_names_the_month_the_station_and_the_model(
    tmp_path: Path, source: FakeGuidance, one: list[Station]
) -> None:
    bar = Bar()
    sync(source, one, None, None, OBSERVED_FROM, tmp_path, bar)
    assert bar.said[0] == "2026-06, 108, alpha"
    assert (bar.total, bar.done, bar.closed) == (4, 4, True)


def test_a_run_that_comes_late_replaces_its_values_and_takes_none_away(
    tmp_path: Path, source: FakeGuidance, one: list[Station], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the last day, that is; what is older is final."""
    bring(source, one, tmp_path)
    before = read_raw(tmp_path)
    fetch = source.fetch

    def revised(*asked: Any) -> pd.DataFrame:
        rows = fetch(*asked)
        rows["temp_c"] += 1.0
        # Of the older run there is nothing any more.
        return rows[rows["valid_at"] - rows["issued_until"] == pd.Timedelta(days=1)]

    source.now = pd.Timestamp(LATER, tz="UTC")
    monkeypatch.setattr(source, "fetch", revised)
    bring(source, one, tmp_path)
    after = read_raw(tmp_path)
    assert before is not None
    assert after is not None
    both = before.merge(after, on=KEY, suffixes=("", "_now"))
    archived = both[both["valid_at"] < pd.Timestamp(NOW, tz="UTC")]
    assert len(archived) == (before["valid_at"] < pd.Timestamp(NOW, tz="UTC")).sum()
    changed = archived[archived["temp_c"] != archived["temp_c_now"]]
    assert changed["valid_at"].min() == pd.Timestamp("2026-07-02T09Z")
    assert set(changed["valid_at"] - changed["issued_until"]) == {pd.Timedelta(days=1)}


def test_a_broken_partition_and_one_of_another_version_are_fetched_again(
    tmp_path: Path, source: FakeGuidance, one: list[Station], caplog: pytest.LogCaptureFixture
) -> None:
    bring(source, one, tmp_path)
    broken = tmp_path / "108/alpha/2026-06.parquet"
    broken.write_bytes(b"PAR1 what a full disk left")
    source.shift_c = {"beta": 1.0}
    source.asked.clear()
    bring(source, one, tmp_path)
    assert source.asked == [("alpha", "2026-06"), *(("beta", f"2026-0{n}") for n in (6, 7))]
    assert f"{broken} was broken, and is fetched again" in caplog.messages
    bring(source, one, tmp_path / "anew")
    (tmp_path / "anew").rename(tmp_path.with_name("anew"))
    assert contents(tmp_path) == contents(tmp_path.with_name("anew"))


def test_wherever_it_is_killed_the_next_run_comes_to_the_same_folder(
    tmp_path: Path, one: list[Station], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kill is an exception at a random fetch, before a file is in its place, or right after."""
    bring(FakeGuidance(FIRST, NOW), one, tmp_path / "undisturbed")
    expected = contents(tmp_path / "undisturbed")
    steps = Steps(monkeypatch)
    chance = random.Random(19)  # noqa: S311 - moments, not secrets
    for kill in range(repeated(8, 20)):
        folder = tmp_path / f"killed-{kill}"
        source = steps.watched(FakeGuidance(FIRST, NOW))
        steps.kill_at(chance.randrange(len(expected) * 2))
        with pytest.raises(Killed):
            bring(source, one, folder)
        # In some rounds once more, as a machine may do that keeps running out of memory.
        steps.kill_at(chance.randrange(len(expected)))
        with suppress(Killed):
            bring(source, one, folder)
        steps.kill_at(None)
        bring(source, one, folder)
        assert contents(folder) == expected
    assert steps.kinds == {"fetch", "before", "after"}


class Bar:
    """What `sync` says of its progress: tqdm's part of it that matters here."""

    def __init__(self) -> None:
        self.total, self.done, self.closed = 0, 0, False
        self.said: list[str] = []

    def __call__(self, total: int, unit: str) -> "Bar":
        assert unit == "month"
        self.total = total
        return self

    def set_description(self, text: str) -> None:
        self.said.append(text)

    def update(self, count: int) -> None:
        self.done += count

    def close(self) -> None:
        self.closed = True


class Steps:
    """Counts fetches and files that come into place, and kills at one of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left: int | None = None
        self.kinds: set[str] = set()
        replace = Path.replace

        def replacing(path: Path, target: Path) -> Any:
            self.step("before")
            done = replace(path, target)
            self.step("after")
            return done

        monkeypatch.setattr(Path, "replace", replacing)

    def kill_at(self, step: int | None) -> None:
        self.left = step

    def step(self, kind: str) -> None:
        if self.left is None:
            return
        if self.left == 0:
            self.left = None
            self.kinds.add(kind)
            raise Killed
        self.left -= 1

    def watched(self, source: FakeGuidance) -> FakeGuidance:
        fetch = source.fetch

        def fetching(*asked: Any) -> pd.DataFrame:
            self.step("fetch")
            return fetch(*asked)

        source.fetch = fetching  # type: ignore[method-assign]
        return source


def test_a_model_that_can_not_be_had_stops_nothing_and_is_told(
    tmp_path: Path, source: FakeGuidance, one: list[Station], caplog: pytest.LogCaptureFixture
) -> None:
    source.broken["alpha"] = "it ended in March"
    source.without_newest.add("alpha")
    summary = bring(source, one, tmp_path)
    assert summary["months"].tolist() == [0, 2]
    assert read_json(tmp_path / "guidance.json")["missing"] == [
        {"station": "108", "model": "alpha", "what": "archive", "reason": "it ended in March"},
        {
            "station": "108",
            "model": "alpha",
            "what": "newest run",
            "reason": "It was not given.",
        },
    ]
    assert "station 108, alpha: no archive. it ended in March" in caplog.messages
    raw = read_raw(tmp_path)
    assert raw is not None
    assert set(raw["model"]) == {"beta"}


def test_a_month_that_fails_leaves_the_model_with_what_it_has_and_is_asked_for_again(
    tmp_path: Path, source: FakeGuidance, one: list[Station], monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch = source.fetch

    def failing(station: Station, model: str, start: Any, end: Any) -> pd.DataFrame:
        if (model, start.month) == ("alpha", 7):
            raise SourceError("the network is down")
        return fetch(station, model, start, end)

    with monkeypatch.context() as patched:
        patched.setattr(source, "fetch", failing)
        summary = bring(source, one, tmp_path / "once failed")
    assert summary["months"].tolist() == [1, 2]
    assert summary["missing"].tolist() == ["archive: 2026-07: the network is down", ""]
    bring(source, one, tmp_path / "once failed")
    bring(source, one, tmp_path / "at once")
    assert contents(tmp_path / "once failed") == contents(tmp_path / "at once")


def test_what_was_held_of_a_model_stays_while_it_can_not_be_asked(
    tmp_path: Path, source: FakeGuidance, one: list[Station]
) -> None:
    bring(source, one, tmp_path)
    before = contents(tmp_path)
    source.broken = dict.fromkeys(source.models, "the network is down")
    source.without_newest = set(source.models)
    bring(source, one, tmp_path)
    after = contents(tmp_path)
    assert len(read_json(tmp_path / "guidance.json")["missing"]) == 4
    del before["guidance.json"], after["guidance.json"]
    assert after == before


def test_if_nothing_at_all_can_be_had_that_is_an_error(
    tmp_path: Path, source: FakeGuidance, one: list[Station]
) -> None:
    source.broken = dict.fromkeys(source.models, "it ended in March.")
    source.without_newest = set(source.models)
    with pytest.raises(SourceError, match=r"no numerical forecasts can be had of fake. alpha: it"):
        bring(source, one, tmp_path)
    assert read_raw(tmp_path) is None


def test_observations_that_are_older_than_any_archive_have_no_guidance(
    tmp_path: Path, one: list[Station]
) -> None:
    source = FakeGuidance(FIRST, NOW)
    source.without_newest = set(source.models)
    with pytest.raises(SourceError, match="The source has 2026-06-28 to 2026-07-03"):
        sync(source, one, None, date(2014, 1, 1), OBSERVED_FROM, tmp_path)


def test_the_newest_run_replaces_the_one_before(
    tmp_path: Path, source: FakeGuidance, one: list[Station]
) -> None:
    bring(source, one, tmp_path)
    source.now = pd.Timestamp(LATER, tz="UTC")
    bring(source, one, tmp_path)
    raw = read_raw(tmp_path)
    assert raw is not None
    ahead = raw[raw["valid_at"] > source.now]
    assert set(ahead["issued_until"]) == {pd.Timestamp("2026-07-04T00Z")}


def test_a_source_without_an_archive_is_collected_run_by_run(
    tmp_path: Path, one: list[Station]
) -> None:
    source = FakeGuidance(FIRST, NOW, ("alpha",), has_archive=False)
    bring(source, one, tmp_path)
    first = tmp_path / "108/alpha/runs/20260703T0000.parquet"
    content = first.read_bytes()
    # The same run, told otherwise: what was collected stays as it was.
    source.shift_c = {"alpha": 1.0}
    bring(source, one, tmp_path)
    assert first.read_bytes() == content
    source.now = pd.Timestamp(LATER, tz="UTC")
    assert bring(source, one, tmp_path)["runs"].tolist() == [2]
    assert first.read_bytes() == content
    raw = read_raw(tmp_path)
    assert raw is not None
    issued = raw.groupby("issued_until").size()
    assert dict(issued) == {
        pd.Timestamp("2026-07-03T00Z"): 71,
        pd.Timestamp("2026-07-04T00Z"): 71,
    }


def test_collected_runs_outlive_everything(
    tmp_path: Path, source: FakeGuidance, one: list[Station], london: Station
) -> None:
    collected = FakeGuidance(FIRST, NOW, ("alpha",), has_archive=False)
    bring(collected, one, tmp_path)
    run = tmp_path / "108/alpha/runs/20260703T0000.parquet"
    bring(source, [london], tmp_path)
    assert run.exists()
    clear(tmp_path)
    assert list(contents(tmp_path)) == ["108/alpha/runs/20260703T0000.parquet"]
    assert read_raw(tmp_path) is None


def test_a_project_without_guidance_has_no_folder(
    tmp_path: Path, source: FakeGuidance, one: list[Station]
) -> None:
    folder = tmp_path / "guidance"
    clear(folder)
    assert not folder.exists()
    bring(source, one, folder)
    clear(folder)
    assert not folder.exists()


def test_models_and_stations_no_longer_asked_for_go(
    tmp_path: Path, one: list[Station], london: Station
) -> None:
    bring(FakeGuidance(FIRST, NOW), [*one, london], tmp_path / "narrowed")
    bring(FakeGuidance(FIRST, NOW, ("alpha",)), one, tmp_path / "narrowed")
    bring(FakeGuidance(FIRST, NOW, ("alpha",)), one, tmp_path / "at once")
    assert contents(tmp_path / "narrowed") == contents(tmp_path / "at once")


def test_reading_names_a_partition_that_is_missing_or_another_source_s(
    tmp_path: Path, source: FakeGuidance, one: list[Station]
) -> None:
    bring(source, one, tmp_path)
    beta = tmp_path / "108/beta/2026-06.parquet"
    beta.write_bytes((tmp_path / "108/alpha/2026-06.parquet").read_bytes())
    with pytest.raises(GuidanceError, match=r"2026-06.parquet is another source's than guidance"):
        read_raw(tmp_path)
    beta.unlink()
    with pytest.raises(GuidanceError, match=r"beta/2026-06.parquet is missing \(1 in all\)"):
        read_raw(tmp_path)


def test_a_source_that_answers_something_else_is_not_kept(
    tmp_path: Path, source: FakeGuidance, one: list[Station], monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch = source.fetch
    monkeypatch.setattr(source, "fetch", lambda station, _, *hours: fetch(station, "beta", *hours))
    summary = bring(source, one, tmp_path)
    assert summary["months"].tolist() == [0, 2]
    assert "asked for model alpha, the source gave beta" in summary["missing"].iloc[0]
