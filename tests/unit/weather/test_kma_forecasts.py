"""The KMA's short-term forecast, from a faithful fake over real HTTP: which issue, what its values
mean, and whatever else the service may answer."""

import json
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from fakes import kma_short_term as fake
from fakes.kma import envelope, xml
from wearcast.config import Kma, Station
from wearcast.errors import ConfigError, PassingError, SourceError
from wearcast.weather import guidance
from wearcast.weather.attribution import guidance_attribution
from wearcast.weather.sources.kma import (
    KmaGuidance,
    short_term_issues,
    short_term_service,
    short_term_values,
)
from wearcast.weather.sources.kma.access import ShortTermAccess
from wearcast.weather.sources.kma.forecast_grid import Cell, cell_at
from wearcast.weather.sources.kma.periods import KST

NOW = datetime(2026, 3, 10, 15, 4)
ISSUE = datetime(2026, 3, 10, 14)
LAST_DAY = datetime(2026, 3, 13)


@pytest.fixture(scope="module")
def running() -> Iterator[fake.Forecasts]:
    with fake.forecasts() as service:
        yield service


@pytest.fixture
def service(running: fake.Forecasts) -> fake.Forecasts:
    return running.begin(NOW)


def row(rows: pd.DataFrame, at: datetime) -> pd.Series:
    """The row of an hour of Korean time."""
    return rows.set_index("valid_at").loc[pd.Timestamp(at, tz=KST).tz_convert("UTC")]


@pytest.mark.parametrize(
    ("latitude", "longitude", "cell"),
    [
        (37.5665, 126.9780, Cell(60, 127)),
        (35.1796, 129.0756, Cell(98, 76)),
        (33.4996, 126.5312, Cell(53, 38)),
        (37.4979, 127.0276, Cell(61, 125)),
        (37.488201, 126.929810, Cell(59, 125)),
    ],
    ids=["Seoul", "Busan", "Jeju", "Gangnam", "the guide's example"],
)
def test_a_place_lies_in_the_cell_that_the_kma_says(
    latitude: float, longitude: float, cell: Cell
) -> None:
    assert cell_at(latitude, longitude) == cell


def test_a_place_outside_of_the_grid_is_refused(
    service: fake.Forecasts, new_york: list[Station]
) -> None:
    with pytest.raises(ConfigError, match=r"station EWR at 40\.\d+ N, -74\.\d+ E lies outside of"):
        service.source().newest(new_york[0])
    assert service.data.asked == []


@pytest.mark.parametrize(
    ("now", "issue"),
    [
        ((2026, 3, 10, 2, 9), (2026, 3, 9, 23)),
        ((2026, 3, 10, 2, 10), (2026, 3, 10, 2)),
        ((2026, 3, 10, 0, 30), (2026, 3, 9, 23)),
        ((2026, 3, 1, 1, 59), (2026, 2, 28, 23)),
        ((2026, 3, 10, 23, 9), (2026, 3, 10, 20)),
        ((2026, 3, 10, 23, 10), (2026, 3, 10, 23)),
    ],
)
def test_the_newest_issue_is_there_ten_minutes_after_its_time(
    now: tuple[int, ...], issue: tuple[int, ...]
) -> None:
    def kst(*parts: int) -> datetime:
        return datetime(*parts, tzinfo=KST)  # type: ignore[arg-type]

    assert short_term_issues.newest(kst(*now)) == kst(*issue)


@pytest.mark.parametrize(
    ("hour", "count", "first_lead_h", "last_lead_h"),
    [(2, 78, 1, 94), (14, 66, 1, 82), (17, 87, 1, 103), (23, 81, 1, 97)],
)
def test_an_issue_is_about_the_hours_that_the_guide_says(
    hour: int, count: int, first_lead_h: int, last_lead_h: int
) -> None:
    issue = datetime(2026, 3, 10, hour, tzinfo=KST)
    leads = [(at - issue) / timedelta(hours=1) for at in short_term_issues.hours(issue)]
    assert (len(leads), leads[0], leads[-1]) == (count, first_lead_h, last_lead_h)
    assert np.diff(leads[-9:]).tolist() == [3.0] * 8


