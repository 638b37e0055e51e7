"""The refresh's cache of numerical forecasts is an archive of what it took, no longer than it
needs."""

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
from wearcast.serving.refresh.guidance_cache import KEPT_D, GuidanceCache
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


def opened(folder: Path, name: str = "open_meteo", station=STATION) -> GuidanceCache:
    return GuidanceCache(folder / "cache", name, [station])


def taken(folder: Path, source: OpenMeteoGuidance, clock: Clock, hours: int, every_h: int = 6):
    """A cache that took the newest runs for so long."""
    for _ in range(0, hours, every_h):
        cache = opened(folder)
        cache.take(source.newest_all([STATION]), clock.now)
        clock.now += timedelta(hours=every_h)
    clock.now -= timedelta(hours=every_h)
    return cache


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> Iterator[tuple[pd.DataFrame, OpenMeteoGuidance, datetime]]:
    """What four days of refreshes keep, the source, and when they ended."""
    clock = Clock()
    with service(clock) as source:
        cache = taken(tmp_path_factory.mktemp("kept"), source, clock, hours=96)
        yield cache.read(clock.now), source, clock.now


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
    cache = opened(tmp_path)
    pairs = [("AAA", model) for model in MODELS]
    nothing = cache.read(clock.now)
    hour = pd.Timestamp(clock.now).floor("h")
    whole = (hour - pd.Timedelta(days=KEPT_D), hour)
    assert cache.lacking(nothing, pairs, clock.now) == dict.fromkeys(pairs, whole)
    cache.add_archived("AAA", MODELS[0], whole, guidance.concatenate([]))
    assert list(cache.lacking(nothing, pairs, clock.now)) == pairs[1:]
    later = clock.now + 5 * DAY
    gap = cache.lacking(nothing, pairs[:1], later)[pairs[0]]
    assert gap == (hour, hour + pd.Timedelta(days=5))


def test_what_is_older_than_it_needs_is_deleted(tmp_path, source, clock):
    taken(tmp_path, source, clock, hours=18)
    cache = opened(tmp_path)
    hour = pd.Timestamp(clock.now).floor("h")
    cache.add_archived("AAA", MODELS[0], (hour, hour), guidance.concatenate([]))
    files = set(tmp_path.rglob("*.parquet"))
    assert len(files) == 4
    rows = cache.read(clock.now + (KEPT_D + 9) * DAY)
    assert rows.empty
    assert [path.name for path in tmp_path.rglob("*.parquet")] == ["newest.parquet"]


@pytest.mark.parametrize(
    ("name", "station"),
    [("kma", STATION), ("open_meteo", STATION.model_copy(update={"elevation_m": 500.0}))],
)
def test_another_source_or_place_begins_anew(name, station, tmp_path, source, clock, caplog):
    taken(tmp_path, source, clock, hours=6)
    assert len(opened(tmp_path).read(clock.now))
    assert opened(tmp_path, name, station).read(clock.now).empty
    assert "are dropped" in caplog.text
