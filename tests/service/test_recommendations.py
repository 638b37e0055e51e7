"""`/recommendation/by_day` and `/recommendation/by_hour`: what is asked is what is advised, and the
prototype's fields are there."""

import json
from datetime import datetime, timedelta

import pytest

from service.own_wardrobe import MINE
from service.synthetic_snapshots import NEWARK, SEOUL, guided, two_cities, varied
from wearcast.vocabulary import Exposure, Style

DAY = "2024-04-12"


def test_the_prototypes_fields_are_there_with_their_types(cities):
    told = cities.read("/recommendation/by_day", target_date=DAY)
    assert told["target_date"] == DAY
    assert set(told["weather_summary"]) == {"avg_temp", "min_temp", "max_temp", "temp_difference"}
    assert {type(value) for value in told["weather_summary"].values()} == {float}
    summary = told["weather_summary"]
    assert summary["min_temp"] < summary["avg_temp"] < summary["max_temp"]
    assert summary["temp_difference"] == round(summary["max_temp"] - summary["min_temp"], 1)
    assert set(told["recommendations"]) == {"styles", "activity_tip", "layering_tip"}
    assert list(told["recommendations"]["styles"]) == [style.value for style in Style]
    for garments in told["recommendations"]["styles"].values():
        assert len(garments) >= 3
        assert {type(garment) for garment in garments} == {str}
    assert told["recommendations"]["activity_tip"]
    assert told["recommendations"]["layering_tip"]


def test_it_says_in_words_what_the_forecast_is_made_from(cities, serve):
    alone = cities.read("/recommendation/by_day", target_date=DAY)
    assert alone["made_from"] == "Made from the station’s past alone."
    guidance = serve(guided(two_cities()))
    told = guidance.read("/recommendation/by_day", target_date=DAY)
    assert told["made_from"] == (
        "Made from ECMWF and GFS, runs of 12 UTC, fitted to this station. Without ICON, which is"
        " missing."
    )
    korean = guidance.read("/recommendation/by_hour", target_date=DAY, hour=8, lang="ko")
    assert korean["made_from"] == (
        "ECMWF·GFS(12 UTC) 예보를 이 관측소에 맞게 보정했어요. ICON 예보는 받지 못해 빠졌어요."
    )


def test_every_setting_reaches_the_advice_and_the_answer(cities):
    asked = {
        "activity": "running",
        "sensitivity": "high",
        "offset_c": 0.5,
        "exposure": "hours",
        "style": "sporty",
        "wake": 9,
        "sleep": 17,
        "lang": "ko",
    }
    told = cities.read("/recommendation/by_day", target_date=DAY, units="imperial", **asked)
    assert told["person"] == {name: value for name, value in asked.items() if name != "lang"} | {
        "language": "ko",
        "out": "",
    }
    assert told["units"] == "imperial"
    assert told["outfit"]["style"] == "sporty"
    assert [step["at"] for step in told["timeline"]] == [
        f"{DAY}T{hour:02}:00:00-04:00" for hour in range(9, 17)
    ]
    assert {"temp_f", "feels_f", "wind_mph"} < set(told["timeline"][0])
    assert not {"temp_c", "feels_c", "wind_ms"} & set(told["timeline"][0])
    assert "러닝화" in [piece["name"] for piece in told["outfit"]["pieces"]]
    assert "°F" in told["why"]


def test_the_default_person_strolls_with_average_sensitivity(cities):
    told = cities.read("/recommendation/by_day")
    usual = {
        "activity": "strolling",
        "sensitivity": "average",
        "offset_c": 0.0,
        "exposure": "errands",
        "style": "casual",
        "wake": 7,
        "sleep": 22,
        "out": "",
        "language": "en",
    }
    assert told["person"] == usual
    assert told["units"] == "metric"


def test_a_person_who_feels_cold_easily_wears_more(cities):
    clo = [
        cities.read("/recommendation/by_day", target_date=DAY, sensitivity=sensitivity)["outfit"][
            "clo"
        ]
        for sensitivity in ("very_low", "low", "average", "high", "very_high")
    ]
    assert clo == sorted(clo)
    assert clo[0] < clo[-1]


def test_a_style_wears_what_the_list_of_all_styles_says(cities):
    for style in Style:
        told = cities.read("/recommendation/by_day", target_date=DAY, style=style.value)
        assert [piece["name"] for piece in told["outfit"]["pieces"]] == told["recommendations"][
            "styles"
        ][style]
    assert len({tuple(garments) for garments in told["recommendations"]["styles"].values()}) > 1


