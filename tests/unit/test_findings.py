"""What the stages' pages say first: sentences that follow from the numbers."""

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from unit.forecasting.synthetic import TINY
from wearcast.forecasting.daily import Day
from wearcast.forecasting.guidance_used import GuidanceRun, GuidanceUsed
from wearcast.forecasting.split import Split
from wearcast.forecasting.training import LearningCurve
from wearcast.notebook.findings import evaluate, forecast, guidance, ingest, preprocess, train
from wearcast.notebook.findings.phrases import as_list, listed, runs, signed
from wearcast.weather.observations import COLUMNS
from wearcast.weather.stations import CATALOGUE

LEADS = np.arange(1, 169)
SEOUL = CATALOGUE["108"]


def plain_spaces(text: str) -> str:
    """The text without the spaces that keep a unit beside its number."""
    return text.replace("\u00a0", " ")


def test_numbers_and_lists_read_as_people_write_them():
    assert plain_spaces(signed(-12.44, "%")) == "−12.4 %"
    assert plain_spaces(signed(-0.01, "%")) == "+0.0 %"
    assert [listed(items) for items in ([], ["a"], ["a", "b", "c"])] == ["", "a", "a, b and c"]
    assert runs(np.array([True, False, True, True])) == [(0, 0), (2, 3)]
    assert as_list(["<b> & co."]).data == "- &lt;b&gt; &amp; co."


def test_ingest_tells_hours_gaps_and_extremes():
    hours = pd.date_range("2021-01-01", periods=72, freq="h", tz="UTC").delete([5, 6])
    raw = pd.DataFrame({"station": "108", "valid_at": hours, "temp_c": np.arange(70.0) - 20})
    raw = raw.reindex(columns=COLUMNS)
    days = {"108": pd.DataFrame({"precip_mm": [1.5, 2.5]}, index=hours[[0, 30]])}
    [amount, without_row, *_, extremes, wettest] = ingest.sentences(raw, [SEOUL], days)
    assert amount.startswith("70 hourly observations of 1 station (Seoul")
    assert "2 hours in all" in without_row
    assert "from −20.0 °C" in plain_spaces(extremes)
    assert "January 2021" in wettest


def test_preprocess_tells_what_was_removed_and_why():
    column = {"observed": 100, "impossible": 1, "spikes": 0, "stuck": 0, "derived": 0}
    column |= {"interpolated": 2, "share_missing": 0.01, "longest_gap_h": 5}
    removed = pd.DataFrame(
        {
            "station": ["108"],
            "valid_at": [pd.Timestamp("2021-02-12T09", tz="UTC")],
            "column": ["temp_c"],
            "was": [99.0],
        }
    )
    day = np.array(["2021-01-01T00", "2021-01-11T00"], dtype="datetime64[h]")
    split = Split((tuple(day),), (), ())
    first, filled, missing, roles = preprocess.sentences(
        {"108": {"columns": {"temp_c": column}}}, removed, split
    )
    assert plain_spaces(first) == (
        "1 value of 100 removed (1 impossible). The first: temperature 99.0 °C at 108,"
        " 12 Feb 2021, 09:00 UTC."
    )
    assert filled.startswith("2 values")
    assert "1.0 %" in plain_spaces(missing)
    assert roles.startswith("10 days train in 1 period, 0 days validate")


def test_guidance_tells_bias_steps_and_what_is_left_out():
    temps = {"bias_by_age": {"1": -1.05}, "steps": [{"day": "2024-11-11", "size": -1.9}]}
    of_model = {"rows": 3, "first": "2024-02-19T23Z", "last": "2025-02-28T23Z"}
    removed = {"model": "gfs", "variable": "precip_mm", "ages": [4, 5], "since": ""}
    removed["reason"] = "times 0.5"
    report = {
        "108": {
            "models": {
                "ecmwf": {**of_model, "variables": {"temp_c": temps}},
                "gfs": {**of_model, "variables": {}},
            },
            "left_out": {"gfs": {"reason": "it has stopped", "since": "2025-02-20"}},
            "removed": [removed],
        }
    }
    assert [plain_spaces(line) for line in guidance.sentences(report)] == [
        "108: 6 forecasts by ecmwf and gfs, 2024-02-19T23Z to 2025-02-28T23Z.",
        "108: a day ahead the temperature is off, on the mean, of ecmwf by −1.1 °C.",
        "108: gfs is left out from 2025-02-20 on: it has stopped.",
        "108: the precipitation of gfs 4 and 5 d ahead is left out: times 0.5.",
        (
            "108: the temperatures of ecmwf fell by 1.9 °C on 2024-11-11, against the observations"
            " and the other models: it may have been changed."
        ),
    ]


