"""Numerical forecasts by open_meteo, asked over real HTTP of a fake that speaks as Open-Meteo's own
server does."""

import json
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pytest
import yaml

from fakes import open_meteo as fakes
from fakes.open_meteo import FakeOpenMeteo
from fakes.serving import served
from wearcast.config import Ingest, OpenMeteo, Station, checked
from wearcast.errors import PassingError, QuotaError, SourceError
from wearcast.weather import guidance
from wearcast.weather.attribution import guidance_attribution
from wearcast.weather.open_meteo_terms import NON_COMMERCIAL, is_free
from wearcast.weather.sources import open_guidance_source
from wearcast.weather.sources.http_client import RetryPolicy
from wearcast.weather.sources.open_meteo import OpenMeteoGuidance, model_runs
from wearcast.weather.sources.open_meteo.guidance_source import (
    FIRST,
    MOST_WEIGHT,
    backfill_weight,
)
from wearcast.weather.sources.open_meteo.guidance_table import AGES_D, aged
from wearcast.weather.sources.open_meteo.known_runs import KEPT_FOR
from wearcast.weather.sources.open_meteo.service import FREE
from wearcast.weather.sources.rate_limit import RateLimiter
from wearcast.weather.stations import resolve

NOW = datetime(2026, 8, 20, 9, 30, tzinfo=UTC)
MODELS = ("ecmwf_ifs025", "gfs_seamless", "icon_seamless")
HASTY = RetryPolicy(
    silence_s=2.0,
    answer_s=2.0,
    attempts=2,
    total_s=5,
    first_pause_s=0.01,
    longest_pause_s=0.02,
    jitter_s=0.01,
)


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[FakeOpenMeteo, str]]:
    fake = FakeOpenMeteo(now=lambda: NOW)
    with served(fake) as url:
        yield fake, url


@pytest.fixture
def fake(server: tuple[FakeOpenMeteo, str]) -> FakeOpenMeteo:
    """The module's fake, as if it had just been started."""
    one = server[0]
    one.now = lambda: NOW
    one.limited, one.unaged_off_c = False, 0.0
    for changed in (one.log, one.faults, one.gone, one.metadata):
        changed.clear()
    return one


@pytest.fixture
def addresses(server: tuple[FakeOpenMeteo, str], fake: FakeOpenMeteo) -> OpenMeteo:
    assert not fake.log
    url = server[1]
    return OpenMeteo(
        forecast_url=f"{url}/v1/forecast",
        previous_runs_url=f"{url}/v1/previous-runs",
        metadata_url=f"{url}/data",
    )


@pytest.fixture
def source(addresses: OpenMeteo) -> OpenMeteoGuidance:
    return opened(addresses, MODELS)


def opened(addresses: OpenMeteo, models: tuple[str, ...]) -> OpenMeteoGuidance:
    return OpenMeteoGuidance(addresses, models, {}, now=lambda: NOW, retry_policy=HASTY)


def hour(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}:00+00:00")


def hours_of(table: pd.DataFrame) -> np.ndarray:
    at = table["valid_at"].dt.tz_localize(None).to_numpy()
    return at.astype("datetime64[h]").astype(np.int64)


def age_d(table: pd.DataFrame) -> pd.Series:
    return (table["valid_at"] - table["issued_until"]) / pd.Timedelta(days=1)


# The archive


def test_the_archive_keeps_the_contract_with_one_row_an_hour_and_age(
    source: OpenMeteoGuidance, seoul: Station
) -> None:
    table = source.fetch(seoul, "gfs_seamless", hour("2025-02-27T05"), hour("2025-03-02T03"))
    guidance.validate_raw(table)
    due = pd.date_range("2025-02-27T05", "2025-03-02T02", freq="h", tz="UTC")
    assert list(table["valid_at"].unique()) == list(due)
    assert len(table) == len(due) * len(AGES_D)
    assert set(age_d(table)) == set(AGES_D)
    assert (table["issued_until"] - table["issued_from"]).unique() == [pd.Timedelta(hours=12)]
    assert (table["available_at"] - table["issued_until"]).unique() == [pd.Timedelta(hours=6)]
    assert set(table["source"]) == {"open_meteo"}
    assert set(table["model"]) == {"gfs_seamless"}
    given = [name for name in guidance.VALUES if name not in ("rain_chance_pct", "wind_dir_deg")]
    assert table[given].notna().all(axis=None)
    assert table["wind_dir_deg"].between(1, 360).all()
    assert table["rain_chance_pct"].isna().all()