def test_every_piece_has_a_reason_and_the_chances_sum_to_one(cities):
    told = cities.read("/recommendation/by_day", station="108", target_date=DAY)
    assert all(
        piece["reason"] and piece["name"] and piece["clo"] >= 0
        for piece in told["outfit"]["pieces"]
    )
    certainty = told["certainty"]
    assert certainty["fits"] + certainty["too_cold"] + certainty["too_warm"] == pytest.approx(1)
    worn = {garment for step in told["timeline"] for garment in step["worn"]}
    assert worn <= {piece["id"] for piece in told["outfit"]["pieces"]}


def test_unreported_variables_are_null_and_give_no_advice(cities):
    told = cities.read("/recommendation/by_day", station="EWR", target_date=DAY)
    assert {step["rain_chance"] for step in told["timeline"]} == {None}
    assert told["day"]["rain_chance"] is None
    assert not {"umbrella", "sunglasses"} & {carried["item"] for carried in told["carry"]}


def test_hours_that_have_passed_are_marked(cities):
    # Issued at 15:00 in Newark on the 9th.
    told = cities.read("/recommendation/by_day", target_date="2024-04-09")
    assert [step["at"][11:13] for step in told["timeline"] if step["observed"]] == [
        f"{hour:02}" for hour in range(7, 16)
    ]
    assert {step["change"] for step in told["timeline"] if step["observed"]} == {""}
    assert told["day"]["observed_h"] == 16


def test_advice_for_an_hour_has_one_hour(cities):
    told = cities.read("/recommendation/by_hour", target_date=DAY, hour=8)
    assert [step["at"] for step in told["timeline"]] == [f"{DAY}T08:00:00-04:00"]
    assert (told["person"]["wake"], told["person"]["sleep"]) == (8, 9)
    assert told["target_date"] == DAY
    assert cities.read("/recommendation/by_hour", target_date=DAY, hour=23)["person"]["sleep"] == 24


def test_outings_are_what_is_told_and_echoed(cities):
    told = cities.read("/recommendation/by_day", target_date=DAY, out="18-19, 8-9")
    person = told["person"]
    assert (person["out"], person["wake"], person["sleep"]) == ("8-9,18-19", 8, 19)
    assert [step["at"][11:16] for step in told["timeline"]] == ["08:00", "18:00"]
    echoed = {name: person[name] for name in ("wake", "sleep", "out", "exposure")}
    assert cities.read("/recommendation/by_day", target_date=DAY, **echoed) == told


def test_hours_outdoors_in_the_frost_take_more_than_errands(serve):
    service = serve(varied(SEOUL, "2024-01-10T00", mean_c=-8.0))
    errands, hours = (
        service.read("/recommendation/by_day", target_date="2024-01-12", exposure=exposure)
        for exposure in Exposure
    )
    assert hours["outfit"]["needs_clo"] > errands["outfit"]["needs_clo"] + 0.2
    assert hours["outfit"]["clo"] > errands["outfit"]["clo"]


@pytest.mark.parametrize("path", ["/recommendation/by_day", "/recommendation/by_hour?hour=8"])
def test_advice_uses_an_own_wardrobe_and_names_what_it_lacks(cities, path):
    url = f"{path}{'&' if '?' in path else '?'}target_date={DAY}&lang=ko&sensitivity=very_high"
    told = cities.ask("POST", url, json=MINE)
    assert told.status_code == 200
    names = {piece["id"]: piece["name"] for piece in told.json()["outfit"]["pieces"]}
    assert set(names) == set(MINE["own"])
    assert names["my_coat"] == "할아버지 코트"
    assert told.json()["missing"]
    assert told.headers["cache-control"] == "no-store"
    assert cities.get(url).json()["missing"] == ""


