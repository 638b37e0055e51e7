"""data.go.kr's hours of Korea's stations, from a faithful fake over real HTTP: what its rows mean,
and whatever else it may answer."""

import json
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fakes import kma as fake
from wearcast.config import Station
from wearcast.errors import PassingError, QuotaError, SourceError
from wearcast.weather.sources.kma import datago
from wearcast.weather.sources.kma.access import Access
from wearcast.weather.sources.kma.periods import KST

JUNE = datetime(2021, 6, 1, 1)
NOW = datetime(2021, 7, 20, 14, 30)


@pytest.fixture
def korea(services: fake.Korea) -> fake.Korea:
    """Two days of June, which data.go.kr has had for long."""
    return services.begin(fake.made_up(JUNE, 48), NOW)


def fetch(korea: fake.Korea, seoul: Station, **keys: str) -> pd.DataFrame:
    return korea.source(**keys).fetch(
        seoul, JUNE.replace(tzinfo=KST), (JUNE + timedelta(hours=48)).replace(tzinfo=KST)
    )


def one(korea: fake.Korea, **fields: str) -> None:
    """Let June have one hour alone, with these fields changed."""
    hours = fake.made_up(JUNE, 1)
    hours["108", JUNE] |= fields
    korea.data.hours = hours


def test_a_published_sample_row_is_read_in_our_units(korea: fake.Korea, seoul: Station) -> None:
    body = {
        "dataType": "JSON",
        "items": {"item": [fake.SAMPLE_ITEM]},
        "pageNo": 1,
        "numOfRows": 10,
        "totalCount": 1,
    }
    korea.data.trouble(200, json.dumps(fake.envelope("00", "NORMAL_SERVICE", body)))
    start = datetime(2019, 1, 20, 1, tzinfo=KST)
    found = korea.source().fetch(seoul, start, start + timedelta(hours=1))
    row = found.iloc[0]
    assert row["valid_at"] == pd.Timestamp("2019-01-19T16Z")
    assert (row["temp_c"], row["dewpoint_c"], row["rh_pct"]) == (3.6, -0.2, 76.0)
    assert (row["wind_ms"], row["wind_dir_deg"], row["pressure_hpa"], row["cloud_pct"]) == (
        2.5,
        292.5,
        1018.4,
        90.0,
    )
    assert np.isnan(found[["precip_mm", "precip_3h_mm", "solar_wm2"]].to_numpy()).all()


def test_a_month_is_one_request_for_999_rows(korea: fake.Korea, seoul: Station) -> None:
    fetch(korea, seoul)
    asked = [dict(query) for query in korea.data.asked]
    assert [query.pop("serviceKey") for query in asked] == [korea.data.key]
    assert asked == [
        {
            "pageNo": "1",
            "numOfRows": "999",
            "dataType": "JSON",
            "dataCd": "ASOS",
            "dateCd": "HR",
            "startDt": "20210601",
            "startHh": "01",
            "endDt": "20210701",
            "endHh": "00",
            "stnIds": "108",
        }
    ]


def test_a_year_comes_in_nine_pages_and_whole(korea: fake.Korea, seoul: Station) -> None:
    begin, end = datetime(2019, 1, 1, 1, tzinfo=KST), datetime(2020, 1, 1, tzinfo=KST)
    korea.begin(fake.made_up(begin.replace(tzinfo=None), 8760), datetime(2020, 3, 1))
    rows = datago.hours(korea.web, Access.of(korea.settings, korea.keys), seoul.id, begin, end)
    assert rows is not None
    assert [query["pageNo"] for query in korea.data.asked] == [
        str(number) for number in range(1, 10)
    ]
    assert (
        rows["valid_at"].tolist()
        == pd.date_range("2018-12-31T16Z", periods=8760, freq="h").tolist()
    )


def test_a_flagged_value_is_missing_and_dry_hours_are_flagged_too(
    korea: fake.Korea, seoul: Station
) -> None:
    one(korea, ta="99.9", taQcflg="1", ws="", wsQcflg="9", hm="55", hmQcflg="0", rn="", rnQcflg="9")
    row = fetch(korea, seoul).iloc[0]
    np.testing.assert_array_equal(
        row[["temp_c", "wind_ms", "rh_pct", "precip_mm"]].astype(float), [np.nan, np.nan, 55, 0]
    )


@pytest.mark.parametrize(
    ("told", "flag", "amount", "trace"),
    [
        ("", "", 0.0, False),
        ("", "9", 0.0, False),
        ("", "1", np.nan, False),
        ("0.0", "", 0.0, True),
        ("0", "0", 0.0, True),
        ("1.5", "", 1.5, False),
        ("1.5", "1", np.nan, False),
        ("0.0", "9", np.nan, False),
    ],
)
def test_blank_rain_is_none_and_zero_is_a_trace(
    korea: fake.Korea, seoul: Station, told: str, flag: str, amount: float, trace: bool
) -> None:
    one(korea, rn=told, rnQcflg=flag)
    row = fetch(korea, seoul).iloc[0]
    np.testing.assert_equal((row["precip_mm"], row["trace"]), (amount, trace))


