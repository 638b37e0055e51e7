from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest

from wearcast.artifacts import read_json
from wearcast.config import Files, Station
from wearcast.errors import ObservationsError, SourceError
from wearcast.weather.observations import concatenate
from wearcast.weather.raw_data import read_raw, sync
from wearcast.weather.sources import FilesSource, SampleSource
from wearcast.weather.stations import resolve

Table = Callable[..., pd.DataFrame]


class Ending:
    """The sample as it was at some time: a source that goes on growing."""

    def __init__(self, until: str, fails_at: str | None = None) -> None:
        self.until = pd.Timestamp(until, tz="UTC")
        self.fails_at = fails_at
        self.sample = SampleSource()

    def fetch(self, station: Station, start: datetime, end: datetime) -> pd.DataFrame:
        if self.fails_at and start >= pd.Timestamp(self.fails_at, tz="UTC"):
            raise SourceError("the network is down")
        return self.sample.fetch(station, start, min(end, self.until.to_pydatetime()))

    def span(self, station: Station) -> tuple[datetime, datetime]:
        return self.sample.span(station)[0], (self.until - pd.Timedelta(hours=1)).to_pydatetime()

    def fingerprint(self) -> str:
        return "the sample, growing"


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


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def jfk() -> list[Station]:
    return resolve(["JFK"])


def test_there_is_a_file_a_station_and_month(tmp_path: Path) -> None:
    summary = sync(
        SampleSource(), resolve(["JFK", "LGA"]), date(2013, 2, 10), date(2013, 4, 1), tmp_path
    )
    assert sorted(contents(tmp_path)) == [
        "JFK/2013-02.parquet",
        "JFK/2013-03.parquet",
        "LGA/2013-02.parquet",
        "LGA/2013-03.parquet",
        "source.json",
        "stations.json",
    ]
    assert summary["first"].tolist() == [pd.Timestamp("2013-02-10T00Z")] * 2
    assert summary["last"].tolist() == [pd.Timestamp("2013-03-31T23Z")] * 2


def test_what_was_synced_is_what_the_source_has(tmp_path: Path, jfk: list[Station]) -> None:
    source = SampleSource()
    sync(source, jfk, None, None, tmp_path)
    raw, stations = read_raw(tmp_path)
    assert stations == jfk
    pd.testing.assert_frame_equal(
        raw,
        source.fetch(
            jfk[0], *(datetime.fromisoformat(f"{year}-01-01T00Z") for year in (2013, 2014))
        ),
    )


def test_a_second_run_fetches_nothing(tmp_path: Path, jfk: list[Station]) -> None:
    sync(SampleSource(), jfk, None, None, tmp_path)
    before = contents(tmp_path)
    bar = Bar()
    summary = sync(SampleSource(), jfk, None, None, tmp_path, bar)
    assert (bar.said, summary["fetched"].tolist()) == ([], [0])
    assert contents(tmp_path) == before


def test_only_a_missing_month_is_fetched_again(tmp_path: Path, jfk: list[Station]) -> None:
    sync(SampleSource(), jfk, None, None, tmp_path)
    before = contents(tmp_path)
    (tmp_path / "JFK/2013-05.parquet").unlink()
    bar = Bar()
    sync(SampleSource(), jfk, None, None, tmp_path, bar)
    assert bar.said == ["2013-05, JFK"]
    assert contents(tmp_path) == before


def test_a_run_that_broke_off_is_gone_on_with(tmp_path: Path, jfk: list[Station]) -> None:
    with pytest.raises(SourceError, match="the network is down"):
        sync(Ending("2013-06-01", fails_at="2013-04-01"), jfk, None, None, tmp_path / "broken")
    bar = Bar()
    sync(Ending("2013-06-01"), jfk, None, None, tmp_path / "broken", bar)
    sync(Ending("2013-06-01"), jfk, None, None, tmp_path / "whole")
    assert bar.said == ["2013-04, JFK", "2013-05, JFK"]
    assert (bar.total, bar.done, bar.closed) == (2, 2, True)
    assert contents(tmp_path / "broken") == contents(tmp_path / "whole")


def test_a_month_that_was_not_over_is_fetched_again_when_it_has_grown(
    tmp_path: Path, jfk: list[Station]
) -> None:
    sync(Ending("2013-03-15"), jfk, None, None, tmp_path / "grown")
    bar = Bar()
    sync(Ending("2013-04-02"), jfk, None, None, tmp_path / "grown", bar)
    sync(Ending("2013-04-02"), jfk, None, None, tmp_path / "at once")
    assert bar.said == ["2013-03, JFK", "2013-04, JFK"]
    assert contents(tmp_path / "grown") == contents(tmp_path / "at once")


