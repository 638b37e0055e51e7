"""What is known of the wind and of the rain, and since when."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unit.forecasting.synthetic import START
from wearcast.forecasting.channels import CHANNELS, channel_values, known_rain, share_wet
from wearcast.forecasting.history import History

NAN = np.nan


def known(**values: list[float]) -> History:
    n = len(next(iter(values.values())))
    return History(
        "AAA",
        START + np.arange(n),
        {
            "temp_c": np.full(n, 10.0),
            **{name: np.array(v, dtype=float) for name, v in values.items()},
        },
    )


def channel(history: History, name: str) -> np.ndarray:
    return channel_values(history)[:, CHANNELS.index(name)]


@pytest.mark.parametrize(
    ("from_deg", "u", "v"),
    [(360.0, 0.0, -5.0), (90.0, -5.0, 0.0), (180.0, 0.0, 5.0), (270.0, 5.0, 0.0)],
)
def test_wind_blows_towards_where_it_does_not_come_from(from_deg, u, v):
    history = known(wind_ms=[5.0], wind_dir_deg=[from_deg])
    assert channel(history, "wind_u_ms")[0] == pytest.approx(u, abs=1e-9)
    assert channel(history, "wind_v_ms")[0] == pytest.approx(v, abs=1e-9)


def test_calm_has_no_direction_and_needs_none():
    history = known(wind_ms=[0.0, 3.0, NAN], wind_dir_deg=[NAN, NAN, 90.0])
    np.testing.assert_array_equal(channel(history, "wind_u_ms"), [0.0, NAN, NAN])
    np.testing.assert_array_equal(channel(history, "wind_ms"), [0.0, 3.0, NAN])


def test_what_a_station_does_not_report_is_missing():
    np.testing.assert_array_equal(channel(known(wind_ms=[1.0]), "cloud_pct"), [NAN])


def test_a_dry_sum_is_three_dry_hours():
    found = known_rain(
        known(precip_mm=[0.0, NAN, NAN, NAN, 0.5], precip_3h_mm=[NAN, NAN, NAN, 0.0, NAN]), 0.5
    )
    np.testing.assert_array_equal(found.wet, [0, 0, 0, 0, 1])
    np.testing.assert_array_equal(found.amount_mm, [0, 0, 0, 0, 0.5])


def test_a_wet_sum_is_three_hours_that_may_have_been_wet():
    found = known_rain(
        known(precip_mm=[0.0, NAN, NAN, NAN, NAN], precip_3h_mm=[NAN, NAN, NAN, 6.0, NAN]), 0.4
    )
    np.testing.assert_array_equal(found.wet, [0, 0.4, 0.4, 0.4, NAN])
    # 6 mm fell in 3 × 0.4 hours: 5 mm in each that was wet.
    np.testing.assert_allclose(found.amount_mm, [0, 5, 5, 5, NAN])


def test_a_trace_is_dry():
    assert known_rain(known(precip_mm=[0.0, 0.05, 0.1, 3.0]), 0.5).wet.tolist() == [0, 0, 1, 1]


@settings(deadline=None, max_examples=50)
@given(
    sums=st.lists(st.one_of(st.none(), st.floats(0, 30)), min_size=3, max_size=12),
    hourly=st.lists(st.one_of(st.none(), st.floats(0, 30)), min_size=36, max_size=36),
)
def test_an_hours_own_measurement_goes_before_the_sum_it_belongs_to(sums, hourly):
    n = 3 * len(sums)
    precip = [NAN if v is None else v for v in hourly[:n]]
    at_stamp = [NAN] * n
    for i, total in enumerate(sums):
        at_stamp[3 * i + 2] = NAN if total is None else total
    found = known_rain(known(precip_mm=precip, precip_3h_mm=at_stamp), 0.6)
    for hour in range(n):
        total = sums[hour // 3]
        if not np.isnan(precip[hour]):
            expected = float(precip[hour] >= 0.1)
        elif total is None:
            expected = NAN
        else:
            expected = 0.6 if total >= 0.1 else 0.0
        np.testing.assert_equal(found.wet[hour], expected)
        assert np.isnan(found.amount_mm[hour]) == np.isnan(expected)


def test_a_sum_is_an_input_at_its_stamp_only():
    history = known(precip_mm=[0.0, NAN, NAN, NAN, 0.2], precip_3h_mm=[NAN, NAN, NAN, 6.0, NAN])
    np.testing.assert_allclose(
        channel(history, "log_rain"), [0, NAN, NAN, np.log1p(2), np.log1p(0.2)]
    )


@settings(deadline=None, max_examples=50)
@given(seed=st.integers(0, 2**32 - 1), hour=st.integers(1, 40))
def test_no_input_uses_a_later_hour(seed, hour):
    rng = np.random.default_rng(seed)
    values = {
        name: np.where(rng.random(40) < 0.4, NAN, rng.uniform(1, 30, 40))
        for name in ("precip_mm", "precip_3h_mm", "wind_ms", "wind_dir_deg")
    }
    whole = History("AAA", START + np.arange(40), {"temp_c": np.zeros(40), **values})
    part = whole.until(START + hour - 1)
    np.testing.assert_array_equal(channel_values(whole)[:hour], channel_values(part))


def test_the_share_of_wet_hours_within_wet_spells_is_counted_from_hours_measured_singly():
    # Windows: 0 0 1 | 0 1 1 | 1 1 0 | 1 0 0; the dry one and those with a missing hour don't count.
    history = known(precip_mm=[0, 0, 0, 1, 1, 0, 0, NAN, 5, 5])
    assert share_wet(history) == pytest.approx((1 + 2 + 2 + 1) / 12)


@pytest.mark.parametrize("precip", [[0.0, 0.0, 0.0, 0.0], [NAN, 1.0, NAN, 1.0]])
def test_without_a_wet_spell_the_share_is_the_default(precip):
    assert 0.3 < share_wet(known(precip_mm=precip)) < 0.9