def test_the_newest_issue_comes_as_rows_of_guidance(
    service: fake.Forecasts, seoul: Station
) -> None:
    rows = guidance.validate(guidance.validate_raw(service.source().newest(seoul)))
    assert len(rows) == 66
    labels = rows[["station", "source", "model", "issued_from", "issued_until", "available_at"]]
    assert labels.drop_duplicates().to_numpy().tolist() == [
        [
            "108",
            "kma",
            "kma_short_term",
            pd.Timestamp("2026-03-10T05:00Z"),
            pd.Timestamp("2026-03-10T05:00Z"),
            pd.Timestamp("2026-03-10T05:10Z"),
        ]
    ]
    assert rows["valid_at"].iloc[[0, -1]].tolist() == [
        pd.Timestamp("2026-03-10T06:00Z"),
        pd.Timestamp("2026-03-13T15:00Z"),
    ]
    told = fake.values(ISSUE)
    at = ISSUE + timedelta(hours=6)
    found = row(rows, at)
    assert (found["temp_c"], found["rh_pct"], found["wind_ms"]) == (
        float(told[at, "TMP"]),
        float(told[at, "REH"]),
        float(told[at, "WSD"]),
    )
    assert (found["wind_dir_deg"], found["rain_chance_pct"]) == (
        float(told[at, "VEC"]),
        float(told[at, "POP"]),
    )
    assert (told[at, "PCP"], found["precip_mm"]) == ("6.2mm", 6.2)
    unknown = ["dewpoint_c", "gust_ms", "pressure_hpa", "solar_wm2"]
    assert rows[unknown].isna().to_numpy().all()


def test_an_issue_is_asked_for_by_its_time_in_korea_and_its_cell(
    service: fake.Forecasts, seoul: Station
) -> None:
    service.source().newest(seoul)
    assert service.data.asked == [
        {
            "serviceKey": service.data.key,
            "dataType": "JSON",
            "base_date": "20260310",
            "base_time": "1400",
            "nx": "60",
            "ny": "127",
            "pageNo": "1",
            "numOfRows": "1000",
        }
    ]


def test_the_issues_of_the_evening_come_in_two_pages_and_whole(
    service: fake.Forecasts, seoul: Station, caplog: pytest.LogCaptureFixture
) -> None:
    service.begin(datetime(2026, 3, 10, 17, 11))
    assert len(service.data.items(datetime(2026, 3, 10, 17), "60", "127")) == 1052
    rows = service.source().newest(seoul)
    assert [query["pageNo"] for query in service.data.asked] == ["1", "2"]
    assert len(rows) == 87
    assert not caplog.records


def test_a_second_page_of_another_issue_is_found_out(service: fake.Forecasts) -> None:
    def shrinking(told: dict[str, dict[str, dict[str, int]]]) -> object:
        told["response"]["body"]["totalCount"] -= len(service.data.asked) - 1
        return told

    service.data.twist = shrinking
    access = ShortTermAccess.of(service.settings, {"KMA_SERVICE_KEY": service.data.key})
    with pytest.raises(PassingError, match="another page than 2, or another number of rows than"):
        short_term_service.items(
            service.web, access, ISSUE.replace(tzinfo=KST), Cell(60, 127), page_rows=500
        )


@pytest.mark.parametrize(
    ("now", "missing", "issue"),
    [
        (NOW, 1, "2026-03-10T02:00Z"),
        (NOW, 3, "2026-03-09T20:00Z"),
        (datetime(2026, 3, 10, 2, 10), 1, "2026-03-09T14:00Z"),
        (datetime(2026, 1, 1, 0, 10), 2, "2025-12-31T08:00Z"),
    ],
    ids=["one", "three", "at night", "at midnight of a new year"],
)
def test_where_an_issue_is_not_there_the_one_before_is_and_that_is_logged(
    service: fake.Forecasts,
    seoul: Station,
    caplog: pytest.LogCaptureFixture,
    now: datetime,
    missing: int,
    issue: str,
) -> None:
    service.begin(now)
    newest = short_term_issues.newest(now.replace(tzinfo=KST)).replace(tzinfo=None)
    service.data.missing = {newest - timedelta(hours=3 * number) for number in range(missing)}
    rows = service.source().newest(seoul)
    assert rows["issued_until"].unique().tolist() == [pd.Timestamp(issue)]
    assert (rows["available_at"] == pd.Timestamp(issue) + pd.Timedelta(minutes=10)).all()
    asked = {query["base_date"] + query["base_time"] for query in service.data.asked}
    assert len(asked) == missing + 1
    assert caplog.text.count("the one before is asked for") == missing
    assert f"has no issue of {newest:%Y-%m-%d %H:%M} KST yet" in caplog.text