def test_flags_are_read_as_the_guide_spells_them_too(korea: fake.Korea, seoul: Station) -> None:
    one(korea, ta="99.9", taQcflg="1")
    korea.data.twist = lambda told: json.loads(json.dumps(told).replace("Qcflg", "Qcflag"))
    assert np.isnan(fetch(korea, seoul)["temp_c"].iloc[0])


def test_absent_hours_stay_absent(korea: fake.Korea, seoul: Station) -> None:
    for hour in (5, 6, 30):
        del korea.data.hours["108", JUNE + timedelta(hours=hour)]
    found = fetch(korea, seoul)
    assert len(found) == 45
    assert pd.Timestamp(JUNE + timedelta(hours=5), tz=KST) not in set(found["valid_at"])


def without_items(items: Any) -> Any:
    def twist(told: dict[str, Any]) -> dict[str, Any]:
        body = told["response"]["body"] | {"items": items, "totalCount": 0}
        return fake.envelope(
            "00",
            "NORMAL_SERVICE",
            {name: value for name, value in body.items() if value is not ...},
        )

    return twist


@pytest.mark.parametrize("items", ["", None, ..., [], {"item": []}, {"item": ""}], ids=repr)
def test_every_kind_of_no_items_is_no_rows(korea: fake.Korea, seoul: Station, items: Any) -> None:
    korea.data.twist = without_items(items)
    assert fetch(korea, seoul).empty


@pytest.mark.parametrize("message", ["NODATA_ERROR", "NO_DATA"])
def test_no_data_is_no_rows(korea: fake.Korea, seoul: Station, message: str) -> None:
    korea.data.trouble(200, json.dumps(fake.envelope("03", message)))
    assert fetch(korea, seoul).empty


def test_a_single_row_may_come_alone(korea: fake.Korea, seoul: Station) -> None:
    def alone(told: dict[str, Any]) -> dict[str, Any]:
        told["response"]["body"]["items"]["item"] = told["response"]["body"]["items"]["item"][0]
        return told

    one(korea)
    korea.data.twist = alone
    assert len(fetch(korea, seoul)) == 1


def test_a_byte_order_mark_is_no_part_of_the_answer(korea: fake.Korea, seoul: Station) -> None:
    whole = fetch(korea, seoul)
    korea.data.trouble(200, b"\xef\xbb\xbf" + korea.data.answer(korea.data.asked[0])[1])
    pd.testing.assert_frame_equal(fetch(korea, seoul), whole)


@pytest.mark.parametrize("gateway", [False, True])
def test_an_unknown_key_is_raised_at_once(korea: fake.Korea, seoul: Station, gateway: bool) -> None:
    korea.data.gateway = gateway
    with pytest.raises(SourceError) as raised:
        fetch(korea, seoul, KMA_SERVICE_KEY="somebody-else-s")
    assert (
        str(raised.value) == f"{korea.settings.data_url} answered result code 30"
        " (SERVICE_KEY_IS_NOT_REGISTERED_ERROR). Does the key in KMA_SERVICE_KEY belong to you,"
        " and was its application for this data set accepted? Register at"
        " https://www.data.go.kr, apply there (free) for 기상청_지상(종관, ASOS) 시간자료"
        " 조회서비스 (15057210), and set KMA_SERVICE_KEY to your key in either of its two"
        " forms. A new key works after an hour or more."
    )
    assert len(korea.data.asked) == 1


@pytest.mark.parametrize(
    "form",
    ["S3cret+of/the+portal==", "S3cret%2Bof%2Fthe%2Bportal%3D%3D", " S3cret+of/the+portal==\n"],
)
def test_the_key_is_taken_in_both_of_its_forms(
    korea: fake.Korea, seoul: Station, form: str
) -> None:
    assert len(fetch(korea, seoul, KMA_SERVICE_KEY=form)) == 48


def test_a_key_that_was_encoded_twice_is_none(korea: fake.Korea, seoul: Station) -> None:
    with pytest.raises(SourceError, match="SERVICE_KEY_IS_NOT_REGISTERED_ERROR"):
        fetch(korea, seoul, KMA_SERVICE_KEY="S3cret%252Bof%252Fthe%252Bportal%253D%253D")