def test_months_and_stations_no_longer_asked_for_go(tmp_path: Path) -> None:
    both, one = resolve(["JFK", "LGA"]), resolve(["LGA"])
    sync(SampleSource(), both, None, None, tmp_path / "narrowed")
    sync(SampleSource(), one, date(2013, 3, 1), date(2013, 5, 1), tmp_path / "narrowed")
    sync(SampleSource(), one, date(2013, 3, 1), date(2013, 5, 1), tmp_path / "at once")
    assert contents(tmp_path / "narrowed") == contents(tmp_path / "at once")


def test_another_source_starts_anew(tmp_path: Path, jfk: list[Station]) -> None:
    sync(Ending("2014-01-01"), jfk, None, None, tmp_path)
    assert sync(SampleSource(), jfk, None, None, tmp_path)["fetched"].tolist() == [12]
    assert read_json(tmp_path / "source.json")["fingerprint"].startswith("sample sha256:")


def test_what_is_not_a_partition_is_left_alone(tmp_path: Path, jfk: list[Station]) -> None:
    sync(Ending("2013-03-01"), jfk, None, None, tmp_path)
    (tmp_path / "JFK" / "notes.txt").write_text("mine")
    sync(SampleSource(), resolve(["LGA"]), date(2013, 3, 1), date(2013, 4, 1), tmp_path)
    assert (tmp_path / "JFK" / "notes.txt").read_text() == "mine"
    assert not list((tmp_path / "JFK").glob("*.parquet"))


def test_a_month_without_any_hour_is_held_and_not_asked_for_again(
    tmp_path: Path, table: Table, seoul: Station
) -> None:
    parts = [
        table(start="2021-01-31T20", temp_c=[1.0] * 4),
        table(start="2021-03-01T00", temp_c=[2.0]),
    ]
    concatenate(parts).assign(time=lambda rows: rows["valid_at"])[["time", "temp_c"]].to_csv(
        tmp_path / "gap.csv", index=False
    )
    settings = Files(
        path=Path("gap.csv"), columns={"valid_at": "time", "temp_c": "temp_c"}, station="108"
    )
    for expected in (3, 0):
        summary = sync(FilesSource(settings, tmp_path), [seoul], None, None, tmp_path / "raw")
        assert summary[["hours", "months", "fetched"]].values.tolist() == [[5, 3, expected]]
    assert len(read_raw(tmp_path / "raw")[0]) == 5


def test_a_time_without_data_is_an_error(tmp_path: Path, jfk: list[Station]) -> None:
    with pytest.raises(
        SourceError,
        match=(
            "station JFK: the source has 2013-01-01 to 2013-12-31, nothing from 2020-01-01 to"
            " its end"
        ),
    ):
        sync(SampleSource(), jfk, date(2020, 1, 1), None, tmp_path)


def test_a_source_that_answers_something_else_is_refused(
    tmp_path: Path, jfk: list[Station]
) -> None:
    class Wrong(Ending):
        def fetch(self, station: Station, start: datetime, end: datetime) -> pd.DataFrame:
            assert station.id == "JFK"
            return super().fetch(resolve(["LGA"])[0], start, end)

    with pytest.raises(
        SourceError,
        match="asked for station JFK from 2013-01-01T07Z to 2013-02-01T00Z, the source gave LGA at",
    ):
        sync(Wrong("2013-03-01"), jfk, None, None, tmp_path)
    assert not list(tmp_path.glob("*/*.parquet"))


def test_reading_names_a_partition_that_is_missing(tmp_path: Path, jfk: list[Station]) -> None:
    sync(Ending("2013-03-01"), jfk, None, None, tmp_path)
    (tmp_path / "JFK/2013-02.parquet").unlink()
    with pytest.raises(
        ObservationsError,
        match=r"JFK/2013-02.parquet is missing \(1 in all\). Run the stage ingest again",
    ):
        read_raw(tmp_path)


def test_a_broken_partition_is_fetched_again_with_a_warning(
    tmp_path: Path, jfk: list[Station], caplog: pytest.LogCaptureFixture
) -> None:
    sync(SampleSource(), jfk, None, None, tmp_path)
    before = contents(tmp_path)
    broken = tmp_path / "JFK/2013-05.parquet"
    broken.write_bytes(b"PAR1 what a full disk left")
    assert sync(SampleSource(), jfk, None, None, tmp_path)["fetched"].tolist() == [1]
    assert contents(tmp_path) == before
    assert caplog.messages == [f"{broken} was broken, and is fetched again"]


def test_a_partition_broken_inside_is_refused_by_its_name(
    tmp_path: Path, jfk: list[Station]
) -> None:
    sync(SampleSource(), jfk, None, None, tmp_path)
    broken = tmp_path / "JFK/2013-05.parquet"
    content = broken.read_bytes()
    broken.write_bytes(content[:100] + bytes(3000) + content[3100:])
    with pytest.raises(
        ObservationsError, match=r"JFK/2013-05.parquet can't be read as a table of observations"
    ):
        sync(SampleSource(), jfk, None, None, tmp_path)
