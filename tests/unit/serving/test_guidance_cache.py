"""The refresh's cache of numerical forecasts is an archive of what it took, no longer than it
needs."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fakes.open_meteo import FakeOpenMeteo
from fakes.serving import served
from unit.forecasting.synthetic import place
from unit.serving.guided_refresh import HASTY
from wearcast.config import OpenMeteo
from wearcast.errors import ArtifactError
from wearcast.serving.refresh.guidance_cache import KEPT_D, GuidanceCache
from wearcast.serving.refresh.guidance_files import Archived, GuidanceFiles
from wearcast.weather import guidance
from wearcast.weather.sources.open_meteo import OpenMeteoGuidance

START = datetime(2026, 8, 16, 6, 30, tzinfo=UTC)
MODELS = ("ecmwf_ifs025", "gem_global")
DAY = timedelta(days=1)
STATION = place("AAA")


class Clock:
    """The time of the service and of whoever asks it."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def source(clock) -> Iterator[OpenMeteoGuidance]:
    with service(clock) as one:
        yield one


@contextmanager
def service(clock: Clock) -> Iterator[OpenMeteoGuidance]:
    """The source, by the service's clock."""
    with served(FakeOpenMeteo(now=clock)) as url:
        addresses = OpenMeteo(
            forecast_url=f"{url}/v1/forecast",
            previous_runs_url=f"{url}/v1/previous-runs",
            metadata_url=f"{url}/data",
        )
        yield OpenMeteoGuidance(addresses, MODELS, {}, now=clock, retry_policy=HASTY)


def opened(folder: Path, now: datetime, name: str = "open_meteo", station=STATION) -> GuidanceCache:
    return GuidanceCache(folder, name, [station], now)


def taken(folder: Path, source: OpenMeteoGuidance, clock: Clock, hours: int, every_h: int = 6):
    """A cache that took the newest runs for so long."""
    for _ in range(0, hours, every_h):
        cache = opened(folder, clock.now)
        cache.take(source.newest_all([STATION]))
        clock.now += timedelta(hours=every_h)
    clock.now -= timedelta(hours=every_h)
    return cache


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> Iterator[tuple[pd.DataFrame, OpenMeteoGuidance, datetime]]:
    """What four days of refreshes keep, the source, and when they ended."""
    clock = Clock()
    with service(clock) as source:
        cache = taken(tmp_path_factory.mktemp("kept"), source, clock, hours=96)
        yield cache.read("AAA"), source, clock.now


def by_age(rows: pd.DataFrame) -> pd.Series:
    """The temperature by model, hour and days of age."""
    days = (rows["valid_at"] - rows["issued_until"]) // pd.Timedelta(days=1)
    keyed = rows.assign(days=days, model=rows["model"].astype(str))
    return keyed[keyed["days"] >= 1].set_index(["model", "valid_at", "days"])["temp_c"]


def test_what_was_taken_hour_by_hour_is_what_the_services_own_archive_has(kept):
    rows, source, now = kept
    ours = by_age(rows)
    for model in MODELS:
        theirs = by_age(source.fetch(STATION, model, START + 1.5 * DAY, now)).dropna()
        of_a_day = theirs[theirs.index.get_level_values("days") == 1]
        assert len(of_a_day) > 50
        np.testing.assert_allclose(ours.loc[of_a_day.index], of_a_day, atol=0.06)


def test_what_it_took_is_as_old_as_the_archives_of_the_same_age(kept):
    rows, _, now = kept
    past = rows[rows["valid_at"] <= now]
    days = (past["valid_at"] - past["issued_until"]) // pd.Timedelta(days=1)
    old = past[days >= 1]
    ages_h = (old["valid_at"] - old["available_at"]) / pd.Timedelta(hours=1)
    assert set(ages_h) == {18.0, 42.0, 66.0, 90.0}
    assert len(ages_h) > 24


def test_of_each_hour_ahead_it_has_the_newest_run(kept):
    rows, source, now = kept
    newest = source.newest_all([STATION])
    ahead = rows[rows["valid_at"] > now]
    youngest = ahead.groupby(["model", "valid_at"], observed=True)["issued_until"].max()
    expected = newest.set_index(["model", "valid_at"])["issued_until"]
    assert youngest.to_dict() == expected.to_dict()


