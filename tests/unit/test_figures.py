"""Figures of forecasts and of how good they were show the numbers they were given."""

import numpy as np
import plotly.graph_objects as go
import pytest

from wearcast.figures import forecast, guidance, observations, verification
from wearcast.figures.palette import METHOD_LINE
from wearcast.figures.value_range import clip_axis, robust_limits

HOURS = np.arange("2013-07-01T00", "2013-07-08T00", dtype="datetime64[h]")
QUANTILES = np.arange(9.0) + np.sin(np.arange(len(HOURS)))[:, None]


def named(chart, name):
    return next(trace for trace in chart.data if trace.name == name)


def test_the_week_shows_median_intervals_what_was_observed_and_the_chance_of_rain_in_per_cent():
    chance = np.linspace(0, 1, len(HOURS))
    past = HOURS[:48] - np.timedelta64(48, "h")
    chart = forecast.week(HOURS, QUANTILES, chance, QUANTILES + 1, past, np.arange(48.0), "title")
    np.testing.assert_array_equal(named(chart, "median").y, QUANTILES[:, 4])
    np.testing.assert_array_equal(named(chart, "80 %").y, QUANTILES[:, 7])
    np.testing.assert_array_equal(named(chart, "50 %").y, QUANTILES[:, 6])
    np.testing.assert_array_equal(named(chart, "observed").y, np.arange(48.0))
    bars = next(trace for trace in chart.data if trace.type == "bar")
    np.testing.assert_array_equal(bars.y, 100 * chance)
    assert chart.layout.title.text == "title"


def test_an_interval_is_filled_down_to_its_own_lower_quantile():
    chart = forecast.week(
        HOURS, QUANTILES, np.zeros(len(HOURS)), QUANTILES, HOURS[:0], np.array([]), "title"
    )
    names = [trace.name for trace in chart.data]
    for name, low in (("80 %", 1), ("50 %", 2)):
        assert named(chart, name).fill == "tonexty"
        np.testing.assert_array_equal(chart.data[names.index(name) - 1].y, QUANTILES[:, low])


@pytest.mark.parametrize("members", [5, 12, 50])
def test_a_dozen_trajectories_are_drawn_or_all_there_are(members):
    weeks = np.random.default_rng(0).normal(size=(members, len(HOURS)))
    chart = forecast.trajectories(HOURS, weeks, "temp_c", "title")
    assert min(members, 12) <= len(chart.data) <= 13
    np.testing.assert_array_equal(chart.data[0].y, weeks[0])


def test_a_day_has_its_medians_and_80_per_cent_whiskers():
    low, high = np.arange(9.0)[None], np.arange(9.0)[None] + 10
    chart = forecast.days(["Mon"], low, high, "title")
    highest = named(chart, "highest")
    assert (highest.y[0], highest.error_y.array[0], highest.error_y.arrayminus[0]) == (14, 3, 3)


def test_the_learning_curve_marks_the_epoch_that_was_kept():
    chart = verification.learning_curve([3, 2, 1], [3, 2.5, 2.6], 1, "title")
    assert list(named(chart, "validation").y) == [3, 2.5, 2.6]
    assert list(named(chart, "the linear path alone (ridge)").y) == [3, 3, 3]
    assert "kept: epoch 1" in [note.text for note in chart.layout.annotations]
    assert chart.layout.shapes[0].x0 == 1


def test_what_is_worse_than_climatology_stands_on_the_shaded_ground():
    change = {"wind_ms": np.array([-5.0, 0.0, 8.0]), "rain": np.array([np.nan, -1.0, -2.0])}
    chart = verification.against_climatology(np.arange(1, 4), change, "title")
    assert list(named(chart, "wind").y) == [-5, 0, 8]
    assert named(chart, "chance of rain").x[-1] == 3
    ground = chart.layout.shapes[0]
    assert ground.y0 == 0
    assert ground.y1 > 8


def test_an_outlier_is_told_at_the_edge_and_does_not_flatten_the_others():
    values = np.append(np.sin(np.arange(100.0)), [400.0, np.nan])
    chart = go.Figure()
    clip_axis(chart, np.arange(102), values, robust_limits(values), "m/s")
    low, high = chart.layout.yaxis.range
    assert -1.3 < low < -1
    assert 1 < high < 1.3
    [mark] = chart.data
    assert (list(mark.x), list(mark.text)) == ([100], ["400.0 m/s"])


