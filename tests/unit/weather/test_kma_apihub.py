"""apihub's hours of Korea's stations, from a faithful fake over real HTTP: what its table means,
and whatever else it may answer."""

import json
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import kma as fake
from wearcast.config import Station
from wearcast.errors import PassingError, QuotaError, SourceError
from wearcast.weather.sources import asos_values
from wearcast.weather.sources.http_response import HttpResponse
from wearcast.weather.sources.kma import apihub
from wearcast.weather.sources.kma.access import Access
from wearcast.weather.sources.kma.periods import KST

NOW = datetime(2025, 11, 13, 8, 20)
TODAY = datetime(2025, 11, 13, 1)
SAMPLE = {
    "ta": "8.1",
    "td": "5.0",
    "hm": "81",
    "pv": "8.7",
    "ws": "2.6",
    "wd": "50",
    "pa": "1010.5",
    "ps": "1021.0",
    "dc10Tca": "9",
}
SAMPLE |= {
    "dc10LmcsCa": "9",
    "lcsCh": "10",
    "clfmAbbrCd": "Sc",
    "vs": "1074",
    "ss": "0.0",
    "icsr": "0.04",
    "ts": "8.2",
}
SAMPLE |= {"m005Te": "8.7", "m01Te": "9.1", "m02Te": "10.8", "m03Te": "11.7"}


@pytest.fixture
def korea(services: fake.Korea) -> fake.Korea:
    """The eight hours of a November morning."""
    return services.begin(fake.made_up(TODAY, 8), NOW)


def fetch(korea: fake.Korea, seoul: Station, **keys: str) -> pd.DataFrame:
    """Today's hours, which apihub alone has."""
    return korea.source(**keys).fetch(seoul, TODAY.replace(tzinfo=KST), NOW.replace(tzinfo=KST))


def reported(korea: fake.Korea, seoul: Station, *lines: str) -> pd.DataFrame:
    """What is made of these lines."""
    korea.hub.trouble(200, fake.table(lines))
    return fetch(korea, seoul)


def told_alone(
    korea: fake.Korea, seoul: Station, fields: fake.Fields, **columns: float | str
) -> pd.Series:
    return reported(korea, seoul, fake.line("108", TODAY, fields, **columns)).iloc[0]


def test_the_fake_writes_the_very_line_that_apihub_wrote() -> None:
    assert (
        fake.line("108", datetime(2025, 11, 13, 8), SAMPLE, CT_TOP=0, CT_MID=0, CT_LOW=5)
        == fake.SAMPLE_LINE
    )


def test_a_real_line_is_read_in_our_units(korea: fake.Korea, seoul: Station) -> None:
    found = reported(korea, seoul, fake.SAMPLE_LINE)
    row = found.iloc[0]
    assert row["valid_at"] == pd.Timestamp("2025-11-12T23Z")
    assert (row["temp_c"], row["dewpoint_c"], row["rh_pct"]) == (8.1, 5.0, 81.0)
    assert (row["wind_ms"], row["wind_dir_deg"], row["pressure_hpa"]) == (2.6, 45.0, 1021.0)
    assert (row["cloud_pct"], row["solar_wm2"]) == (90.0, 11.1)
    # In November an hour's rain isn't known, and at 08:00 there is no sum of three.
    assert np.isnan(found[["precip_mm", "precip_3h_mm"]].to_numpy()).all()


def test_a_gust_is_read_and_a_blank_one_is_no_value(korea: fake.Korea, seoul: Station) -> None:
    calm, gusty = (told_alone(korea, seoul, SAMPLE, GST_WS=gust_ms) for gust_ms in (-9.0, 8.4))
    assert np.isnan(calm["gust_ms"])
    assert (gusty["wind_ms"], gusty["gust_ms"]) == (2.6, 8.4)


def test_today_is_one_request_within_31_days(korea: fake.Korea, seoul: Station) -> None:
    assert len(fetch(korea, seoul)) == 8
    assert korea.hub.asked == [
        {
            "tm1": "202511030100",
            "tm2": "202511130800",
            "stn": "108",
            "help": "0",
            "authKey": korea.hub.key,
        }
    ]
    assert korea.data.asked == []


@pytest.mark.parametrize(
    ("code", "degrees"),
    [(5, 45.0), (29, 292.5), (36, 360.0), (2, 22.5), (0, np.nan), (-9, np.nan), (99, np.nan)],
)
def test_directions_are_tens_of_degrees(
    korea: fake.Korea, seoul: Station, code: float, degrees: float
) -> None:
    np.testing.assert_equal(told_alone(korea, seoul, SAMPLE, WD=code)["wind_dir_deg"], degrees)


