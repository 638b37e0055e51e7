"""The advice is judged by what it would have been worth: hand-made days with known answers, and
made-up evenings."""

from dataclasses import replace
from io import StringIO

import numpy as np
import pytest
from rich.console import Console

from unit.forecasting.synthetic import built, place, two_stations, with_values
from wearcast import artifacts
from wearcast.cli.advice_scores import certainty as how_sure
from wearcast.cli.advice_scores import differences, table, verdict
from wearcast.cli.report import clothes, clothes_markdown
from wearcast.clothing.bands import table_clo
from wearcast.clothing.certainty import certainty as certainty_of
from wearcast.clothing.comfort import required_clo
from wearcast.clothing.evaluation import Judged, judge
from wearcast.clothing.garment_groups import GROUPS, ids_of
from wearcast.clothing.judged_day import SCORES, JudgedDay, WornHours
from wearcast.clothing.ladders import ladder
from wearcast.clothing.weather_input import Weather
from wearcast.config import Evaluate
from wearcast.errors import ModelError
from wearcast.figures.clothing import Change, advice, by_temperature, certainty
from wearcast.forecasting.evaluation import headline
from wearcast.vocabulary import Activity, Sensitivity, Style

HOURS = np.arange("2013-11-05T05", "2013-11-06T05", dtype="datetime64[h]")
"""A day of New York's in UTC."""

SETTINGS = Evaluate(period="test", every_h=5, bootstrap=200, seed=1)
RIVALS = ("seasonal_naive", "climatology_drift", "prototype", "korean_table")


def day(temp_c, **fields) -> Weather:
    """A calm day; a number stands for all its hours."""
    return Weather.of(
        place(),
        HOURS,
        np.broadcast_to(np.asarray(temp_c, dtype=float), (*np.shape(temp_c)[:-1], 24)),
        **fields,
    )


def clo_at(temp_c: float) -> float:
    """The insulation of our outfit for a calm, dry hour."""
    return (
        ladder(Style.CASUAL)
        .at(
            float(
                required_clo(
                    np.asarray(temp_c), Activity.STROLLING, Sensitivity.AVERAGE, for_hours=False
                )
            )
        )
        .clo
    )


def scored(came: Weather, forecasts: dict[str, Weather]) -> dict[str, dict[str, float]]:
    return JudgedDay.of(came, forecasts).scores


def judged(came: Weather, told: Weather) -> dict[str, float]:
    return scored(came, {"network": told})["network"]


def test_a_forecast_that_comes_true_has_no_clo_error_and_leaves_only_what_cannot_come_off():
    swing = 8 - 7 * np.cos(2 * np.pi * (np.arange(24) - 3) / 24)
    rain = np.where(np.arange(24) == 9, 1.0, 0.0)
    weather = day(swing, wind_ms=np.full(24, 4.0), precip_mm=rain)
    found = scored(weather, {"network": weather})
    assert found["network"]["clo_error"] == 0
    assert found["network"]["hours_off"] == found["observed"]["hours_off"]
    assert found["network"]["umbrella_hit"] == 1


@pytest.mark.parametrize(
    ("told_c", "came_c", "cold", "warm"),
    [(0, 10, 0, 1), (10, 0, 1, 0), (10, 12, 0, 0), (12, 10, 0, 0)],
)
def test_clothes_for_ten_degrees_less_are_too_warm_at_every_hour_and_the_other_way_round(
    told_c, came_c, cold, warm
):
    found = judged(day(came_c), day(told_c))
    assert (found["hours_too_cold"], found["hours_too_warm"], found["hours_off"]) == (
        cold,
        warm,
        cold + warm,
    )
    assert found["clo_error"] == pytest.approx(abs(clo_at(told_c) - clo_at(came_c)))


def test_only_hours_outdoors_count():
    """But for the table's and UTCI's clothing, which know the mean of the whole day."""
    night = np.where((np.arange(24) >= 7) & (np.arange(24) < 22), 10.0, -20.0)
    found, expected = judged(day(night), day(10)), judged(day(10), day(10))
    of_whole_days = {"above_table_clo", "above_utci_clo"}
    for score in expected.keys() - of_whole_days:
        assert found[score] == pytest.approx(expected[score], nan_ok=True)


