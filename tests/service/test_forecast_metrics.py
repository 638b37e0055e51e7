"""/metrics says what past forecasts and advice were worth, over all stations and in Prometheus'
units."""

import json

import pytest
from prometheus_client.parser import text_string_to_metric_families

from service.synthetic_snapshots import two_cities

TEMPERATURE = {
    "pairs": 10,
    "mae": 1.0,
    "persistence_mae": 2.0,
    "climatology_mae": 3.0,
    "bias": -0.5,
    "coverage_80": 0.7,
}
CLOUD = TEMPERATURE | {"mae": 20.0, "bias": 5.0}
RAIN = {
    "pairs": 40,
    "brier": 0.1,
    "persistence_brier": 0.2,
    "climatology_brier": 0.15,
    "bias": 0.01,
}
LABELS = ("variable", "leads", "days", "method")


def told(serve, scores: dict) -> dict[tuple[str, ...], float]:
    """The samples of a service whose refresh published these scores, by name and labels' values."""
    service = serve()
    service.shelf.publish(two_cities(), recent=json.dumps(scores).encode())
    service.reader.poll()
    families = text_string_to_metric_families(service.get("/metrics").text)
    return {
        (sample.name, *[sample.labels[name] for name in LABELS if name in sample.labels]): (
            sample.value
        )
        for family in families
        for sample in family.samples
        if sample.name.startswith(("wearcast_forecast_", "wearcast_advice_"))
    }


def test_every_pair_weighs_the_same_at_whatever_station(serve):
    other = TEMPERATURE | {"pairs": 30, "mae": 2.0, "bias": 0.5, "coverage_80": 0.9}
    found = told(
        serve,
        {
            "EWR": {"last_days": {"2": {"temp_c": {"1-6": TEMPERATURE}}}},
            "108": {"last_days": {"2": {"temp_c": {"1-6": other}}}},
        },
    )
    of = ("temp_c", "1-6", "2")
    error = "wearcast_forecast_absolute_error_celsius"
    assert found == {
        ("wearcast_forecast_verified_pairs", *of): 40,
        (error, *of, "forecast"): pytest.approx(1.75),
        (error, *of, "persistence"): pytest.approx(2.0),
        (error, *of, "climatology"): pytest.approx(3.0),
        ("wearcast_forecast_bias_celsius", *of): pytest.approx(0.25),
        ("wearcast_forecast_interval_coverage_ratio", *of): pytest.approx(0.85),
    }


def test_a_day_is_verified_where_any_station_has_pairs_of_it(serve):
    days = [{"on": f"2013-03-{day}", "pairs": 300, "mae": 1.0} for day in (11, 12, 13)]
    found = told(
        serve,
        {
            "EWR": {"forecast_by_day": days[:2]},
            "108": {"forecast_by_day": days[1:]},
            "JFK": {"forecast_by_day": []},
        },
    )
    assert found == {("wearcast_forecast_verified_days", "14"): 3}


def test_each_unit_has_a_name_of_its_own(serve):
    by_variable = {
        "wind_ms": {"all": TEMPERATURE},
        "cloud_pct": {"all": CLOUD},
        "rain": {"all": RAIN},
    }
    found = told(serve, {"EWR": {"last_days": {"14": by_variable}}})
    error = "wearcast_forecast_absolute_error_"
    assert found[f"{error}meters_per_second", "wind_ms", "all", "14", "forecast"] == 1.0
    assert found[f"{error}ratio", "cloud_pct", "all", "14", "forecast"] == pytest.approx(0.2)
    assert found["wearcast_forecast_bias_ratio", "cloud_pct", "all", "14"] == pytest.approx(0.05)
    assert found["wearcast_forecast_rain_bias_ratio", "rain", "all", "14"] == pytest.approx(0.01)
    brier = "wearcast_forecast_rain_brier_score"
    assert found[brier, "rain", "all", "14", "forecast"] == pytest.approx(0.1)
    assert found[brier, "rain", "all", "14", "climatology"] == pytest.approx(0.15)
    assert ("wearcast_forecast_interval_coverage_ratio", "rain", "all", "14") not in found


@pytest.mark.parametrize(
    "scores", [{}, {"EWR": {"forecasts": 3}}, {"EWR": {"last_days": {"2": {}, "14": {}}}}]
)
def test_there_are_no_figures_before_there_is_something_to_compare(serve, scores):
    assert told(serve, scores) == {}


def test_what_a_later_release_verifies_beside_does_not_hurt(serve):
    found = told(serve, {"EWR": {"last_days": {"2": {"snow_cm": {"1-6": TEMPERATURE}}}}})
    assert found["wearcast_forecast_verified_pairs", "snow_cm", "1-6", "2"] == 10


