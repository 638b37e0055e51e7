"""What comes of guidance at a station: biases out, missing models filled in, and no jump at its
end."""

from dataclasses import replace

import numpy as np
import pytest

from unit.forecasting.synthetic import two_stations
from unit.forecasting.synthetic_guidance import BIASES_C, MODELS, guidance_of
from wearcast.forecasting import guidance_regression, station_guidance
from wearcast.forecasting.channels import TARGETS, channel_values
from wearcast.forecasting.guidance_inputs import (
    BIAS_DAYS,
    LEAST_BIAS_DAYS,
    GuidanceInputs,
    observed_targets,
    usual_offsets,
)
from wearcast.forecasting.guidance_record import VARIABLES
from wearcast.forecasting.guidance_regression import PastForecasts
from wearcast.forecasting.guidance_tail import REACH_H, Tail, last_reached
from wearcast.forecasting.windows import CALENDAR

HORIZON_H = 72
REACHED_H = 66
TEMP = 0


def inputs_of(record, guidance=None) -> GuidanceInputs:
    guidance = guidance or guidance_of(record)
    observed = observed_targets(record.valid_at, channel_values(record), guidance.valid_at)
    return GuidanceInputs(guidance, observed, usual_offsets(guidance))


def past_of(record, every_h: int = 11, days: int = 360) -> tuple[PastForecasts, np.ndarray]:
    """Forecasts from the past that are the mean of the record, and what came."""
    at = np.arange(40 * 24, days * 24 - HORIZON_H - 24, every_h)
    rows = at[:, None] + np.arange(1, HORIZON_H + 1)
    observed = np.stack([record.column(name)[rows] for name in TARGETS], axis=-1)
    means = np.nanmean(observed, axis=(0, 1), keepdims=True)
    past = PastForecasts(
        issued_at=record.valid_at[at],
        medians=np.broadcast_to(means, observed.shape).astype(np.float32),
        wet_chance=np.full(rows.shape, 0.2, dtype=np.float32),
        calendar=np.zeros((*rows.shape, CALENDAR), dtype=np.float32),
    )
    return past, observed.astype(np.float32)


def verifying(observed: np.ndarray) -> station_guidance.Verifying:
    """What came, of which the rain is unknown."""
    unknown = np.full(observed.shape[:2], np.nan, dtype=np.float32)
    return station_guidance.Verifying(observed, unknown, unknown)


@pytest.fixture(scope="module")
def record():
    return two_stations().histories["AAA"]


@pytest.fixture(scope="module")
def fitted(record):
    past, observed = past_of(record)
    inputs = inputs_of(record)
    station, out_of_fold = station_guidance.fit(
        inputs.record, inputs.observed, past, verifying(observed), days=400, folds=3
    )
    return station, out_of_fold, past, observed


def mae(medians: np.ndarray, observed: np.ndarray, target: int = TEMP) -> np.ndarray:
    return np.nanmean(np.abs(medians - observed)[..., target], axis=0)


def test_the_bias_is_the_mean_error_at_the_same_hour_that_was_known(record):
    inputs = inputs_of(record)
    at = 2000
    lead = 30
    seen = inputs.at(record.valid_at[[at]], np.array([lead]))
    known = np.arange(at + lead - 48, -1, -24)[:BIAS_DAYS]
    said = inputs.record.known_before(lead).mean(axis=0)[known, TEMP]
    expected = np.nanmean(said - record.column("temp_c")[known])
    assert seen.bias[0, 0, TEMP] == pytest.approx(expected, abs=1e-4)
    assert seen.bias[0, 0, TEMP] == pytest.approx(np.mean(BIASES_C), abs=0.5)


def test_a_bias_of_too_few_days_is_unknown(record):
    inputs = inputs_of(record)
    day = 24 * LEAST_BIAS_DAYS
    seen = inputs.at(record.valid_at[[day - 25, day + 1]], np.array([1]))
    assert np.isnan(seen.bias[0, 0, TEMP])
    assert np.isfinite(seen.bias[1, 0, TEMP])