def test_a_layer_that_the_timeline_takes_off_is_not_too_warm():
    cold_morning = np.where(np.arange(24) < 10, 0.0, 12.0)
    found = judged(day(cold_morning), day(cold_morning))
    for_all_day = judged(day(cold_morning), day(0))
    assert found["clo_error"] == for_all_day["clo_error"] == 0
    assert found["hours_too_warm"] < 0.1
    assert for_all_day["hours_too_warm"] == pytest.approx(12 / 15)


@pytest.mark.parametrize(
    ("mean_c", "centre_c"),
    [
        (-9, 0),
        (5, 0),
        (5.1, 7.5),
        (10, 7.5),
        (10.1, 15),
        (20, 15),
        (20.1, 24),
        (28, 24),
        (28.1, 30),
        (36, 30),
    ],
)
def test_the_prototypes_rule_dresses_for_the_middle_of_its_band(mean_c, centre_c):
    found = scored(day(12), {"network": day(mean_c)})["prototype"]
    assert found["clo_error"] == pytest.approx(abs(clo_at(centre_c) - clo_at(12)))
    assert "umbrella_hit" not in found


def test_the_rule_reads_the_middle_of_our_members_daily_means():
    members = np.array([[2.0], [4.0], [30.0]]) + np.zeros(24)
    assert scored(day(0), {"network": day(members)})["prototype"]["clo_error"] == 0


@pytest.mark.parametrize(
    ("told_c", "came_c", "off", "tight"),
    [(10, 10, 0, 0), (5, 10, 0, 1), (10, 5, 0, 1), (0, 10, 1, 1)],
)
def test_five_degrees_are_off_by_the_tight_margin_alone(told_c, came_c, off, tight):
    found = judged(day(came_c), day(told_c))
    assert (found["hours_off"], found["hours_off_tight"]) == (off, tight)
    assert found["hours_too_warm_tight"] == (tight if told_c < came_c else 0)
    assert found["hours_too_cold_tight"] == (tight if told_c > came_c else 0)


def test_what_is_said_to_be_right_is_what_the_advice_says():
    members = np.linspace(4, 16, 50)[:, None] + np.zeros(24)
    case = JudgedDay.of(day(10), {"network": day(members), "seasonal_naive": day(10)})
    ours = case.advised["network"]
    assert case.scores["network"]["hours_right_said"] == certainty_of(ours).fits
    assert 0.3 < certainty_of(ours).fits < 0.7
    assert "hours_right_said" not in case.scores["seasonal_naive"]


@pytest.mark.parametrize("mean_c", [-9, 0, 7, 12.5, 25.5, 34])
def test_the_korean_table_is_worn_as_our_outfit_of_its_insulation(mean_c):
    found = scored(day(12), {"network": day(mean_c)})["korean_table"]
    clo = ladder(Style.CASUAL).at(float(table_clo(np.asarray(mean_c, dtype=float)))).clo
    assert found["clo_error"] == pytest.approx(abs(clo - clo_at(12)))
    assert "umbrella_hit" not in found


def test_the_tables_layers_come_off_where_that_is_nearer_to_the_need():
    cold_morning = np.where(np.arange(24) < 10, 0.0, 16.0)
    found = scored(day(cold_morning), {"network": day(cold_morning)})["korean_table"]
    assert found["hours_too_warm"] == 0


def test_the_outfit_is_held_against_the_table_and_utcis_clothing_at_the_observed_mean():
    found = scored(day(10.5), {"network": day(10.5)})
    for name in ("network", "observed"):
        assert found[name]["above_table_clo"] == pytest.approx(clo_at(10.5) - 1.16)
        assert found[name]["above_utci_clo"] == pytest.approx(clo_at(10.5) - 1.112, abs=0.001)


def test_garments_are_told_by_how_the_hours_felt_that_they_are_on_in():
    cold_morning = np.where(np.arange(24) < 12, 0.0, 14.0)
    worn = JudgedDay.of(day(cold_morning), {"network": day(cold_morning)}).worn
    assert worn.feels_c.shape == (15,)
    on = {
        group: (round(float(worn.feels_c[flags].max())) if flags.any() else None)
        for group, flags in worn.on.items()
    }
    assert (on["short_sleeves"], on["shorts"]) == (None, None)
    assert on["coat"] == 0


def test_groups_hold_garments_of_every_style():
    assert {"tank_top", "linen_shirt", "sundress"} <= ids_of("short_sleeves")
    assert not {"long_tshirt", "dress_shirt", "thermal_top"} & ids_of("short_sleeves")
    assert {"short_shorts", "walking_shorts", "running_shorts"} <= ids_of("shorts")
    assert {"wool_coat", "padded_coat"} <= ids_of("coat")
    assert {"gloves", "mittens"} <= ids_of("gloves")


