"""`GET /forecast/latest`, `GET /stations` and `POST /forecast`: what they tell is what the snapshot
and the model say."""

import csv
import io
import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import get_args
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from service.synthetic_snapshots import NEWARK, SEOUL, guided, hole, joined, two_cities, varied
from unit.forecasting.synthetic import two_stations
from wearcast.config import SourceName
from wearcast.forecasting import daily
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.quantiles import LEVELS, MEDIAN
from wearcast.forecasting.snapshot import OBSERVED_H
from wearcast.forecasting.usual_day import usual_day
from wearcast.weather.attribution import attribution, guidance_attribution

LEVEL_NAMES = ["p05", "p10", "p25", "p40", "p50", "p60", "p75", "p90", "p95"]
METRIC = {
    "temp_c": 1,
    "dewpoint_c": 1,
    "wind_ms": 1,
    "gust_ms": 1,
    "precip_mm": 1,
    "cloud_pct": 0,
}
IMPERIAL = {
    "temp_c": "temp_f",
    "dewpoint_c": "dewpoint_f",
    "wind_ms": "wind_mph",
    "gust_ms": "gust_mph",
    "precip_mm": "precip_in",
    "cloud_pct": "cloud_pct",
}
CONVERTED = {
    "temp_f": lambda c: c * 9 / 5 + 32,
    "wind_mph": lambda ms: ms * 3600 / 1609.344,
    "gust_mph": lambda ms: ms * 3600 / 1609.344,
    "precip_in": lambda mm: mm / 25.4,
}


def test_it_has_168_hours_48_observed_ones_and_seven_days_of_the_first_station(cities):
    told = cities.read("/forecast/latest")
    assert told["station"] == NEWARK.model_dump(mode="json")
    assert (len(told["hours"]), len(told["observed"]), len(told["days"])) == (168, 48, 7)
    assert told["units"] == "metric"
    assert (told["drift_h"], told["filled"]) == (8000, 0.02)


def test_it_has_the_provenance_of_its_forecast(cities):
    told, record = (
        cities.read("/forecast/latest", station="108")["forecast"],
        cities.reader.current.record,
    )
    assert told.pop("age_s") > 0
    assert told == {
        "issued_at": "2024-04-09T21:00:00Z",
        "published_at": record.published_at.isoformat().replace("+00:00", "Z"),
        "model": "tested",
        "source": "made up",
        "attribution": "",
        "guidance": None,
        "version": record.version,
        "stale": True,
        "replay": False,
    }


@pytest.mark.parametrize("source", get_args(SourceName))
def test_every_response_has_the_sources_attribution(serve, source):
    snapshot = two_cities()
    running = serve(replace(snapshot, origin=replace(snapshot.origin, source=source)))
    for path in ("/forecast/latest", "/recommendation/by_day", "/stations"):
        told = running.read(path)
        forecast = told["stations"][0]["forecast"] if path == "/stations" else told["forecast"]
        assert (forecast["source"], forecast["attribution"]) == (source, attribution(source))


def test_every_response_says_what_its_forecast_is_made_from(serve):
    running = serve(guided(two_cities(), reach_h=114, rain_reach_h=66))
    noon = "2024-04-09T12:00:00Z"
    for path in ("/forecast/latest", "/recommendation/by_day", "/stations"):
        told = running.read(path)
        forecast = told["stations"][0]["forecast"] if path == "/stations" else told["forecast"]
        assert forecast["guidance"] == {
            "source": "open_meteo",
            "runs": [
                {"model": "ecmwf_ifs025", "issued_from": noon, "issued_until": noon},
                {"model": "gfs_seamless", "issued_from": noon, "issued_until": noon},
            ],
            "missing": ["icon_seamless"],
            "reach_h": 114,
            "rain_reach_h": 66,
        }


