"""Every formula against its published table, and what holds for all weather."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wearcast.clothing import comfort
from wearcast.clothing.comfort import errands_clo, hours_clo, required_clo
from wearcast.clothing.sun import elevation_deg, sunshine_wm2
from wearcast.vocabulary import Activity, Sensitivity
from wearcast.weather.humidity import dewpoint_c

NOTHING = np.array([np.nan])

# Environment Canada's wind chill chart: °C across, km/h down.
CANADA_C = np.arange(5, -51, -5.0)
CANADA = {
    5: (4, -2, -7, -13, -19, -24, -30, -36, -41, -47, -53, -58),
    10: (3, -3, -9, -15, -21, -27, -33, -39, -45, -51, -57, -63),
    20: (1, -5, -12, -18, -24, -30, -37, -43, -49, -56, -62, -68),
    30: (0, -6, -13, -20, -26, -33, -39, -46, -52, -59, -65, -72),
    40: (-1, -7, -14, -21, -27, -34, -41, -48, -54, -61, -68, -74),
    60: (-2, -9, -16, -23, -30, -36, -43, -50, -57, -64, -71, -78),
    80: (-3, -10, -17, -24, -31, -38, -45, -52, -60, -67, -74, -81),
}
# The National Weather Service's chart: °F across, mph down.
NWS_F = np.arange(40, -46, -5.0)
NWS = {
    5: (36, 31, 25, 19, 13, 7, 1, -5, -11, -16, -22, -28, -34, -40, -46, -52, -57, -63),
    10: (34, 27, 21, 15, 9, 3, -4, -10, -16, -22, -28, -35, -41, -47, -53, -59, -66, -72),
    30: (28, 22, 15, 8, 1, -5, -12, -19, -26, -33, -39, -46, -53, -60, -67, -73, -80, -87),
    60: (25, 17, 10, 3, -4, -11, -19, -26, -33, -40, -48, -55, -62, -69, -76, -84, -91, -98),
}
# What the Korean Met's winter table was published with in the Maeil Shinmun of 10 December 2009:
# °C, km/h, feels like.
KOREA = ((5, 5, 4), (5, 30, 0), (-5, 5, -7), (-5, 30, -13), (-25, 5, -30), (-40, 5, -47))

temps = st.floats(-45, 48)
winds = st.floats(0, 30)
rains = st.floats(0, 50)
suns = st.floats(0, 1000)
humidities = st.floats(1, 100)


def feels(temp_c, wind_ms=0.0, rh_pct=None, sun=0.0, rain=0.0):
    t = np.array([temp_c])
    dewpoint = NOTHING if rh_pct is None else dewpoint_c(t, np.array([rh_pct]))
    return float(
        comfort.feels_like_c(t, np.array([wind_ms]), dewpoint, np.array([sun]), np.array([rain]))[0]
    )


@pytest.mark.parametrize("kmh", CANADA)
def test_wind_chill_is_environment_canadas_chart(kmh):
    chilled = comfort.wind_chill_c(CANADA_C, np.full_like(CANADA_C, kmh / 3.6))
    np.testing.assert_allclose(chilled, CANADA[kmh], atol=0.5 + 1e-9)


@pytest.mark.parametrize("mph", NWS)
def test_wind_chill_is_the_weather_services_chart(mph):
    chilled = (
        comfort.wind_chill_c((NWS_F - 32) / 1.8, np.full_like(NWS_F, mph * 0.44704)) * 1.8 + 32
    )
    # The metric formula's coefficients are rounded, so its whole degrees may differ from the
    # chart's by a little more than half.
    np.testing.assert_allclose(chilled, NWS[mph], atol=0.6)


@pytest.mark.parametrize(("temp_c", "kmh", "expected"), KOREA)
def test_wind_chill_is_the_korean_mets_winter_table(temp_c, kmh, expected):
    assert (
        round(float(comfort.wind_chill_c(np.array(float(temp_c)), np.array(kmh / 3.6)))) == expected
    )


def test_stulls_wet_bulb_is_his_example():
    assert comfort.wet_bulb_c(np.array(20.0), np.array(50.0)) == pytest.approx(13.7, abs=0.05)


def test_the_korean_summer_formula_is_neutral_at_55_percent_and_moves_a_degree_for_ten():
    """As the Korean Met describes it."""
    by_humidity = comfort.kma_summer_c(np.full(4, 33.0), np.array([35.0, 45.0, 55.0, 65.0]))
    assert by_humidity[2] == pytest.approx(33.0, abs=0.1)
    np.testing.assert_allclose(np.diff(by_humidity), 1.0, atol=0.2)


def test_menex_is_its_published_line_with_its_ends():
    np.testing.assert_allclose(
        comfort.menex_clo(np.array([-40.0, -30, 0, 10, 25, 35])),
        [3.0, 3.0, 1.691, 1.255, 0.6, 0.6],
        atol=0.002,
    )


def test_an_ensemble_is_iso_9920s_sum():
    """ISO 9920 and ASHRAE 55: trousers, short-sleeved shirt, briefs, socks and shoes make 0.5-0.57
    clo."""
    garments = np.array([0.24 + 0.19 + 0.04 + 0.02 + 0.02])
    assert comfort.ensemble_clo(garments)[0] == pytest.approx(0.57, abs=0.03)
    assert comfort.ensemble_clo(np.array([1.0]))[0] == pytest.approx(0.996)


def test_up_to_10_degrees_it_is_wind_chill_and_from_28_on_the_korean_summer_formula():
    assert feels(-10, 8.0) == float(comfort.wind_chill_c(np.array(-10.0), np.array(8.0)))
    assert feels(33, 3.0, rh_pct=70) == pytest.approx(
        float(comfort.kma_summer_c(np.array(33.0), np.array(70.0))), abs=0.05
    )


def test_a_calm_of_unknown_humidity_feels_like_the_thermometer_says():
    assert [feels(t) for t in (-40.0, 0.0, 15.0, 25.0, 40.0)] == pytest.approx([-40, 0, 15, 25, 40])


@given(temps, st.floats(0, 10), winds, humidities, suns, rains)
def test_colder_never_feels_warmer(temp_c, colder, wind_ms, rh_pct, sun, rain):
    assert (
        feels(temp_c - colder, wind_ms, rh_pct, sun, rain)
        <= feels(temp_c, wind_ms, rh_pct, sun, rain) + 1e-9
    )


@given(temps, st.floats(0, 10), winds, st.floats(-50, 30))
def test_colder_never_feels_warmer_at_the_same_dew_point_either(temp_c, colder, wind_ms, dewpoint):
    t = np.array([temp_c, temp_c - colder])
    felt = comfort.in_the_shade_c(t, np.full(2, wind_ms), np.minimum(t, dewpoint))
    assert felt[1] <= felt[0] + 1e-9


@given(temps, winds, st.floats(0, 10), humidities, suns, rains)
def test_windier_never_feels_warmer(temp_c, wind_ms, more, rh_pct, sun, rain):
    assert (
        feels(temp_c, wind_ms + more, rh_pct, sun, rain)
        <= feels(temp_c, wind_ms, rh_pct, sun, rain) + 1e-9
    )


@given(temps, winds, humidities, rains, st.floats(0, 20))
def test_rainier_never_feels_warmer(temp_c, wind_ms, rh_pct, rain, more):
    assert (
        feels(temp_c, wind_ms, rh_pct, rain=rain + more)
        <= feels(temp_c, wind_ms, rh_pct, rain=rain) + 1e-9
    )


@given(st.floats(0, 20), winds, humidities, st.floats(0.5, 10))
def test_rain_feels_colder_below_20_degrees(temp_c, wind_ms, rh_pct, rain):
    assert feels(temp_c, wind_ms, rh_pct, rain=rain) < feels(temp_c, wind_ms, rh_pct) - 1


@pytest.mark.parametrize("seam", ["10 °C", "28 °C", "1.3 m/s", "20 °C and wet"])
def test_no_formula_jumps_where_another_takes_over(seam):
    where = {
        "10 °C": (10.0, 6.0, 0.0),
        "28 °C": (28.0, 6.0, 0.0),
        "1.3 m/s": (0.0, 5 / 3.6, 0.0),
        "20 °C and wet": (20.0, 2.0, 5.0),
    }
    temp_c, wind_ms, rain = where[seam]
    around = [feels(temp_c + d, wind_ms + d, 60, rain=rain) for d in (-1e-6, 0.0, 1e-6)]
    assert max(around) - min(around) < 1e-4


@given(temps, winds, humidities, suns, rains)
def test_a_tenth_of_a_degree_feels_like_a_quarter_at_most(temp_c, wind_ms, rh_pct, sun, rain):
    step = feels(temp_c + 0.1, wind_ms, rh_pct, sun, rain) - feels(
        temp_c, wind_ms, rh_pct, sun, rain
    )
    assert 0 <= step <= 0.25


@pytest.mark.parametrize(
    ("unknown", "none"), [(1, 0.0), (3, 0.0), (4, 0.0)], ids=["wind", "sun", "rain"]
)
def test_an_unknown_wind_sun_or_rain_counts_as_none_of_it(unknown, none):
    known, without = (
        [np.array([value]) for value in (8.0, 5.0, 3.0, 400.0, 1.0)] for _ in range(2)
    )
    felt = comfort.feels_like_c(*known)
    known[unknown], without[unknown] = NOTHING, np.array([none])
    np.testing.assert_array_equal(comfort.feels_like_c(*known), comfort.feels_like_c(*without))
    assert abs(comfort.feels_like_c(*known) - felt)[0] > 0.5


def test_an_unknown_dew_point_leaves_a_hot_day_as_the_thermometer_says():
    assert feels(33.0, 2.0) == pytest.approx(33.0)
    assert feels(33.0, 2.0, rh_pct=80) > 35


@given(st.floats(-60, 60), st.sampled_from(list(Activity)), st.booleans())
def test_who_feels_cold_more_easily_never_gets_less(feels_c, activity, for_hours):
    clo = [
        float(required_clo(np.array(feels_c), activity, sensitivity, for_hours))
        for sensitivity in Sensitivity
    ]
    assert clo == sorted(clo)


def test_at_10_degrees_every_level_of_sensitivity_counts():
    clo = [
        float(required_clo(np.array(10.0), Activity.STROLLING, sensitivity, for_hours=False))
        for sensitivity in Sensitivity
    ]
    assert np.diff(clo).min() > 0.05


@given(temps, winds, humidities, suns, rains, st.sampled_from(list(Sensitivity)), st.booleans())
def test_who_is_more_active_never_gets_more(
    temp_c, wind_ms, rh_pct, sun, rain, sensitivity, for_hours
):
    """Though cycling and running make a wind of their own."""
    clo = []
    for activity in Activity:
        felt = feels(
            temp_c,
            float(np.hypot(wind_ms, comfort.EFFORT[activity].own_wind_ms)),
            rh_pct,
            sun,
            rain,
        )
        clo.append(float(required_clo(np.array(felt), activity, sensitivity, for_hours)))
    assert all(more <= less + 1e-9 for less, more in pairwise(clo))


def test_hours_below_zero_ask_for_what_menex_says():
    temp_c = np.linspace(-30, 0, 13)
    np.testing.assert_allclose(hours_clo(temp_c), comfort.menex_clo(temp_c), atol=1e-9)


def test_utcis_clothing_is_its_published_curve():
    """Havenith et al. (2012), at the temperatures of their figure."""
    temp_c = np.array([-20.0, -10, 0, 10, 20, 25])
    np.testing.assert_allclose(
        comfort.utci_clo(temp_c), [1.63, 1.52, 1.37, 1.13, 0.73, 0.46], atol=0.006
    )


ERRANDS_CLO = {
    -20: 1.864,
    -10: 1.757,
    0: 1.610,
    10: 1.155,
    22: 0.609,
    25: 0.5095,
    28: 0.41,
    33: 0.36,
    38: 0.31,
    50: 0.30,
    60: 0.30,
}
"""By feels-like temperature in °C."""


def test_errands_ask_for_a_published_line_at_every_temperature():
    temp_c = np.array(list(ERRANDS_CLO), dtype=float)
    np.testing.assert_allclose(errands_clo(temp_c), list(ERRANDS_CLO.values()), atol=1e-3)


def test_errands_lie_between_what_people_wear_and_menex():
    temp_c = np.linspace(-30, 25, 56)
    assert (errands_clo(temp_c) >= comfort.utci_clo(temp_c) - 0.04).all()
    assert (errands_clo(temp_c) < comfort.menex_clo(temp_c)).all()


@pytest.mark.parametrize("line_clo", [errands_clo, hours_clo])
def test_colder_never_asks_for_less(line_clo):
    assert (np.diff(line_clo(np.linspace(-90, 60, 15001))) <= 1e-12).all()


@pytest.mark.parametrize("joint_c", [-50.0, 0.0, 9.0, 22.0, 28.0, 38.0, 50.0])
@pytest.mark.parametrize("line_clo", [errands_clo, hours_clo])
def test_no_line_of_insulation_jumps_where_another_takes_over(line_clo, joint_c):
    assert np.ptp(line_clo(joint_c + np.array([-1e-6, 0.0, 1e-6]))) < 1e-6


@given(st.floats(-60, 60), st.sampled_from(list(Activity)), st.sampled_from(list(Sensitivity)))
def test_hours_outdoors_never_ask_for_less_than_errands(feels_c, activity, sensitivity):
    errands, hours = required_clo(
        np.full(2, feels_c), activity, sensitivity, np.array([False, True])
    )
    if feels_c - comfort.COLDER_C[sensitivity] < comfort.HANDED_OVER_C:
        assert hours >= errands
    else:
        assert hours == pytest.approx(errands)


def test_every_hour_may_be_an_errand_or_one_of_hours():
    feels_c = np.full((3, 2), -10.0)
    clo = required_clo(
        feels_c, Activity.STROLLING, Sensitivity.AVERAGE, for_hours=np.array([False, True])
    )
    np.testing.assert_allclose(clo, [[1.757, 2.127]] * 3, atol=1e-3)


def test_the_sun_stands_where_the_almanac_says():
    """Solstice noons at 40.7° north, 90 − 40.7 ± 23.44, and midnight far below."""
    noon = np.array(["2013-06-21T17", "2013-12-21T17", "2013-06-21T05"], dtype="datetime64[h]")
    height = elevation_deg(noon, 40.7, -75.0)
    np.testing.assert_allclose(height[:2], [72.7, 25.9], atol=0.3)
    assert height[2] < -20


def test_clouds_dim_the_sun_and_unknown_clouds_leave_it_unknown():
    through = sunshine_wm2(np.full(4, 60.0), np.array([0.0, 50.0, 100.0, np.nan]))
    assert through[0] > through[1] > through[2] > 0
    assert np.isnan(through[3])
    assert sunshine_wm2(np.array([-5.0]), np.array([0.0]))[0] == 0
