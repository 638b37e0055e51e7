"""Trajectories are drawn from what a snapshot keeps, the same ones by whoever draws them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unit.forecasting.synthetic import built, two_stations
from wearcast.errors import ModelError
from wearcast.forecasting import snapshot_creation
from wearcast.forecasting.gusts import MOST_WINDS, GustCurve
from wearcast.forecasting.snapshot import Snapshot
from wearcast.forecasting.trajectories import Ranks, shared_ranks
from wearcast.forecasting.trajectory_basis import TrajectoryBasis
from wearcast.forecasting.wet_days import WetDays
from wearcast.variables import FORECAST, VARIABLES
from wearcast.vocabulary import WET_MM

SNAPSHOT = snapshot_creation.issue(two_stations(), built().forecaster)
BASIS = SNAPSHOT.basis
HORIZON_H, MEMBERS = SNAPSHOT.horizon_h, SNAPSHOT.members
DAYS = WetDays(
    first=np.array([[5, 29, 53]]), stop=np.array([[20, 44, 68]]), chance=np.array([[0.9, 0.1, 0.5]])
)
GUSTS = GustCurve(np.array([1.0, 4.0, 9.0]), np.array([1.0, 6.0, 15.0]))


def of_station(days: WetDays | None, gust: GustCurve) -> TrajectoryBasis:
    """What the first station's are drawn from, with other days and gusts."""
    log_mm = BASIS.rain_log_mm[0].astype(float)
    return TrajectoryBasis.of_station(BASIS.ranks, BASIS.targets, log_mm, days, gust)


def drawn(basis: TrajectoryBasis, s: int = 0) -> dict[str, np.ndarray]:
    """From the first station's quantiles."""
    quantiles = {name: values[0] for name, values in SNAPSHOT.quantiles.items()}
    return basis.drawn(s, quantiles, SNAPSHOT.hourly_rain_chance[0])


def assert_same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> None:
    for name in FORECAST:
        np.testing.assert_array_equal(one[name], other[name])


def test_a_station_s_are_the_same_alone_and_among_others():
    """Of others more days may be known, or less of the gusts."""
    parts = [
        of_station(None, GUSTS),
        of_station(DAYS, GustCurve(np.array([]), np.array([]))),
        of_station(DAYS.one(0), GUSTS),
    ]
    together = TrajectoryBasis.joined(parts)
    assert together.wet_days.shape == (3, 3, 3)
    for s, part in enumerate(parts):
        assert_same(drawn(together, s), drawn(part))


def test_the_snapshot_draws_what_the_forecast_does():
    for s, station in enumerate(SNAPSHOT.stations):
        forecast = built().forecaster.predict(two_stations().histories[station.id])
        assert_same(dict(SNAPSHOT.trajectories_of(s)), dict(forecast.trajectories))


def test_a_day_is_wet_in_as_many_members_as_its_chance_says():
    wet = drawn(of_station(DAYS, GUSTS))["precip_mm"] >= WET_MM
    shares = [wet[:, first:stop].any(axis=1).mean() for first, stop in ((5, 20), (29, 44))]
    without = drawn(of_station(None, GUSTS))["precip_mm"] >= WET_MM
    assert shares[0] > shares[1]
    np.testing.assert_array_equal(wet.sum(axis=0), without.sum(axis=0))


def test_gusts_follow_the_wind_by_the_station_s_curve():
    members = drawn(of_station(None, GUSTS))
    wind = members["wind_ms"].astype(float)
    np.testing.assert_allclose(members["gust_ms"], GUSTS(wind), rtol=1e-5)
    assert (members["gust_ms"] >= members["wind_ms"]).all()


@pytest.mark.parametrize("winds", range(MOST_WINDS + 1))
def test_a_curve_comes_back_from_its_array(winds):
    curve = GustCurve(np.arange(1.0, winds + 1), 1.5 * np.arange(1.0, winds + 1))
    again = GustCurve.of_array(curve.as_array())
    np.testing.assert_array_equal(again.wind_ms, curve.wind_ms)
    np.testing.assert_array_equal(again.gust_ms, curve.gust_ms)