def test_each_value_is_the_one_of_its_age_in_our_units(
    source: OpenMeteoGuidance, fake: FakeOpenMeteo, seoul: Station
) -> None:
    table = source.fetch(seoul, "gfs_seamless", hour("2025-03-01T00"), hour("2025-03-03T00"))
    for age in AGES_D:
        rows = table[age_d(table) == age]
        said = fake.modelled("gfs_seamless", age, seoul.latitude, seoul.longitude, hours_of(rows))
        assert np.abs(rows["temp_c"] - said["temperature_2m"]).max() <= 0.051
        assert np.abs(rows["wind_ms"] - said["wind_speed_10m"]).max() <= 0.0051
        assert np.abs(rows["precip_mm"] - said["precipitation"]).max() <= 0.0051
    by_age = table.groupby(age_d(table))["temp_c"].mean()
    assert by_age.nunique() == len(AGES_D)


def test_a_row_s_bounds_hold_the_run_that_its_value_is_from(
    source: OpenMeteoGuidance, seoul: Station
) -> None:
    for name in ("gfs_seamless", "ecmwf_ifs025"):
        table = source.fetch(seoul, name, hour("2025-03-01T00"), hour("2025-03-03T00"))
        for age in AGES_D:
            rows = table[age_d(table) == age]
            runs = fakes.MODELS[name].runs(hours_of(rows), age, NOW)
            started = pd.to_datetime(runs * 3600, unit="s", utc=True)
            assert (started >= rows["issued_from"]).all()
            assert (started <= rows["issued_until"]).all()


def test_the_archive_is_never_asked_for_a_value_without_an_age(
    source: OpenMeteoGuidance, fake: FakeOpenMeteo, seoul: Station
) -> None:
    source.fetch(seoul, "gfs_seamless", hour("2025-03-01T00"), hour("2025-03-02T00"))
    names = fake.log[0].query["hourly"].split(",")
    assert len(names) == len(set(names)) == 70
    assert all(re.fullmatch(r"[a-z0-9_]+_previous_day[1-7]", name) for name in names)
    for no_age in (0, 8, -1):
        with pytest.raises(ValueError, match="only of 1 to 7 days"):
            aged("temperature_2m", no_age)


def test_what_the_newest_run_says_of_a_past_hour_changes_nothing(
    source: OpenMeteoGuidance, fake: FakeOpenMeteo, seoul: Station
) -> None:
    span = hour("2025-03-01T00"), hour("2025-03-02T00")
    before = source.fetch(seoul, "gfs_seamless", *span)
    fake.unaged_off_c = 40.0
    pd.testing.assert_frame_equal(source.fetch(seoul, "gfs_seamless", *span), before)


def test_it_asks_for_one_model_in_gmt_and_m_s_at_the_station_s_height(
    source: OpenMeteoGuidance, fake: FakeOpenMeteo, seoul: Station
) -> None:
    source.fetch(seoul, "icon_seamless", hour("2025-03-01T05"), hour("2025-03-02T03"))
    (asked,) = fake.log
    expected = {
        "models": "icon_seamless",
        "timezone": "GMT",
        "wind_speed_unit": "ms",
        "elevation": "85.7",
        "latitude": "37.5714",
        "longitude": "126.9658",
    }
    assert expected.items() <= asked.query.items()
    assert asked.days == ("2025-03-01", "2025-03-02")