@pytest.mark.parametrize(
    ("wardrobe", "field", "said"),
    [
        ({"own": ["tshirt"]}, "body", "nothing covers the legs or the feet"),
        (
            {"own": ["tshirt", "jeans", "canvas_sneakers", "wings"]},
            "body",
            "there is no garment 'wings'",
        ),
        ({"own": ["T-Shirt"]}, "body.own.0", ""),
        ({"own": ["tshirt"] * 61}, "body.own", "60"),
        (
            {"garments": {f"g{i}": MINE["garments"]["my_coat"] for i in range(61)}},
            "body.garments",
            "60",
        ),
        ({"garments": {"a": {}}}, "body.garments.a.name_en", ""),
        ({"garments": {"a": MINE["garments"]["my_coat"] | {"clo": 3}}}, "body.garments.a.clo", "2"),
        (
            {"garments": {"a": MINE["garments"]["my_coat"] | {"clo": "1"}}},
            "body.garments.a.clo",
            "number",
        ),
        (
            {"garments": {"a": MINE["garments"]["my_coat"] | {"covers": ["coat", "coat"]}}},
            "body.garments.a.covers",
            "names a place twice",
        ),
        (
            {"garments": {"a": MINE["garments"]["my_coat"] | {"layer": "cape"}}},
            "body.garments.a.layer",
            "'outer'",
        ),
        ({"clothes": []}, "body.clothes", "no such field"),
        ([], "body", ""),
    ],
)
def test_an_own_wardrobe_that_covers_too_little_is_refused_by_field(cities, wardrobe, field, said):
    answer = cities.ask("POST", "/recommendation/by_day", json=wardrobe)
    assert answer.status_code == 422
    assert said in {error["field"]: error["message"] for error in answer.json()["errors"]}[field]


@pytest.mark.parametrize(
    ("query", "field", "said"),
    [
        ("activity=swimming", "query.activity", "'strolling'"),
        ("sensitivity=extreme", "query.sensitivity", "'very_low'"),
        ("exposure=minutes", "query.exposure", "'errands' or 'hours'"),
        ("style=gothic", "query.style", "'casual'"),
        ("units=kelvin", "query.units", "'imperial'"),
        ("lang=de", "query.lang", "'ko'"),
        ("wake=24", "query.wake", "23"),
        ("sleep=25", "query.sleep", "24"),
        ("wake=-1", "query.wake", "0"),
        ("wake=seven", "query.wake", "integer"),
        ("wake=9&sleep=9", "query.sleep", "there is no hour to dress for"),
        ("wake=22", "query.sleep", "there is no hour to dress for"),
        ("out=8", "query.out", "such as 8-9,18-19 or 22-2; '8' is none"),
        ("out=", "query.out", "'' is none"),
        ("out=8-9,9-10", "query.out", "are one outing; write 8-10"),
        ("out=%EF%BC%98-9", "query.out", "in digits"),
        ("out=8-9,18-19&wake=7", "query.out", "give `out` alone"),
        ("out=8-9&sleep=10", "query.out", "goes from 8 to 9 o'clock"),
        ("day=2024-04-12", "query.day", "there is no such field; is it misspelt?"),
        ("station=New%20York", "query.station", ""),
    ],
)
def test_an_invalid_setting_is_named(cities, query, field, said):
    answer = cities.get(f"/recommendation/by_day?{query}")
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert said in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize("query", ["", "?hour=24", "?hour=-1", "?hour=eight"])
def test_an_invalid_hour_is_refused(cities, query):
    answer = cities.get(f"/recommendation/by_hour{query}")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "query.hour")


@pytest.mark.parametrize("path", ["/recommendation/by_day?", "/recommendation/by_hour?hour=9&"])
def test_a_day_outside_the_forecast_is_not_found_and_says_which_are(cities, path):
    answer = cities.get(f"{path}target_date=2024-04-16&station=EWR")
    days = ", ".join(f"2024-04-{day:02}" for day in range(9, 16))
    assert answer.status_code == 404
    assert answer.json()["detail"] == f"No forecast for 2024-04-16 at EWR; there is one for {days}."
    assert cities.get(f"{path}target_date=2024-04-16&station=108").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/recommendation/by_day",
        "/recommendation/by_hour?hour=9",
        "/forecast/latest",
        "/verification/recent",
    ],
)
def test_an_unknown_station_is_not_found_and_says_which_are(cities, path):
    answer = cities.get(f"{path}{'&' if '?' in path else '?'}station=JFK")
    assert answer.status_code == 404
    assert answer.json()["detail"] == "No forecast for station JFK; there is one for: EWR, 108."


def test_the_hour_that_summer_time_skips_is_not_found(serve):
    service = serve(varied(NEWARK, "2024-03-08T12"))
    answer = service.get("/recommendation/by_hour", target_date="2024-03-10", hour=2)
    assert answer.status_code == 404
    assert "no weather of EWR at 2024-03-10 02:00" in answer.json()["detail"]
    assert (
        service.read("/recommendation/by_hour", target_date="2024-03-10", hour=3)["timeline"][0][
            "at"
        ]
        == "2024-03-10T03:00:00-04:00"
    )