def test_whom_the_numerical_forecasts_are_owed_to_is_in_the_attribution(serve):
    snapshot = guided(two_cities())
    running = serve(replace(snapshot, origin=replace(snapshot.origin, source="kma")))
    numerical = guidance_attribution("open_meteo", ["ecmwf_ifs025", "gfs_seamless"])
    credit = f"{attribution('kma')}. {numerical}"
    assert running.read("/forecast/latest")["forecast"]["attribution"] == credit
    rows = csv.DictReader(io.StringIO(running.get("/forecast/latest.csv").text))
    assert {row["attribution"] for row in rows} == {credit}


def test_every_quantile_equals_the_snapshots(cities):
    snapshot, hours = two_cities(), cities.read("/forecast/latest", station="108")["hours"]
    for name, digits in METRIC.items():
        found = np.array([[hour[name][level] for level in LEVEL_NAMES] for hour in hours])
        np.testing.assert_allclose(
            found, snapshot.quantiles[name][1], atol=0.5 * 10**-digits + 1e-6
        )
    np.testing.assert_allclose(
        [hour["rain_chance"] for hour in hours], snapshot.hourly_rain_chance[1], atol=6e-4
    )
    assert list(hours[0]["temp_c"]) == LEVEL_NAMES
    assert [f"p{round(100 * level):02}" for level in LEVELS] == LEVEL_NAMES


def test_imperial_units_are_converted_and_named(cities):
    metric, imperial = (
        cities.read("/forecast/latest", station="108", units=units)
        for units in ("metric", "imperial")
    )
    snapshot = two_cities()
    assert imperial["units"] == "imperial"
    for name, shown in IMPERIAL.items():
        convert = CONVERTED.get("temp_f" if name == "dewpoint_c" else shown, lambda same: same)
        digits = 2 if shown == "precip_in" else METRIC[name]
        found = np.array(
            [[hour[shown][level] for level in LEVEL_NAMES] for hour in imperial["hours"]]
        )
        np.testing.assert_allclose(
            found, convert(snapshot.quantiles[name][1].astype(float)), atol=0.5 * 10**-digits + 1e-6
        )
        past = np.array([hour[shown] for hour in imperial["observed"]])
        np.testing.assert_allclose(
            past, convert(snapshot.observed[name][1].astype(float)), atol=0.5 * 10**-digits + 1e-6
        )
    names = set(METRIC) - {"cloud_pct"}
    assert not names & set(imperial["hours"][0])
    assert {f"temp_{kind}_f" for kind in ("min", "mean", "max")} < set(imperial["days"][0])
    day, same = metric["days"][3], imperial["days"][3]
    assert same["temp_max_f"]["p90"] == pytest.approx(day["temp_max_c"]["p90"] * 1.8 + 32, abs=0.15)


def test_hours_follow_each_other_in_utc_and_by_the_stations_clocks(cities):
    told = cities.read("/forecast/latest", station="EWR")
    every = [*told["observed"], *told["hours"]]
    times = [datetime.fromisoformat(hour["valid_at"]) for hour in every]
    assert {after - before for before, after in pairwise(times)} == {timedelta(hours=1)}
    assert told["observed"][-1]["valid_at"] == told["forecast"]["issued_at"]
    assert [hour["lead_h"] for hour in told["hours"]] == list(range(1, 169))
    for at, hour in zip(times, every, strict=True):
        assert hour["local_time"] == at.astimezone(ZoneInfo("America/New_York")).isoformat()


def test_unreported_variables_are_null_not_zero(cities):
    told = cities.read("/forecast/latest", station="EWR")
    for hour in told["hours"]:
        assert (hour["cloud_pct"], hour["precip_mm"], hour["rain_chance"]) == (None, None, None)
        assert hour["dewpoint_c"] is not None
    assert {(hour["cloud_pct"], hour["precip_mm"]) for hour in told["observed"]} == {(None, None)}
    assert {day["rain_chance"] for day in told["days"]} == {None}
    assert {hour["gust_ms"] for hour in (*told["observed"], *told["hours"])} == {None}
    assert {day["gust_ms"] for day in told["days"]} == {None}