def test_a_month_is_asked_for_at_a_time_and_none_is_too_heavy(
    source: OpenMeteoGuidance, fake: FakeOpenMeteo, seoul: Station
) -> None:
    table = source.fetch(seoul, "gfs_seamless", hour("2025-12-30T05"), hour("2026-02-02T00"))
    assert [asked.days for asked in fake.log] == [
        ("2025-12-30", "2025-12-31"),
        ("2026-01-01", "2026-01-31"),
        ("2026-02-01", "2026-02-01"),
    ]
    assert table["valid_at"].nunique() == 19 + 24 + 31 * 24 + 24
    heaviest = max(asked.weight for asked in fake.log)
    assert heaviest == pytest.approx(70 / 10 * 31 / 14)
    assert heaviest < MOST_WEIGHT


def test_nothing_before_2024_and_nothing_after_now_is_asked_for(
    source: OpenMeteoGuidance, fake: FakeOpenMeteo, seoul: Station
) -> None:
    assert source.span(seoul, "gfs_seamless") == (FIRST, hour("2026-08-20T09"))
    assert source.fetch(seoul, "gfs_seamless", hour("2026-08-20T10"), hour("2026-08-22T00")).empty
    assert source.fetch(seoul, "gfs_seamless", hour("2022-01-01T00"), FIRST).empty
    assert fake.log == []
    table = source.fetch(seoul, "gfs_seamless", hour("2026-08-20T00"), hour("2026-09-01T00"))
    assert table["valid_at"].max() == hour("2026-08-20T09")


def test_what_a_model_does_not_have_is_no_row_or_no_value(
    source: OpenMeteoGuidance, seoul: Station
) -> None:
    """The model began on February 4th, has no gusts, and its runs between reach six days."""
    table = source.fetch(seoul, "ecmwf_ifs025", hour("2024-02-03T12"), hour("2024-02-05T00"))
    assert table["valid_at"].min() == hour("2024-02-04T00")
    assert table["gust_ms"].isna().all()
    assert table["wind_ms"].notna().all()
    assert set(age_d(table)) == set(AGES_D)
    assert source.fetch(seoul, "ecmwf_ifs025", FIRST, hour("2024-01-02T00")).empty


@pytest.mark.parametrize(("name", "oldest_d"), [("icon_seamless", 6), ("jma_msm", 2)])
def test_an_age_beyond_a_model_s_reach_is_no_row(
    source: OpenMeteoGuidance, seoul: Station, name: str, oldest_d: int
) -> None:
    table = source.fetch(seoul, name, hour("2025-03-01T00"), hour("2025-03-02T00"))
    assert set(age_d(table)) == set(range(1, oldest_d + 1))


def test_archived_values_stay_as_they_are_once_their_hour_has_come(
    addresses: OpenMeteo, fake: FakeOpenMeteo, seoul: Station
) -> None:
    span = hour("2026-08-19T00"), hour("2026-08-20T10")
    tables = []
    for later in (timedelta(0), timedelta(hours=7), timedelta(days=30)):
        now = NOW + later
        fake.now = lambda now=now: now
        source = OpenMeteoGuidance(
            addresses, MODELS, {}, now=lambda now=now: now, retry_policy=HASTY
        )
        tables.append(source.fetch(seoul, "gfs_seamless", *span))
    pd.testing.assert_frame_equal(tables[0], tables[1])
    pd.testing.assert_frame_equal(tables[0], tables[2])


SPOILT = {
    "°F": "temperature_2m_previous_day1 in '°F' instead of '°C'; nothing of it was kept.",
    "missing column": "without 'dew_point_2m_previous_day1'; nothing of it was kept.",
    "short column": "dew_point_2m_previous_day1 of 23 values, 24 numbers are due",
    "text for numbers": "temperature_2m_previous_day1 of 24 values, 24 numbers are due",
    "other hours": "for other hours than 2025-03-01T00:00 to 2025-03-01T23:00",
    "local time": "in local time (Asia/Seoul) instead of GMT; nothing of it was kept.",
    "other place": "for 47.5° N, 127.0° E, which is not there; nothing of it was kept.",
    "a list of lists": "answered for 1 places",
    "429 Daily": "Run again tomorrow (UTC)",
}