def test_an_ambiguous_local_hour_appears_before_and_after_the_change(serve):
    service = serve(varied(NEWARK, "2024-11-01T12"))
    night = service.read("/recommendation/by_day", target_date="2024-11-03", wake=0, sleep=4)
    hours = [step["at"] for step in night["timeline"]]
    assert [at[11:] for at in hours] == [
        "00:00:00-04:00",
        "01:00:00-04:00",
        "01:00:00-05:00",
        "02:00:00-05:00",
        "03:00:00-05:00",
    ]
    forecast = {
        hour["local_time"]: hour["temp_c"] for hour in service.read("/forecast/latest")["hours"]
    }
    assert all(at in forecast for at in hours)
    assert sorted(hours, key=datetime.fromisoformat) == hours
    assert (
        service.read("/recommendation/by_hour", target_date="2024-11-03", hour=1)["timeline"][0][
            "at"
        ]
        == hours[1]
    )


def test_a_warm_week_asks_for_less_than_a_cold_one(serve):
    service = serve(two_cities(mean_c=28.0))
    warm = service.read("/recommendation/by_day")["outfit"]["clo"]
    service.shelf.publish(two_cities(mean_c=-5.0))
    service.reader.poll()
    assert service.read("/recommendation/by_day")["outfit"]["clo"] > warm + 1


def umbrella_of(told):
    """Whether an umbrella is carried."""
    return "umbrella" in {carried["item"] for carried in told["carry"]}


@pytest.mark.parametrize("path", ["by_day", "by_hour"])
@pytest.mark.parametrize("activity", ["strolling", "cycling"])
def test_an_umbrella_is_advised_as_the_advice_carries_one(cities, path, activity):
    advised = set()
    for day in range(10, 17):
        query = {"hour": 15} if path == "by_hour" else {}
        told = cities.read(
            f"/recommendation/{path}",
            station="108",
            target_date=f"2024-04-{day}",
            activity=activity,
            **query,
        )
        umbrella, rain = told["umbrella"], told["precipitation"]
        advised.add(umbrella["advised"])
        assert list(umbrella) == ["advised", "chance", "from", "until"]
        assert umbrella["advised"] == umbrella_of(told) == (rain["take"] == "umbrella")
        assert umbrella["chance"] == rain["chance"]
        if umbrella["advised"]:
            wet = [datetime.fromisoformat(at) for at in rain["hours"]]
            assert datetime.fromisoformat(umbrella["from"]) == wet[0]
            assert datetime.fromisoformat(umbrella["until"]) == wet[-1] + timedelta(hours=1)
            assert umbrella["from"].endswith("+09:00")
        else:
            assert (umbrella["from"], umbrella["until"]) == (None, None)
    assert advised == {path == "by_day" and activity == "strolling"}


def test_where_rain_is_unknown_no_umbrella_is_advised(cities):
    told = cities.read("/recommendation/by_day", station="EWR", target_date=DAY)
    nothing = {"advised": False, "chance": None, "from": None, "until": None}
    assert told["umbrella"] == nothing


@pytest.mark.parametrize(
    ("tag", "language"), [("ko-KR", "ko"), ("KO", "ko"), ("en-US", "en"), ("en-Latn-GB", "en")]
)
def test_a_language_tag_stands_for_its_language(cities, tag, language):
    answer = cities.get("/recommendation/by_day", target_date=DAY, lang=tag)
    assert answer.status_code == 200
    assert answer.headers["content-language"] == language
    assert answer.json()["person"]["language"] == language


@pytest.mark.parametrize("tag", ["de", "kok", "ko_KR", "-ko", "ko-", "k" * 5000, ""])
def test_another_language_is_refused_with_those_there_are(cities, tag):
    answer = cities.get("/recommendation/by_day", target_date=DAY, lang=tag)
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert error["field"] == "query.lang"
    assert "'en' or 'ko'" in error["message"]


@pytest.mark.parametrize("media_type", [None, "text/plain", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("path", ["/recommendation/by_day", "/recommendation/by_hour?hour=8"])
def test_a_body_that_is_not_said_to_be_json_is_refused_with_what_to_send(cities, path, media_type):
    headers = {} if media_type is None else {"Content-Type": media_type}
    answer = cities.ask("POST", path, content=json.dumps(MINE).encode(), headers=headers)
    assert answer.status_code == 415
    assert "`Content-Type: application/json`" in answer.json()["detail"]


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", "application/ld+json"])
def test_every_kind_of_json_is_read(cities, media_type):
    body = json.dumps(MINE).encode()
    answer = cities.ask(
        "POST",
        "/recommendation/by_day?sensitivity=very_high",
        content=body,
        headers={"Content-Type": media_type},
    )
    assert answer.status_code == 200