@pytest.mark.parametrize("missing", [-9.0, -99.0, -99.9])
@pytest.mark.parametrize(
    ("column", "ours"),
    [
        ("WS", "wind_ms"),
        ("PS", "pressure_hpa"),
        ("HM", "rh_pct"),
        ("CA_TOT", "cloud_pct"),
        ("SI", "solar_wm2"),
    ],
)
def test_what_can_t_be_negative_is_missing(
    korea: fake.Korea, seoul: Station, column: str, ours: str, missing: float
) -> None:
    assert np.isnan(told_alone(korea, seoul, SAMPLE, **{column: missing})[ours])


def test_a_dash_is_missing_too(korea: fake.Korea, seoul: Station) -> None:
    found = reported(korea, seoul, fake.SAMPLE_LINE.replace("  9   9   10", "  -   9   10"))
    assert np.isnan(found["cloud_pct"].iloc[0])


@pytest.mark.parametrize(
    ("ta", "td", "hm", "pv", "temp_c", "dewpoint_c"),
    [
        (-9.0, -14.2, 66, 2.0, -9.0, -14.2),  # a real frost: the dew point is the one of it
        (-9.0, -9.0, 100, 3.1, -9.0, -9.0),  # freezing fog
        (
            -9.0,
            -9.0,
            99,
            -9.0,
            np.nan,
            np.nan,
        ),  # any fog, and no thermometer: no vapour pressure either
        (2.0, -9.0, 44, 3.1, 2.0, -9.0),  # a real dew point
        (-9.0, -9.0, 66, -9.0, np.nan, np.nan),  # no thermometer
        (-9.0, -9.0, -9.0, -9.0, np.nan, np.nan),  # nothing of the kind
        (-9.0, 5.0, 81, 8.7, np.nan, 5.0),  # a dew point above
        (8.1, -9.0, 81, 8.7, 8.1, np.nan),
        (-99.0, -99.9, 81, -9.0, np.nan, np.nan),
        (-9.1, -9.0, -9.0, -9.0, -9.1, np.nan),
        (-8.9, -99.0, 50, -9.0, -8.9, np.nan),
    ],
)
def test_minus_nine_is_a_temperature_where_humidity_dew_point_and_vapour_say_so(
    korea: fake.Korea,
    seoul: Station,
    ta: float,
    td: float,
    hm: float,
    pv: float,
    temp_c: float,
    dewpoint_c: float,
) -> None:
    row = told_alone(korea, seoul, SAMPLE, TA=ta, TD=td, HM=hm, PV=pv)
    np.testing.assert_equal((row["temp_c"], row["dewpoint_c"]), (temp_c, dewpoint_c))


def test_an_hour_without_any_report_is_none(korea: fake.Korea, seoul: Station) -> None:
    lines = (fake.line("108", TODAY, SAMPLE), fake.line("108", TODAY + timedelta(hours=1), {}))
    assert reported(korea, seoul, *lines)["valid_at"].tolist() == [pd.Timestamp(TODAY, tz=KST)]


def test_in_winter_rn_is_a_sum_of_three_hours(korea: fake.Korea, seoul: Station) -> None:
    rain = {3: "1.2", 6: "0.0"}
    korea.hub.hours = {
        ("108", TODAY.replace(hour=hour)): SAMPLE | {"rn": rain.get(hour, "")}
        for hour in range(1, 9)
    }
    found = fetch(korea, seoul)
    assert found["precip_mm"].isna().all()
    np.testing.assert_array_equal(
        found["precip_3h_mm"], [np.nan, np.nan, 1.2, np.nan, np.nan, 0.0, np.nan, np.nan]
    )
    assert found.index[found["trace"]].tolist() == [5]


def test_in_summer_rn_is_an_hour_s(korea: fake.Korea, seoul: Station) -> None:
    rain = {2: "1.2", 5: "0.0", 6: "0.4"}
    july = datetime(2025, 7, 13, 8, 20)
    korea.begin(
        {
            ("108", july.replace(hour=hour, minute=0)): SAMPLE | {"rn": rain.get(hour, "")}
            for hour in range(1, 9)
        },
        july,
    )
    found = korea.source().fetch(
        seoul, july.replace(hour=1, minute=0, tzinfo=KST), july.replace(tzinfo=KST)
    )
    np.testing.assert_array_equal(found["precip_mm"], [0, 1.2, 0, 0, 0, 0.4, 0, 0])
    assert found.index[found["trace"]].tolist() == [4]
    assert found["precip_3h_mm"].isna().all()