@pytest.mark.parametrize(("fault", "message"), SPOILT.items())
def test_an_answer_that_is_not_what_was_asked_for_is_refused(
    source: OpenMeteoGuidance, fake: FakeOpenMeteo, seoul: Station, fault: str, message: str
) -> None:
    fake.faults.append(fault)
    with pytest.raises(SourceError) as failure:
        source.fetch(seoul, "gfs_seamless", hour("2025-03-01T00"), hour("2025-03-02T00"))
    assert message in str(failure.value)
    assert not isinstance(failure.value, PassingError)
    if message.endswith("kept."):
        assert "for station 108 and model gfs_seamless" in str(failure.value)
    assert len(fake.log) == 1


@pytest.mark.parametrize("fault", ["502", "503", "429 concurrent", "broken stream"])
def test_what_passes_is_asked_for_again(
    source: OpenMeteoGuidance, fake: FakeOpenMeteo, seoul: Station, fault: str
) -> None:
    fake.faults.append(fault)
    span = hour("2025-03-01T00"), hour("2025-03-02T00")
    assert len(source.fetch(seoul, "gfs_seamless", *span)) == 24 * 7
    fake.faults.extend([fault] * 2)
    with pytest.raises(PassingError, match="asked 2 times"):
        source.fetch(seoul, "gfs_seamless", *span)


def test_a_model_that_the_service_does_not_know_is_raised(
    source: OpenMeteoGuidance, seoul: Station
) -> None:
    with pytest.raises(SourceError) as failure:
        source.fetch(seoul, "kma_gdps", hour("2025-03-01T00"), hour("2025-03-02T00"))
    assert (
        "invalid String value kma_gdps. The server doesn't know that model: check"
        " ingest.guidance.models." in str(failure.value)
    )


def test_three_models_since_2024_stay_within_the_free_limits(
    monkeypatch: pytest.MonkeyPatch, seoul: Station
) -> None:
    now = hour("2026-11-29T00")
    expected = backfill_weight(3, 10, 7, FIRST, now)
    assert expected == pytest.approx(3 * 70 / 10 * 1063 / 14)
    clock = Clock()
    limiter = RateLimiter("Open-Meteo", FREE, ticks_s=clock.ticks_s, sleep_s=clock.sleep)
    spent: list[float] = []
    count = limiter.count
    monkeypatch.setattr(limiter, "count", lambda weight: (spent.append(weight), count(weight)))
    source = OpenMeteoGuidance(OpenMeteo(), MODELS, {}, now=lambda: now, limiter=limiter)
    nothing = guidance.concatenate([])
    monkeypatch.setattr(source._archive._client, "get", lambda *_: nothing)
    for model in MODELS:
        source.fetch(seoul, model, FIRST, now)
    assert sum(spent) == pytest.approx(expected, rel=0.01)
    assert max(spent) < MOST_WEIGHT
    assert sum(spent) < 5_000 < 10_000
    assert 60 < clock.slept_s < 180


def test_the_example_of_a_request_s_weight_is_as_published() -> None:
    weight = backfill_weight(3, 8, 8, hour("2024-04-01T00"), hour("2024-05-01T00"))
    assert weight == pytest.approx(41.1, abs=0.1)


class Clock:
    """A clock that moves on by being slept on."""

    def __init__(self) -> None:
        self.slept_s = 0.0

    def ticks_s(self) -> float:
        return self.slept_s

    def sleep(self, seconds: float) -> None:
        self.slept_s += seconds


# The newest run


def test_the_newest_runs_are_of_the_seven_days_after_now(
    source: OpenMeteoGuidance, fake: FakeOpenMeteo, seoul: Station
) -> None:
    table = source.newest(seoul)
    guidance.validate_raw(table)
    assert set(table["model"]) == set(MODELS)
    due = pd.date_range("2026-08-20T10", "2026-08-27T09", freq="h", tz="UTC")
    for _, rows in table.groupby("model"):
        assert list(rows["valid_at"]) == list(due)
    rows = table[table["model"] == "ecmwf_ifs025"]
    said = fake.modelled(
        "ecmwf_ifs025", 0, seoul.latitude, seoul.longitude, hours_of(rows), "forecast"
    )
    assert np.abs(rows["temp_c"].to_numpy() - said["temperature_2m"]).max() <= 0.051
    asked = fake.asked_of("forecast")
    assert [one.query["models"] for one in asked] == list(MODELS)
    assert all("previous" not in one.query["hourly"] for one in asked)
    assert {one.query["elevation"] for one in asked} == {"85.7"}


