"""The source open_meteo, asked over real HTTP of a fake that speaks as Open-Meteo's own server
does."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from pydantic import SecretStr

from fakes import open_meteo as fakes
from fakes.open_meteo import FakeOpenMeteo
from fakes.serving import served
from wearcast.config import OpenMeteo, Station
from wearcast.errors import PassingError, SourceError
from wearcast.weather.observations import validate_raw
from wearcast.weather.sources.http_client import RetryPolicy
from wearcast.weather.sources.open_meteo import OpenMeteoSource
from wearcast.weather.sources.open_meteo.service import FREE, weight
from wearcast.weather.sources.rate_limit import RateLimiter
from wearcast.weather.stations import resolve

NOW = datetime(2026, 8, 20, 9, 30, tzinfo=UTC)
HASTY = RetryPolicy(
    silence_s=2.0,
    answer_s=1.0,
    attempts=3,
    total_s=10,
    first_pause_s=0.01,
    longest_pause_s=0.02,
    jitter_s=0.01,
)
KEY = "a-planted/key+of=Open-Meteo"


def addresses(url: str) -> OpenMeteo:
    return OpenMeteo(
        archive_url=f"{url}/v1/archive",
        forecast_url=f"{url}/v1/forecast",
        geocoding_url=f"{url}/v1/search",
    )


@pytest.fixture
def fake() -> FakeOpenMeteo:
    return FakeOpenMeteo(now=lambda: NOW)


@pytest.fixture
def url(fake: FakeOpenMeteo) -> Iterator[str]:
    with served(fake) as url:
        yield url


@pytest.fixture
def source(url: str) -> OpenMeteoSource:
    return OpenMeteoSource(addresses(url), {}, now=lambda: NOW, retry_policy=HASTY)


def hour(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}:00+00:00")


def truth_c(station: Station, table: pd.DataFrame, off_c: float) -> np.ndarray:
    hours = (
        table["valid_at"].dt.tz_localize(None).to_numpy().astype("datetime64[h]").astype(np.int64)
    )
    return fakes.weather(station.latitude, station.longitude, hours, np.full(len(hours), off_c))[
        "temperature_2m"
    ]


def test_what_it_gives_keeps_the_contract_in_our_units(
    source: OpenMeteoSource, seoul: Station
) -> None:
    table = validate_raw(source.fetch(seoul, hour("2024-02-28T05"), hour("2024-03-01T03")))
    assert list(table["valid_at"]) == list(
        pd.date_range("2024-02-28T05", "2024-03-01T02", freq="h", tz="UTC")
    )
    assert np.abs(table["temp_c"] - truth_c(seoul, table, 0.0)).max() <= 0.05
    assert table["wind_ms"].max() < 8
    assert table["wind_dir_deg"].between(1, 360).all()
    given = [
        "temp_c",
        "dewpoint_c",
        "rh_pct",
        "wind_ms",
        "gust_ms",
        "precip_mm",
        "pressure_hpa",
        "cloud_pct",
        "solar_wm2",
    ]
    assert table[given].notna().all(axis=None)
    assert table["precip_3h_mm"].isna().all()
    assert np.abs(table["gust_ms"] - fakes.GUST_FACTOR * table["wind_ms"]).max() <= 0.015


def test_it_asks_in_gmt_and_m_s_for_the_station_s_elevation(
    source: OpenMeteoSource, fake: FakeOpenMeteo, seoul: Station
) -> None:
    source.fetch(seoul, hour("2024-02-28T05"), hour("2024-03-01T03"))
    (asked,) = fake.log
    expected = {
        "timezone": "GMT",
        "wind_speed_unit": "ms",
        "elevation": "85.7",
        "latitude": "37.5714",
        "longitude": "126.9658",
    }
    assert expected.items() <= asked.query.items()
    assert asked.days == ("2024-02-28", "2024-03-01")
    assert asked.headers["user-agent"].startswith("wearcast/")


def test_from_the_archive_to_the_last_full_hour_there_is_no_gap(
    source: OpenMeteoSource, fake: FakeOpenMeteo, seoul: Station
) -> None:
    table = source.fetch(seoul, hour("2026-08-10T00"), hour("2026-08-21T00"))
    assert list(table["valid_at"]) == list(
        pd.date_range("2026-08-10", "2026-08-20T09", freq="h", tz="UTC")
    )
    assert [asked.path for asked in fake.log] == ["/v1/archive", "/v1/forecast"]
    assert fake.log[1].days == ("2026-08-18", "2026-08-20")


def test_an_hour_is_the_archive_s_as_long_as_it_has_any_and_the_forecast_s_after(
    source: OpenMeteoSource, seoul: Station
) -> None:
    table = source.fetch(seoul, hour("2026-08-10T00"), hour("2026-08-20T10"))
    off_c = (table["temp_c"] - truth_c(seoul, table, 0.0)).round(1).to_numpy()
    at = table["valid_at"]
    final, archived = at <= NOW - fakes.FINAL_AFTER, at <= NOW - fakes.ARCHIVE_LAG
    expected = np.where(
        final,
        fakes.OFF_C["final"],
        np.where(archived, fakes.OFF_C["preliminary"], fakes.OFF_C["forecast"]),
    )
    assert np.abs(off_c - expected).max() <= 0.1
    assert len(set(np.round(expected, 1))) == 3


def test_each_station_s_archive_ends_where_it_ends(
    source: OpenMeteoSource, fake: FakeOpenMeteo
) -> None:
    seoul, busan = resolve(["108", "159"])
    fake.archive_lacks = lambda latitude, hours: (
        (latitude == busan.latitude) & (hours >= int(hour("2026-08-15T07").timestamp() // 3600))
    )
    (((first, second), table),) = source.fetch_all(
        [seoul, busan], hour("2026-08-14T00"), hour("2026-08-20T10")
    )
    assert (first, second) == (seoul, busan)
    assert table.groupby("station").size().tolist() == [6 * 24 + 10] * 2
    rows = table[table["station"] == "159"]
    off_c = (rows["temp_c"] - truth_c(busan, rows, 0.0)).round(1).to_numpy()
    late = (rows["valid_at"] >= hour("2026-08-15T07")).to_numpy()
    assert np.abs(off_c[late] - fakes.OFF_C["forecast"]).max() <= 0.1
    assert off_c[~late].max() < 0.5


def test_an_hour_without_any_value_is_no_row_and_a_hole_stays_one(
    source: OpenMeteoSource, fake: FakeOpenMeteo, seoul: Station
) -> None:
    holes = [int(hour(f"2024-02-02T{h:02}").timestamp() // 3600) for h in (3, 4)]
    fake.archive_lacks = lambda _, hours: np.isin(hours, holes)
    table = source.fetch(seoul, hour("2024-02-02T00"), hour("2024-02-03T00"))
    assert set(range(24)) - set(table["valid_at"].dt.hour) == {3, 4}
    assert len(fake.log) == 1


def test_nothing_is_asked_of_the_future(
    source: OpenMeteoSource, fake: FakeOpenMeteo, seoul: Station
) -> None:
    assert source.span(seoul) == (hour("1940-01-01T00"), hour("2026-08-20T09"))
    assert source.fetch(seoul, hour("2026-08-20T10"), hour("2026-08-22T00")).empty
    assert fake.log == []


def test_calm_has_no_direction_and_north_is_360(
    source: OpenMeteoSource, seoul: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = fakes.weather

    def turned(*arguments: object) -> dict[str, np.ndarray]:
        values = real(*arguments)
        speeds, directions = np.ones(24), np.full(24, 90.0)
        speeds[5], directions[6] = 0.0, 0.0
        return {**values, "wind_speed_10m": speeds, "wind_direction_10m": directions}

    monkeypatch.setattr(fakes, "weather", turned)
    table = source.fetch(seoul, hour("2024-02-02T00"), hour("2024-02-03T00"))
    assert np.isnan(table["wind_dir_deg"][5])
    assert table["wind_dir_deg"][[4, 6]].tolist() == [90.0, 360.0]


def test_a_request_weighs_what_the_server_counts() -> None:
    assert weight(1, 15, 7) == 1.5
    assert weight(1, 1, 365 * 21 + 5) == pytest.approx(54.8, abs=0.1)
    assert weight(3, 9, 1) == 3.0


def test_several_stations_share_a_request_as_heavy_as_is_polite(
    source: OpenMeteoSource, fake: FakeOpenMeteo
) -> None:
    stations = [placed(n) for n in range(35)]
    groups = source.fetch_all(stations, hour("2024-03-01T00"), hour("2024-04-01T00"))
    first, table = next(groups)
    assert len(fake.log) == 1
    assert table["station"].nunique() == len(first) == 27
    assert [len(group) for group, _ in groups] == [8]
    assert [asked.weight for asked in fake.log] == [
        pytest.approx(places * 31 / 14) for places in (27, 8)
    ]


def placed(n: int) -> Station:
    return Station(
        id=f"s{n}",
        name_en="x",
        name_ko="x",
        latitude=n % 90,
        longitude=n % 180,
        elevation_m=n,
        time_zone="Etc/UTC",
    )


def test_many_years_are_asked_for_a_year_at_a_time(
    source: OpenMeteoSource, fake: FakeOpenMeteo, seoul: Station
) -> None:
    table = source.fetch(seoul, hour("2020-01-01T00"), hour("2022-01-01T00"))
    assert len(table) == (366 + 365) * 24
    assert [asked.days[0] for asked in fake.log] == ["2020-01-01", "2021-01-01"]
    assert max(asked.weight for asked in fake.log) < 60


def test_the_free_limits_are_kept_by_waiting(url: str, fake: FakeOpenMeteo) -> None:
    clock = Clock()
    fake.limited, fake.now = True, clock.now
    limiter = RateLimiter("Open-Meteo", FREE, ticks_s=clock.ticks_s, sleep_s=clock.sleep)
    source = OpenMeteoSource(addresses(url), {}, now=clock.now, retry_policy=HASTY, limiter=limiter)
    stations = [placed(n) for n in range(630)]
    assert sum(
        len(table)
        for _, table in source.fetch_all(stations, hour("2024-02-02T00"), hour("2024-02-02T02"))
    ) == 2 * len(stations)
    assert {asked.status for asked in fake.log} == {200}
    assert fake.spent == len(stations) > 600
    assert 59 < clock.slept_s < 61


class Clock:
    """A clock that moves on by being slept on, and a little by being read."""

    def __init__(self) -> None:
        self.slept_s = 0.0

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.slept_s)

    def ticks_s(self) -> float:
        return self.slept_s

    def sleep(self, seconds: float) -> None:
        self.slept_s += seconds


RETRIED = {
    "503": "answered status 503: The service is overloaded",
    "500": "answered status 500: Something went wrong",
    "502": "answered status 502: <html> <head><title>502 Bad Gateway</title>",
    "429 concurrent": "answered status 429: Too many concurrent requests",
    "broken stream": "Unexpected error while streaming data: timeoutReached",
    "empty": "answered JSON that breaks off",
    "silent": "did not answer in time",
    "dropped": "the connection broke off",
}


@pytest.mark.parametrize("fault", RETRIED)
def test_what_passes_is_asked_for_again_and_then_given(
    source: OpenMeteoSource, fake: FakeOpenMeteo, seoul: Station, fault: str
) -> None:
    fake.faults.extend([fault, fault])
    assert len(source.fetch(seoul, hour("2024-02-02T00"), hour("2024-02-03T00"))) == 24
    assert not fake.faults
    assert len(fake.log) == 3


@pytest.mark.parametrize(("fault", "message"), RETRIED.items())
def test_what_does_not_pass_ends_with_what_it_was_and_how_often(
    source: OpenMeteoSource, fake: FakeOpenMeteo, seoul: Station, url: str, fault: str, message: str
) -> None:
    fake.faults.extend([fault] * 3)
    with pytest.raises(PassingError) as failure:
        source.fetch(seoul, hour("2024-02-02T00"), hour("2024-02-03T00"))
    assert message in str(failure.value)
    assert str(failure.value).startswith(f"{url}/v1/archive ")
    assert "(asked 3 times in" in str(failure.value)
    assert "Run again later: what is there already is not asked for again." in str(failure.value)
    assert not fake.faults


def test_an_answer_that_drips_is_given_up(
    source: OpenMeteoSource, fake: FakeOpenMeteo, seoul: Station
) -> None:
    fake.faults.extend(["dribble"] * 3)
    with pytest.raises(PassingError, match=r"did not complete its answer within 1 s"):
        source.fetch(seoul, hour("2024-02-02T00"), hour("2024-02-12T00"))


def test_the_limit_of_a_minute_is_waited_for(url: str, fake: FakeOpenMeteo, seoul: Station) -> None:
    almost = lambda: NOW.replace(second=59, microsecond=900_000)  # noqa: E731
    source = OpenMeteoSource(addresses(url), {}, now=almost, retry_policy=HASTY)
    fake.faults.append("429 Minutely")
    began = datetime.now(UTC)
    assert len(source.fetch(seoul, hour("2024-02-02T00"), hour("2024-02-03T00"))) == 24
    assert datetime.now(UTC) - began > timedelta(seconds=2)


def test_a_wait_longer_than_the_patience_is_not_begun(
    source: OpenMeteoSource, fake: FakeOpenMeteo, seoul: Station
) -> None:
    fake.faults.append("429 Minutely")
    with pytest.raises(
        PassingError,
        match=(
            r"Minutely API request limit exceeded.*\(asked 1 time in 0 s, to be asked again in"
            r" 61 s\)"
        ),
    ):
        source.fetch(seoul, hour("2024-02-02T00"), hour("2024-02-03T00"))


AT_ONCE = {
    "429 Hourly": (
        "Hourly API request limit exceeded. Please try again in the next hour. It counts all that"
        " comes from this network address. Run again in the next hour: what is there already is not"
        " asked for again."
    ),
    "429 Daily": (
        "Please try again tomorrow. It counts all that comes from this network address. Run again"
        " tomorrow (UTC)"
    ),
    "HTML": (
        "answered HTML or XML where JSON was asked for: <!DOCTYPE html><html><body>Please log in to"
        " this network</body></html>. Nothing of it was kept. If no proxy or login page stands in"
        " between, the service is being changed or mended: try again later."
    ),
    "XML": "answered HTML or XML where JSON was asked for",
    "redirect": "sends elsewhere (status 301), which is not followed. Set the address it has now.",
    "too much": (
        "requests too much data. Please reduce the number of variables, locations and/or weather"
        " models. Name fewer stations"
    ),
    "no data": (
        "refuses the request: No data is available for this location. Check the stations'"
        " coordinates"
    ),
    "error with 200": "refuses the request: No data is available for this location",
    "°F": "temperature_2m in '°F' instead of '°C'; nothing of it was kept.",
    "missing column": "without 'dew_point_2m'; nothing of it was kept.",
    "short column": "dew_point_2m of 23 values, 24 numbers are due; nothing of it was kept.",
    "text for numbers": "temperature_2m of 24 values, 24 numbers are due; nothing of it was kept.",
    "other hours": (
        "for other hours than 2024-02-02T00:00 to 2024-02-02T23:00; nothing of it was kept."
    ),
    "local time": (
        "for station 108 is in local time (Asia/Seoul) instead of GMT; nothing of it was kept."
    ),
    "other place": (
        "for station 108 is for 47.5° N, 127.0° E, which is not there; nothing of it was kept."
    ),
    "a list of lists": "for station 108 is of another shape; nothing of it was kept.",
}


@pytest.mark.parametrize(("fault", "message"), AT_ONCE.items())
def test_what_a_retry_can_not_help_is_raised_at_once(
    source: OpenMeteoSource, fake: FakeOpenMeteo, seoul: Station, fault: str, message: str
) -> None:
    fake.faults.append(fault)
    with pytest.raises(SourceError) as failure:
        source.fetch(seoul, hour("2024-02-02T00"), hour("2024-02-03T00"))
    assert message in str(failure.value)
    assert not isinstance(failure.value, PassingError)
    assert len(fake.log) == 1


def test_an_answer_for_fewer_places_is_refused(
    source: OpenMeteoSource, fake: FakeOpenMeteo
) -> None:
    fake.faults.append("fewer places")
    with pytest.raises(
        SourceError, match="answered for 1 places instead of 2; nothing of it was kept"
    ):
        list(
            source.fetch_all(resolve(["108", "159"]), hour("2024-02-02T00"), hour("2024-02-03T00"))
        )


def test_a_day_the_server_does_not_have_is_raised_with_its_range(
    source: OpenMeteoSource, seoul: Station
) -> None:
    with pytest.raises(SourceError) as failure:
        source.fetch(seoul, hour("1939-01-01T00"), hour("1939-01-02T00"))
    assert (
        "Parameter 'start_date' is out of allowed range from 1940-01-01 to 2026-08-20. Change"
        " ingest.start" in str(failure.value)
    )


def test_a_variable_the_server_does_not_know_is_raised(
    source: OpenMeteoSource, seoul: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(fakes.UNITS, "cloud_cover")
    with pytest.raises(SourceError) as failure:
        source.fetch(seoul, hour("2024-02-02T00"), hour("2024-02-03T00"))
    assert (
        "from invalid String value cloud_cover. The server doesn't know that variable: check the"
        " addresses" in str(failure.value)
    )


@pytest.mark.parametrize(
    "fault",
    [
        "503",
        "redirect",
        "key refused",
        "429 Daily",
        pytest.param("silent", marks=pytest.mark.full),
        "dropped",
        "HTML",
        "broken stream",
        "",
    ],
)
def test_a_key_is_sent_and_never_shown(
    url: str, fake: FakeOpenMeteo, seoul: Station, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    caplog.set_level(logging.DEBUG)
    # A process that has set up a service's log before doesn't log requests else.
    caplog.set_level(logging.DEBUG, logger="httpx")
    source = OpenMeteoSource(
        addresses(url), {"OPEN_METEO_API_KEY": KEY}, now=lambda: NOW, retry_policy=HASTY
    )
    fake.faults.extend([fault] * 3)
    shown = [
        repr(source),
        repr(vars(source)),
        repr(vars(source._service)),
        str(vars(source._service)),
    ]
    chain: BaseException | None = None
    try:
        source.fetch(seoul, hour("2024-02-02T00"), hour("2024-02-03T00"))
    except SourceError as error:
        chain = error
    assert (chain is None) == (fault == "")
    assert {asked.query["apikey"] for asked in fake.log} == {KEY}
    while chain:
        shown += [str(chain), repr(chain), repr(vars(chain))]
        chain = chain.__cause__ or chain.__context__
    shown += [
        f"{record.getMessage()} {vars(record)}"
        for record in caplog.records
        if not record.name.startswith("uvicorn")
    ]
    assert any("HTTP Request: GET" in text for text in shown) or fault in ("silent", "dropped")
    for form in (KEY, "planted", "a-planted%2Fkey"):
        assert not [text for text in shown if form in text]


def test_a_key_leads_to_the_hosts_for_customers_and_no_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[str, str]] = []

    def get(url: str, query: dict[str, SecretStr], read: object) -> None:
        assert read
        asked.append((url, query["apikey"].get_secret_value()))

    source = OpenMeteoSource(OpenMeteo(), {"OPEN_METEO_API_KEY": KEY}, now=lambda: NOW)
    monkeypatch.setattr(source._service._client, "get", get)
    source._service.ask(OpenMeteo().archive_url, {}, 1e9, lambda content: content)
    assert asked == [("https://customer-archive-api.open-meteo.com/v1/archive", KEY)]


def test_new_data_do_not_change_the_fingerprint(url: str) -> None:
    later = OpenMeteoSource(OpenMeteo(), {}, now=lambda: NOW + timedelta(days=30))
    assert OpenMeteoSource(addresses(url), {}, now=lambda: NOW).fingerprint() == later.fingerprint()
    assert later.fingerprint().startswith("open_meteo ")


def test_it_counts_as_settled_what_is_a_week_old(source: OpenMeteoSource, seoul: Station) -> None:
    assert source.settled(seoul) == hour("2026-08-13T00")
    assert NOW - source.settled(seoul) > fakes.FINAL_AFTER


def test_patience_can_be_a_cap_on_the_whole(url: str, fake: FakeOpenMeteo, seoul: Station) -> None:
    capped = replace(HASTY, attempts=1000, total_s=0.5)
    source = OpenMeteoSource(addresses(url), {}, now=lambda: NOW, retry_policy=capped)
    fake.faults.extend(["503"] * 1000)
    began = datetime.now(UTC)
    with pytest.raises(PassingError, match="The service is overloaded"):
        source.fetch(seoul, hour("2024-02-02T00"), hour("2024-02-03T00"))
    assert datetime.now(UTC) - began < timedelta(seconds=2)


def test_retry_after_is_honoured(url: str, fake: FakeOpenMeteo, seoul: Station) -> None:
    source = OpenMeteoSource(
        addresses(url), {}, now=lambda: NOW, retry_policy=replace(HASTY, total_s=5)
    )
    fake.faults.append("503 with Retry-After")
    with pytest.raises(PassingError, match=r"\(asked 1 time in 0 s, to be asked again in 7 s\)"):
        source.fetch(seoul, hour("2024-02-02T00"), hour("2024-02-03T00"))
