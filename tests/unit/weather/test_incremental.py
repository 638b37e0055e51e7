"""Live weather on disk: what is asked for as time goes on, counted by the server itself."""

import logging
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fakes import open_meteo as fakes
from fakes.open_meteo import FakeOpenMeteo
from fakes.serving import served
from wearcast.artifacts import read_json
from wearcast.config import OpenMeteo, Station
from wearcast.errors import ObservationsError, SourceError
from wearcast.weather.raw_data import read_raw, sync
from wearcast.weather.sources import FilesSource, LiveSource, SampleSource, attribution
from wearcast.weather.sources.http_client import RetryPolicy
from wearcast.weather.sources.open_meteo import OpenMeteoSource
from wearcast.weather.stations import resolve

START = date(2026, 6, 1)
ONCE = RetryPolicy(attempts=1)


class World:
    """A fake Open-Meteo and a source that asks it, both by one clock."""

    def __init__(self) -> None:
        self.now = datetime(2026, 8, 20, 9, 30, tzinfo=UTC)
        self.fake = FakeOpenMeteo(now=lambda: self.now)
        self.source: OpenMeteoSource

    def asked(self) -> list[tuple[str, str, str]]:
        """The endpoint and the days of each request since the last call."""
        said = [(asked.path.removeprefix("/v1/"), *asked.days) for asked in self.fake.log]
        self.fake.log.clear()
        return said


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    with served(world.fake) as url:
        settings = OpenMeteo(archive_url=f"{url}/v1/archive", forecast_url=f"{url}/v1/forecast")
        world.source = OpenMeteoSource(settings, {}, now=lambda: world.now, retry_policy=ONCE)
        yield world


@pytest.fixture
def one(seoul: Station) -> list[Station]:
    return [seoul]


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_first_run_asks_for_each_month_once(
    world: World, one: list[Station], tmp_path: Path
) -> None:
    summary = sync(world.source, one, START, None, tmp_path)
    assert world.asked() == [
        ("archive", "2026-06-01", "2026-06-30"),
        ("archive", "2026-07-01", "2026-07-31"),
        ("archive", "2026-08-01", "2026-08-20"),
        ("forecast", "2026-08-18", "2026-08-20"),
    ]
    assert summary[["months", "fetched", "revised"]].values.tolist() == [[3, 3, 0]]
    raw, _ = read_raw(tmp_path)
    assert list(raw["valid_at"]) == list(
        pd.date_range("2026-06-01", "2026-08-20T09", freq="h", tz="UTC")
    )


def test_within_the_hour_nothing_is_asked(world: World, one: list[Station], tmp_path: Path) -> None:
    sync(world.source, one, START, None, tmp_path)
    before = contents(tmp_path)
    world.asked()
    world.now += timedelta(minutes=29)
    sync(world.source, one, START, None, tmp_path)
    assert world.asked() == []
    assert contents(tmp_path) == before


def test_an_hour_later_only_days_that_are_not_final_are_asked_for(
    world: World, one: list[Station], tmp_path: Path
) -> None:
    sync(world.source, one, START, None, tmp_path)
    world.asked()
    world.now += timedelta(hours=1)
    sync(world.source, one, START, None, tmp_path)
    assert world.asked() == [
        ("archive", "2026-08-13", "2026-08-20"),
        ("forecast", "2026-08-18", "2026-08-20"),
    ]


def test_a_grown_folder_is_the_same_as_one_made_at_once(
    world: World, one: list[Station], tmp_path: Path
) -> None:
    for step in (0, 1, 7, 40, 24 * 4, 24 * 20):
        world.now += timedelta(hours=step)
        sync(world.source, one, START, None, tmp_path / "grown")
    sync(world.source, one, START, None, tmp_path / "at once")
    assert contents(tmp_path / "grown") == contents(tmp_path / "at once")
    assert "108/2026-09.parquet" in contents(tmp_path / "grown")


def test_a_month_is_never_asked_for_again_once_it_is_final(
    world: World, one: list[Station], tmp_path: Path
) -> None:
    sync(world.source, one, START, None, tmp_path)
    world.now = datetime(2026, 9, 6, 5, tzinfo=UTC)
    sync(world.source, one, START, None, tmp_path)
    world.asked()
    world.now += timedelta(days=3)
    sync(world.source, one, START, None, tmp_path)
    assert min(first for _, first, _ in world.asked()) == "2026-08-30"
    august = (tmp_path / "108/2026-08.parquet").read_bytes()
    world.now += timedelta(days=3)
    sync(world.source, one, START, None, tmp_path)
    assert min(first for _, first, _ in world.asked()) >= "2026-09-01"
    assert (tmp_path / "108/2026-08.parquet").read_bytes() == august