def test_a_run_is_the_one_that_the_data_set_s_file_names(
    source: OpenMeteoGuidance, fake: FakeOpenMeteo, seoul: Station
) -> None:
    table = source.newest(seoul)
    assert [one.path for one in fake.log if one.path.startswith("/data")] == [
        "/data/ecmwf_ifs025/static/meta.json",
        "/data/ncep_gfs013/static/meta.json",
        "/data/dwd_icon/static/meta.json",
    ]
    assert times(table) == {("2026-08-20T00", "2026-08-20T00", "2026-08-20T05")}
    assert all(one.weight == 0 for one in fake.log if one.path.startswith("/data"))


@pytest.mark.parametrize("state", ["fresh", "just served", "late", "missing"])
def test_the_bounds_hold_where_a_short_run_ends_and_the_one_before_goes_on(
    addresses: OpenMeteo, fake: FakeOpenMeteo, seoul: Station, state: str
) -> None:
    """At 11:30 the run of 06 UTC is the newest: it reaches 120 hours, that of 00 UTC 180."""
    now = NOW + timedelta(hours=2)
    fake.now = lambda: now
    fake.metadata["dwd_icon"] = state
    models = ("icon_seamless",)
    source = OpenMeteoGuidance(addresses, models, {}, now=lambda: now, retry_policy=HASTY)
    table = guidance.validate_raw(source.newest(seoul))
    runs = fakes.MODELS["icon_seamless"].runs(hours_of(table), 0, now)
    started = pd.to_datetime(runs * 3600, unit="s", utc=True)
    assert started.nunique() == 2
    assert (started >= table["issued_from"]).all()
    if state in ("fresh", "just served"):
        assert (started <= table["issued_until"]).all()


def times(table: pd.DataFrame) -> set[tuple[str, ...]]:
    columns = ["issued_from", "issued_until", "available_at"]
    rows = table[columns].drop_duplicates().itertuples(index=False)
    return {tuple(f"{at:%Y-%m-%dT%H}" for at in row) for row in rows}


def test_with_a_key_the_run_is_the_one_that_customers_are_served(
    monkeypatch: pytest.MonkeyPatch, seoul: Station
) -> None:
    keyed = {"OPEN_METEO_API_KEY": "planted"}
    source = OpenMeteoGuidance(OpenMeteo(), ("gfs_seamless",), keyed, now=lambda: NOW)
    asked: list[tuple[str, bool]] = []

    def get(url: str, query: dict[str, object], read: object) -> None:
        assert read
        asked.append((url, "apikey" in query))
        raise SourceError("nobody is there")

    monkeypatch.setattr(source._hasty_client, "get", get)
    with pytest.raises(SourceError, match="nobody is there"):
        source.newest(seoul)
    assert asked == [
        ("https://customer-api.open-meteo.com/data/ncep_gfs013/static/meta.json", False),
        ("https://customer-api.open-meteo.com/v1/forecast", True),
    ]


STATES = {
    # What the file is like: bounds of the run, when it could be had, and what is logged.
    "missing": (("2026-08-19T18", "2026-08-20T00", "2026-08-20T06"), "is not known"),
    "unreadable": (("2026-08-19T18", "2026-08-20T00", "2026-08-20T06"), "is not known"),
    "of the future": (("2026-08-19T18", "2026-08-20T00", "2026-08-20T06"), "is not known"),
    "late": (("2026-08-19T12", "2026-08-20T00", "2026-08-20T06"), "is late"),
    "outdated": (("2026-08-19T18", "2026-08-20T00", "2026-08-20T06"), "is late"),
    "just served": (("2026-08-19T18", "2026-08-20T00", "2026-08-20T09"), ""),
}