@pytest.mark.parametrize(
    ("month", "days_sums", "unknown"),
    [
        # Hour by hour: the sum rises where RN is blank, so how much fell in that hour isn't known.
        (7, {1: -9, 2: 0.8, 3: 0.8, 4: 2.0, 5: 2.0}, [2, 4]),
        (7, {1: 0.5, 2: 0.5}, [1]),
        (7, {1: -9, 2: 0.0, 3: 0.0}, []),
        # The row of 00:00 is of the day before.
        (7, {0: 9.0, 1: -9, 2: -9}, []),
        # In winter the sum of three hours is looked at, and the hours between have no amount
        # anyway.
        (1, {1: -9, 2: 0.8, 3: 0.8, 4: 0.8, 5: 0.8, 6: 0.8}, [3]),
        (1, {1: -9, 2: -9, 3: -9, 4: -9, 5: 0.6, 6: 1.0}, [6]),
        (1, {0: 9.0, 1: 0.0, 2: 0.0, 3: 0.0}, []),
    ],
)
def test_blank_rain_is_not_none_where_the_day_s_sum_rises(
    korea: fake.Korea, seoul: Station, month: int, days_sums: dict[int, float], unknown: list[int]
) -> None:
    now = datetime(2025, month, 13, 8, 20)
    lines = [
        fake.line("108", now.replace(hour=hour, minute=0), SAMPLE, RN_DAY=total)
        for hour, total in days_sums.items()
    ]
    korea.begin({}, now).hub.trouble(200, fake.table(lines))
    found = korea.source().fetch(
        seoul, now.replace(hour=0, minute=0, tzinfo=KST), now.replace(tzinfo=KST)
    )
    hours = found["valid_at"].dt.tz_convert(KST).dt.hour
    amount = found["precip_mm"] if month == 7 else found["precip_3h_mm"]
    expected = [hour for hour in hours if hour in unknown or (month == 1 and hour % 3)]
    assert hours[amount.isna()].tolist() == expected


def test_a_winter_reported_hour_by_hour_loses_nothing(korea: fake.Korea, seoul: Station) -> None:
    rain = {1: "0.1", 5: "0.0"}
    korea.hub.hours = {
        ("108", TODAY.replace(hour=hour)): SAMPLE | {"rn": rain.get(hour, "")}
        for hour in range(1, 9)
    }
    np.testing.assert_array_equal(fetch(korea, seoul)["precip_mm"], [0.1, 0, 0, 0, 0, 0, 0, 0])


def test_korean_text_may_come_in_euc_kr(korea: fake.Korea, seoul: Station) -> None:
    lines = "\n".join(
        [
            fake.HEADING[0],
            "# 기상청 지상관측 시간자료",
            *fake.HEADING[1:],
            fake.SAMPLE_LINE,
            fake.END,
        ]
    )
    korea.hub.trouble(200, lines.encode("euc-kr"))
    assert len(fetch(korea, seoul)) == 1


def test_a_table_without_rows_is_no_hours(korea: fake.Korea, seoul: Station) -> None:
    assert reported(korea, seoul).empty


TABLE = fake.table(
    [fake.line("108", TODAY + timedelta(hours=hour), SAMPLE) for hour in range(8)]
).encode("euc-kr")


def read(content: bytes) -> pd.DataFrame:
    answer = HttpResponse("https://apihub.kma.go.kr/api/typ01/url/kma_sfctm3.php", 200, content)
    return apihub._rows("108", TODAY.replace(tzinfo=KST), NOW.replace(tzinfo=KST), answer)


@given(st.integers(0, len(TABLE.rstrip()) - 1))
def test_a_table_cut_anywhere_is_never_used(length: int) -> None:
    with pytest.raises(SourceError):
        read(TABLE[:length])