@pytest.mark.parametrize(("wet_members", "carried"), [(1, 0), (2, 1), (5, 1)])
def test_an_umbrella_is_a_hit_on_a_wet_day_and_a_false_alarm_on_a_dry_one(wet_members, carried):
    told = day(
        np.full((5, 24), 10.0),
        precip_mm=np.where(np.arange(5)[:, None] < wet_members, 1.0, 0.0) + np.zeros(24),
    )
    at_noon = np.where(np.arange(24) == 12, 0.1, 0.0)
    wet, dry = (
        judged(day(10, precip_mm=at_noon), told),
        judged(day(10, precip_mm=np.zeros(24)), told),
    )
    assert wet["umbrella_hit"] == dry["umbrella_false_alarm"] == carried
    assert np.isnan([wet["umbrella_false_alarm"], dry["umbrella_hit"]]).all()


def test_rain_at_night_makes_no_wet_day():
    at_night = np.where(np.arange(24) == 23, 5.0, 0.0)
    assert (
        judged(day(10, precip_mm=at_night), day(10, precip_mm=np.zeros(24)))["umbrella_false_alarm"]
        == 0
    )


def test_a_day_whose_rain_nobody_knows_tells_nothing_of_umbrellas_unless_a_known_hour_was_wet():
    partly = np.where(np.arange(24) == 12, np.nan, 0.0)
    dry_or_not = judged(day(10, precip_mm=partly), day(10, precip_mm=np.zeros(24)))
    wet_anyway = judged(
        day(10, precip_mm=np.where(np.arange(24) == 9, 1.0, partly)),
        day(10, precip_mm=np.zeros(24)),
    )
    no_forecast = judged(day(10, precip_mm=np.zeros(24)), day(10))
    assert np.isnan(
        [
            dry_or_not["umbrella_hit"],
            dry_or_not["umbrella_false_alarm"],
            no_forecast["umbrella_false_alarm"],
        ]
    ).all()
    assert wet_anyway["umbrella_hit"] == 0


def test_what_is_missing_reaches_no_score():
    holes = np.where(np.arange(24) % 5 == 0, np.nan, 10.0)
    nothing = np.full(24, np.nan)
    came = day(holes, wind_ms=nothing, dewpoint_c=nothing, cloud_pct=nothing)
    found = scored(
        came,
        {
            "network": day(10, wind_ms=np.where(np.arange(24) == 8, np.nan, 0.0)),
            "seasonal_naive": day(holes),
        },
    )
    for name in ("network", "seasonal_naive", "prototype", "observed"):
        assert all(
            np.isfinite(found[name][score])
            for score in found[name]
            if not score.startswith("umbrella")
        )
    assert found["network"]["clo_error"] == 0


NOTHING_SAID = {
    score: {name: np.full((60, 3), np.nan) for name in ("network", "observed")}
    for score in ("hours_right_said", "hours_off_tight", "above_table_clo", "above_utci_clo")
}


def evenings(**drivers: np.ndarray) -> Judged:
    """Evenings a day apart with one score, the same on every day ahead."""
    n = len(next(iter(drivers.values())))
    issued_at = np.datetime64("2013-01-01T23", "h") + 24 * np.arange(n)
    return Judged(
        issued_at,
        (1, 3, 7),
        {
            "clo_error": {
                name: np.repeat(values[:, None], 3, axis=1) for name, values in drivers.items()
            },
            **NOTHING_SAID,
        },
        np.zeros((n, 3)),
        WornHours(np.array([]), {group: np.array([], dtype=bool) for group in GROUPS}),
        np.full((n, 3), np.nan),
        {},
    )


def test_identical_rivals_differ_by_nothing_at_all():
    errors = np.random.default_rng(0).random(60)
    same = {name: errors for name in ("network", *RIVALS)}
    minus = evenings(**same).metrics(SETTINGS)["network_minus"]["clo_error"]
    assert set(minus) == set(RIVALS)
    assert all(
        day == {"value": 0.0, "low": 0.0, "high": 0.0}
        for days in minus.values()
        for day in days.values()
    )


def test_a_constant_advantage_is_certain_whatever_the_weather():
    errors = np.random.default_rng(0).random(60)
    minus = evenings(network=errors, seasonal_naive=errors + 0.25).metrics(SETTINGS)[
        "network_minus"
    ]["clo_error"]
    assert minus["seasonal_naive"]["day_7"] == {"value": -0.25, "low": -0.25, "high": -0.25}