@settings(deadline=None, max_examples=50)
@given(
    temp_c=st.floats(-95, 65, width=32),
    spread=st.floats(0, 40, width=32),
    log_mm=st.floats(-30, 30, width=32),
    chance=st.floats(0, 1, width=32),
)
def test_whatever_a_file_may_hold_the_members_are_possible(temp_c, spread, log_mm, chance):
    """Quantiles may be far apart, and levels beyond the outermost carry them on."""
    levels = np.linspace(-spread, spread, 9, dtype=np.float32)
    quantiles = {
        name: np.broadcast_to(np.float32(temp_c) + levels, (HORIZON_H, 9)) for name in FORECAST
    }
    basis = of_station(DAYS, GUSTS)
    basis = replace(basis, rain_log_mm=np.full_like(basis.rain_log_mm, log_mm))
    members = basis.drawn(0, quantiles, np.full(HORIZON_H, chance, dtype=np.float32))
    for name, values in members.items():
        assert (values >= np.float32(VARIABLES[name].low)).all()
        assert (values <= np.float32(VARIABLES[name].high)).all()


def test_only_the_stations_asked_for_last_are_kept():
    many = Snapshot.joined([SNAPSHOT] * 5)
    for s in range(10):
        members = many.trajectories_of(s)
        assert many.trajectories_of(s) is members
    assert list(many._drawn) == [6, 7, 8, 9]


def test_the_same_order_is_the_same_ranks_and_another_isn_t():
    order = BASIS.ranks.order
    assert shared_ranks(order) is shared_ranks(order.copy())
    assert shared_ranks(order[::-1]) is not shared_ranks(order)


def changed(**fields: object) -> Snapshot:
    return replace(SNAPSHOT, basis=replace(BASIS, **fields))


def with_value(name: str, value: float, at: tuple[object, ...]) -> Snapshot:
    array = getattr(guided(), name).copy()
    array[at] = value
    return replace(SNAPSHOT, basis=replace(guided(), **{name: array}))


def guided() -> TrajectoryBasis:
    return TrajectoryBasis.joined([of_station(DAYS, GUSTS)] * 2)


def refused(snapshot: Snapshot, match: str) -> None:
    with pytest.raises(ModelError, match=match):
        Snapshot.from_bytes(snapshot.to_bytes())


def test_what_is_possible_is_read():
    made = replace(SNAPSHOT, basis=guided())
    assert_same(
        dict(Snapshot.from_bytes(made.to_bytes()).trajectories_of(1)),
        dict(made.trajectories_of(1)),
    )


@pytest.mark.parametrize(
    ("name", "value", "at", "match"),
    [
        ("rain_log_mm", np.inf, (1, 3, 2), r"rain_log_mm of station BBB, at \[3, 2\], is outside"),
        ("gust_curves", 0.0, (0, 0, 0), "gust_curves of station AAA"),
        ("gust_curves", 1e6, (0, 1, 2), "gust_curves of station AAA"),
        ("wet_days", 999, (1, 0, 1), r"wet_days of station BBB, at \[0, 1\], is outside 0 to 168"),
        ("wet_days", -1, (1, 0, 0), "wet_days of station BBB"),
        ("wet_days", np.nan, (1, 2, 0), r"wet_days of station BBB, at \[2, 0\], is missing"),
        ("wet_days", 1.5, (0, 0, 2), "wet_days of station AAA, at .* is outside 0 to 1"),
    ],
)
def test_what_is_not_possible_is_refused(name, value, at, match):
    refused(with_value(name, value, at), match)


@pytest.mark.parametrize(
    ("fields", "match"),
    [
        ({"ranks": Ranks(np.zeros_like(BASIS.ranks.order))}, "its ranks are no permutations"),
        ({"ranks": Ranks(BASIS.ranks.order[:0])}, "it has no trajectories"),
        ({"ranks": Ranks(BASIS.ranks.order[:, :48])}, "arrays of a wrong shape: ranks"),
        ({"ranks": Ranks(BASIS.ranks.order[0])}, "not a whole snapshot"),
        ({"targets": BASIS.targets[:-1]}, "arrays of a wrong shape: ranks"),
        ({"targets": ("x", *BASIS.targets[1:])}, "it has no trajectories of temp_c"),
        ({"rain_log_mm": BASIS.rain_log_mm[:1]}, "arrays of a wrong shape: rain_log_mm"),
        ({"wet_days": BASIS.wet_days[0]}, "arrays of a wrong shape: wet_days"),
        ({"gust_curves": BASIS.gust_curves[..., :3]}, "arrays of a wrong shape: gust_curves"),
    ],
)
def test_what_does_not_fit_is_refused(fields, match):
    refused(changed(**fields), match)