@pytest.mark.parametrize(("state", "expected"), STATES.items())
def test_without_a_word_on_the_run_the_forecast_goes_on_with_wide_bounds(
    addresses: OpenMeteo,
    fake: FakeOpenMeteo,
    seoul: Station,
    caplog: pytest.LogCaptureFixture,
    state: str,
    expected: tuple[tuple[str, ...], str],
) -> None:
    fake.metadata["ncep_gfs013"] = state
    bounds, logged = expected
    table = guidance.validate_raw(opened(addresses, ("gfs_seamless",)).newest(seoul))
    assert len(table) == 168
    assert times(table) == {bounds}
    warnings = [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING]
    assert len(warnings) == bool(logged)
    assert all(logged in text and "gfs_seamless" in text for text in warnings)


@pytest.mark.parametrize("fault", ["502", "broken stream", "HTML", "empty"])
def test_a_file_that_can_not_be_had_does_not_fail_the_forecast(
    addresses: OpenMeteo, fake: FakeOpenMeteo, seoul: Station, fault: str
) -> None:
    fake.faults.extend([fault] * (1 if fault == "HTML" else 2))
    table = opened(addresses, ("gem_global",)).newest(seoul)
    assert times(table) == {("2026-08-19T12", "2026-08-20T00", "2026-08-20T06")}


def test_a_run_that_is_late_is_never_taken_for_one_older_than_it_says() -> None:
    at = hour("2026-08-20T21") + timedelta(minutes=40)
    told = model_runs.Metadata(
        started_at=hour("2026-08-20T12"),
        available_at=hour("2026-08-20T15"),
        interval=timedelta(hours=6),
    )
    assert told.is_late(at)
    run = model_runs.served_run("gfs_seamless", told, at)
    assert run == model_runs.Run(told.started_at, told.started_at, told.available_at)


def test_a_model_gone_overnight_is_left_out_and_told(
    source: OpenMeteoGuidance,
    fake: FakeOpenMeteo,
    seoul: Station,
    caplog: pytest.LogCaptureFixture,
) -> None:
    fake.gone["gfs_seamless"] = NOW - timedelta(hours=3)
    assert set(source.newest(seoul)["model"]) == {"ecmwf_ifs025", "icon_seamless"}
    (warning,) = [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING]
    assert warning == (
        "model gfs_seamless is left out of the newest forecasts: Open-Meteo has no value of it for"
        " any hour after now."
    )


def test_a_model_that_is_not_known_does_not_take_the_others_with_it(
    addresses: OpenMeteo, seoul: Station, caplog: pytest.LogCaptureFixture
) -> None:
    table = opened(addresses, ("kma_gdps", "gfs_seamless")).newest(seoul)
    assert set(table["model"]) == {"gfs_seamless"}
    assert "model kma_gdps is left out of the newest forecasts" in caplog.text
    assert "check ingest.guidance.models" in caplog.text


def test_a_short_model_ends_where_it_ends(addresses: OpenMeteo, seoul: Station) -> None:
    table = opened(addresses, ("jma_msm",)).newest(seoul)
    # The run of 06 UTC reaches 39 hours; then come those of 00 UTC, 78 hours.
    assert table["valid_at"].max() == hour("2026-08-21T21")
    assert table["temp_c"].notna().all()


def test_no_model_at_all_is_an_error_of_its_kind(
    source: OpenMeteoGuidance, addresses: OpenMeteo, fake: FakeOpenMeteo, seoul: Station
) -> None:
    with pytest.raises(SourceError, match="none of the models kma_gdps, kma_ldps can be") as gone:
        opened(addresses, ("kma_gdps", "kma_ldps")).newest(seoul)
    assert not isinstance(gone.value, PassingError)
    fake.faults.extend(["", "502", "502"] * 3)
    with pytest.raises(PassingError, match="none of the models ecmwf_ifs025, gfs_seamless"):
        source.newest(seoul)


def test_a_used_up_quota_is_told_as_one_and_no_other_model_is_asked_for(
    source: OpenMeteoGuidance, fake: FakeOpenMeteo, seoul: Station
) -> None:
    fake.faults.extend(["", "429 Daily"])
    with pytest.raises(QuotaError, match=r"none of the models ecmwf_ifs025, .*Run again tomorrow"):
        source.newest(seoul)
    assert [one.query["models"] for one in fake.asked_of("forecast")] == ["ecmwf_ifs025"]


