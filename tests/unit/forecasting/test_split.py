"""The split is by time, with a margin: what is tested was never near what was seen."""

import itertools
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from horizon import HORIZON_H
from unit.forecasting.synthetic import BLOCKS, START
from wearcast.config import Blocks, Periods, Preprocess
from wearcast.errors import ConfigError
from wearcast.forecasting.split import ROLES, Split, plan

HOUR = np.timedelta64(1, "h")


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
    cut=st.tuples(st.integers(0, 400), st.integers(0, 400)),
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
            "periods", train=[("2013-01-01", "2014-01-01")], test=[("2014-02-01", "2015-01-01")]
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
    assert Split.from_json(split.to_json()) == split
