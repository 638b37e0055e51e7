"""A snapshot in parts is read station by station like one file, and holds no array of all."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.sharded_snapshots import IDS, assert_same, in_shards
from wearcast.errors import ModelError
from wearcast.forecasting.daily import days
from wearcast.forecasting.quantiles import MEDIAN
from wearcast.forecasting.snapshot import Snapshot
from wearcast.forecasting.snapshot_parts import SnapshotInParts, StationRows, parts_of

SNAPSHOT = in_shards("2024-04-09T21")
WHOLE = Snapshot.from_bytes(SNAPSHOT.to_bytes())


def test_each_station_is_as_in_one_file():
    assert_same(SNAPSHOT, WHOLE)
    assert SNAPSHOT.horizon_h == WHOLE.horizon_h
    assert SNAPSHOT.members == WHOLE.members
    for id in IDS:
        assert SNAPSHOT.index(id) == WHOLE.index(id)
        for ours, theirs in zip(days(SNAPSHOT, id), days(WHOLE, id), strict=True):
            assert ours.date == theirs.date
            np.testing.assert_array_equal(ours.temp_c["max"], theirs.temp_c["max"])


def test_a_snapshot_of_its_own_is_its_only_part():
    assert parts_of(WHOLE) == (WHOLE,)
    assert parts_of(SNAPSHOT) == SNAPSHOT.parts


def test_a_station_that_is_not_there_is_told():
    with pytest.raises(ModelError, match="no forecast for station 'x'"):
        SNAPSHOT.index("x")


@given(st.lists(st.integers(1, 4), min_size=1, max_size=5), st.data())
def test_a_row_is_found_wherever_the_parts_end(lengths, data):
    whole = np.random.default_rng(0).normal(size=(sum(lengths), 3, 9)).astype(np.float32)
    stops = np.cumsum(lengths)[:-1]
    rows = StationRows(np.split(whole, stops))
    station = data.draw(st.integers(0, len(whole) - 1))
    assert rows.shape == whole.shape
    np.testing.assert_array_equal(rows[station], whole[station])
    np.testing.assert_array_equal(rows[station, :, MEDIAN], whole[station, :, MEDIAN])
    with pytest.raises(IndexError):
        rows[len(whole)]


def test_parts_that_do_not_belong_together_are_refused():
    one, other, _ = SNAPSHOT.parts
    of_another_model = replace(other, origin=replace(other.origin, model="another"))
    with pytest.raises(ModelError, match="aren't of one model, source and horizon"):
        SnapshotInParts.of_parts([one, of_another_model])
    with pytest.raises(ModelError, match="a station of the same id"):
        SnapshotInParts.of_parts([one, one])