CODES_TO_MEND = {
    "10": (
        "INVALID_REQUEST_PARAMETER_ERROR). Check the station's number and the dates,"
        " ingest.stations, ingest.start and ingest.end."
    ),
    "11": "NO_MANDATORY_REQUEST_PARAMETERS_ERROR). Update Wearcast",
    "12": "NO_OPENAPI_SERVICE_ERROR). The service has moved or ended. Set ingest.kma.data_url",
    "20": "SERVICE_ACCESS_DENIED_ERROR). Does the key in KMA_SERVICE_KEY belong to you",
    "21": "TEMPORARILY_DISABLE_THE_SERVICEKEY_ERROR). The key is blocked for a time.",
    "22": (
        "LIMITED_NUMBER_OF_SERVICE_REQUESTS_EXCEEDS_ERROR). The key's requests of today are used"
        " up. Run again after midnight in Korea"
    ),
    "30": "SERVICE_KEY_IS_NOT_REGISTERED_ERROR). Does the key in KMA_SERVICE_KEY belong to you",
    "31": "DEADLINE_HAS_EXPIRED_ERROR). The key has expired. Renew it at data.go.kr, My Page.",
    "32": "UNREGISTERED_IP_ERROR). This machine's address is not registered with the key.",
    "33": "UNSIGNED_CALL_ERROR). Does the key",
    "77": "SOMETHING_NEW). Update Wearcast: this version does not know that code.",
}


@pytest.mark.parametrize(
    ("code", "form"),
    [
        *((code, "json") for code in CODES_TO_MEND),
        *(("30", form) for form in ("xml", "three digits", "json 400")),
    ],
)
def test_what_the_user_can_correct_is_raised_at_once(
    korea: fake.Korea, seoul: Station, code: str, form: str
) -> None:
    message = CODES_TO_MEND[code].partition(")")[0]
    told = (
        fake.xml(code, message)
        if form == "xml"
        else json.dumps(fake.envelope("0" + code if "three" in form else code, message))
    )
    korea.data.trouble(400 if "400" in form else 200, told)
    with pytest.raises(SourceError) as raised:
        fetch(korea, seoul)
    assert f"answered result code {code} ({CODES_TO_MEND[code]}" in str(raised.value)
    assert not isinstance(raised.value, PassingError)
    assert isinstance(raised.value, QuotaError) == (code == "22")
    assert len(korea.data.asked) == 1


PASSING = {
    "APPLICATION_ERROR": (200, json.dumps(fake.envelope("01", "APPLICATION_ERROR"))),
    "DB_ERROR": (200, fake.xml("02", "DB_ERROR")),
    "HTTP_ERROR": (500, fake.xml("04", "HTTP_ERROR")),
    "SERVICETIME_OUT": (200, json.dumps(fake.envelope("05", "SERVICETIME_OUT"))),
    "throttle": (
        200,
        json.dumps(
            fake.envelope("23", "LIMITED_NUMBER_OF_SERVICE_REQUESTS_PER_SECOND_EXCEEDS_ERROR")
        ),
    ),
    "UNKNOWN_ERROR": (200, json.dumps(fake.envelope("99", "UNKNOWN_ERROR"))),
    "API rate limit exceeded": (429, "API rate limit exceeded"),
    "Unexpected errors": (500, "Unexpected errors"),
    "Error forwarding": (502, "Error forwarding request to backend server"),
    "Error receiving": (200, "Error receiving response from backend server"),
    "bad gateway": (502, "<html><title>502 Bad Gateway</title></html>"),
    "nothing at all": (200, ""),
    "JSON that breaks off": (
        200,
        '{"response":{"header":{"resultCode":"00","resultMsg":"NORMAL_SERVICE"},"body":{"items":{"item":[{"tm',
    ),
}


@pytest.mark.parametrize("trouble", PASSING)
def test_what_passes_is_asked_for_again_and_at_last_given_up_with_its_reason(
    korea: fake.Korea, seoul: Station, trouble: str
) -> None:
    korea.data.trouble(*PASSING[trouble], times=2)
    assert len(fetch(korea, seoul)) == 48
    assert len(korea.data.asked) == 3
    korea.data.trouble(*PASSING[trouble], times=3)
    with pytest.raises(PassingError) as raised:
        fetch(korea, seoul)
    reason = {
        "throttle": "result code 23",
        "bad gateway": "status 502: HTML or XML where JSON was asked for",
    }.get(trouble, trouble)
    assert f"{korea.settings.data_url} answered " in str(raised.value)
    assert reason in str(raised.value)
    assert str(raised.value).endswith(
        "Run again later: what is there already is not asked for again."
    )
    assert "asked 3 times" in str(raised.value)