@pytest.mark.parametrize(
    "values", [np.arange(50.0), np.zeros(50), np.full(5, np.nan)], ids=["even", "zero", "unknown"]
)
def test_values_without_an_outlier_leave_the_axis_to_plotly(values):
    chart = go.Figure()
    clip_axis(chart, np.arange(len(values)), values, robust_limits(values), "mm")
    assert not chart.data
    assert chart.layout.yaxis.range is None


def test_a_removed_value_far_off_is_told_beside_what_was_kept():
    at = HOURS[:5]
    kept = np.array([3.0, 4.0, 3.5, 4.0, 5.0])
    raw = np.array([3.0, 4.0, 468.7, 4.0, 5.0])
    chart = observations.repair(at, raw, kept, np.arange(5) == 2, "wind_ms", "title")
    assert list(named(chart, "beyond the axis").text) == ["468.7 m/s"]
    assert chart.layout.yaxis.range[1] < 6


def test_months_of_rain_begin_at_zero_beside_an_impossible_one():
    months = np.arange("2021-01", "2022-01", dtype="datetime64[M]")
    totals = np.linspace(50.0, 120.0, 12)
    totals[3] = 99_999.0
    chart = observations.monthly_precipitation(months, {"108": totals}, "title")
    assert list(named(chart, "beyond the axis").text) == ["99,999.0 mm"]
    low, high = chart.layout.yaxis.range
    assert low <= 0
    assert high < 140


def test_errors_by_lead_are_drawn_for_the_methods_there_are_in_colours_that_never_change():
    lead = np.arange(1, 169)
    few = verification.error_by_lead(
        lead, {"persistence": lead * 1.0, "network": lead * 0.5}, "title"
    )
    every = verification.error_by_lead(lead, dict.fromkeys(METHOD_LINE, lead * 1.0), "title")
    assert [trace.name for trace in few.data] == ["network", "persistence"]
    for name in ("network", "persistence"):
        assert named(few, name).line.color == named(every, name).line.color
    assert len({(trace.line.color, trace.line.dash) for trace in every.data}) == len(METHOD_LINE)


def test_reliability_is_drawn_beside_the_ideal():
    levels = np.array([0.1, 0.5, 0.9])
    chart = verification.reliability(levels, {"observed": levels + 0.02}, "title")
    assert list(named(chart, "ideal").y) == [0, 1]
    np.testing.assert_array_equal(named(chart, "observed").x, levels)
    np.testing.assert_array_equal(named(chart, "observed").y, levels + 0.02)


def test_the_map_of_errors_has_a_row_a_month_and_leaves_out_what_was_not_forecast():
    grid = np.full((12, 24), np.nan)
    grid[0, 5] = 1.5
    chart = verification.error_map(grid, "title")
    assert (chart.data[0].y[0], chart.data[0].z[0][5]) == ("Jan", 1.5)
    assert chart.data[0].hoverongaps is False


def test_differences_have_their_intervals_and_0_is_marked():
    chart = verification.differences({"ridge": {"value": 1.0, "low": -2.0, "high": 3.0}}, "title")
    drawn = chart.data[0]
    assert (drawn.x[0], drawn.error_x.array[0], drawn.error_x.arrayminus[0], drawn.y[0]) == (
        1.0,
        2.0,
        3.0,
        "ridge",
    )
    assert chart.layout.shapes[0].x0 == 0


def test_a_difference_from_too_few_forecasts_is_drawn_without_an_interval():
    chart = verification.differences({"ridge": {"value": 1.0, "low": None, "high": None}}, "title")
    drawn = chart.data[0]
    assert drawn.x[0] == 1.0
    assert np.isnan([drawn.error_x.array[0], drawn.error_x.arrayminus[0]]).all()


def test_what_the_models_said_stands_beside_what_came():
    said = {"one": np.arange(168.0), "two": np.arange(168.0) + 1}
    chart = guidance.said_and_observed(HOURS, said, np.arange(168.0) - 1, "temp_c", "title")
    np.testing.assert_array_equal(named(chart, "two").y, said["two"])
    np.testing.assert_array_equal(named(chart, "observed").y, np.arange(168.0) - 1)
    assert named(chart, "observed").line.width > named(chart, "one").line.width


def test_the_bias_of_each_model_is_a_line_by_hour_around_zero():
    hours = np.arange(24)
    bias = {"one": np.linspace(-1, 1, 24)}
    chart = guidance.bias_by_hour(hours, bias, "temp_c", "title")
    np.testing.assert_array_equal(named(chart, "one").y, bias["one"])
    (zero,) = chart.layout.shapes
    assert (zero.y0, zero.y1) == (0, 0)