@pytest.mark.parametrize(
    ("validation", "side", "explained"),
    [([0.40, 0.41, 0.42], "2.5 % above", True), ([0.40, 0.38, 0.39], "5.0 % below", False)],
)
def test_train_tells_why_the_kept_epoch_stands_above_the_ridge_where_it_does(
    validation, side, explained
):
    curve = LearningCurve([0.3, 0.29, 0.28], validation)
    scores = {"windows": 7, "crps_sd": {"temp_c": {"1-24": 0.42}, "cloud_pct": None}}
    windows = {"train": 9, "validation": 8}
    origin = {
        "chosen": {"annual_harmonics": 1},
        "median": {"left_out": 0},
        "calibrated_on": {"left_out": 0},
        "validation": scores,
    }
    told = train.sentences(curve, windows, origin, TINY)
    assert told[0].startswith("The climatology has 1 annual harmonic, as train.annual_harmonics")
    assert side in told[1]
    assert any(sentence.startswith("Why above it") for sentence in told) == explained
    assert told[-1].endswith("temperature 0.42.")


def test_evaluate_tells_where_it_is_worse_than_climatology():
    ranges = {"1-24": 2.0, "25-72": 2.5, "73-168": 3.0, "all": 2.8}
    by_day = {"network": {"day_1": {"value": 0.1}, "day_3": {"value": None}}}
    names = ("clo_error", "hours_off", "umbrella_hit", "umbrella_false_alarm")
    metrics = {
        "forecasts": 9,
        "temp_c": {
            "mae": {"network": ranges, "climatology": ranges},
            "coverage_80": {"network": {"all": 0.7}},
        },
        "network_against": {"ridge": {"all": {"value": -0.6, "low": -1.4, "high": 0.1}}},
        "clothing": {"scores": dict.fromkeys(names, by_day)},
    }
    wind = np.where((LEADS >= 30) & (LEADS <= 40), 5.0, -1.0)
    table = pd.DataFrame({"lead_h": LEADS, "temp_c": -10.0, "wind_ms": wind, "rain": np.nan})
    told = [plain_spaces(sentence) for sentence in evaluate.sentences(metrics, table)]
    better = "Better at every lead than climatology with the past year's anomaly: temperature."
    assert better in told
    assert any(
        sentence.startswith(
            "Worse than climatology with the past year's anomaly: wind at 30-40 h, by up to 5.0 %"
        )
        for sentence in told
    )
    assert any(sentence.endswith("the range is too narrow.") for sentence in told)
    assert told[-1].startswith("The umbrella is a weak point: advised on 10 / – % of the wet days")


def days_of_january(count: int) -> list[Day]:
    """Each with wider temperatures and more rain than the one before."""
    quantiles = np.linspace(-1.0, 1.0, 9)
    hours = np.zeros(0, dtype="datetime64[h]")
    return [
        Day(
            date=date(2021, 1, day),
            valid_at=hours,
            hours=hours,
            observed_h=0,
            temp_c={"min": quantiles - day, "max": quantiles + day},
            daily_rain_chance=0.1 * day,
            members={},
        )
        for day in range(1, count + 1)
    ]


def test_forecast_tells_the_coldest_day_and_that_no_day_is_wet():
    week, issued = days_of_january(3), pd.Timestamp("2021-01-01T19")
    told = [plain_spaces(sentence) for sentence in forecast.sentences(SEOUL, issued, week, [])]
    assert told[1].startswith("Coldest on Sunday (low −3 °C), warmest on Sunday (high 3 °C)")
    assert told[3] == "No day is likely to be wet; the highest chance is 30 % on Sunday."


def test_forecast_says_that_the_last_days_are_the_seasons_only_where_the_past_alone_forecasts():
    week, issued = days_of_january(5), pd.Timestamp("2021-01-01T19")
    alone = forecast.sentences(SEOUL, issued, week, [])
    assert any("usual for the season" in sentence for sentence in alone)
    at = datetime(2021, 1, 1, 6, tzinfo=UTC)
    runs = (GuidanceRun("ecmwf_ifs025", at, at), GuidanceRun("gfs_seamless", at, at))
    used = GuidanceUsed("open_meteo", runs, (), 162, 162)
    told = forecast.sentences(SEOUL, issued, week, [], used)
    assert told[1] == (
        "Made from numerical forecasts of ecmwf_ifs025 and gfs_seamless, up to 162 h ahead."
    )
    assert not any("season" in sentence for sentence in told)