def test_a_used_up_quota_counts_for_more_than_what_failed_before_it(
    source: OpenMeteoGuidance, fake: FakeOpenMeteo, seoul: Station
) -> None:
    fake.faults.extend(["", "502", "502", "", "429 Hourly"])
    with pytest.raises(QuotaError, match="Run again in the next hour"):
        source.newest(seoul)
    assert fake.asked_of("forecast")[-1].query["models"] == "gfs_seamless"


def test_what_came_before_a_quota_was_used_up_is_kept(
    source: OpenMeteoGuidance,
    fake: FakeOpenMeteo,
    seoul: Station,
    caplog: pytest.LogCaptureFixture,
) -> None:
    fake.faults.extend(["", "", "", "429 Daily"])
    assert set(source.newest(seoul)["model"]) == {"ecmwf_ifs025"}
    assert len(fake.asked_of("forecast")) == 2
    assert "gfs_seamless, icon_seamless: left out, no more" in caplog.text


def test_several_stations_are_asked_for_at_once(
    source: OpenMeteoGuidance, fake: FakeOpenMeteo
) -> None:
    stations = resolve(["108", "159"])
    table = source.newest_all(stations)
    assert len(fake.asked_of("forecast")) == len(MODELS)
    assert table.groupby(["station", "model"]).size().tolist() == [168] * 6
    alone = source.newest(stations[1])
    both = table[table["station"] == "159"].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, both)


def test_which_run_is_served_is_asked_for_once_for_all_partitions(
    source: OpenMeteoGuidance, fake: FakeOpenMeteo
) -> None:
    seoul, busan = resolve(["108", "159"])
    first = source.newest_all([seoul])
    second = source.newest_all([busan])
    assert len(runs_asked(fake)) == len(MODELS)
    assert len(fake.asked_of("forecast")) == 2 * len(MODELS)
    assert times(first) == times(second)


def test_a_run_that_is_not_known_is_not_asked_for_by_each_partition(
    addresses: OpenMeteo, fake: FakeOpenMeteo, seoul: Station
) -> None:
    fake.metadata["ncep_gfs013"] = "missing"
    source = opened(addresses, ("gfs_seamless",))
    tables = [source.newest(seoul) for _ in range(3)]
    assert len(runs_asked(fake)) == 1
    assert {len(times(table)) for table in tables} == {1}


@pytest.mark.parametrize("passed", [KEPT_FOR, timedelta(hours=6), -timedelta(hours=1)])
def test_the_next_refresh_asks_anew_which_run_is_served(
    addresses: OpenMeteo, fake: FakeOpenMeteo, seoul: Station, passed: timedelta
) -> None:
    moments = [NOW]
    fake.now = lambda: moments[-1]
    models = ("gfs_seamless",)
    source = OpenMeteoGuidance(addresses, models, {}, now=fake.now, retry_policy=HASTY)
    source.newest(seoul)
    moments.append(NOW + KEPT_FOR - timedelta(seconds=1))
    source.newest(seoul)
    assert len(runs_asked(fake)) == 1
    moments.append(NOW + passed)
    table = source.newest(seoul)
    assert len(runs_asked(fake)) == 2
    new = OpenMeteoGuidance(addresses, models, {}, now=fake.now, retry_policy=HASTY)
    assert times(table) == times(new.newest(seoul))


def runs_asked(fake: FakeOpenMeteo) -> list[str]:
    return [one.path for one in fake.log if one.path.startswith("/data")]


# What is around them


@pytest.fixture
def ingest(repository: Path) -> dict[str, Any]:
    params: dict[str, Any] = yaml.safe_load((repository / "params.yaml").read_text())
    group: dict[str, Any] = params["ingest"]
    return group


def settings(ingest: dict[str, Any], **changed: Any) -> Ingest:
    return checked(Ingest, {**ingest, **changed}, where="ingest")


GUIDED = {"source": "open_meteo", "files": {"path": "data/own"}}