def test_a_day_without_any_issue_is_an_error(service: fake.Forecasts, seoul: Station) -> None:
    service.data.missing = {ISSUE - timedelta(hours=3 * number) for number in range(8)}
    with pytest.raises(
        SourceError,
        match=r"has no issue from 2026-03-09 17:00 KST to 2026-03-10 14:00 KST for station 108",
    ):
        service.source().newest(seoul)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("강수없음", 0.0),
        ("-", 0.0),
        ("null", 0.0),
        ("0", 0.0),
        ("1mm 미만", 0.5),
        ("1.0mm 미만", 0.5),
        ("1mm미만", 0.5),
        ("1.0mm", 1.0),
        ("29.0mm", 29.0),
        ("6.2", 6.2),
        ("30.0~50.0mm", 40.0),
        ("30.0mm~50.0mm", 40.0),
        ("50.0mm 이상", 50.0),
        ("50.0mm이상", 50.0),
        ("", np.nan),
        ("약간", np.nan),
    ],
)
def test_every_form_of_precipitation_is_read(text: str, amount: float) -> None:
    np.testing.assert_equal(short_term_values.amount_mm(text), amount)


@pytest.mark.parametrize(
    ("category", "text", "column", "value"),
    [
        ("PCP", "1mm 미만", "precip_mm", 0.5),
        ("PCP", "2.5", "precip_mm", 2.5),
        ("PCP", "3", "precip_mm", 3.0),
        ("PCP", "-999", "precip_mm", np.nan),
        ("TMP", "-999", "temp_c", np.nan),
        ("TMP", "900", "temp_c", np.nan),
        ("TMP", "-900", "temp_c", np.nan),
        ("TMP", "-12", "temp_c", -12.0),
        ("REH", "", "rh_pct", np.nan),
        ("WSD", "2", "wind_ms", 2.0),
        ("VEC", "0", "wind_dir_deg", 360.0),
        ("SKY", "1", "cloud_pct", 25.0),
        ("SKY", "3", "cloud_pct", 70.0),
        ("SKY", "4", "cloud_pct", 95.0),
        ("SKY", "2", "cloud_pct", np.nan),
        ("POP", "35", "rain_chance_pct", 35.0),
    ],
)
def test_a_value_of_an_hour_is_read(
    service: fake.Forecasts,
    seoul: Station,
    category: str,
    text: str,
    column: str,
    value: float,
) -> None:
    at = ISSUE + timedelta(hours=30)
    service.data.changes = {(at, category): text}
    np.testing.assert_equal(row(service.source().newest(seoul), at)[column], value)


@pytest.mark.parametrize(
    ("category", "text", "column", "value"),
    [
        ("PCP", "0", "precip_mm", 0.0),
        ("PCP", "1", "precip_mm", 1.5),
        ("PCP", "2", "precip_mm", 9.0),
        ("PCP", "3", "precip_mm", 15.0),
        ("PCP", "강수없음", "precip_mm", 0.0),
        ("PCP", "2.5", "precip_mm", 2.5),
        ("WSD", "1", "wind_ms", np.nan),
        ("WSD", "3", "wind_ms", np.nan),
        ("TMP", "3", "temp_c", 3.0),
    ],
)
def test_on_the_last_day_rain_and_wind_are_classes(
    service: fake.Forecasts,
    seoul: Station,
    category: str,
    text: str,
    column: str,
    value: float,
) -> None:
    at = LAST_DAY + timedelta(hours=3)
    service.data.changes = {(at, category): text}
    np.testing.assert_equal(row(service.source().newest(seoul), at)[column], value)


def test_the_last_day_has_every_third_hour_and_midnight_before_it_still_has_amounts(
    service: fake.Forecasts, seoul: Station
) -> None:
    service.data.changes = {(LAST_DAY, "PCP"): "2", (LAST_DAY, "WSD"): "2"}
    rows = service.source().newest(seoul)
    midnight = row(rows, LAST_DAY)
    assert (midnight["precip_mm"], midnight["wind_ms"]) == (2.0, 2.0)
    last = rows[rows["valid_at"] > pd.Timestamp(LAST_DAY, tz=KST)]
    assert last["valid_at"].dt.tz_convert(KST).dt.hour.tolist() == [3, 6, 9, 12, 15, 18, 21, 0]