def test_evenings_that_tell_nothing_are_left_out_and_nothing_known_is_null():
    errors = np.where(np.arange(60) % 2, np.nan, 0.5)
    scores = evenings(network=errors, prototype=np.full(60, np.nan)).metrics(SETTINGS)["scores"][
        "clo_error"
    ]
    assert scores["network"]["day_1"]["value"] == 0.5
    assert scores["prototype"]["day_1"] == {"value": None, "low": None, "high": None}


def sure(said, right) -> Judged:
    """Evenings of one day ahead whose advice says so and turned out so."""
    said, right = np.array(said, dtype=float)[:, None], np.array(right, dtype=float)[:, None]
    return Judged(
        np.datetime64("2013-01-01T23", "h") + 24 * np.arange(len(said)),
        (1,),
        {"hours_right_said": {"network": said}, "hours_off_tight": {"network": 1 - right}},
        np.zeros(said.shape),
        WornHours(np.array([]), {}),
        np.full(said.shape, np.nan),
        {},
    )


def test_how_sure_is_held_against_how_right_by_bins_of_what_was_said():
    found = sure([0.82, 0.88, 1.0, 0.9, 0.3, np.nan], [0.9, 0.7, 1.0, 0.8, np.nan, 1.0]).certainty()
    assert found == [
        {"said_from": 0.8, "said_to": 0.9, "days": 2, "said": 0.85, "right": 0.8},
        {"said_from": 0.9, "said_to": 1.0, "days": 2, "said": 0.95, "right": 0.9},
    ]


def test_the_days_chance_of_rain_is_judged_where_the_days_rain_is_known():
    chances = {
        "network": np.array([[0.6], [0.1], [1.0]]),
        "climatology_drift": np.full((3, 1), 0.5),
    }
    judged = replace(
        sure([1.0] * 3, [1.0] * 3),
        was_wet=np.array([[1.0], [0.0], [np.nan]]),
        rain_chance=chances,
    )
    assert judged.rain() == {
        "observed": {"day_1": 0.5},
        "said": {"network": {"day_1": 0.35}, "climatology_drift": {"day_1": 0.5}},
        "brier": {"network": {"day_1": 0.085}, "climatology_drift": {"day_1": 0.25}},
    }


def test_the_outfit_beside_the_table_is_told_by_the_observed_means_band():
    day_ahead = {"network": np.array([[0.1], [0.2], [0.3]]), "observed": np.zeros((3, 1))}
    judged = replace(
        sure([1.0] * 3, [1.0] * 3),
        scores={"above_table_clo": day_ahead, "above_utci_clo": day_ahead},
        mean_c=np.array([[-0.1], [0.0], [4.9]]),
    )
    assert judged.beside_people()["network"] == {
        "below 0 °C": {"days": 1, "minus_table_clo": 0.1, "minus_utci_clo": 0.1},
        "0-5 °C": {"days": 2, "minus_table_clo": 0.25, "minus_utci_clo": 0.25},
    }


def test_garments_have_their_share_of_hours_and_the_middle_80_percent_of_their_temperatures():
    feels_c = np.arange(100.0)
    never, always = np.zeros(100, dtype=bool), np.ones(100, dtype=bool)
    on = {group: never for group in GROUPS} | {"gloves": feels_c <= 10, "coat": always}
    found = replace(sure([1.0], [1.0]), worn=WornHours(feels_c, on)).garments()
    assert found["gloves"] == {"share": 0.11, "p10_c": 1.0, "p50_c": 5.0, "p90_c": 9.0}
    assert found["coat"]["share"] == 1
    assert found["shorts"] == {"share": 0, "p10_c": None, "p50_c": None, "p90_c": None}


@pytest.fixture(scope="module")
def made() -> Judged:
    known = two_stations()
    return judge(known.stations, known.histories, known.split, built().forecaster, "test")


@pytest.fixture(scope="module")
def metrics(made) -> dict:
    """As reports/verification.json has them, as far as the clothes go."""
    share = {f"day_{d}": {"value": 0.5, "low": 0.4, "high": 0.6} for d in (1, 3, 7)}
    told = {"period": "test", "forecasts": 9, "from": "2013-01-01T00", "until": "2013-12-31T00"}
    return {**told, "bands": {"network": share}, "clothing": made.metrics(SETTINGS)}


