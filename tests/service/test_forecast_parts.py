"""`GET /forecast/latest`: what is derived from the variables, and what there is of it for those who
ask for less."""

import csv
import io
from datetime import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.synthetic_snapshots import SEOUL, two_cities
from wearcast.clothing.comfort import feels_like_c
from wearcast.clothing.sun import elevation_deg, sunshine_wm2
from wearcast.forecasting import daily
from wearcast.forecasting.quantiles import LEVELS
from wearcast.serving.api.derived_hours import quantiles
from wearcast.serving.api.selection import QUANTILE_NAMES
from wearcast.serving.api.units import METRIC_NAMES, SELECTABLE, quantities
from wearcast.weather.humidity import rh_pct

TIMES = {"valid_at", "local_time", "lead_h"}
STATION = "108"


def members():
    """Seoul's trajectories."""
    trajectories = two_cities().trajectories
    return {name: values[1].astype(float) for name, values in trajectories.items()}


def of_hours(hours, name):
    """The quantiles of a field, (H, Q)."""
    return np.array([[hour[name][level] for level in QUANTILE_NAMES] for hour in hours])


def test_humidity_is_of_trajectories(cities):
    known = members()
    expected = np.quantile(rh_pct(known["temp_c"], known["dewpoint_c"]), LEVELS, axis=0).T
    told = cities.read("/forecast/latest", station=STATION)
    np.testing.assert_allclose(of_hours(told["hours"], "rh_pct"), expected, atol=0.51)
    first = told["observed"][0]
    humidity = rh_pct(np.array(first["temp_c"]), np.array(first["dewpoint_c"]))
    assert first["rh_pct"] == pytest.approx(float(humidity), abs=1.5)


def test_the_feels_like_temperature_is_of_trajectories(cities):
    known, snapshot = members(), two_cities()
    height_deg = elevation_deg(snapshot.valid_at(1), SEOUL.latitude, SEOUL.longitude)
    sunshine = sunshine_wm2(height_deg, known["cloud_pct"])
    feels_c = feels_like_c(
        known["temp_c"], known["wind_ms"], known["dewpoint_c"], sunshine, known["precip_mm"]
    )
    expected = np.quantile(feels_c, LEVELS, axis=0).T
    metric, imperial = (
        cities.read("/forecast/latest", station=STATION, units=units)["hours"]
        for units in ("metric", "imperial")
    )
    np.testing.assert_allclose(of_hours(metric, "feels_c"), expected, atol=0.051)
    np.testing.assert_allclose(of_hours(imperial, "feels_f"), expected * 1.8 + 32, atol=0.051)


def test_an_hour_feels_as_the_advice_says(cities):
    hours = cities.read("/forecast/latest", station=STATION)["hours"]
    feels_c = {hour["valid_at"]: hour["feels_c"]["p50"] for hour in hours}
    advice = cities.read("/recommendation/by_day", station=STATION, target_date="2024-04-11")
    for step in advice["timeline"]:
        at = datetime.fromisoformat(step["at"]).astimezone(tz=None)
        [same] = [name for name in feels_c if datetime.fromisoformat(name) == at]
        assert feels_c[same] == pytest.approx(step["feels_c"], abs=0.06)


def test_an_unknown_dew_point_has_no_humidity_and_a_station_without_rain_no_amount(cities):
    told = cities.read("/forecast/latest", station="EWR")
    assert {day["precip_mm"] for day in told["days"]} == {None}
    assert told["hours"][0]["feels_c"]["p50"]


def test_a_days_rain_is_the_sum_of_its_hours_by_trajectories(cities):
    metric, imperial = (
        cities.read("/forecast/latest", station=STATION, units=units)["days"]
        for units in ("metric", "imperial")
    )
    for day, told, same in zip(daily.days(two_cities(), STATION), metric, imperial, strict=False):
        expected_mm = np.quantile(day.members["precip_mm"].sum(axis=1), LEVELS)
        found_mm = [told["precip_mm"][level] for level in QUANTILE_NAMES]
        np.testing.assert_allclose(found_mm, expected_mm, atol=0.051)
        assert same["precip_in"]["p50"] == pytest.approx(expected_mm[4] / 25.4, abs=0.0051)


def test_quick_quantiles_are_numpys():
    values = np.random.default_rng(4).normal(size=(24, 30))
    values[3, 7] = np.nan
    np.testing.assert_allclose(quantiles(values), np.quantile(values, LEVELS, axis=0).T)
    one = values[:1, :7]
    np.testing.assert_array_equal(quantiles(one), np.repeat(one.T, len(LEVELS), axis=1))


def parts():
    """Queries for a part of the forecast."""
    return st.fixed_dictionaries(
        {"units": st.sampled_from(["metric", "imperial"])},
        optional={
            "hours": st.integers(1, 336),
            "variables": st.lists(st.sampled_from(sorted(METRIC_NAMES)), min_size=1, max_size=8),
            "quantiles": st.lists(st.sampled_from(QUANTILE_NAMES), min_size=1, max_size=5),
        },
    )


