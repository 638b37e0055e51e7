"""Training windows are issued at every hour of the day alike, or training is refused; what they
verify against may have gaps."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from horizon import HORIZON_H
from unit.forecasting.synthetic import (
    HISTORY_H,
    START,
    history,
    place,
    records,
    standardization,
    two_stations,
    windows,
    with_values,
)
from wearcast.config import read_groups
from wearcast.errors import ModelError
from wearcast.forecasting import ridge_regression
from wearcast.forecasting.processed_data import Records
from wearcast.forecasting.split import Split
from wearcast.forecasting.window_dataset import build_dataset
from wearcast.forecasting.windows import calendar, solar_hour, thinned

STEPS = (1, 5, 7, 11, 13, 17, 19, 23)


@pytest.fixture(scope="module")
def committed_h(repository) -> int:
    """The step of params.yaml."""
    return int(read_groups(repository / "params.yaml")["train"]["every_h"])


@settings(deadline=None, max_examples=200)
@given(
    every_h=st.sampled_from(STEPS),
    start=st.integers(0, 10_000),
    gaps=st.lists(st.tuples(st.integers(0, 2000), st.integers(1, 200)), max_size=8),
    shut=st.tuples(st.integers(0, 23), st.integers(0, 12)),
)
def test_whatever_is_missing_each_hour_of_the_day_keeps_its_share(every_h, start, gaps, shut):
    """Gaps, and hours of every day without a report, as a station that is shut at night has."""
    there = np.ones(2000, dtype=bool)
    for first, length in gaps:
        there[first : first + length] = False
    hours = START + start + np.arange(2000)[there]
    hours = hours[(hours.astype(int) + shut[0]) % 24 >= shut[1]]
    kept = hours[thinned(hours, every_h)]
    possible, chosen = (np.bincount(some.astype(int) % 24, minlength=24) for some in (hours, kept))
    assert (np.abs(chosen - possible / every_h) < 1).all()


@pytest.mark.parametrize("every_h", STEPS)
def test_on_an_unbroken_record_windows_are_as_many_hours_apart_as_the_step(every_h):
    for start in range(30):
        hours = START + start + np.arange(24 * 40)
        np.testing.assert_array_equal(hours[thinned(hours, every_h)], hours[::every_h])


def test_no_hour_of_a_record_without_one_is_chosen():
    assert thinned(np.array([], dtype="datetime64[h]"), 5).tolist() == []


def test_each_lead_of_the_committed_step_meets_every_hour_of_the_day(committed_h):
    known = two_stations()
    train_set = windows(known, standardization(), "train", committed_h)
    hours = train_set.series.valid_at[train_set.series.ahead(train_set.at)].astype(int) % 24
    for lead in range(HORIZON_H):
        count = np.bincount(hours[:, lead], minlength=24)
        assert count.min() >= count.max() / 2


def test_rain_at_every_second_hour_alone_does_not_make_the_chance_alternate(committed_h):
    """What neither climatology nor calendar can hold, a step of 2 hours would take for a matter of
    the lead."""
    record = history()
    spells = np.random.default_rng(1).random(len(record)) < 0.4
    rainy = with_values(
        record, precip_mm=np.where(spells & (record.valid_at.astype(int) % 2 == 0), 1.0, 0.0)
    )
    known = records(rainy)
    train_set = windows(known, standardization(), "train", committed_h)
    fitted, _ = ridge_regression.fit(
        train_set.features(),
        train_set.linear_targets(),
        train_set.issued_at,
        3,
        HISTORY_H + HORIZON_H,
    )
    validation_set = windows(known, standardization(), "validation")
    of_rain = (
        fitted(validation_set.features()).reshape(len(validation_set), HORIZON_H, -1)[..., -1]
        + validation_set.series.climatological_wet_chance[
            validation_set.series.ahead(validation_set.at)
        ]
    )
    chance = of_rain.mean(axis=0)
    assert abs(chance[::2].mean() - chance[1::2].mean()) < 0.02
    assert chance.mean() == pytest.approx(0.2, abs=0.05)


def test_what_watches_and_calibrates_has_every_hour_of_the_day_too():
    validation_set = windows(two_stations(), standardization(), "validation")
    hours = validation_set.issued_at[validation_set.every(5)].astype(int) % 24
    assert set(hours) == set(range(24))


def only_issued(known: Records, station: str, of_day: range) -> Records:
    """The records where a station's other hours were filled in, so that no window is issued
    there."""
    record = known.histories[station]
    filled = ~np.isin(record.valid_at.astype(int) % 24, of_day)
    return replace(known, histories={**known.histories, station: replace(record, filled=filled)})


def test_three_hourly_reports_alone_are_refused():
    known = only_issued(records(history()), "AAA", range(0, 24, 3))
    with pytest.raises(
        ModelError,
        match=(
            r"no training window is issued at 00, 02, 03, .* h solar time.* give hourly"
            r" observations"
        ),
    ):
        windows(known, standardization(), "train")


def test_beside_a_station_that_reports_by_the_hour_they_are_not():
    known = only_issued(two_stations(), "BBB", range(0, 24, 3))
    assert len(windows(known, standardization(), "train", 5))


def test_a_record_too_short_for_its_step_is_refused_with_what_to_do():
    record = history()
    short = Split(
        train=((START + 1200, START + 1200 + HISTORY_H + HORIZON_H + 60),), validation=(), test=()
    )
    assert len(build_dataset([record], standardization(), short, "train", 1)) == 61
    with pytest.raises(
        ModelError,
        match=r"a smaller train.every_h \(is 7\), a shorter train.history_h, or another split",
    ):
        build_dataset([record], standardization(), short, "train", 7)


def test_the_solar_hour_is_the_suns():
    hours = np.array(
        ["2013-06-21T12", "2013-06-21T17", "2013-12-21T11", "2013-12-21T00"], dtype="datetime64[h]"
    )
    assert solar_hour(calendar(hours, 0.0)).tolist() == [12, 17, 11, 0]
    assert solar_hour(calendar(hours, place().longitude)).tolist() == [7, 12, 6, 19]
    assert solar_hour(calendar(hours, 127.0)).tolist() == [20, 1, 19, 8]


def test_a_regression_verifies_against_the_observations_with_short_gaps_bridged():
    known = two_stations()
    train_set = windows(known, standardization(), "train", 5)
    targets, gapless = train_set.targets(train_set.at), train_set.gapless_targets()
    is_known = np.isfinite(targets)
    np.testing.assert_array_equal(gapless[is_known], targets[is_known])
    assert np.isfinite(gapless).all()
    # The six hours without a temperature from hour 500 of the first record on.
    gap = np.arange(500, 506)
    window = int(np.flatnonzero(train_set.at < 499)[-1])
    leads = gap - train_set.at[window] - 1
    assert np.isnan(targets[window, leads, 0]).all()
    ends = gapless[window, [leads[0] - 1, leads[-1] + 1], 0]
    expected = np.interp(np.arange(1, 7), [0, 7], ends)
    np.testing.assert_allclose(gapless[window, leads, 0], expected, atol=1e-5)


def test_an_hour_of_a_long_gap_counts_as_the_expected_one():
    record = history()
    temp_c = record.column("temp_c").copy()
    temp_c[200:230] = np.nan
    known = records(with_values(record, temp_c=temp_c))
    train_set = windows(known, standardization(), "train", 1)
    window = int(np.flatnonzero(train_set.at < 200)[-1])
    leads = np.arange(200, 230) - train_set.at[window] - 1
    assert not train_set.gapless_targets()[window, leads, 0].any()