def test_what_is_observed_later_changes_nothing(record):
    """Observations after the issue time, and what could be had after it, may be anything."""
    inputs = inputs_of(record)
    at = 3000
    leads = np.arange(1, REACHED_H + 1)
    later = np.arange(len(inputs.record)) > at
    observed = np.where(later[:, None], np.float32(99), inputs.observed)
    too_late = inputs.record.ages_h < (np.arange(len(inputs.record)) - at)
    values = np.where(too_late[..., None], np.float32(99), inputs.record.values)
    poisoned = replace(inputs, observed=observed, record=replace(inputs.record, values=values))
    before = inputs.at(record.valid_at[[at]], leads)
    after = poisoned.at(record.valid_at[[at]], leads)
    for name in ("around", "mean", "bias", "recent", "values", "spread_c"):
        np.testing.assert_array_equal(getattr(before, name), getattr(after, name), name)


def test_a_missing_model_is_taken_to_differ_as_it_usually_does(record):
    whole = inputs_of(record)
    gone = replace(whole, record=whole.record.only(("one",)).only(MODELS))
    issued = record.valid_at[3000:3100:7]
    leads = np.arange(1, 25)
    with_both = whole.at(issued, leads).mean[..., TEMP]
    with_one = gone.at(issued, leads).mean[..., TEMP]
    assert np.abs(with_both - with_one).mean() < 0.5
    alone = gone.record.known_before(1)[0, :, TEMP]
    assert np.nanmean(alone - whole.record.known_before(1).mean(axis=0)[:, TEMP]) > 0.9


def test_a_year_of_archive_is_regressed_and_beats_the_past(fitted):
    station, out_of_fold, past, observed = fitted
    assert (station.fresh.shares[:REACHED_H, TEMP, 2] == 1).all()
    ours = mae(out_of_fold.medians, observed)
    theirs = mae(past.medians, observed)
    assert (ours[:REACHED_H] < 0.4 * theirs[:REACHED_H]).all()
    assert station.usual_reach_h == REACHED_H


def test_the_wind_is_shrunk_half_way_to_the_past_at_least(fitted):
    station, *_ = fitted
    wind = station.fresh.shares[:REACHED_H, TARGETS.index("wind_ms")]
    assert (wind[:, 0] >= 0.5).all()
    assert (wind[:, 1] == 0).all()


def test_a_short_archive_has_its_bias_taken_out(record):
    past, observed = past_of(record, days=100)
    inputs = inputs_of(record)
    combination, out_of_fold = guidance_regression.fit(inputs, past, observed, days=60, folds=3)
    assert (combination.shares[:REACHED_H, TEMP] == [0, 1, 0]).all()
    bias = np.nanmean((out_of_fold - observed)[:, :REACHED_H, TEMP])
    assert abs(bias) < 0.15


def test_guidance_worse_than_the_past_is_not_used(record):
    past, observed = past_of(record)
    rng = np.random.default_rng(3)
    guidance = guidance_of(record)
    nonsense = replace(guidance, values=rng.normal(0, 30, guidance.values.shape).astype(np.float32))
    exact = replace(past, medians=np.nan_to_num(observed))
    combination, _ = guidance_regression.fit(
        inputs_of(record, nonsense), exact, observed, days=60, folds=3
    )
    assert (combination.shares[:REACHED_H, TEMP] == [1, 0, 0]).all()


def test_an_anchored_regression_is_the_same_as_one_of_what_is_left_of_the_bias(record):
    past, observed = past_of(record, days=200)
    inputs = inputs_of(record)
    combination, _ = guidance_regression.fit(inputs, past, observed, days=150, folds=3)
    leads = np.arange(1, HORIZON_H + 1)
    ours = combination(inputs.at(past.issued_at, leads), past)
    first_day = slice(0, guidance_regression.ANCHORED_H)
    assert mae(ours[:, first_day], observed[:, first_day]).max() < 0.6
    assert (combination.maps.weights[guidance_regression.ANCHORED_H :] == 0).all()


def test_a_variable_that_the_models_lack_takes_no_other_with_it(record):
    guidance = guidance_of(record)
    values = guidance.values.copy()
    values[..., VARIABLES.index("cloud_pct")] = np.nan
    past, observed = past_of(record)
    inputs = inputs_of(record, replace(guidance, values=values))
    combination, _ = guidance_regression.fit(inputs, past, observed, days=400, folds=3)
    assert (combination.shares[:REACHED_H, TEMP, 2] == 1).all()
    cloud = TARGETS.index("cloud_pct")
    ours = combination(inputs.at(past.issued_at, np.arange(1, HORIZON_H + 1)), past)
    assert np.isnan(ours[..., cloud]).all()


