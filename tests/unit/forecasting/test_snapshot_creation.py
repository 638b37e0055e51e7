"""A forecast is issued from the last hour observed, or from the hour asked for, and from nothing
after it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

from unit.forecasting.synthetic import built, history, records, two_stations, with_values
from wearcast.errors import ModelError
from wearcast.forecasting import snapshot_creation
from wearcast.forecasting.history import History


def issue(known, issued_at=None):
    return snapshot_creation.issue(known, built().forecaster, issued_at)


def test_each_station_is_issued_at_its_own_last_temperature():
    known = two_stations()
    record = known.histories["BBB"]
    gone = np.where(np.arange(len(record)) < len(record) - 5, record.column("temp_c"), np.nan)
    snapshot = issue(
        replace(known, histories={**known.histories, "BBB": with_values(record, temp_c=gone)})
    )
    assert snapshot.issued_at.tolist() == [record.valid_at[-1], record.valid_at[-6]]


def test_a_forecast_of_the_past_uses_no_later_hour():
    known, at = two_stations(), datetime(2013, 6, 1, 12, tzinfo=UTC)
    cut = {
        name: record.until(np.datetime64("2013-06-01T12", "h"))
        for name, record in known.histories.items()
    }
    assert issue(known, at).to_bytes() == issue(replace(known, histories=cut)).to_bytes()


def test_the_issue_time_is_meant_in_its_own_zone():
    seoul = timezone(timedelta(hours=9))
    known = two_stations()
    there, here = datetime(2013, 6, 1, 21, tzinfo=seoul), datetime(2013, 6, 1, 12, tzinfo=UTC)
    assert issue(known, there).issued_at.tolist() == issue(known, here).issued_at.tolist()


def test_a_forecast_needs_no_split_and_only_the_stations_named():
    known = two_stations()
    one = snapshot_creation.issue_for(
        known.stations[1:], known.histories, "files", built().forecaster
    )
    both = issue(replace(known, source="files"))
    assert ([station.id for station in one.stations], one.origin) == (["BBB"], both.origin)
    np.testing.assert_array_equal(one.quantiles["temp_c"][0], both.quantiles["temp_c"][1])


@pytest.mark.parametrize("at", [datetime(2011, 6, 1, tzinfo=UTC), datetime(2014, 6, 1, tzinfo=UTC)])
def test_an_hour_outside_the_record_is_refused(at):
    message = (
        r"no observations of AAA at 201[14]-06-01T00 UTC; there are some from 2012-07-25T05 to"
        r" 2013-07-20T04"
    )
    with pytest.raises(ModelError, match=message):
        issue(two_stations(), at)


def test_an_hour_without_a_temperature_is_refused():
    at = datetime(2013, 1, 22, 1, tzinfo=UTC)
    assert np.isnan(
        two_stations()
        .histories["AAA"]
        .until(np.datetime64("2013-01-22T01", "h"))
        .column("temp_c")[-1]
    )
    with pytest.raises(
        ModelError,
        match="the model needs 75% of them and that of the issue time, 2013-01-22T01 UTC",
    ):
        issue(two_stations(), at)


def test_a_station_without_any_temperature_is_named():
    known = two_stations()
    nothing = with_values(
        known.histories["BBB"], temp_c=np.full(len(known.histories["BBB"]), np.nan)
    )
    with pytest.raises(ModelError, match="BBB has no temperature at all; nothing can be forecast"):
        issue(replace(known, histories={**known.histories, "BBB": nothing}))


def test_the_share_filled_is_of_the_observed_hours_it_keeps():
    record = history("AAA")
    filled = np.zeros(len(record), dtype=bool)
    filled[-30:-18] = True
    filled[:1000] = True
    known = records(History("AAA", record.valid_at, record.values, filled))
    assert issue(known).filled == (0.25,)
    assert issue(records(record)).filled == (0.0,)


def test_how_much_of_the_past_is_behind_the_trailing_anomaly_is_stored():
    record = two_stations().histories["AAA"]
    days_back = built().manifest.standardization.trailing_window.days
    expected = np.isfinite(record.column("temp_c")[-24 * days_back :]).sum()
    assert issue(two_stations()).trailing_year_h[0] == expected


def test_only_the_sample_is_a_replay():
    assert issue(two_stations()).origin.replay
    own = issue(replace(two_stations(), source="files")).origin
    assert (own.replay, own.source) == (False, "files")