def test_every_score_is_a_share_or_a_clo_error_and_the_whole_is_the_sum_of_its_parts(made):
    assert tuple(made.scores) == SCORES
    for score, drivers in made.scores.items():
        least = -1.5 if score.startswith("above_") else 0
        for name, values in drivers.items():
            assert values.shape == (len(made.issued_at), 3)
            known = values[np.isfinite(values)]
            assert ((known >= least) & (known <= 1.5)).all(), (score, name)
    for end in ("", "_tight"):
        for name, off in made.scores[f"hours_off{end}"].items():
            too_cold = made.scores[f"hours_too_cold{end}"][name]
            too_warm = made.scores[f"hours_too_warm{end}"][name]
            np.testing.assert_allclose(off, too_cold + too_warm)


def test_a_station_that_reports_no_rain_tells_nothing_of_umbrellas_and_the_other_all(made):
    half = len(made.issued_at) // 2
    for name in ("network", "seasonal_naive", "climatology_drift"):
        told = np.isfinite(made.scores["umbrella_hit"][name]) | np.isfinite(
            made.scores["umbrella_false_alarm"][name]
        )
        assert told[:half].all()
        assert not told[half:].any()


def test_the_metrics_are_small_json_and_the_same_every_time(made, metrics):
    text = artifacts.to_json(metrics["clothing"])
    assert text == artifacts.to_json(made.metrics(SETTINGS))
    assert len(text) < 32_000