def test_a_cut_table_is_asked_for_again(korea: fake.Korea, seoul: Station) -> None:
    korea.hub.trouble(200, TABLE[: len(TABLE) // 2], times=2)
    assert len(fetch(korea, seoul)) == 8
    assert len(korea.hub.asked) == 3


def test_a_table_that_stays_cut_is_given_up(korea: fake.Korea, seoul: Station) -> None:
    korea.hub.trouble(200, TABLE[: len(TABLE) // 2], times=3)
    with pytest.raises(
        PassingError,
        match="answered a table that was cut: it ends without #7777END: #START7777 #2345",
    ):
        fetch(korea, seoul)


REFUSALS = [
    (
        401,
        "유효한 인증키가 아닙니다.",
        "KMA_APIHUB_KEY holds no key that is valid. Register at https://apihub.kma.go.kr, apply",
    ),
    (
        403,
        "활용신청이 필요한 API 입니다.",
        "The key is valid, but not for this table. Register at https://apihub.kma.go.kr, apply",
    ),
    (
        403,
        "API 호출 한도를 초과했습니다.",
        "The key's calls of today are used up. Run again after midnight in Korea (15:00 UTC)",
    ),
    (
        404,
        "API를 찾을 수 없습니다.",
        (
            "The table has moved or ended. Set ingest.kma.hub_url to where it is now, or update"
            " Wearcast."
        ),
    ),
    (400, "지점번호 오류", "Check the station's number, ingest.stations."),
    (418, "?", "Update Wearcast: this version does not know that status."),
]


@pytest.mark.parametrize(("status", "message", "advice"), REFUSALS)
@pytest.mark.parametrize(("encoding", "disguised"), [("utf-8", False), ("euc-kr", True)])
def test_a_refusal_is_raised_at_once_with_its_own_status_or_200(
    korea: fake.Korea,
    seoul: Station,
    status: int,
    message: str,
    advice: str,
    encoding: str,
    disguised: bool,
) -> None:
    body = korea.hub.reason(status, message).decode().encode(encoding)
    korea.hub.trouble(200 if disguised else status, body)
    with pytest.raises(SourceError) as raised:
        fetch(korea, seoul)
    assert f"kma_sfctm3.php answered status {status}: {message.rstrip('.')}. {advice}" in str(
        raised.value
    )
    assert isinstance(raised.value, QuotaError) == ("한도" in message)
    assert len(korea.hub.asked) == 1


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, '{"result":{"status":500,"message":"내부 오류"}}'),
        (200, '{"result":{"status":503,"message":"점검"}}'),
        (200, '{"result":'),
        (502, "<html>Bad Gateway</html>"),
        (503, "Service Unavailable"),
        (429, "slow down"),
        (200, ""),
    ],
)
def test_what_passes_is_asked_for_again(
    korea: fake.Korea, seoul: Station, status: int, body: str
) -> None:
    korea.hub.trouble(status, body, times=2)
    assert len(fetch(korea, seoul)) == 8


def changed(old: str, new: str) -> Any:
    return lambda table: table.replace(old, new)


@pytest.mark.parametrize(
    ("twist", "what"),
    [
        (lambda _: "<html><body>서비스 점검 중</body></html>", "answered no table: <html>"),
        (lambda _: "108,5,2.6", "answered no table: 108,5,2.6"),
        (changed(" 3  2\n", " 3\n"), "answered 45 columns in line 5, where there were 46"),
        (
            changed("  PA     PS", "  PS     PA"),
            "answered other columns or units: YYMMDDHHMI STN WD WS GST GST GST PS PA",
        ),
        (changed("m/s", " kt"), "answered other columns or units: KST ID 16 kt WD WS TM"),
        (
            changed(" 108 ", " 159 "),
            (
                "answered station 159 at 202511130100 in line 5, asked for 108 from 202511030100 to"
                " 202511130800"
            ),
        ),
        (
            changed("\n202511", "\n202411"),
            "answered station 108 at 202411130100 in line 5, asked for 108",
        ),
        (
            changed("\n202511130100", "\n2025-11-13T1"),
            "answered station 108 at 2025-11-13T1 in line 5",
        ),
        (
            changed("\n202511130100", "\n202511130130"),
            "answered station 108 at 202511130130 in line 5",
        ),
        (changed("1020.0", "10x0.0"), "answered '10x0.0' as PS in line 5, which is no number"),
    ],
)
def test_a_table_that_changed_is_refused(
    korea: fake.Korea, seoul: Station, twist: Any, what: str
) -> None:
    korea.hub.twist = twist
    with pytest.raises(SourceError) as raised:
        fetch(korea, seoul)
    assert what in str(raised.value)
    assert "Nothing of it was kept." in str(raised.value)
    assert len(korea.hub.asked) == 1


def test_an_hour_that_comes_twice_is_refused(korea: fake.Korea, seoul: Station) -> None:
    with pytest.raises(SourceError, match="answered 202511130100 twice"):
        reported(korea, seoul, *[fake.line("108", TODAY, SAMPLE)] * 2)


def test_a_month_is_within_the_limit_of_a_call(korea: fake.Korea) -> None:
    begin, end = datetime(2021, 7, 1, 1), datetime(2021, 8, 1)
    korea.begin(fake.made_up(begin, 744), datetime(2021, 8, 1, 0, 30))
    rows = apihub.hours(
        korea.web,
        Access.of(korea.settings, korea.keys),
        "108",
        begin.replace(tzinfo=KST),
        end.replace(tzinfo=KST),
    )
    assert len(asos_values.observations(rows)) == 744
    assert json.dumps(korea.hub.asked[0]).count("2021") == 2