def test_issues_before_the_fifth_day_came_have_no_classes() -> None:
    issued_at = pd.to_datetime(pd.Series(["2024-11-28T02:00Z", "2024-11-28T05:00Z"]))
    valid_at = issued_at + pd.Timedelta(hours=76)
    assert short_term_issues.is_classed(issued_at, valid_at).tolist() == [False, True]


def test_a_form_of_precipitation_that_nobody_knows_is_missing_and_logged(
    service: fake.Forecasts, seoul: Station, caplog: pytest.LogCaptureFixture
) -> None:
    at = ISSUE + timedelta(hours=5)
    service.data.changes = {(at, "PCP"): "많은 비"}
    found = row(service.source().newest(seoul), at)
    assert np.isnan(found["precip_mm"])
    assert not np.isnan(found["temp_c"])
    assert "counts as missing: 많은 비. Update Wearcast." in caplog.text


def test_a_cut_issue_is_used_as_far_as_it_goes_and_logged(
    service: fake.Forecasts, seoul: Station, caplog: pytest.LogCaptureFixture
) -> None:
    told = fake.values(ISSUE)
    cut_from = ISSUE + timedelta(hours=40)
    service.data.changes = {key: None for key in told if key[0] > cut_from}
    service.data.changes[ISSUE + timedelta(hours=3), "REH"] = None
    rows = service.source().newest(seoul)
    assert len(rows) == 40
    assert (
        "the issue of 2026-03-10 14:00 KST is cut. Of its 66 hours are missing: TMP 26, REH 27,"
        " WSD 26," in caplog.text
    )


def test_an_issue_without_any_value_gives_way_to_the_one_before(
    service: fake.Forecasts, seoul: Station
) -> None:
    def masked(told: dict[str, dict[str, dict[str, dict[str, list[fake.Item]]]]]) -> object:
        for item in told["response"]["body"]["items"]["item"]:
            if item["baseTime"] == "1400":
                item["fcstValue"] = "-999"
        return told

    service.data.twist = masked
    rows = service.source().newest(seoul)
    assert rows["issued_until"].unique().tolist() == [pd.Timestamp("2026-03-10T02:00Z")]


def test_an_hour_that_came_before_the_issue_could_be_had_is_no_row(
    service: fake.Forecasts, seoul: Station
) -> None:
    service.data.changes = {(ISSUE, "TMP"): "9"}
    rows = service.source().newest(seoul)
    assert rows["valid_at"].min() == pd.Timestamp("2026-03-10T06:00Z")


def test_hours_without_any_value_are_no_rows(service: fake.Forecasts, seoul: Station) -> None:
    at = ISSUE + timedelta(hours=2)
    read = ("TMP", "REH", "WSD", "VEC", "PCP", "SKY", "POP")
    service.data.changes = {(at, category): "-999" for category in read}
    rows = service.source().newest(seoul)
    assert pd.Timestamp(at, tz=KST) not in set(rows["valid_at"])


def test_where_only_apihub_s_key_is_set_it_is_asked(
    service: fake.Forecasts, seoul: Station
) -> None:
    rows = service.source(KMA_APIHUB_KEY=service.hub.key).newest(seoul)
    by_data = service.source().newest(seoul)
    pd.testing.assert_frame_equal(rows, by_data)
    assert [query["authKey"] for query in service.hub.asked] == [service.hub.key]


def test_without_any_key_both_ways_to_one_are_said() -> None:
    with pytest.raises(ConfigError) as raised:
        KmaGuidance(Kma(), {"KMA_SERVICE_KEY": " "})
    assert "neither KMA_SERVICE_KEY nor KMA_APIHUB_KEY is set" in str(raised.value)
    assert "(15084084)" in str(raised.value)
    assert "VilageFcstInfoService_2.0" in str(raised.value)


def test_a_key_of_the_portal_in_its_encoded_form_is_decoded(
    service: fake.Forecasts, seoul: Station
) -> None:
    encoded = "S3cret%2Bof%2Fthe%2Bportal%3D%3D"
    assert len(service.source(KMA_SERVICE_KEY=encoded).newest(seoul)) == 66


