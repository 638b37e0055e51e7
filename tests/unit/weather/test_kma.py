"""Korea's two services as one source: joined, keyed, and the same as the portal's files by every
route."""

import logging
import traceback
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import quote, quote_plus

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import kma as fake
from wearcast.config import Files, Ingest, Kma, Station
from wearcast.errors import ConfigError, SourceError
from wearcast.weather.observations import validate_raw
from wearcast.weather.raw_data import read_raw, sync
from wearcast.weather.sources import FilesSource, LiveSource, asos_values, open_source
from wearcast.weather.sources.http_response import HttpResponse
from wearcast.weather.sources.kma import KmaSource, apihub, apihub_table, datago
from wearcast.weather.sources.kma.access import Access
from wearcast.weather.sources.kma.periods import KST, months
from wearcast.weather.sources.portal_export import read_portal
from wearcast.weather.sources.sheets import Sheet
from wearcast.weather.stations import resolve

NOW = datetime(2021, 7, 20, 14, 30)


@pytest.fixture
def korea(services: fake.Korea) -> fake.Korea:
    """July up to the hour."""
    return services.begin(fake.made_up(datetime(2021, 7, 1, 1), 24 * 19 + 14), NOW)


def kst(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=KST)  # type: ignore[misc, arg-type]


def files_of(folder: Path, hours: fake.Hours) -> FilesSource:
    (folder / "export.csv").write_text(fake.as_export(hours), encoding="cp949")
    return FilesSource(Files(path=Path("export.csv")), folder)