def test_a_days_gust_is_its_strongest_by_trajectories(cities):
    told = cities.read("/forecast/latest", station="108")["days"][2]
    imperial = cities.read("/forecast/latest", station="108", units="imperial")["days"][2]
    snapshot = two_cities()
    day = daily.days(snapshot, "108")[2]
    strongest = np.quantile(day.members["gust_ms"].max(axis=1), LEVELS)
    np.testing.assert_allclose(list(told["gust_ms"].values()), strongest, atol=0.051)
    assert imperial["gust_mph"]["p50"] == pytest.approx(strongest[4] * 3600 / 1609.344, abs=0.06)


def test_an_hour_that_passed_without_a_gust_leaves_the_others_of_its_day(serve):
    snapshot = varied(SEOUL, "2024-04-09T21")
    observed = {**snapshot.observed, "gust_ms": np.full_like(snapshot.observed["gust_ms"], np.nan)}
    running = serve(replace(snapshot, observed=observed))
    told = running.read("/forecast/latest")
    assert told["days"][0]["observed_h"] > 0
    assert told["days"][0]["gust_ms"]["p50"] > 0
    assert {hour["gust_ms"] for hour in told["observed"]} == {None}


def test_only_a_missing_hour_is_null(serve):
    service = serve(hole(two_cities(), 1, OBSERVED_H - 3, "temp_c", "wind_ms"))
    observed = service.read("/forecast/latest", station="108")["observed"]
    assert [i for i, hour in enumerate(observed) if hour["temp_c"] is None] == [OBSERVED_H - 3]
    assert observed[OBSERVED_H - 3]["wind_ms"] is None
    assert observed[OBSERVED_H - 3]["dewpoint_c"] is not None
    assert service.read("/recommendation/by_day", station="108", target_date="2024-04-10", wake=0)[
        "weather_summary"
    ]["min_temp"]


def test_no_number_is_minus_zero_and_none_has_endless_digits(cities):
    written = []
    json.loads(
        cities.get("/forecast/latest", station="108", units="imperial").text,
        parse_float=lambda text: written.append(text),
    )
    assert len(written) > 168 * 9 * 5
    assert "-0.0" not in written
    assert (
        max(
            len(text.split(".")[1])
            for text in written
            if text not in ("40.6925", "37.5714", "126.9658")
        )
        <= 3
    )


def test_the_prototypes_list_has_its_fields_types_and_local_time(cities):
    told = cities.get("/forecast/latest", format="records", station="108", units="imperial")
    assert told.headers["content-type"] == "application/json"
    records = told.json()
    assert len(records) == 168
    # Issued at 06:00 in Seoul: the first hour forecast is 07:00 of a Wednesday. Units are °C,
    # whatever was asked.
    temp_c = round(float(two_cities().quantiles["temp_c"][1, 0, MEDIAN]), 1)
    assert records[0] == {
        "year": 2024,
        "month": 4,
        "day": 10,
        "hour": 7,
        "day_of_week": 2,
        "pred_Temperature": temp_c,
        "datetime": "2024-04-10 07:00:00",
        "date": "2024-04-10",
    }
    for record in records:
        kinds = {name: type(value) for name, value in record.items()}
        assert kinds == dict.fromkeys(("year", "month", "day", "hour", "day_of_week"), int) | {
            "pred_Temperature": float
        } | dict.fromkeys(("datetime", "date"), str)


def test_csv_is_a_file_with_the_stations_name_and_the_issue_time(cities):
    told = cities.get("/forecast/latest", format="csv", station="108")
    assert told.headers["content-type"] == "text/csv; charset=utf-8"
    assert (
        told.headers["content-disposition"]
        == 'attachment; filename="wearcast-108-20240409T21Z.csv"'
    )
    assert told.headers["wearcast-issued-at"] == "2024-04-09T21:00:00Z"
    heading, first = told.text.splitlines()[:2]
    assert heading.startswith("valid_at,local_time,lead_h,temp_c_p05,")
    assert first.startswith("2024-04-09T22:00:00Z,2024-04-10T07:00:00+09:00,1,")