def test_an_error_in_xml_with_status_200_says_which_data_set_to_apply_for(
    service: fake.Forecasts, seoul: Station
) -> None:
    with pytest.raises(SourceError) as raised:
        service.source(KMA_SERVICE_KEY="another").newest(seoul)
    assert not isinstance(raised.value, PassingError)
    assert "answered result code 30 (SERVICE_KEY_IS_NOT_REGISTERED_ERROR)" in str(raised.value)
    assert "단기예보 조회서비스 (15084084)" in str(raised.value)
    assert "another" not in str(raised.value)
    assert len(service.data.asked) == 1


def test_apihub_s_own_refusal_is_understood(service: fake.Forecasts, seoul: Station) -> None:
    with pytest.raises(SourceError) as raised:
        service.source(KMA_APIHUB_KEY="another").newest(seoul)
    assert "KMA_APIHUB_KEY holds no key that is valid. Register at" in str(raised.value)
    assert "단기예보 조회 (VilageFcstInfoService_2.0)" in str(raised.value)


def test_a_moved_service_names_its_own_setting(service: fake.Forecasts, seoul: Station) -> None:
    service.data.trouble(404, "API not found")
    with pytest.raises(SourceError, match=r"Set ingest\.kma\.forecast_url to where it is now"):
        service.source().newest(seoul)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, xml("02", "DB_ERROR")),
        (200, json.dumps(envelope("05", "SERVICETIME_OUT"))),
        (429, "API rate limit exceeded"),
        (502, "<html><title>502 Bad Gateway</title></html>"),
        (200, ""),
        (200, '{"response":{"header":{"resultCode":"00"'),
    ],
)
def test_what_passes_is_asked_for_again(
    service: fake.Forecasts, seoul: Station, status: int, body: str
) -> None:
    service.data.trouble(status, body, times=2)
    assert len(service.source().newest(seoul)) == 66
    assert len(service.data.asked) == 3


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        (
            {"baseTime": "1100"},
            "gave a value of the issue 202603101100 for cell 60, 127, asked for",
        ),
        ({"nx": "61"}, "for cell 61, 127, asked for 202603101400 and 60, 127. Nothing of it was"),
        ({"fcstTime": "2400"}, "gave a value of TMP for 202603102400, which is no time"),
        ({"fcstValue": "따뜻"}, "2026-03-10 15:00 KST: TMP is '따뜻', no number."),
        ({"fcstTime": "1600"}, "TMP of 2026-03-10 16:00 KST came twice."),
        ({"fcstValue": ...}, "gave an item without fcstValue:"),
    ],
)
def test_an_item_that_can_t_be_meant_is_refused(
    service: fake.Forecasts, seoul: Station, changes: dict[str, object], what: str
) -> None:
    def change(told: dict[str, dict[str, dict[str, dict[str, list[object]]]]]) -> object:
        items = told["response"]["body"]["items"]["item"]
        changed = {**items[0], **changes}  # type: ignore[dict-item]
        items[0] = {name: value for name, value in changed.items() if value is not ...}
        return told

    service.data.twist = change
    with pytest.raises(SourceError) as raised:
        service.source().newest(seoul)
    assert what in str(raised.value)


def test_the_past_is_not_offered(service: fake.Forecasts, seoul: Station) -> None:
    source = service.source()
    start, end = datetime(2026, 1, 1, tzinfo=KST), datetime(2026, 2, 1, tzinfo=KST)
    rows = guidance.validate(source.fetch(seoul, "kma_short_term", start, end))
    assert rows.empty
    assert (source.models, source.has_archive) == (("kma_short_term",), False)
    with pytest.raises(SourceError, match=r"collected issue by issue from now on; or download"):
        source.span(seoul, "kma_short_term")
    assert service.data.asked == []


def test_the_fingerprint_is_of_the_service_and_not_of_its_issues(
    service: fake.Forecasts,
) -> None:
    before = service.source().fingerprint("kma_short_term")
    service.begin(NOW + timedelta(days=1))
    assert service.source(KMA_SERVICE_KEY="another").fingerprint("kma_short_term") == before
    assert before.startswith("kma ")


def test_the_forecast_is_credited_to_its_owner() -> None:
    credit = guidance_attribution("kma", ["kma_short_term"])
    assert "Korea Meteorological Administration" in credit


def test_no_error_and_no_log_shows_a_key(
    service: fake.Forecasts, seoul: Station, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    service.data.trouble(200, f"Unauthorized: {service.data.key}")
    with pytest.raises(SourceError) as raised:
        service.source().newest(seoul)
    assert service.data.key not in str(raised.value)
    assert service.data.key not in caplog.text
