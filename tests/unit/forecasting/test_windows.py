"""Windows hold the past and the future of one issue time, and nothing else."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from horizon import HORIZON_H
from unit.forecasting.synthetic import HISTORY_H, START, standardization, two_stations
from wearcast.forecasting.channels import CHANNELS, channel_values
from wearcast.forecasting.history import History
from wearcast.forecasting.split import ROLES, Split
from wearcast.forecasting.standardized_series import StandardizedSeries
from wearcast.forecasting.window_dataset import role_positions
from wearcast.forecasting.windows import (
    PRESENT_SHARE,
    calendar,
    complete,
    enough_present,
    issue_positions,
    linear_features,
    spacing,
)

N = 24 * 30
ranges = st.lists(st.tuples(st.integers(0, N), st.integers(0, 24 * 20)), max_size=4)


def flags(spans: list[tuple[int, int]], inside: bool) -> np.ndarray:
    found = np.full(N, not inside)
    for first, length in spans:
        found[first : first + length] = inside
    return found


@settings(deadline=None, max_examples=150)
@given(
    gaps=st.lists(st.tuples(st.integers(0, N), st.integers(1, 300)), max_size=6),
    hidden=ranges,
    own=ranges,
    history_h=st.integers(1, 100),
    horizon_h=st.sampled_from([48, 72, HORIZON_H]),
)
def test_windows_know_enough_touch_no_hidden_hour_and_forecast_only_their_own(
    gaps, hidden, own, history_h, horizon_h
):
    present, visible, forecast = flags(gaps, False), flags(hidden, False), flags(own, True)
    allowed = [
        t
        for t in range(history_h - 1, N - horizon_h)
        if present[t]
        and present[t + 1 - history_h : t + 1].mean() >= PRESENT_SHARE
        and present[t + 1 : t + 1 + horizon_h].any()
        and visible[t + 1 - history_h : t + 1].all()
        and forecast[t + 1 : t + 1 + horizon_h].all()
    ]
    found = issue_positions(present, visible, forecast, history_h, horizon_h)
    assert found.tolist() == allowed


@settings(deadline=None, max_examples=100)
@given(
    cuts=st.lists(st.integers(0, N), min_size=6, max_size=8, unique=True).map(sorted),
    roles=st.lists(st.sampled_from(ROLES), min_size=7, max_size=7),
    gaps=st.lists(st.tuples(st.integers(0, N), st.integers(1, 250)), max_size=3),
    filled=st.sets(st.integers(0, N - 1), max_size=100),
    role=st.sampled_from(ROLES),
)
def test_windows_of_a_role_see_what_it_may_see_and_are_never_issued_on_a_filled_hour(
    cuts, roles, gaps, filled, role
):
    owner = np.full(N, "margin", dtype="<U10")
    segments = {name: [] for name in ROLES}
    for first, stop, name in zip(cuts[:-1], cuts[1:], roles, strict=False):
        owner[first:stop] = name
        segments[name].append((START + first, START + stop))
    split = Split(**{name: tuple(found) for name, found in segments.items()})
    temp_c = np.where(flags(gaps, False), 10.0, np.nan)
    repaired = np.isin(np.arange(N), sorted(filled))
    known = History("AAA", START + np.arange(N), {"temp_c": temp_c}, repaired)
    hidden_from = {"train": ["validation", "test", "margin"], "validation": ["test"], "test": []}[
        role
    ]
    allowed = [
        t
        for t in range(HISTORY_H - 1, N - HORIZON_H)
        if np.isfinite(temp_c[t])
        and np.isfinite(temp_c[t + 1 - HISTORY_H : t + 1]).mean() >= PRESENT_SHARE
        and np.isfinite(temp_c[t + 1 : t + 1 + HORIZON_H]).any()
        and not np.isin(owner[t + 1 - HISTORY_H : t + 1], hidden_from).any()
        and (owner[t + 1 : t + 1 + HORIZON_H] == role).all()
        and t not in filled
    ]
    assert role_positions(known, split, role, HISTORY_H, HORIZON_H).tolist() == allowed


@pytest.mark.parametrize("n", [0, 1, 10, HORIZON_H, HORIZON_H + 47])
def test_a_record_shorter_than_a_window_has_none(n):
    everything = np.ones(n, dtype=bool)
    assert len(issue_positions(everything, everything, everything, 48, HORIZON_H)) == 0


def test_a_record_as_long_as_a_window_has_one():
    everything = np.ones(HORIZON_H + 48, dtype=bool)
    assert issue_positions(everything, everything, everything, 48, HORIZON_H).tolist() == [47]


@given(present=st.lists(st.booleans(), max_size=30), hours=st.integers(1, 40))
def test_a_run_is_complete_where_every_hour_of_it_is_there(present, hours):
    expected = [t + 1 >= hours and all(present[t + 1 - hours : t + 1]) for t in range(len(present))]
    assert complete(np.array(present, dtype=bool), hours).tolist() == expected


def test_a_quarter_of_the_past_may_be_missing_and_the_issue_hour_never():
    present = np.ones(100, dtype=bool)
    present[60:72] = False
    assert enough_present(present, 48)[72]
    assert not enough_present(present, 48)[60:72].any()
    present[59] = False
    assert not enough_present(present, 48)[72]


def test_short_outages_cost_the_windows_of_their_own_hours_alone():
    present = np.ones(N, dtype=bool)
    present[10::80] = present[11::80] = present[12::80] = present[13::80] = False
    everything = np.ones(N, dtype=bool)
    whole = issue_positions(everything, everything, everything, HISTORY_H, HORIZON_H)
    found = issue_positions(present, everything, everything, HISTORY_H, HORIZON_H)
    assert found.tolist() == whole[present[whole]].tolist()


@pytest.mark.parametrize("hours", [48, 72, 168, 336])
def test_the_linear_path_sees_every_hour_once_in_means_over_ever_longer_lags(hours):
    # A window for each lag, in which the first channel's hour of that lag is 1 and all else 0; of
    # the calendar nothing is known.
    past = np.zeros((hours, hours, len(CHANNELS)), dtype=np.float32)
    past[np.arange(hours), hours - 1 - np.arange(hours), 0] = 1
    features = linear_features(past, np.zeros((hours, 8), dtype=np.float32))
    window, place = np.nonzero(features)
    np.testing.assert_array_equal(window, np.arange(hours))
    width_h = 1 / features[window, place]
    assert width_h[0] == 1
    assert (np.diff(width_h) > -1e-4).all()
    assert width_h[-1] > 2
    np.testing.assert_allclose(width_h, np.bincount(place)[place], rtol=1e-5)
    assert (np.diff(place) % len(CHANNELS) == 0).all()


def test_the_linear_path_sees_the_last_hour_for_each_phase_and_the_calendar():
    rng = np.random.default_rng(0)
    past, now = (
        np.zeros((3, 48, len(CHANNELS)), dtype=np.float32),
        rng.normal(size=(3, 8)).astype(np.float32),
    )
    past[:, -1] = rng.normal(size=(3, len(CHANNELS)))
    features = linear_features(past, now)
    np.testing.assert_array_equal(features[:, -8:], now)
    products = features[:, -8 - 6 * len(CHANNELS) : -8].reshape(3, 6, len(CHANNELS))
    # Each phase is one number of the calendar, the same for every channel.
    phases = products / past[:, -1][:, None]
    np.testing.assert_allclose(phases, np.broadcast_to(phases[:, :, :1], phases.shape), rtol=1e-4)
    assert len({int(np.abs(now[0] - phase).argmin()) for phase in phases[0, :, 0]}) == 6
    assert max(np.abs(now[0] - phase).min() for phase in phases[0, :, 0]) < 1e-5


def test_the_calendar_repeats_every_day_and_year_and_follows_solar_time():
    hours = START + np.arange(24 * 366)
    found = calendar(hours, -74.0)
    np.testing.assert_allclose(found[: -24 * 364, 4:], found[24 * 364 :, 4:], atol=1e-3)
    np.testing.assert_allclose(found[365 * 24, :4], found[0, :4], atol=0.02)
    # A place 15 degrees further east has its noon an hour earlier.
    np.testing.assert_allclose(
        calendar(hours[1:], 0.0)[:, 4:], calendar(hours[:-1], 15.0)[:, 4:], atol=1e-5
    )


def series(visible: np.ndarray | None = None) -> StandardizedSeries:
    known = two_stations().histories["AAA"]
    return StandardizedSeries.of(
        known,
        standardization().climatologies["AAA"],
        standardization().trailing_window,
        -74.0,
        HORIZON_H,
        visible,
    )


def test_the_past_holds_anomalies_from_the_trailing_anomaly_where_they_are_observed():
    known, climate = two_stations().histories["AAA"], standardization().climatologies["AAA"]
    at = np.array([510, 900])
    past, observed = series().past(at, HISTORY_H)
    for window, t in enumerate(at):
        rows = np.arange(t + 1 - HISTORY_H, t + 1)
        strayed = (
            channel_values(known)[rows] - climate.at(known.valid_at[rows])
        ) / climate.scale - series().trailing_anomaly[t]
        there = np.isfinite(strayed)
        np.testing.assert_array_equal(observed[window], there)
        np.testing.assert_allclose(past[window][there], strayed[there], atol=1e-5)
    assert not observed[0, :, 0].all()


def test_a_series_is_longer_than_its_record_by_a_horizon_of_missing_hours():
    own, n = series(), len(two_stations().histories["AAA"])
    assert len(own.valid_at) == n + HORIZON_H
    assert (np.diff(own.valid_at) == np.timedelta64(1, "h")).all()
    assert not own.observed[n:].any()
    assert own.ahead(np.array([n - 1]))[0].tolist() == list(range(n, n + HORIZON_H))


def test_hours_that_are_not_visible_count_as_missing():
    known = two_stations().histories["AAA"]
    visible = np.arange(len(known)) < 1000
    own = series(visible)
    assert not own.observed[1000:].any()
    np.testing.assert_array_equal(own.observed[:1000], series().observed[:1000])
    np.testing.assert_array_equal(own.trailing_anomaly[:1000], series().trailing_anomaly[:1000])


def test_joined_series_keep_their_windows_apart():
    one = series()
    both = StandardizedSeries.joined([one, one])
    at = np.array([700])
    for ours, theirs in zip(
        one.past(at, HISTORY_H), both.past(at + len(one.valid_at), HISTORY_H), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)


@given(windows=st.integers(0, 10**7), most=st.integers(1, 10**5), least=st.integers(1, 40))
def test_windows_are_thinned_so_that_every_hour_of_the_day_keeps_its_share(windows, most, least):
    hours = spacing(windows, most, least)
    assert windows <= most * hours
    assert hours >= least
    assert {hours * day % 24 for day in range(24)} == set(range(24))
    fewer = [other for other in range(least, hours) if windows <= most * other]
    assert all(len({other * day % 24 for day in range(24)}) < 24 for other in fewer)