def test_no_raw_value_is_served_beside_the_leads_that_are_regressed(record):
    """An archive of some months is regressed on the first day alone: the wind behind it is the
    past's, whatever the models say."""
    guidance = guidance_of(record)
    values = guidance.values.copy()
    values[..., VARIABLES.index("wind_ms")] += 5
    past, observed = past_of(record, days=200)
    inputs = inputs_of(record, replace(guidance, values=values))
    combination, _ = guidance_regression.fit(inputs, past, observed, days=150, folds=3)
    ours = combination(inputs.at(past.issued_at, np.arange(1, HORIZON_H + 1)), past)
    wind = ours[:, guidance_regression.ANCHORED_H :, TARGETS.index("wind_ms")]
    own = past.medians[:, guidance_regression.ANCHORED_H :, TARGETS.index("wind_ms")]
    assert (np.isnan(wind) | (wind == own)).all()


def test_a_model_of_which_only_the_newest_run_is_there_is_left_out(record):
    guidance = guidance_of(record)
    new = guidance_of(record, models=("three",), first_day=355)
    both = guidance.only((*MODELS, "three"))
    rows = len(guidance) - len(new)
    both.ages_h[2, :, rows:] = new.ages_h[0]
    both.values[2, :, rows:] = new.values[0] + 9
    past, observed = past_of(record)
    station, _ = station_guidance.fit(
        both,
        inputs_of(record).observed,
        past,
        verifying(observed),
        days=400,
        folds=3,
        to_serve=False,
    )
    assert station.models == MODELS


def test_an_older_run_stands_in_where_the_newest_is_missing(record, fitted):
    station, _, past, observed = fitted
    guidance = guidance_of(record)
    ages = np.where(guidance.ages_h == 18, np.float32(np.inf), guidance.ages_h)
    order = np.argsort(ages, axis=1)
    older = replace(
        guidance,
        ages_h=np.take_along_axis(ages, order, axis=1),
        values=np.take_along_axis(guidance.values, order[..., None], axis=1),
    )
    inputs = station.inputs(older, inputs_of(record).observed)
    forecasts = station(inputs, past)
    assert forecasts.reached[:, :18].all()
    fresh = mae(station(station.inputs(guidance, inputs.observed), past).medians, observed)
    stale = mae(forecasts.medians, observed)
    assert (stale[:18] < 0.5 * mae(past.medians, observed)[:18]).all()
    assert stale[:18].mean() > fresh[:18].mean()


def test_without_any_guidance_the_past_is_what_is_forecast(record, fitted):
    station, _, past, _ = fitted
    nothing = guidance_of(record).only(("another",))
    forecasts = station(station.inputs(nothing, inputs_of(record).observed), past)
    np.testing.assert_array_equal(forecasts.medians, past.medians)
    assert not forecasts.guided.any()


def test_there_is_no_jump_after_the_last_hour(fitted):
    _, out_of_fold, past, observed = fitted
    temp_c = out_of_fold.medians[..., TEMP]
    ours = np.abs(np.diff(temp_c[:, REACHED_H - 1 : REACHED_H + 1], axis=1)).mean()
    back_to_the_past = np.abs(past.medians[:, REACHED_H, TEMP] - temp_c[:, REACHED_H - 1]).mean()
    assert ours < 0.4 * back_to_the_past
    assert (mae(out_of_fold.medians, observed) < mae(past.medians, observed))[REACHED_H:].all()
    assert out_of_fold.guided.all()
    assert not out_of_fold.reached[:, REACHED_H:].any()


def test_a_tail_without_any_weight_changes_nothing(fitted):
    _, _, past, observed = fitted
    medians = np.where(np.arange(HORIZON_H)[:, None] < 30, observed, np.nan)
    whole = Tail.none(len(TARGETS))(medians.astype(np.float32), past.medians)
    np.testing.assert_array_equal(whole[:, 30:], past.medians[:, 30:])
    assert Tail.none(len(TARGETS)).weights.shape[0] == REACH_H


def test_the_last_hour_reached_is_the_last_known_one():
    medians = np.full((3, 5, 4), np.nan, dtype=np.float32)
    medians[1, :3, 0] = 1
    medians[2, 4, 0] = 1
    assert last_reached(medians).tolist() == [0, 3, 5]


def test_its_arrays_make_the_same_again(fitted, record):
    station, _, past, _ = fitted
    again = station_guidance.StationGuidance.of_arrays(
        station.models, station.usual_reach_h, station.arrays()
    )
    inputs = station.inputs(guidance_of(record), inputs_of(record).observed)
    np.testing.assert_array_equal(station(inputs, past).medians, again(inputs, past).medians)