def with_errors(hours: fake.Hours) -> fake.Hours:
    """Flags and gaps of every kind, here and there."""
    errors = [
        {"ta": "88.8", "taQcflg": "1"},
        {"ta": "", "taQcflg": "9", "td": ""},
        {"rn": "9.9", "rnQcflg": "1"},
        {"rn": "", "rnQcflg": "1"},
        {"ws": "", "wd": ""},
        {"wd": "180", "wdQcflg": "1"},
        {"ps": "", "psQcflg": "9"},
        dict.fromkeys(fake.FIELDS, ""),
    ]
    some = {
        key: fields | errors[number // 11 % len(errors)]
        for number, (key, fields) in enumerate(hours.items())
        if number % 11 == 0
    }
    return hours | some


MONTHS = {
    "summer": (2021, 7),
    "winter": (2021, 1),
    "into the winter": (2020, 11),
    "out of the winter": (2021, 4),
    "leap": (2020, 2),
}


@pytest.mark.parametrize("month", MONTHS)
@pytest.mark.parametrize("flagged", [False, True], ids=["clean", "flagged"])
def test_a_month_is_the_same_through_kma_and_through_files(
    korea: fake.Korea, seoul: Station, tmp_path: Path, month: str, flagged: bool
) -> None:
    begin = datetime(*MONTHS[month], 1)
    hours = fake.made_up(begin - timedelta(days=2), 24 * 36)
    hours = with_errors(hours) if flagged else hours
    korea.begin(hours, datetime(2022, 1, 1))
    window = (kst(*MONTHS[month], 1), kst(*MONTHS[month], 1) + timedelta(days=30))
    through_kma = korea.source().fetch(seoul, *window)
    pd.testing.assert_frame_equal(through_kma, files_of(tmp_path, hours).fetch(seoul, *window))
    assert len(validate_raw(through_kma)) == 24 * 30


def test_winter_s_sums_are_the_same_by_every_route(
    korea: fake.Korea, seoul: Station, tmp_path: Path
) -> None:
    first, last = kst(2021, 1, 1, 1), kst(2021, 2, 1)
    hours = fake.made_up(first.replace(tzinfo=None), 744)
    korea.begin(hours, datetime(2021, 3, 1))
    routes = by_every_route(korea, seoul, files_of(tmp_path, hours), first, last)
    sums = routes["files"]["precip_3h_mm"].dropna()
    assert (len(sums), bool(sums.sum() > 0), routes["files"]["precip_mm"].notna().sum()) == (
        248,
        True,
        0,
    )
    assert routes["files"]["trace"].any()
    for route in ("data.go.kr", "apihub"):
        pd.testing.assert_frame_equal(routes[route], routes["files"])


def by_every_route(
    korea: fake.Korea, seoul: Station, files: FilesSource, first: datetime, last: datetime
) -> dict[str, pd.DataFrame]:
    access = Access.of(korea.settings, korea.keys)
    published = datago.hours(korea.web, access, seoul.id, first, last)
    assert published is not None
    return {
        "files": files.fetch(seoul, first, last + timedelta(hours=1)),
        "data.go.kr": asos_values.observations(published),
        "apihub": asos_values.observations(apihub.hours(korea.web, access, seoul.id, first, last)),
    }


@st.composite
def some_hours(draw: st.DrawFn) -> fake.Hours:
    """A few hours of some season with any weather, and any of it missing; the barometer always
    works."""

    def maybe(low: int, high: int, decimals: int) -> str:
        value = draw(st.none() | st.integers(low, high))
        return "" if value is None else f"{value / 10**decimals:.{decimals}f}"

    begin = draw(st.datetimes(datetime(2000, 1, 1), datetime(2025, 12, 31))).replace(
        minute=0, second=0, microsecond=0
    )
    hours: fake.Hours = {}
    for number in range(draw(st.integers(1, 5))):
        ta, hm = maybe(-300, 400, 1) or draw(st.sampled_from(["", "-9.0"])), maybe(5, 100, 0)
        td = f"{fake.dewpoint_c(float(ta), float(hm)):.1f}" if ta and hm else ""
        pv = f"{fake.vapour_hpa(float(ta), float(hm)):.1f}" if ta and hm else ""
        # Without hygrometer -9.0 can't be told from a missing value: what happens then is told
        # elsewhere.
        ta = "" if ta == "-9.0" and not hm else ta
        hours["108", begin + timedelta(hours=number)] = {
            "ta": ta,
            "hm": hm,
            "td": td,
            "pv": pv,
            "ws": maybe(0, 400, 1),
            "wd": draw(st.sampled_from(["", *map(str, fake.CODES)])),
            "ps": f"{draw(st.integers(9500, 10500)) / 10:.1f}",
            "dc10Tca": maybe(0, 10, 0),
            "icsr": maybe(0, 400, 2),
            "rn": maybe(0, 999, 1),
        }
    return hours


@settings(max_examples=25, deadline=None)
@given(some_hours())
def test_any_hours_mean_the_same_by_every_route(hours: fake.Hours) -> None:
    stamps = [at.replace(tzinfo=KST) for _, at in hours]
    lines = [
        fake.line(*key, fields, fake.rain_of_day(hours, *key)) for key, fields in hours.items()
    ]
    items = [fake.item(*key, fields) for key, fields in hours.items()]
    by_hub = apihub_table.read(
        HttpResponse("hub", 200, b""), fake.table(lines), "108", stamps[0], stamps[-1]
    )
    by_data = datago._rows("data", items, "108", stamps[0], stamps[-1])
    header, *rows = fake.as_export(hours).splitlines()
    sheet = pd.DataFrame([row.split(",") for row in rows], columns=header.split(","), dtype="str")
    by_files = read_portal(Sheet(Path("export"), sheet, np.arange(len(sheet))))
    pd.testing.assert_frame_equal(asos_values.observations(by_data), by_files)
    pd.testing.assert_frame_equal(asos_values.observations(by_hub), by_files)


def test_months_run_from_one_o_clock_to_midnight_and_miss_no_hour() -> None:
    found = list(months(kst(2020, 2, 1), kst(2020, 3, 1, 1)))
    assert found == [
        (kst(2020, 1, 1, 1), kst(2020, 2, 1)),
        (kst(2020, 2, 1, 1), kst(2020, 3, 1)),
        (kst(2020, 3, 1, 1), kst(2020, 4, 1)),
    ]


def test_the_series_runs_to_the_last_hour_without_a_gap(korea: fake.Korea, seoul: Station) -> None:
    found = korea.source().fetch(seoul, kst(2021, 7, 5), kst(2021, 8, 1))
    assert (
        found["valid_at"].tolist()
        == pd.date_range("2021-07-04T15Z", "2021-07-20T05Z", freq="h").tolist()
    )
    assert [query["endDt"] + query["endHh"] for query in korea.data.asked] == ["2021071923"]
    assert [(query["tm1"], query["tm2"]) for query in korea.hub.asked] == [
        ("202107100100", "202107201400")
    ]


def test_where_both_have_an_hour_the_quality_controlled_one_is_taken(
    korea: fake.Korea, seoul: Station
) -> None:
    korea.hub.hours = {
        key: fields | {"ta": "1.1", "td": ""} for key, fields in korea.hub.hours.items()
    }
    for hour in (3, 4):
        korea.data.hours = {
            key: fields
            for key, fields in korea.data.hours.items()
            if key[1] != datetime(2021, 7, 19, hour)
        }
    found = (
        korea.source()
        .fetch(seoul, kst(2021, 7, 15), kst(2021, 7, 21))
        .set_index("valid_at")["temp_c"]
    )
    from_hub = [at.tz_convert(KST).replace(tzinfo=None) for at in found.index[found == 1.1]]
    # Two hours that data.go.kr lacks, and those of today.
    assert from_hub == [datetime(2021, 7, 19, hour) for hour in (3, 4)] + [
        datetime(2021, 7, 20, hour) for hour in range(15)
    ]


def test_soon_after_midnight_apihub_has_what_data_go_kr_does_not_have_yet(
    korea: fake.Korea, seoul: Station
) -> None:
    korea.data.today = date(2021, 7, 19)
    found = korea.source().fetch(seoul, kst(2021, 7, 15), kst(2021, 7, 21))
    assert (
        found["valid_at"].tolist()
        == pd.date_range("2021-07-14T15Z", "2021-07-20T05Z", freq="h").tolist()
    )
    assert [query["endDt"] for query in korea.data.asked] == ["20210719", "20210718"]


def test_on_the_first_of_a_month_yesterday_may_be_all_that_is_asked_for(
    korea: fake.Korea, seoul: Station
) -> None:
    korea.begin(
        fake.made_up(datetime(2021, 6, 25), 24 * 9), datetime(2021, 7, 2, 0, 30)
    ).data.today = date(2021, 7, 1)
    found = korea.source().fetch(seoul, kst(2021, 7, 1, 1), kst(2021, 7, 3))
    assert len(found) == 24


def test_a_wrong_clock_is_found_out(korea: fake.Korea, seoul: Station) -> None:
    korea.data.today = date(2021, 7, 16)
    with pytest.raises(
        SourceError,
        match=(
            r"2021-07-18 is not over in Korea, where it should be 2021-07-20 14:30\. Set this"
            r" machine"
        ),
    ):
        korea.source().fetch(seoul, kst(2021, 7, 15), kst(2021, 7, 21))


def test_history_alone_needs_neither_apihub_nor_its_key(korea: fake.Korea, seoul: Station) -> None:
    found = korea.source(KMA_APIHUB_KEY="").fetch(seoul, kst(2021, 7, 5), kst(2021, 7, 20))
    assert len(found) == 24 * 15
    assert korea.hub.asked == []


def test_today_without_apihub_s_key_says_how_to_get_it(korea: fake.Korea, seoul: Station) -> None:
    with pytest.raises(ConfigError) as raised:
        korea.source(KMA_APIHUB_KEY="").fetch(seoul, kst(2021, 7, 5), kst(2021, 7, 21))
    assert (
        str(raised.value)
        == "hours of today come from apihub.kma.go.kr, and KMA_APIHUB_KEY is not set. Register at"
        " https://apihub.kma.go.kr, apply there (free) for 종관기상관측(ASOS) 시간자료 기간 조회"
        " (kma_sfctm3), and set KMA_APIHUB_KEY to your key."
    )


@pytest.mark.parametrize(
    "environment", [{}, {"KMA_SERVICE_KEY": " "}, {"KMA_APIHUB_KEY": "hub"}], ids=repr
)
def test_a_missing_key_is_raised_at_once_with_how_to_get_one(environment: dict[str, str]) -> None:
    ingest = Ingest(
        source="kma",
        stations=["108"],
        start=date(2021, 1, 1),
        end=None,
        files=Files(path=Path("own")),
    )
    with pytest.raises(ConfigError) as raised:
        open_source(ingest, Path(), environment)
    assert (
        str(raised.value)
        == "the source kma needs a key, and KMA_SERVICE_KEY is not set. Register at"
        " https://www.data.go.kr, apply there (free) for 기상청_지상(종관, ASOS) 시간자료"
        " 조회서비스 (15057210), and set KMA_SERVICE_KEY to your key in either of its two forms."
        " A new key works after an hour or more."
    )


@pytest.mark.parametrize("key", ["abc def", "abc\ndef", "키"])
def test_an_impossible_key_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(
        ConfigError, match="KMA_SERVICE_KEY has blanks or characters in it that no key has"
    ) as raised:
        KmaSource(Kma(), {"KMA_SERVICE_KEY": key})
    assert key not in str(raised.value)


def test_the_span_ends_with_the_last_hour_that_was_reported(
    korea: fake.Korea, seoul: Station
) -> None:
    first, last = korea.source().span(seoul)
    assert (first, last) == (kst(1973, 1, 1, 1), kst(2021, 7, 20, 14))
    del korea.hub.hours["108", datetime(2021, 7, 20, 14)]
    assert korea.source().span(seoul)[1] == kst(2021, 7, 20, 13)


def test_a_station_that_has_not_reported_for_days_ends_where_data_go_kr_does(
    korea: fake.Korea,
) -> None:
    assert korea.source().span(resolve(["159"])[0])[1] == kst(2021, 7, 19, 23)


@pytest.mark.parametrize(("hour", "last"), [(14, kst(2021, 7, 19, 23)), (9, kst(2021, 7, 18, 23))])
def test_without_apihub_s_key_the_span_ends_with_a_complete_day_and_a_warning(
    korea: fake.Korea, seoul: Station, caplog: pytest.LogCaptureFixture, hour: int, last: datetime
) -> None:
    korea.now = NOW.replace(hour=hour)
    assert korea.source(KMA_APIHUB_KEY="").span(seoul)[1] == last
    assert (
        f"KMA_APIHUB_KEY is not set, so the hours after {last:%Y-%m-%d %H:%M} KST are not there."
        " Register at" in caplog.text
    )


def test_new_hours_and_other_keys_do_not_change_the_fingerprint(korea: fake.Korea) -> None:
    before = korea.source().fingerprint()
    korea.now += timedelta(days=40)
    assert korea.source(KMA_SERVICE_KEY="another", KMA_APIHUB_KEY="").fingerprint() == before
    assert before.startswith("kma 1 http://127.0.0.1:")


def test_days_that_data_go_kr_may_complete_are_not_settled(
    korea: fake.Korea, seoul: Station
) -> None:
    source = korea.source()
    assert isinstance(source, LiveSource)
    assert source.settled(seoul) == kst(2021, 7, 17, 1)


def test_a_station_that_is_none_of_theirs_is_refused(korea: fake.Korea) -> None:
    with pytest.raises(
        ConfigError,
        match="station 'JFK' is none of the KMA's, which have numbers, such as 108 for Seoul",
    ):
        korea.source().span(resolve(["JFK"])[0])


def test_the_future_and_no_time_at_all_are_no_hours_and_no_request(
    korea: fake.Korea, seoul: Station
) -> None:
    for window in ((kst(2021, 7, 21), kst(2021, 7, 22)), (kst(2021, 7, 1), kst(2021, 7, 1))):
        assert validate_raw(korea.source().fetch(seoul, *window)).empty
    assert korea.data.asked == korea.hub.asked == []


def test_ingesting_asks_for_each_month_that_is_over_once(
    korea: fake.Korea, seoul: Station, tmp_path: Path
) -> None:
    hours = fake.made_up(datetime(2021, 1, 1), 24 * 200 + 15)
    korea.begin(hours, NOW)
    sync(korea.source(), [seoul], date(2021, 2, 1), None, tmp_path / "raw")
    # UTC's February begins in the KMA's, and ends in its March. July isn't over, so what it has is
    # asked for anew.
    assert [query["startDt"][4:6] for query in korea.data.asked] == [
        "02",
        "03",
        "04",
        "05",
        "06",
        "07",
        "07",
    ]
    raw, _ = read_raw(tmp_path / "raw")
    expected = files_of(tmp_path, hours).fetch(seoul, kst(2021, 2, 1, 9), kst(2021, 7, 20, 15))
    pd.testing.assert_frame_equal(raw, expected)
    assert (
        leaks(korea.keys, "".join(path.read_text() for path in (tmp_path / "raw").glob("*.json")))
        == []
    )


def test_what_apihub_reported_is_revised_by_what_data_go_kr_publishes(
    korea: fake.Korea, seoul: Station, tmp_path: Path
) -> None:
    final = fake.made_up(datetime(2021, 7, 1), 24 * 28)
    korea.begin(final, NOW).hub.hours = {
        key: fields | {"ws": "9.9"} for key, fields in final.items()
    }
    sync(korea.source(), [seoul], date(2021, 7, 5), None, tmp_path / "raw")
    raw, _ = read_raw(tmp_path / "raw")
    assert (raw["wind_ms"] == 9.9).sum() == 15
    korea.now, korea.data.today = korea.now + timedelta(days=5), date(2021, 7, 25)
    summary = sync(korea.source(), [seoul], date(2021, 7, 5), None, tmp_path / "raw")
    assert summary["revised"].tolist() == [15]
    raw, _ = read_raw(tmp_path / "raw")
    expected = files_of(tmp_path, final).fetch(seoul, kst(2021, 7, 5, 9), kst(2021, 7, 25))
    pd.testing.assert_frame_equal(raw[raw["valid_at"] < kst(2021, 7, 25)], expected)


def test_gusts_stay_though_data_go_kr_publishes_the_hours_without_them(
    korea: fake.Korea, seoul: Station, tmp_path: Path
) -> None:
    hours = fake.made_up(datetime(2021, 7, 1), 24 * 28)
    korea.begin(hours, NOW).hub.hours = {
        key: fields | {"gust": "9.9"} for key, fields in hours.items()
    }
    sync(korea.source(), [seoul], date(2021, 7, 5), None, tmp_path / "raw")
    raw, _ = read_raw(tmp_path / "raw")
    gusty = raw["gust_ms"] == 9.9
    assert raw.loc[gusty, "valid_at"].min() == kst(2021, 7, 10, 1)
    korea.now, korea.data.today = korea.now + timedelta(days=5), date(2021, 7, 25)
    sync(korea.source(), [seoul], date(2021, 7, 5), None, tmp_path / "raw")
    raw, _ = read_raw(tmp_path / "raw")
    assert (raw.loc[raw["valid_at"] >= kst(2021, 7, 10, 1), "gust_ms"] == 9.9).all()


def test_gusts_of_a_months_last_days_stay_when_the_next_month_is_fetched(
    korea: fake.Korea, seoul: Station, tmp_path: Path
) -> None:
    hours = fake.made_up(datetime(2021, 7, 20), 24 * 24)
    korea.begin(hours, datetime(2021, 7, 28, 12, tzinfo=UTC)).hub.hours = {
        key: fields | {"gust": "9.9"} for key, fields in hours.items()
    }
    for day in (date(2021, 7, 28), date(2021, 8, 3), date(2021, 8, 9)):
        korea.now = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        korea.data.today = day
        sync(korea.source(), [seoul], date(2021, 7, 24), None, tmp_path / "raw")
    raw, _ = read_raw(tmp_path / "raw")
    month_ends = raw["valid_at"].between(kst(2021, 7, 29), kst(2021, 8, 3))
    assert (raw.loc[month_ends, "gust_ms"] == 9.9).all()


def leaks(korea_keys: dict[str, str], text: str) -> list[str]:
    forms = [
        form
        for key in korea_keys.values()
        for form in (key, quote(key, safe=""), quote(key), quote_plus(key))
    ]
    return [form for form in forms if form in text]


def trouble(korea: fake.Korea, status: int, body: str) -> None:
    for service in (korea.data, korea.hub):
        service.trouble(
            status,
            body.replace("KEY", service.key).replace("QUOTED", quote_plus(service.key)),
            times=3,
        )


def nobody_there(korea: fake.Korea) -> None:
    korea.settings = Kma(data_url="http://127.0.0.1:9/data", hub_url="http://127.0.0.1:9/hub")


def unknown_key(korea: fake.Korea) -> None:
    korea.data.key = korea.hub.key = "another"


TROUBLES: dict[str, Callable[[fake.Korea], None]] = {
    "an unknown key": unknown_key,
    "a refusal that repeats the key": lambda korea: trouble(korea, 403, "Forbidden: KEY"),
    "JSON that repeats it": lambda korea: trouble(
        korea, 200, '{"result":{"status":401,"message":"KEY"}}'
    ),
    "a page that repeats the address": lambda korea: trouble(
        korea, 200, "<html>/getWthrDataList?serviceKey=QUOTED&authKey=KEY"
    ),
    "a broken gateway": lambda korea: trouble(korea, 502, "could not forward serviceKey=QUOTED"),
    "an answer that breaks off": lambda korea: trouble(korea, 200, '{"response":'),
    "nobody there": nobody_there,
}
HISTORY, TODAY = (kst(2021, 7, 1), kst(2021, 7, 5)), (kst(2021, 7, 20), kst(2021, 7, 21))


@pytest.mark.parametrize("name", TROUBLES)
@pytest.mark.parametrize("window", [HISTORY, TODAY], ids=["data.go.kr", "apihub"])
def test_no_error_and_no_log_shows_a_key(
    korea: fake.Korea,
    seoul: Station,
    caplog: pytest.LogCaptureFixture,
    name: str,
    window: tuple[datetime, datetime],
) -> None:
    keys = korea.keys
    TROUBLES[name](korea)
    with caplog.at_level(logging.DEBUG), pytest.raises(SourceError) as raised:
        korea.source(**keys).fetch(seoul, *window)
    said = "".join(traceback.format_exception(raised.value)) + repr(raised.value) + ours(caplog)
    assert "127.0.0.1" in said
    assert leaks(keys, said) == []


def test_a_source_at_work_shows_its_keys_nowhere(
    korea: fake.Korea, seoul: Station, caplog: pytest.LogCaptureFixture
) -> None:
    source = korea.source()
    with caplog.at_level(logging.DEBUG):
        source.fetch(seoul, HISTORY[0], TODAY[1])
    assert korea.data.asked
    assert korea.hub.asked
    assert (
        leaks(korea.keys, f"{ours(caplog)}{source!r}{vars(source)!r}{source.fingerprint()}") == []
    )


def ours(caplog: pytest.LogCaptureFixture) -> str:
    """What was logged, but for what the fake's own server logs."""
    return "".join(
        f"{record.getMessage()} {vars(record)!r}"
        for record in caplog.records
        if not record.name.startswith("uvicorn")
    )
