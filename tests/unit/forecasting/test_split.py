"""The split is by time, with a margin: what is tested was never near what was seen."""

import itertools
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from horizon import HORIZON_H
from unit.forecasting.synthetic import BLOCKS, START
from wearcast.config import Blocks, Periods, Preprocess
from wearcast.errors import ConfigError
from wearcast.forecasting.data_coverage import longest_bridged
from wearcast.forecasting.record_years import EDGE_D, YEAR_D
from wearcast.forecasting.split import MOVING_CYCLE_D, ROLES, Chosen, Split, plan

HOUR = np.timedelta64(1, "h")
DAY = np.timedelta64(1, "D")


def preprocess(
    scheme: str, margin_h: int = HORIZON_H, blocks: Blocks = BLOCKS.blocks, **periods
) -> Preprocess:
    return Preprocess(
        fill_h=3, scheme=scheme, margin_h=margin_h, blocks=blocks, periods=Periods(**periods)
    )


def assert_sound(split: Split, first: np.datetime64, last: np.datetime64, margin_h: int) -> None:
    """Disjoint, apart by the margin, inside the record, each long enough for a forecast."""
    found = sorted((start, stop, role) for role in ROLES for start, stop in split.segments(role))
    for start, stop, _ in found:
        assert first <= start
        assert stop <= last + HOUR
        assert stop - start > HORIZON_H * HOUR
    for (_, stop, role), (start, _, next_role) in itertools.combinations(found, 2):
        assert stop <= start
        assert role == next_role or start - stop >= margin_h * HOUR