def test_revised_values_replace_preliminary_ones_and_are_counted(
    world: World, one: list[Station], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    sync(world.source, one, START, None, tmp_path)
    world.now += timedelta(days=4)
    summary = sync(world.source, one, START, None, tmp_path)
    # Held since the 20th at 9 h: five days of preliminary values, two of them forecasts.
    assert summary["revised"].tolist() == [5 * 24]
    assert (
        "station 108, 2026-08: the source has revised 120 hours from 2026-08-13 on"
        in caplog.messages
    )
    raw, _ = read_raw(tmp_path)
    hours = raw["valid_at"].dt.tz_localize(None).to_numpy().astype("datetime64[h]").astype(np.int64)
    off_c = (
        raw["temp_c"]
        - fakes.weather(one[0].latitude, one[0].longitude, hours, np.zeros(len(hours)))[
            "temperature_2m"
        ]
    )
    assert off_c[raw["valid_at"] <= pd.Timestamp("2026-08-19T09Z")].abs().max() <= 0.05


def test_what_a_source_no_longer_has_is_not_lost(
    world: World, one: list[Station], tmp_path: Path
) -> None:
    sync(world.source, one, START, None, tmp_path)
    hole = [int(datetime(2026, 8, 14, hour, tzinfo=UTC).timestamp() // 3600) for hour in range(6)]
    world.fake.archive_lacks = lambda _, hours: np.isin(hours, hole)
    world.now += timedelta(hours=1)
    sync(world.source, one, START, None, tmp_path)
    raw, _ = read_raw(tmp_path)
    assert list(raw["valid_at"]) == list(
        pd.date_range("2026-06-01", "2026-08-20T10", freq="h", tz="UTC")
    )


def test_a_fetch_that_fails_leaves_all_that_was_there(
    world: World, one: list[Station], tmp_path: Path
) -> None:
    sync(world.source, one, START, None, tmp_path)
    before, table = contents(tmp_path), read_raw(tmp_path)[0]
    world.now += timedelta(days=30)
    world.fake.faults.append("503")
    with pytest.raises(SourceError, match="overloaded"):
        sync(world.source, one, START, None, tmp_path)
    assert contents(tmp_path) == before
    pd.testing.assert_frame_equal(read_raw(tmp_path)[0], table)


@pytest.mark.parametrize("fault", ["°F", "missing column", "HTML", "broken stream", "other hours"])
def test_rubbish_is_never_stored(
    world: World, one: list[Station], tmp_path: Path, fault: str
) -> None:
    world.fake.faults.append(fault)
    with pytest.raises(SourceError):
        sync(world.source, one, START, None, tmp_path)
    assert contents(tmp_path) == {}


def test_another_source_does_not_destroy_before_it_delivers(world: World, tmp_path: Path) -> None:
    jfk = resolve(["JFK"])
    sync(SampleSource(), jfk, None, None, tmp_path)
    before = contents(tmp_path)
    world.fake.faults.append("429 Daily")
    with pytest.raises(SourceError, match="Daily API request limit"):
        sync(world.source, jfk, START, None, tmp_path)
    assert contents(tmp_path) == before
    sync(world.source, jfk, START, None, tmp_path)
    assert sorted(path for path in contents(tmp_path) if path.startswith("JFK")) == [
        f"JFK/2026-0{month}.parquet" for month in (6, 7, 8)
    ]


def test_a_mixture_of_two_sources_is_not_read(world: World, tmp_path: Path) -> None:
    jfk = resolve(["JFK"])
    sync(SampleSource(), jfk, date(2013, 2, 1), date(2013, 4, 1), tmp_path)
    world.fake.faults.extend(["", "503"])
    with pytest.raises(SourceError):
        sync(world.source, jfk, date(2013, 2, 1), date(2013, 4, 1), tmp_path)
    with pytest.raises(
        ObservationsError,
        match=r"2013-02.parquet is another source's than source.json says \(1 in all\)",
    ):
        read_raw(tmp_path)


def test_a_station_that_moved_is_fetched_anew(
    world: World, one: list[Station], tmp_path: Path
) -> None:
    sync(world.source, one, START, None, tmp_path)
    moved = [one[0].model_copy(update={"latitude": 37.6})]
    assert sync(world.source, moved, START, None, tmp_path)["fetched"].tolist() == [3]


def test_several_stations_share_requests(world: World, tmp_path: Path) -> None:
    summary = sync(world.source, resolve(["108", "159", "london"]), START, None, tmp_path)
    assert [asked.places for asked in world.fake.log] == [3, 3, 3, 3]
    assert summary["hours"].tolist() == [1930] * 3
    assert world.fake.most_at_once == 1


def test_a_station_added_later_is_asked_for_alone(world: World, tmp_path: Path) -> None:
    sync(world.source, resolve(["108"]), START, None, tmp_path)
    world.asked()
    sync(world.source, resolve(["108", "159"]), START, None, tmp_path)
    assert {asked.places for asked in world.fake.log} == {1}
    assert {asked.query["latitude"] for asked in world.fake.log} == {"35.1047"}


def test_half_written_files_of_a_killed_run_are_swept_away(
    world: World, one: list[Station], tmp_path: Path
) -> None:
    sync(world.source, one, START, None, tmp_path)
    before = contents(tmp_path)
    (tmp_path / "108/.2026-08.parquet.x1y2z3").write_bytes(b"half")
    (tmp_path / ".source.json.abcdef").write_bytes(b"half")
    sync(world.source, one, START, None, tmp_path)
    assert contents(tmp_path) == before


def test_whom_the_data_are_owed_to_stands_beside_them(
    world: World, one: list[Station], tmp_path: Path
) -> None:
    sync(world.source, one, START, None, tmp_path)
    credit = read_json(tmp_path / "source.json")["attribution"]
    assert credit == attribution("open_meteo")
    assert all(
        word in credit
        for word in ("Open-Meteo.com", "https://open-meteo.com/", "CC BY 4.0", "Copernicus", "ERA5")
    )


def test_only_live_sources_are_asked_what_is_final(world: World) -> None:
    assert isinstance(world.source, LiveSource)
    assert not isinstance(SampleSource(), LiveSource)
    assert not issubclass(FilesSource, LiveSource)
