"""A record as standardised anomalies: what a window's past holds where observations are missing."""

import numpy as np

from unit.forecasting.synthetic import history, standardization, with_values
from wearcast.forecasting.channels import CHANNELS
from wearcast.forecasting.standardized_series import CARRIED_H, StandardizedSeries

GAP = slice(2000, 2010)
TEMP, RAIN = CHANNELS.index("temp_c"), CHANNELS.index("log_rain")


def with_a_gap() -> StandardizedSeries:
    record = history()
    gone = {}
    for name in ("temp_c", "precip_mm"):
        column = record.column(name).copy()
        column[GAP] = np.nan
        gone[name] = column
    return standardization().series(with_values(record, **gone))


def test_a_missing_anomaly_is_the_last_one_for_some_hours_and_then_0():
    series = with_a_gap()
    past, observed = series.past(np.array([GAP.stop + 3]), 24)
    first = 24 - 4 - (GAP.stop - GAP.start)
    anomalies = past[0, :, TEMP]
    np.testing.assert_array_equal(anomalies[first : first + CARRIED_H], anomalies[first - 1])
    np.testing.assert_array_equal(anomalies[first + CARRIED_H : -4], 0)
    # What was carried on isn't told as observed.
    assert not observed[0, first:-4, TEMP].any()
    assert observed[0, -4:, TEMP].all()


def test_rain_is_not_carried_on():
    series = with_a_gap()
    past, _ = series.past(np.array([GAP.stop]), 24)
    np.testing.assert_array_equal(past[0, -11:-1, RAIN], 0)


def test_nothing_is_carried_back_or_into_the_hours_ahead():
    series = with_a_gap()
    before, _ = series.past(np.array([GAP.start - 1]), 24)
    whole, _ = standardization().series(history()).past(np.array([GAP.start - 1]), 24)
    np.testing.assert_allclose(before[..., TEMP], whole[..., TEMP], atol=0.02)
    assert not series.observed[GAP.start : GAP.stop, TEMP].any()
    np.testing.assert_array_equal(series.anomalies[GAP.start : GAP.stop, TEMP], 0)