@pytest.mark.parametrize(
    "query", [{}, {"format": "csv"}, {"format": "records"}, {"units": "imperial"}]
)
def test_every_format_has_the_provenance_headers(cities, query):
    headers = cities.get("/forecast/latest", **query).headers
    assert headers["wearcast-issued-at"] == "2024-04-09T19:00:00Z"
    assert headers["wearcast-model"] == "tested"
    assert headers["wearcast-stale"] == "true"
    assert headers["wearcast-replay"] == "false"
    assert int(headers["wearcast-age"]) > 86_400


def test_a_replay_is_flagged_and_its_age_counts_from_its_publication(serve):
    service = serve(joined(two_cities(), replay=True))
    told = service.read("/forecast/latest")["forecast"]
    assert (told["replay"], told["stale"]) == (True, False)
    assert told["age_s"] < 60
    assert service.get("/forecast/latest").headers["wearcast-replay"] == "true"


def test_stations_lists_every_station_and_its_seven_days(cities):
    stations = cities.read("/stations")["stations"]
    assert [station["id"] for station in stations] == ["EWR", "108"]
    assert stations[0]["days"] == [f"2024-04-{day:02}" for day in range(9, 16)]
    # It is the 10th in Seoul already.
    assert stations[1]["days"] == [f"2024-04-{day:02}" for day in range(10, 17)]
    assert stations[1]["forecast"]["issued_at"] == "2024-04-09T21:00:00Z"
    assert {name: stations[1][name] for name in SEOUL.model_dump()} == SEOUL.model_dump(mode="json")


def test_a_station_that_only_the_model_knows_is_listed_without_a_forecast(modelled):
    stations = {station["id"]: station for station in modelled.read("/stations")["stations"]}
    assert set(stations) == {"AAA", "BBB", "EWR", "108"}
    assert (stations["AAA"]["forecast"], stations["AAA"]["days"]) == (None, [])
    assert stations["EWR"]["forecast"]["model"] == "tested"


def own_history(station="AAA", hours=200, **fields):
    """A request with the last hours of a station of the trained model."""
    history = two_stations().histories[station]
    names = (
        "temp_c",
        "dewpoint_c",
        "wind_ms",
        "wind_dir_deg",
        "pressure_hpa",
        "cloud_pct",
        "precip_mm",
    )
    rows = [
        {
            name: None if np.isnan(value := history.values[name][i]) else float(value)
            for name in names
        }
        for i in range(len(history) - hours, len(history))
    ]
    return {
        "station": station,
        "first": f"{history.valid_at[-hours]}:00:00Z",
        "hours": rows,
    } | fields


@pytest.mark.parametrize("station", ["AAA", "BBB"])
def test_an_own_history_is_forecast_by_the_tracked_model(modelled, trained, station):
    answer = modelled.ask("POST", "/forecast", json=own_history(station))
    assert answer.status_code == 200
    told, history = answer.json(), two_stations().histories[station]
    expected = Forecaster.load(trained).predict(history.until(history.issued_at, 200)).marginals
    found = np.array([[hour["temp_c"][level] for level in LEVEL_NAMES] for hour in told["hours"]])
    np.testing.assert_allclose(found, expected.quantiles["temp_c"][0], atol=0.051)
    assert (told["hours"][0]["rain_chance"] is None) == (station == "BBB")
    assert (told["hours"][0]["cloud_pct"] is None) == (station == "BBB")
    assert told["drift_h"] == 200
    assert told["forecast"]["issued_at"] == f"{history.issued_at}:00:00Z"
    assert (
        told["forecast"]["source"],
        told["forecast"]["published_at"],
        told["forecast"]["replay"],
    ) == ("client", None, False)
    assert told["forecast"]["stale"]
    assert told["forecast"]["model"] == Forecaster.load(trained).manifest.version
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["wearcast-model"] == told["forecast"]["model"]