def as_query(part):
    """A part with its lists as a query has them."""
    return {
        name: ",".join(value) if isinstance(value, list) else value for name, value in part.items()
    }


def fields_of(part):
    """The fields that an hour should have, beside its times."""
    shown = quantities(part["units"])
    wanted = {METRIC_NAMES[name] for name in part.get("variables", SELECTABLE)}
    return {shown[name].name if name in shown else name for name in wanted}


@settings(max_examples=25, deadline=None)
@given(part=parts())
def test_a_part_has_the_same_values_as_the_whole(cities, part):
    whole = cities.read("/forecast/latest", station=STATION, units=part["units"])
    told = cities.read("/forecast/latest", station=STATION, **as_query(part))
    levels = [name for name in QUANTILE_NAMES if name in part.get("quantiles", QUANTILE_NAMES)]
    fields = fields_of(part)

    def cut(value):
        if isinstance(value, dict) and "p50" in value:
            return {level: value[level] for level in levels}
        return value

    def rows(of_whole, keep):
        return [
            {name: cut(value) for name, value in row.items() if name in keep} for row in of_whole
        ]

    assert told["hours"] == rows(whole["hours"][: part.get("hours")], fields | TIMES)
    assert told["observed"] == rows(whole["observed"], fields | TIMES)
    assert told["days"] == rows(whole["days"], whole["days"][0])
    if told["hours"][0].keys() - TIMES:
        assert list(told["hours"][0]) == [n for n in whole["hours"][0] if n in fields | TIMES]


@settings(max_examples=25, deadline=None)
@given(part=parts())
def test_a_part_of_the_table_has_the_same_cells_as_the_whole(cities, part):
    def table(**query):
        answer = cities.get("/forecast/latest.csv", station=STATION, **query)
        assert answer.status_code == 200
        return list(csv.DictReader(io.StringIO(answer.text)))

    whole, told = table(units=part["units"]), table(**as_query(part))
    assert len(told) == min(part.get("hours", 168), 168)
    for row, same in zip(told, whole, strict=False):
        assert row == {name: same[name] for name in row}
    quantity_of = {name: name.rpartition("_p")[0] or name for name in whole[0]}
    levels = part.get("quantiles", QUANTILE_NAMES)
    common = TIMES | {"station", "issued_at", "attribution"}
    expected = [
        name
        for name, quantity in quantity_of.items()
        if name in common
        or (quantity in fields_of(part) and (quantity == name or name[-3:] in levels))
    ]
    assert list(told[0]) == expected


@pytest.mark.parametrize("path", ["/forecast/latest", "/forecast/latest.csv"])
@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"variables": "temp_c,tmp_f"}, "there is no 'tmp_f', only: temp_c, dewpoint_c"),
        ({"variables": ""}, "only: "),
        ({"variables": "temp_c," * 60}, "of: "),
        ({"quantiles": "p50,p99"}, "there is no 'p99', only: p05, p10"),
        ({"hours": 0}, "greater than or equal to 1"),
        ({"hours": 337}, "less than or equal to 336"),
    ],
)
def test_what_there_is_not_is_refused_with_what_there_is(cities, path, query, said):
    answer = cities.get(path, **query)
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert error["field"] == f"query.{next(iter(query))}"
    assert said in error["message"]


def test_a_table_is_read_by_pandas_without_options(cities):
    text = cities.get("/forecast/latest.csv", station=STATION).text
    table = pd.read_csv(io.StringIO(text))
    assert len(table) == 168
    assert list(table.columns[:4]) == ["valid_at", "local_time", "lead_h", "temp_c_p05"]
    assert list(table.columns[-3:]) == ["station", "issued_at", "attribution"]
    assert set(table["station"]) == {108}
    assert set(table["issued_at"]) == {"2024-04-09T21:00:00Z"}
    assert str(pd.to_datetime(table["valid_at"])[0]) == "2024-04-09 22:00:00+00:00"
    assert table["precip_mm_p50"].notna().all()


def test_what_a_station_does_not_report_is_an_empty_cell(cities):
    table = pd.read_csv(io.StringIO(cities.get("/forecast/latest.csv", station="EWR").text))
    assert table["cloud_pct_p50"].isna().all()
    assert table["rain_chance"].isna().all()
    assert table["feels_c_p50"].notna().all()


def test_both_addresses_of_the_table_have_the_same_bytes(cities):
    query = {"station": STATION, "units": "imperial", "hours": 5, "quantiles": "p50"}
    old = cities.get("/forecast/latest", format="csv", **query)
    new = cities.get("/forecast/latest.csv", **query)
    assert (old.content, old.headers["content-type"]) == (new.content, new.headers["content-type"])
    assert old.headers["content-disposition"] == new.headers["content-disposition"]


def test_a_day_without_the_models_climatology_has_nothing_usual(cities):
    assert all(day["usual"] is None for day in cities.read("/forecast/latest")["days"])