def test_it_is_opened_by_its_name(ingest: dict[str, Any]) -> None:
    assert open_guidance_source(settings(ingest), Path()) is None
    source = open_guidance_source(settings(ingest, guidance=GUIDED), Path(), {})
    assert isinstance(source, OpenMeteoGuidance)
    assert source.models == MODELS
    assert source.has_archive
    fingerprints = {source.fingerprint(model) for model in MODELS}
    assert len(fingerprints) == 3
    assert all(text.startswith("open_meteo ") for text in fingerprints)


def test_the_free_service_is_told_from_a_key_and_from_one_s_own(ingest: dict[str, Any]) -> None:
    guided = settings(ingest, guidance=GUIDED)
    own_server = {
        "archive_url": "http://weather.test/a",
        "forecast_url": "http://weather.test/f",
        "previous_runs_url": "http://weather.test/p",
    }
    assert is_free(guided, {})
    assert is_free(settings(ingest, source="open_meteo", start="2024-01-01"), {})
    assert not is_free(settings(ingest), {})
    assert not is_free(guided, {"OPEN_METEO_API_KEY": "abc"})
    assert not is_free(settings(ingest, guidance=GUIDED, open_meteo=own_server), {})
    assert "non-commercial" in NON_COMMERCIAL


def test_the_models_owners_are_credited() -> None:
    credit = guidance_attribution("open_meteo", [*MODELS, "icon_global", "new_model"])
    assert "Open-Meteo.com (https://open-meteo.com/), CC BY 4.0" in credit
    assert credit.endswith("models of ECMWF, NOAA, Deutscher Wetterdienst, new_model")
    assert guidance_attribution("files", ["anything"]) == ""


# The fake itself


def raw(url: str, **query: str) -> tuple[int, Any]:
    place = {"latitude": "42.28", "longitude": "18.84", "elevation": "12"}
    days = {"start_date": "2024-07-01", "end_date": "2024-07-02"}
    response = httpx.get(f"{url}/v1/previous-runs", params={**place, **days, **query})
    return response.status_code, json.loads(response.content)


def test_the_fake_names_its_columns_as_the_server_does(server: tuple[FakeOpenMeteo, str]) -> None:
    hourly = "temperature_2m_previous_day1,wind_speed_10m_previous_day5,temperature_2m"
    status, one = raw(server[1], hourly=hourly, models="gfs_seamless")
    assert status == 200
    assert list(one["hourly"]) == ["time", *hourly.split(",")]
    assert one["hourly_units"]["wind_speed_10m_previous_day5"] == "km/h"
    _, two = raw(server[1], hourly=hourly, models="gfs_seamless,gem_global")
    suffixed = [
        f"{name}_{model}" for model in ("gfs_seamless", "gem_global") for name in hourly.split(",")
    ]
    assert list(two["hourly"]) == ["time", *suffixed]
    assert (
        two["hourly"]["temperature_2m_previous_day1_gfs_seamless"]
        == one["hourly"]["temperature_2m_previous_day1"]
    )


def test_the_fake_refuses_an_eighth_day(server: tuple[FakeOpenMeteo, str]) -> None:
    status, content = raw(server[1], hourly="temperature_2m_previous_day8", models="gfs_seamless")
    assert status == 400
    assert "invalid String value temperature_2m_previous_day8" in content["reason"]


def test_the_fake_s_errors_grow_with_the_age_and_differ_by_model(fake: FakeOpenMeteo) -> None:
    hours = np.arange(480_000, 480_000 + 24 * 60)
    truth = fakes.weather(37.5, 127.0, hours, np.zeros(len(hours)))["temperature_2m"]
    spreads, biases = {}, {}
    for model in MODELS:
        errors = [
            fake.modelled(model, age, 37.5, 127.0, hours)["temperature_2m"] - truth
            for age in (1, 3, 5)
        ]
        spreads[model] = [float(np.std(error)) for error in errors]
        biases[model] = float(np.mean(errors[0]))
    assert all(first < third < fifth for first, third, fifth in spreads.values())
    assert (
        biases["ecmwf_ifs025"] < -0.5 < 0.4 < biases["icon_seamless"] < biases["gfs_seamless"] - 0.5
    )