def test_the_advice_is_scored_in_clo_and_by_how_sure_it_was(serve):
    advice = {
        "days": 2,
        "clo_error": 0.1,
        "persistence_clo_error": 0.3,
        "climatology_clo_error": 0.4,
        "right_said": 0.8,
        "right": 0.7,
    }
    other = advice | {"days": 1, "clo_error": 0.4, "right": 1.0}
    found = told(
        serve,
        {
            "EWR": {"last_days_advice": {"2": advice, "14": {}}},
            "108": {"last_days_advice": {"2": other, "14": {}}},
        },
    )
    error = "wearcast_advice_absolute_error_clo"
    assert found == {
        ("wearcast_advice_judged_days", "2"): 3,
        (error, "2", "forecast"): pytest.approx(0.2),
        (error, "2", "persistence"): pytest.approx(0.3),
        (error, "2", "climatology"): pytest.approx(0.4),
        ("wearcast_advice_said_right_ratio", "2"): pytest.approx(0.8),
        ("wearcast_advice_right_ratio", "2"): pytest.approx(0.8),
    }


@pytest.mark.parametrize(
    "broken",
    [
        [],
        {"last_days": [1]},
        {"last_days": {"2": {"temp_c": {"1-6": TEMPERATURE | {"mae": None}}}}},
        {"last_days": {"2": {"temp_c": {"1-6": TEMPERATURE | {"pairs": 0}}}}},
        {"last_days": {"2": {"temp_c": {"1-6": {"mae": 1.0}}}}},
        {"last_days": {"2": {"temp_c": {"1-6": {"pairs": 10**400}}}}},
        {"last_days": {"2": {"\ud800": {"1-6": TEMPERATURE}}}},
    ],
)
def test_broken_scores_are_left_out_and_logged_once(serve, caplog, broken):
    service = serve()
    content = json.dumps({"EWR": broken, "108": {}}).encode()
    service.shelf.publish(two_cities(), recent=content)
    service.reader.poll()
    pages = [service.get("/metrics") for _ in range(2)]
    assert [page.status_code for page in pages] == [200, 200]
    assert "wearcast_snapshot_age_seconds" in pages[1].text
    assert "wearcast_input_missing_ratio" in pages[1].text
    assert "wearcast_forecast_verified_pairs" not in pages[1].text
    assert caplog.text.count("the metrics of past forecasts are left out") == 1


def test_broken_scores_of_forecasts_hide_none_of_the_advice(serve):
    advice = {"days": 2, "right_said": 0.8, "right": 0.7}
    found = told(serve, {"EWR": {"last_days": [], "last_days_advice": {"2": advice}}})
    assert found["wearcast_advice_judged_days", "2"] == 2


def test_the_drift_of_the_observations_is_that_of_the_worst_station(serve):
    service = serve()
    level = {"level": {"score": 0.4, "hours": 48}}
    stuck = {"level": {"score": 0.2, "hours": 1440}, "stuck": {"score": 1.5, "hours": 0}}
    scores = {
        "EWR": {"last_days": {}, "input_drift": {"temp_c": level}},
        "108": {"input_drift": {"temp_c": stuck}},
    }
    service.shelf.publish(two_cities(), recent=json.dumps(scores).encode())
    service.reader.poll()
    families = text_string_to_metric_families(service.get("/metrics").text)
    found = {
        (sample.labels["variable"], sample.labels["check"]): sample.value
        for family in families
        for sample in family.samples
        if sample.name == "wearcast_input_drift_score"
    }
    assert found == {("temp_c", "level"): 0.4, ("temp_c", "stuck"): 1.5}


def test_the_brier_score_of_rain_days_is_the_mean_over_all_days_of_stations(serve):
    scores = {"days": 10, "brier": 0.1, "persistence_brier": 0.3, "climatology_brier": 0.2}
    found = told(
        serve,
        {
            "EWR": {"last_days_rain": {"14": {"2-3": scores | {"bias": 0.0}}}},
            "108": {
                "last_days_rain": {"14": {"2-3": scores | {"brier": 0.2, "bias": 0.0}}, "2": {}}
            },
        },
    )
    brier = "wearcast_forecast_rain_day_brier_score"
    of = ("2-3", "14")
    assert found["wearcast_forecast_rain_day_verified_days", *of] == 20
    assert found[brier, *of, "forecast"] == pytest.approx(0.15)
    assert found[brier, *of, "persistence"] == pytest.approx(0.3)
    assert found[brier, *of, "climatology"] == pytest.approx(0.2)