@settings(deadline=None, max_examples=200)
@given(
    train_d=st.integers(15, 100),
    validation_d=st.integers(8, 40),
    test_d=st.integers(8, 40),
    margin_h=st.integers(HORIZON_H, 500),
    begin=st.integers(0, 10_000),
    hours=st.integers(24 * 170, 24 * 800),
)
def test_blocks_are_disjoint_apart_by_the_margin_and_inside_the_record(
    train_d, validation_d, test_d, margin_h, begin, hours
):
    first, last = START + begin, START + begin + hours
    cycle_d = train_d + validation_d + test_d + -(-3 * margin_h // 24)
    split = plan(
        first,
        last,
        preprocess(
            "blocks", margin_h, Blocks(cycle_d=cycle_d, validation_d=validation_d, test_d=test_d)
        ),
    )
    assert_sound(split, first, last, margin_h)
    assert split.train


@settings(deadline=None, max_examples=300)
@given(
    spans=st.lists(
        st.tuples(st.sampled_from(ROLES), st.integers(0, 10), st.integers(1, 60)),
        min_size=2,
        max_size=7,
    ),
    margin_h=st.integers(HORIZON_H, 500),
    cut=st.tuples(st.integers(0, 24 * EDGE_D), st.integers(0, 24 * EDGE_D)),
)
def test_periods_are_disjoint_apart_by_the_margin_and_inside_the_record(spans, margin_h, cut):
    periods, day = {role: [] for role in ROLES}, date(2018, 1, 1)
    for role, gap_d, length_d in spans:
        start = day + timedelta(days=gap_d)
        day = start + timedelta(days=length_d)
        periods[role].append((start, day))
    first = np.datetime64("2018-01-01T00", "h") + cut[0]
    last = np.datetime64(day, "h") - cut[1]
    try:
        split = plan(first, last, preprocess("periods", margin_h, **periods))
    except ConfigError:
        assume(False)
    assert_sound(split, first, last, margin_h)


def test_the_later_of_two_neighbours_gives_up_its_first_hours_for_the_margin():
    periods = {
        "train": [("2018-01-01", "2019-01-01")],
        "validation": [("2019-01-01", "2020-01-01")],
    }
    split = plan(
        np.datetime64("2018-01-01T00"),
        np.datetime64("2020-06-01T00"),
        preprocess("periods", **periods),
    )
    hours = [
        (np.datetime64(start, "h"), np.datetime64(stop, "h"))
        for start, stop in (("2018-01-01", "2019-01-01"), ("2019-01-08", "2020-01-01"))
    ]
    assert (split.train, split.validation, split.test) == ((hours[0],), (hours[1],), ())


def test_periods_of_one_role_may_touch_and_keep_every_hour():
    periods = {
        "train": [("2018-01-01", "2018-06-01"), ("2018-06-01", "2019-01-01")],
        "test": [("2019-02-01", "2019-06-01")],
    }
    split = plan(
        np.datetime64("2018-01-01T00"),
        np.datetime64("2020-01-01T00"),
        preprocess("periods", **periods),
    )
    assert sum((stop - start) / HOUR for start, stop in split.train) == 365 * 24
    assert split.test[0][0] == np.datetime64("2019-02-01T00")


def test_blocks_come_again_in_every_cycle():
    split = plan(START, START + 24 * 6 * 63, BLOCKS)
    assert [len(split.segments(role)) for role in ROLES] == [6, 6, 6]
    assert {(stop - start) // HOUR for start, stop in split.validation} == {9 * 24}
    assert split.validation[1][0] - split.validation[0][0] == 63 * 24 * HOUR


def test_overlapping_periods_are_refused_by_name():
    periods = {
        "train": [("2018-01-01", "2019-01-01")],
        "validation": [("2018-12-01", "2019-06-01")],
    }
    with pytest.raises(
        ConfigError,
        match=(
            r"preprocess.periods overlap: validation from 2018-12-01T00 begins before .* ends,"
            r" 2019-01-01T00"
        ),
    ):
        plan(
            np.datetime64("2018-01-01T00"),
            np.datetime64("2020-01-01T00"),
            preprocess("periods", **periods),
        )


@pytest.mark.parametrize(
    "settings",
    [
        preprocess("blocks"),
        preprocess(
            "periods", train=[("2012-07-25", "2012-07-28")], test=[("2012-07-29", "2012-08-04")]
        ),
    ],
)
def test_too_short_a_record_is_refused(settings):
    message = (
        rf"preprocess.{settings.scheme} leaves nothing to train or to verify on in 2012-07-25T05 …"
        r" 2012-08-04T05 UTC. Give a longer"
    )
    with pytest.raises(ConfigError, match=message):
        plan(START, START + 240, settings)


def test_a_cycle_without_room_for_training_is_refused():
    with pytest.raises(
        ConfigError, match=r"preprocess.blocks.cycle_d is too short: .* 14 days of it to train on"
    ):
        plan(
            START,
            START + 9000,
            preprocess("blocks", blocks=Blocks(cycle_d=50, validation_d=9, test_d=9)),
        )


def test_training_sees_training_hours_alone_and_validation_no_test_hour():
    split = plan(START, START + 24 * 200, BLOCKS)
    hours = START + np.arange(24 * 200)
    own = {role: split.belongs(hours, role) for role in ROLES}
    np.testing.assert_array_equal(split.visible(hours, "train"), own["train"])
    np.testing.assert_array_equal(split.visible(hours, "validation"), ~own["test"])
    assert split.visible(hours, "test").all()
    assert not (
        own["train"] & own["validation"]
        | own["validation"] & own["test"]
        | own["train"] & own["test"]
    ).any()


def test_a_split_comes_back_from_its_json():
    split = plan(START, START + 24 * 200, BLOCKS)
    assert split.chosen == Chosen("blocks", 63, "Set in preprocess.scheme.")
    assert Split.from_json(split.to_json()) == split


def test_the_split_of_an_earlier_release_comes_back_without_a_choice():
    split = plan(START, START + 24 * 200, BLOCKS)
    content = split.to_json()
    del content["chosen"]
    assert Split.from_json(content) == replace(split, chosen=None)


@pytest.mark.parametrize(
    "period",
    [
        ("2016-01-01", "2017-01-01"),
        ("2019-06-01", "2020-06-01"),
        ("2017-12-24", "2018-06-01"),
        ("2019-06-01", "2020-01-09"),
    ],
)
def test_a_period_outside_the_data_is_refused_by_name(period):
    periods = {"train": [("2018-06-01", "2019-06-01")], "test": [period]}
    with pytest.raises(ConfigError) as refusal:
        plan(
            np.datetime64("2018-01-01T00"),
            np.datetime64("2019-12-31T23"),
            preprocess("periods", **periods),
        )
    assert (
        f"preprocess.periods.test: the period from {period[0]} to {period[1]} reaches more than 7"
        " days beyond the data, which are from 2018-01-01T00 to 2019-12-31T23 UTC."
        in str(refusal.value)
    )


def test_a_few_days_at_a_records_ends_may_be_missing():
    periods = {
        "train": [("2018-01-01", "2019-01-01")],
        "validation": [("2019-01-01", "2020-01-01")],
    }
    split = plan(
        np.datetime64("2018-01-08T00"),
        np.datetime64("2019-12-25T00"),
        preprocess("periods", **periods),
    )
    assert split.train[0][0] == np.datetime64("2018-01-08T00")
    assert split.validation[-1][1] == np.datetime64("2019-12-25T01")


AUTO = preprocess("auto", blocks=Blocks(cycle_d=91, validation_d=14, test_d=14))


def day_of_year(hours: np.ndarray) -> np.ndarray:
    days = hours.astype("datetime64[D]")
    return (days - hours.astype("datetime64[Y]").astype("datetime64[D]")).astype(int) % YEAR_D


def longest_run_without(covered: np.ndarray) -> int:
    """Days in a row, around the year."""
    rows = np.flatnonzero(covered)
    return int(np.diff(np.append(rows, rows[0] + YEAR_D)).max()) - 1


def covers(hours: np.ndarray) -> np.ndarray:
    return np.bincount(day_of_year(hours), minlength=YEAR_D) > 0


@settings(deadline=None, max_examples=50)
@given(begin=st.integers(0, 10_000), days=st.integers(120, 2 * YEAR_D - EDGE_D - 2))
def test_less_than_two_years_have_the_blocks_of_the_settings(begin, days):
    first, last = START + begin, START + begin + 24 * days
    split = plan(first, last, AUTO)
    assert (split.chosen.scheme, split.chosen.cycle_d) == ("blocks", 91)
    explicit = plan(first, last, AUTO.model_copy(update={"scheme": "blocks"}))
    assert replace(split, chosen=None) == replace(explicit, chosen=None)


@settings(deadline=None, max_examples=100)
@given(begin=st.integers(0, 10_000), days=st.integers(2 * YEAR_D - EDGE_D, 4 * YEAR_D - EDGE_D - 2))
def test_two_to_four_years_train_on_every_season_and_test_in_each(begin, days):
    first, last = START + begin, START + begin + 24 * days
    split = plan(first, last, AUTO)
    assert (split.chosen.scheme, split.chosen.cycle_d) == ("blocks", MOVING_CYCLE_D)
    assert_sound(split, first, last, HORIZON_H)
    hours = first + np.arange(24 * days + 1)
    trained = covers(hours[split.belongs(hours, "train")])
    tested = covers(hours[split.belongs(hours, "test")])
    assert longest_run_without(trained) <= 2
    assert longest_run_without(tested) <= 41
    assert longest_run_without(tested) <= longest_bridged(YEAR_D, 4)


@settings(deadline=None, max_examples=50)
@given(begin=st.integers(0, 10_000), days=st.integers(4 * YEAR_D - EDGE_D, 8 * YEAR_D))
def test_four_years_or_more_test_on_the_last_and_validate_on_the_one_before(begin, days):
    first, last = START + begin, START + begin + 24 * days - 1
    split = plan(first, last, AUTO)
    assert split.chosen.scheme == "years"
    assert_sound(split, first, last, HORIZON_H)
    [train], [validation], [test] = (split.segments(role) for role in ROLES)
    assert (train[0], test[1]) == (first, last + HOUR)
    end = np.datetime64(last, "D") + DAY
    margin = HORIZON_H * HOUR
    assert train[1] == end - 2 * YEAR_D * DAY
    assert validation == (train[1] + margin, end - YEAR_D * DAY)
    assert test[0] == validation[1] + margin


def spanning(first: str, last: str) -> np.ndarray:
    return np.arange(np.datetime64(first, "D"), np.datetime64(last, "D") + DAY)


def planned(*stations: np.ndarray) -> Split:
    known = [days for days in stations if len(days)]
    first = min(days[0] for days in known).astype("datetime64[h]")
    last = max(days[-1] for days in known).astype("datetime64[h]") + 23 * HOUR
    return plan(first, last, AUTO, stations)


def test_seoul_trains_on_two_years_validates_on_the_third_and_tests_on_the_fourth():
    split = planned(spanning("2018-01-01", "2021-12-31"))
    assert [str(split.segments(role)[0][0])[:10] for role in ROLES] == [
        "2018-01-01",
        "2020-01-09",
        "2021-01-08",
    ]


def test_of_several_stations_the_shortest_decides():
    long = spanning("2010-01-01", "2021-12-31")
    assert planned(long, spanning("2017-01-01", "2021-12-31")).chosen.scheme == "years"
    assert planned(long, spanning("2019-06-01", "2021-12-31")).chosen.cycle_d == MOVING_CYCLE_D
    assert planned(long, spanning("2021-01-01", "2021-12-31")).chosen.cycle_d == 91
    assert planned(long, spanning("2005-01-01", "2009-06-01")).chosen.cycle_d == 91


def test_whole_years_end_where_the_first_station_does():
    split = planned(spanning("2010-01-01", "2021-12-31"), spanning("2014-01-01", "2020-12-31"))
    assert split.test[-1][1] == np.datetime64("2021-01-01T00")
    assert split.train[0][0] == np.datetime64("2010-01-01T00")


def test_a_record_that_is_mostly_holes_is_not_taken_for_its_span():
    days = spanning("2016-01-01", "2021-12-31")
    sparse = np.concatenate([days[::3], days[-1:]])
    assert planned(sparse).chosen.cycle_d == 91
    year = days.astype("datetime64[Y]")
    without_2019 = days[year != np.datetime64("2019")]
    assert planned(without_2019).chosen.cycle_d == MOVING_CYCLE_D
    without_2016 = days[year != np.datetime64("2016")]
    assert planned(without_2016).chosen.scheme == "years"
    assert "share 6.0 years, the last 0 of them" in planned(sparse).chosen.because


def test_a_station_that_never_has_a_temperature_does_not_decide():
    nothing = np.array([], dtype="datetime64[D]")
    assert planned(spanning("2017-01-01", "2021-12-31"), nothing).chosen.scheme == "years"
