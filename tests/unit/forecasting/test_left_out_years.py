"""Years left out: which hours train and which are forecast without them."""

from dataclasses import replace

import numpy as np
import pytest

from wearcast.forecasting.left_out_years import splits
from wearcast.forecasting.split import Segment, Split

MARGIN_H = 168
MARGIN = np.timedelta64(MARGIN_H, "h")


def hours(first: str, stop: str) -> Segment:
    return np.datetime64(first, "h"), np.datetime64(stop, "h")


SEOUL = Split(
    train=(hours("2018-01-01T00", "2021-01-01T00"),),
    validation=(hours("2021-01-08T00", "2022-01-01T00"),),
    test=(hours("2022-01-08T00", "2023-01-01T00"),),
)


def test_each_year_of_training_is_left_out_once():
    made = splits(SEOUL, most=5, margin_h=MARGIN_H)
    left_out = [split.validation for split in made]
    assert [len(segments) for segments in left_out] == [1, 1, 1]
    edges = [segment for (segment,) in left_out]
    assert edges[0][0] == SEOUL.train[0][0]
    assert edges[-1][1] == SEOUL.train[0][1]
    assert [stop for _, stop in edges[:-1]] == [start for start, _ in edges[1:]]
    for start, stop in edges:
        assert abs(float((stop - start) / np.timedelta64(24, "h")) - 365.3) < 1


def test_what_is_left_trains_a_margin_apart_and_the_test_period_stays_hidden():
    for split in splits(SEOUL, most=5, margin_h=MARGIN_H):
        ((start, stop),) = split.validation
        assert split.test == SEOUL.test
        for first, end in split.train:
            assert end <= start - MARGIN or first >= stop + MARGIN
        # The validation period trains: it is not what is forecast here.
        assert split.train[-1][1] == SEOUL.validation[0][1]


def test_a_long_record_is_left_out_in_no_more_spans_than_folds():
    decades = Split(
        train=(hours("2000-01-01T00", "2020-01-01T00"),),
        validation=(hours("2020-01-08T00", "2021-01-01T00"),),
        test=(),
    )
    assert len(splits(decades, most=5, margin_h=MARGIN_H)) == 5


def test_blocks_are_left_out_by_the_year_they_lie_in():
    start = np.datetime64("2018-01-01T00", "h")
    day = np.timedelta64(24, "h")
    blocks = [start + 104 * day * i for i in range(12)]
    split = Split(
        train=tuple((at, at + 55 * day) for at in blocks),
        validation=tuple((at + 62 * day, at + 76 * day) for at in blocks),
        test=tuple((at + 83 * day, at + 97 * day) for at in blocks),
    )
    made = splits(split, most=5, margin_h=MARGIN_H)
    assert len(made) == 3
    held = [segment for one in made for segment in one.validation]
    assert sum((stop - at for at, stop in held), np.timedelta64(0, "h")) == 12 * 55 * day


def test_a_hole_between_periods_is_no_year_to_leave_out():
    two = (hours("2008-01-01T00", "2011-01-01T00"), hours("2018-01-01T00", "2021-01-01T00"))
    made = splits(replace(SEOUL, train=two), most=5, margin_h=MARGIN_H)
    lengths_h = []
    for split in made:
        lengths_h.append(sum(int((stop - at).astype(int)) for at, stop in split.validation))
    assert len(made) == 5
    assert max(lengths_h) - min(lengths_h) <= 5
    assert sum(lengths_h) == 2 * 1096 * 24


@pytest.mark.parametrize("validation", ["2020-10-01T00", "2019-10-01T00"])
def test_a_short_record_leaves_nothing_out(validation):
    train = (hours("2018-01-01T00", "2019-06-01T00"),)
    short = replace(SEOUL, train=train, validation=(hours("2019-06-08T00", validation),))
    assert splits(short, most=5, margin_h=MARGIN_H) == ()