@pytest.mark.parametrize(("lead_h", "judged"), [(-5, False), (12, False), (30, True), (70, False)])
def test_an_evening_is_passed_over_where_a_judged_day_or_the_last_one_misses_an_hour(
    made, lead_h, judged
):
    known = two_stations()
    record = known.histories["AAA"]
    issued = made.issued_at[: len(made.issued_at) // 2].max()
    temp_c = record.column("temp_c").copy()
    temp_c[np.searchsorted(record.valid_at, issued) + lead_h] = np.nan
    histories = {**known.histories, "AAA": with_values(record, temp_c=temp_c)}
    found = judge(known.stations, histories, known.split, built().forecaster, "test")
    of_station = found.issued_at[: len(found.issued_at) - len(made.issued_at) // 2]
    assert (issued in of_station) == judged
    assert len(found.issued_at) + found.passed_over == len(made.issued_at) + made.passed_over
    assert found.metrics(SETTINGS)["evenings_passed_over"] == found.passed_over


def test_a_role_without_an_evening_is_refused():
    known = two_stations()
    with pytest.raises(
        ModelError,
        match=r"no test evening can be judged: .* all 168 hours .* \(0 lack only these\)\. Give a",
    ):
        judge(
            known.stations,
            known.histories,
            replace(known.split, test=()),
            built().forecaster,
            "test",
        )


def test_the_headline_takes_two_scores_of_the_advice_where_it_was_judged(metrics):
    zero = {"all": 0.0}
    network = {
        name: {"network": zero} for name in ("mae", "crps", "coverage_80", "skill_vs_climatology")
    }
    days = {"mae": {"max": {"day_1": 0.0}}, "coverage_80": {"max": 0.0}}
    rest = {
        "temp_c": network,
        "days": days,
        "network_against": {"ridge": {}},
        "rain": {"brier": {"network": zero}},
    }
    head, before = headline({**metrics, **rest}), headline({**metrics, **rest, "clothing": {}})
    scores = metrics["clothing"]["scores"]
    assert {name: head[name] for name in head.keys() - before.keys()} == {
        "clo_error_day_1": scores["clo_error"]["network"]["day_1"]["value"],
        "hours_off_day_1": scores["hours_off"]["network"]["day_1"]["value"],
    }


def test_the_table_has_a_row_a_driver_and_says_where_there_is_nothing_to_tell(metrics):
    rows = {row["advice driven by"]: row for row in table(metrics)}
    ours, last = rows["our forecast"], rows["the weather itself"]
    value = metrics["clothing"]["scores"]["clo_error"]["network"]["day_3"]["value"]
    assert ours["clo error"].split("/")[1] == f"{value:.2f}"
    assert ours["right band"] == "50/50/50 %"
    assert (last["clo error"], last["umbrella hits"], last["right band"]) == ("–", "–", "–")


def hand_made(score: str, **by_day) -> dict:
    """Differences from persistence, `low` and `high` a day."""
    days = {
        name: {"value": None if low is None else (low + high) / 2, "low": low, "high": high}
        for name, (low, high) in by_day.items()
    }
    return {"clothing": {"network_minus": {score: {"seasonal_naive": days}}}}


def test_the_verdict_says_better_worse_and_the_same_and_that_more_hits_are_better():
    beside = "Beside persistence (last day)"
    found = verdict(hand_made("clo_error", day_1=(-0.2, -0.1), day_3=(-0.1, 0.1), day_7=(0.1, 0.2)))
    assert (
        found[0]
        == f"{beside}, clo error: better on day 1, worse on day 7, the same within the noise on"
        " day 3."
    )
    found = verdict(
        hand_made("umbrella_hit", day_1=(-0.2, -0.1), day_3=(0.1, 0.2), day_7=(None, None))
    )
    assert (
        found[0] == f"{beside}, umbrella hits: better on day 3, worse on day 1, unknown on day 7."
    )


def test_differences_are_told_with_their_intervals():
    (row,) = differences(
        hand_made("clo_error", day_1=(-0.2, -0.1), day_3=(-0.1, 0.1), day_7=(None, None)),
        "clo_error",
    )
    assert list(row.values()) == [
        "persistence (last day)",
        "-0.15 (-0.20 … -0.10)",
        "+0.00 (-0.10 … +0.10)",
        "–",
    ]


def test_the_report_prints_the_table_and_the_readme_has_the_intervals_too(metrics):
    console = Console(file=StringIO(), width=220, record=True)
    console.print(clothes(metrics))
    printed = console.export_text()
    assert "our forecast" in printed
    assert "persistence (last day)" in printed
    text = clothes_markdown(metrics)
    assert all(
        row["hours off"] in printed and " | ".join(row.values()) in text for row in table(metrics)
    )
    assert all(" | ".join(row.values()) in text for row in differences(metrics, "clo_error"))
    assert all(" | ".join(row.values()) in text for row in how_sure(metrics))


def test_how_sure_is_told_in_percent_by_bins():
    bins = sure([0.82, 0.88, 1.0], [0.9, 0.7, 1.0]).certainty()
    assert how_sure({"clothing": {"certainty": bins}}) == [
        {"said to be right": "80–90 %", "days": "2", "said": "85 %", "was right": "80 %"},
        {"said to be right": "90–100 %", "days": "1", "said": "100 %", "was right": "100 %"},
    ]


def test_the_figure_shows_every_drivers_score_with_its_interval(metrics):
    scores = metrics["clothing"]["scores"]
    chart = advice({"error, clo": scores["clo_error"], "hours": scores["hours_off"]}, "title")
    ours = next(trace for trace in chart.data if trace.name == "our forecast")
    told = scores["clo_error"]["network"].values()
    np.testing.assert_array_equal(ours.y, [day["value"] for day in told])
    np.testing.assert_allclose(ours.y + ours.error_y.array, [day["high"] for day in told])
    np.testing.assert_allclose(ours.y - ours.error_y.arrayminus, [day["low"] for day in told])
    assert len(chart.data) == len(scores["clo_error"]) + len(scores["hours_off"])
    in_legend = [trace.name for trace in chart.data if trace.showlegend]
    assert sorted(in_legend) == sorted({trace.name for trace in chart.data})


def test_the_figure_of_certainty_shows_every_bin():
    bins = sure([0.82, 0.88, 1.0], [0.9, 0.7, 1.0]).certainty()
    ideal, ours = certainty(bins, "title").data
    assert (ideal.x, ideal.y) == ((0, 1), (0, 1))
    assert (ours.x, ours.y) == ((0.85, 1.0), (0.8, 1.0))
    assert ours.text == ("2 days", "1 days")


def test_the_figure_by_temperature_names_what_is_new_at_each_step():
    temp_c = np.array([8.0, 9.0, 10.0])
    lines = {name: np.ones(3) for name in ("Korean table", "UTCI clothing", "MENEX_2005")}
    changes = [Change(8.5, 1.2, 1.3, "wool coat"), Change(-1.5, 1.6, 1.7, "gloves")]
    chart = by_temperature(temp_c, np.array([1.3, 1.2, 1.2]), lines, changes)
    assert [trace.name for trace in chart.data] == [*lines, "outfit"]
    assert [(label.x, label.y, label.text) for label in chart.layout.annotations] == [
        (8.5, 1.3, "wool coat"),
        (-1.5, 1.6, "gloves"),
    ]