def test_only_hours_that_nothing_is_known_of_are_asked_for(tmp_path, clock):
    cache = opened(tmp_path, clock.now)
    nothing = cache.read("AAA")
    hour = pd.Timestamp(clock.now).floor("h")
    whole = (hour - pd.Timedelta(days=KEPT_D), hour)
    assert cache.lacking("AAA", MODELS, nothing) == dict.fromkeys(MODELS, whole)
    cache.add_archived("AAA", [Archived(MODELS[0], whole, guidance.concatenate([]))])
    assert list(cache.lacking("AAA", MODELS, nothing)) == [MODELS[1]]
    later = opened(tmp_path, clock.now + 5 * DAY)
    gap = later.lacking("AAA", MODELS[:1], nothing)[MODELS[0]]
    assert gap == (hour, hour + pd.Timedelta(days=5))


def test_what_is_older_than_it_needs_is_deleted(tmp_path, source, clock):
    taken(tmp_path, source, clock, hours=18)
    hour = pd.Timestamp(clock.now).floor("h")
    nothing = guidance.concatenate([])
    asked = Archived(MODELS[0], (hour, hour), nothing)
    opened(tmp_path, clock.now).add_archived("AAA", [asked])
    assert len(list(tmp_path.rglob("*.parquet"))) == 3
    clock.now += (KEPT_D + 9) * DAY
    cache = opened(tmp_path, clock.now)
    assert cache.read("AAA").empty
    cache.take(source.newest_all([STATION]))
    later = Archived(MODELS[0], (hour + 60 * DAY, hour + 61 * DAY), nothing)
    cache.add_archived("AAA", [later])
    files = GuidanceFiles.of(tmp_path, "AAA")
    assert files.asked() == [later[:2]]
    for name in ("past", "archive"):
        held = guidance.read_parquet(files.folder / f"{name}.parquet")
        assert (held["valid_at"] >= clock.now - KEPT_D * DAY).all()


@pytest.mark.parametrize(
    ("name", "station"),
    [("kma", STATION), ("open_meteo", STATION.model_copy(update={"elevation_m": 500.0}))],
)
def test_another_source_or_place_begins_anew(name, station, tmp_path, source, clock, caplog):
    taken(tmp_path, source, clock, hours=6)
    assert len(opened(tmp_path, clock.now).read("AAA"))
    assert opened(tmp_path, clock.now, name, station).read("AAA").empty
    assert "are dropped" in caplog.text


@contextmanager
def no_descriptor_left() -> Iterator[None]:
    """The process may open nothing more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_file_that_the_system_refuses_to_read_stays_and_is_not_written_over(
    tmp_path, source, clock
):
    cache = taken(tmp_path, source, clock, hours=18)
    hour = pd.Timestamp(clock.now).floor("h")
    nothing = guidance.concatenate([])
    cache.add_archived("AAA", [Archived(MODELS[0], (hour, hour), nothing)])
    files = GuidanceFiles.of(tmp_path, "AAA")
    before = {path: path.read_bytes() for path in files.folder.iterdir()}
    newest = source.newest_all([STATION])
    with no_descriptor_left():
        for use in (
            lambda: cache.read("AAA"),
            lambda: cache.take(newest),
            lambda: cache.lacking("AAA", MODELS, nothing),
            lambda: cache.add_archived("AAA", []),
        ):
            with pytest.raises(OSError, match="Too many open files"):
                use()
        with pytest.raises(ArtifactError, match="Too many open files"):
            opened(tmp_path, clock.now)
    assert {path: path.read_bytes() for path in files.folder.iterdir()} == before


@pytest.mark.parametrize("content", [b"", b"PAR1 and no more", None])
def test_a_file_whose_content_is_broken_is_dropped(content, tmp_path, source, clock, caplog):
    cache = taken(tmp_path, source, clock, hours=18)
    path = GuidanceFiles.of(tmp_path, "AAA").folder / "past.parquet"
    whole = path.read_bytes()
    # Without a number: pyarrow says OSError of a page that it can't take apart.
    path.write_bytes(whole[:4] + b"\xff" * 2_000 + whole[2_004:] if content is None else content)
    assert len(cache.read("AAA"))
    assert not path.exists()
    assert "is dropped" in caplog.text