@pytest.mark.parametrize(
    ("status", "sentence", "advice"),
    [
        (401, "Unauthorized", "Does the key in KMA_SERVICE_KEY belong to you"),
        (403, "Forbidden", "Does the key in KMA_SERVICE_KEY belong to you"),
        (
            404,
            "API not found",
            (
                "The service has moved or ended. Set ingest.kma.data_url to where it is now, or"
                " update Wearcast."
            ),
        ),
        (
            429,
            "API token quota exceeded",
            (
                "The key's requests of today are used up. Run again after midnight in Korea (15:00"
                " UTC)"
            ),
        ),
    ],
)
def test_the_gateway_s_sentences_are_raised_at_once(
    korea: fake.Korea, seoul: Station, status: int, sentence: str, advice: str
) -> None:
    korea.data.trouble(status, sentence)
    with pytest.raises(SourceError) as raised:
        fetch(korea, seoul)
    assert f"answered status {status}: {sentence}. {advice}" in str(raised.value)
    assert isinstance(raised.value, QuotaError) == (status == 429)
    assert len(korea.data.asked) == 1


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (
            "<!DOCTYPE html><html><body>시스템 점검 중입니다.</body></html>",
            "HTML or XML where JSON was asked for: <!DOCTYPE html>",
        ),
        (fake.xml("00", "NORMAL_SERVICE"), "no body in the JSON that was asked for"),
        ('{"message": "hello"}', "JSON without response.header.resultCode"),
        ('{"response": "hello"}', "JSON without response.header.resultCode"),
        (
            json.dumps(fake.envelope("00", "NORMAL_SERVICE")),
            "no body in the JSON that was asked for",
        ),
        (
            json.dumps(fake.envelope("00", "", {"items": {"item": ["tm"]}, "totalCount": 1})),
            "no rows where rows should be",
        ),
        (
            json.dumps(fake.envelope("00", "", {"items": "", "totalCount": "many"})),
            "no number as totalCount",
        ),
        ("Welcome", "no JSON: Welcome"),
    ],
)
def test_rubbish_is_not_kept(korea: fake.Korea, seoul: Station, body: str, what: str) -> None:
    korea.data.trouble(200, body)
    with pytest.raises(SourceError) as raised:
        fetch(korea, seoul)
    assert f"answered {what}" in str(raised.value)
    assert "Nothing of it was kept." in str(raised.value)
    assert len(korea.data.asked) == 1


def test_a_service_that_ignores_the_page_is_found_out(korea: fake.Korea, seoul: Station) -> None:
    def first_again(told: dict[str, Any]) -> dict[str, Any]:
        told["response"]["body"] |= {"pageNo": 1}
        return told

    korea.data.twist = first_again
    begin, end = JUNE.replace(tzinfo=KST), (JUNE + timedelta(hours=47)).replace(tzinfo=KST)
    with pytest.raises(
        PassingError, match="another page than 2, or another number of rows than it says"
    ):
        datago.hours(
            korea.web, Access.of(korea.settings, korea.keys), seoul.id, begin, end, page_rows=20
        )


def test_pages_that_overlap_are_found_out(korea: fake.Korea, seoul: Station) -> None:
    def same_rows(told: dict[str, Any]) -> dict[str, Any]:
        rows = told["response"]["body"]["items"]["item"]
        rows[-1] = rows[0]
        return told

    korea.data.twist = same_rows
    with pytest.raises(SourceError, match="station 108: 2021-06-01 01:00 KST came twice"):
        fetch(korea, seoul)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        (
            {"stnId": "159"},
            (
                "gave a row of station 159 at '2021-06-01 01:00', asked for 108 from 2021-06-01"
                " 01:00 to 2021-07-01 00:00 KST"
            ),
        ),
        (
            {"tm": "2020-06-01 01:00"},
            "gave a row of station 108 at '2020-06-01 01:00', asked for 108 from 2021-06-01 01:00",
        ),
        ({"tm": "202106010100"}, "gave a row of station 108 at '202106010100'"),
        (
            {"ta": "따뜻"},
            "station 108, 2021-06-01 01:00 KST: ta is '따뜻', no number. Nothing of it was kept.",
        ),
        ({"ws": "inf"}, "ws is 'inf', no number"),
        ({"td": ...}, "gave a row without td:"),
        ({"rn": ..., "hm": ...}, "gave a row without hm, rn:"),
    ],
)
def test_a_row_that_can_t_be_meant_is_refused(
    korea: fake.Korea, seoul: Station, changes: dict[str, Any], what: str
) -> None:
    def change(told: dict[str, Any]) -> dict[str, Any]:
        row = told["response"]["body"]["items"]["item"][0] | changes
        told["response"]["body"]["items"]["item"][0] = {
            name: value for name, value in row.items() if value is not ...
        }
        return told

    one(korea)
    korea.data.twist = change
    with pytest.raises(SourceError) as raised:
        fetch(korea, seoul)
    assert what in str(raised.value)