def test_an_own_history_in_another_time_zone_and_other_units_is_the_same(modelled):
    asked = own_history()
    at = datetime.fromisoformat(asked["first"]).astimezone(ZoneInfo("Asia/Seoul"))
    told, same = (
        modelled.ask("POST", "/forecast", json=asked | {"first": first}).json()
        for first in (asked["first"], at.isoformat())
    )
    for one in (told, same):
        del one["forecast"]["age_s"]
    assert told == same
    imperial = modelled.ask("POST", "/forecast", json=asked | {"units": "imperial"}).json()
    assert imperial["hours"][5]["temp_f"]["p50"] == pytest.approx(
        told["hours"][5]["temp_c"]["p50"] * 1.8 + 32, abs=0.15
    )


def test_a_day_has_what_is_usual_on_its_date_by_the_models_climatology(modelled, trained):
    told = modelled.ask("POST", "/forecast", json=own_history("AAA")).json()
    manifest = Forecaster.load(trained).manifest
    climate = manifest.standardization.climatologies["AAA"]
    [zone] = [station.zone for station in manifest.stations if station.id == "AAA"]
    for day in told["days"]:
        expected = usual_day(climate, zone, date.fromisoformat(day["date"]))
        assert day["usual"] == pytest.approx(
            {
                "temp_min_c": expected.low_c,
                "temp_mean_c": expected.mean_c,
                "temp_max_c": expected.high_c,
            },
            abs=0.051,
        )
    asked = own_history("AAA") | {"units": "imperial"}
    imperial = modelled.ask("POST", "/forecast", json=asked).json()
    assert imperial["days"][0]["usual"]["temp_mean_f"] == pytest.approx(
        told["days"][0]["usual"]["temp_mean_c"] * 1.8 + 32, abs=0.15
    )


def test_a_temperature_alone_is_enough(modelled):
    asked = own_history()
    asked["hours"] = [{"temp_c": hour["temp_c"]} for hour in asked["hours"]]
    told = modelled.ask("POST", "/forecast", json=asked)
    assert told.status_code == 200
    assert told.json()["hours"][0]["temp_c"]


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        (
            {"station": "ZZZ"},
            "body.station",
            "the model doesn't know ZZZ; it was trained for: AAA, BBB.",
        ),
        ({"station": "no such thing!"}, "body.station", ""),
        ({"first": "2013-12-24T00:30:00Z"}, "body.first", "must be a whole hour of UTC"),
        ({"first": "2013-12-24T00:00:00"}, "body.first", "must be a whole hour of UTC"),
        ({"first": "2013-02-30T00:00:00Z"}, "body.first", ""),
        (
            {"first": "9999-12-31T23:00:00Z"},
            "body.first",
            "must be a whole hour of UTC from 1900 to 2099",
        ),
        ({"first": 1_387_843_200}, "body.first", "must be a whole hour of UTC"),
        ({"hours": []}, "body.hours", "168"),
        ({"hours": [{"temp_c": 1}] * 9_601}, "body.hours", "9600"),
        ({"hours": [{"temp_c": None}] * 168}, "body.hours", "hold 0 temperatures"),
        ({"hours": [{"temp_c": 1}] * 167 + [{}]}, "body.hours", "hold 47 temperatures"),
        ({"hours": [{"temp_c": 99}] * 168}, "body.hours.0.temp_c", "57"),
        ({"hours": [{"temp_c": "1"}] * 168}, "body.hours.0.temp_c", "number"),
        ({"hours": [{"temperature": 1}] * 168}, "body.hours.0.temperature", "no such field"),
        ({"more": 1}, "body.more", "no such field"),
    ],
)
def test_a_history_that_no_model_could_use_is_refused_by_field(modelled, change, field, said):
    answer = modelled.ask("POST", "/forecast", json=own_history(hours=168) | change)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    errors = {error["field"]: error["message"] for error in answer.json()["errors"]}
    assert said in errors[field]


def test_without_a_model_forecasts_are_served_and_own_histories_are_not(cities):
    assert cities.get("/forecast/latest").status_code == 200
    answer = cities.ask("POST", "/forecast", json=own_history())
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    assert "The model can't be loaded here" in answer.json()["detail"]
