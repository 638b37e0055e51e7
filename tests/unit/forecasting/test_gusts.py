import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wearcast.forecasting.gusts import GustCurve
from wearcast.forecasting.history import History
from wearcast.variables import VARIABLES

START = np.datetime64("2021-01-01T00", "h")
BLANK = np.nan


def history(wind_ms, gust_ms, filled=None):
    wind = np.asarray(wind_ms, dtype=float)
    gust = np.broadcast_to(np.asarray(gust_ms, dtype=float), wind.shape)
    hours = START + np.arange(len(wind))
    values = {"temp_c": np.zeros(len(wind)), "wind_ms": wind, "gust_ms": gust}
    return History("AAA", hours, values, filled)


def winds(days, seed=1):
    return np.random.default_rng(seed).weibull(2.0, 24 * days) * 5


def test_where_every_hour_has_a_gust_the_curve_is_the_stations_factor():
    wind = winds(60)
    curve = GustCurve.of(history(wind, 1.6 * wind))
    np.testing.assert_allclose(curve(np.array([2.0, 7.0, 25.0])), [3.2, 11.2, 40.0])


def test_a_blank_beside_a_wind_is_no_gust_on_a_day_with_a_gust():
    wind = winds(200)
    # As a METAR: a gust is reported where it is 5 m/s above the lull.
    gusty = wind >= 8
    curve = GustCurve.of(history(wind, np.where(gusty, 1.5 * wind, BLANK)))
    light, strong = curve(np.array([3.0])), curve(np.array([12.0]))
    assert light == pytest.approx(3.0)
    assert strong == pytest.approx(18.0)


def test_days_without_a_gust_tell_nothing():
    wind = winds(120)
    reported = np.arange(len(wind)) >= 24 * 60  # A source that hasn't got them before.
    with_archive = GustCurve.of(history(wind, np.where(reported, 1.6 * wind, BLANK)))
    without = GustCurve.of(history(wind[24 * 60 :], 1.6 * wind[24 * 60 :]))
    np.testing.assert_allclose(with_archive.gust_ms, without.gust_ms)


@pytest.mark.parametrize(
    "record",
    [
        history(winds(60), BLANK),
        history(winds(60) * np.nan, 10.0),
        history([5.0] * 23, 8.0),
        history(np.zeros(240), 8.0),
        history(winds(10) + 1, winds(10) + 2, filled=np.ones(240, dtype=bool)),
        history([3.0] * 19 + [9.0] * 5 + [3.0] * 24, [BLANK] * 19 + [16.0] * 5 + [BLANK] * 24),
    ],
    ids=[
        "no gusts",
        "no wind",
        "less than a day",
        "calm",
        "wind that was filled in",
        "five gusty hours",
    ],
)
def test_a_station_whose_gusts_are_not_known_has_none(record):
    assert np.isnan(GustCurve.of(record)(np.array([[0.0, 5.0], [20.0, np.nan]]))).all()


def test_winds_in_whole_knots_do():
    knots = np.round(winds(60) / 0.5144) * 0.5144
    curve = GustCurve.of(history(knots, np.round(1.5 * knots / 0.5144) * 0.5144))
    assert (np.diff(curve.wind_ms) > 0).all()
    assert curve(np.array([10.0])) == pytest.approx(15.0, rel=0.05)


@given(
    st.lists(
        st.tuples(st.floats(0, 100), st.floats(0, 114) | st.just(BLANK)), min_size=24, max_size=300
    ),
    st.lists(st.floats(0, 100), min_size=1),
)
def test_a_gust_is_never_weaker_than_its_wind_and_never_falls_as_the_wind_rises(hours, asked):
    wind, gust = np.array(hours).T
    found = GustCurve.of(history(wind, gust))(np.sort(asked))
    known = ~np.isnan(found)
    assert known.all() or not known.any()
    assert (found[known] >= np.sort(asked)[known]).all()
    assert (np.diff(found[known]) >= -1e-9).all()
    assert not VARIABLES["gust_ms"].impossible(found).any()
