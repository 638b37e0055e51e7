"""The verdict on forecasts: what is better passes, and each way to be worse fails its own check."""

from dataclasses import replace

import numpy as np
import pytest

from unit.retraining.made_forecasts import changed, equal_pair
from wearcast.config import Gate
from wearcast.retraining.forecast_checks import forecast_checks

GATE = Gate(bootstrap=300)


@pytest.fixture(scope="module")
def pair():
    return equal_pair()


def failed(pair) -> set[str]:
    return {check.name for check in forecast_checks(pair, GATE) if not check.passed}


def test_a_better_challenger_passes_every_check(pair):
    assert failed(changed(pair, 0.93)) == set()


def test_an_equal_one_is_not_better_and_nothing_else(pair):
    assert failed(pair) == {"temperature, all leads"}
    assert failed(changed(pair, 1.0)) == {"temperature, all leads"}


@pytest.mark.parametrize(
    ("hours", "range_of_leads"),
    [(slice(0, 24), "1-24"), (slice(24, 72), "25-72"), (slice(72, 168), "73-168")],
)
def test_one_range_that_is_worse_fails_whatever_the_others_gain(pair, hours, range_of_leads):
    better = changed(pair, 0.8)
    quantiles = better.challenger["temp_c"].copy()
    quantiles[:, hours] = 1.1 * pair.champion["temp_c"][:, hours]
    worse = replace(better, challenger={**better.challenger, "temp_c": quantiles})
    assert f"temperature, {range_of_leads} h" in failed(worse)


def test_what_knows_the_future_is_too_good(pair):
    assert "no implausible gain" in failed(changed(pair, 0.5, slice(0, 24)))


def test_a_model_that_is_too_sure_or_not_sure_enough_is_not_calibrated(pair):
    for factor in (0.5, 2.0):
        sharper = pair.challenger["temp_c"]
        median = sharper[..., [4]]
        quantiles = 0.9 * median + factor * (sharper - median)
        found = failed(replace(pair, challenger={**pair.challenger, "temp_c": quantiles}))
        assert {name for name in found if name.startswith("80 % interval")}


def test_forecasts_worse_than_climatology_fail(pair):
    assert "beside climatology" in failed(replace(pair, climatology=0.5 * pair.climatology))


def test_a_variable_that_is_worse_or_gone_fails(pair):
    better = changed(pair, 0.93)
    for wind in (1.3 * pair.champion["wind_ms"], np.full_like(pair.champion["wind_ms"], np.nan)):
        found = failed(replace(better, challenger={**better.challenger, "wind_ms": wind}))
        assert {name.partition(",")[0] for name in found} == {"wind_ms"}


def test_worse_rain_fails(pair):
    better = changed(pair, 0.93)
    assert failed(replace(better, challenger_rain=np.full_like(pair.wet, 0.3))) == {"rain"}


def test_forecasts_that_are_not_there_pass_nothing(pair):
    nothing = {name: np.full_like(values, np.nan) for name, values in pair.champion.items()}
    checks = list(forecast_checks(replace(pair, challenger=nothing), GATE))
    passed = {check.name for check in checks if check.passed}
    assert passed == {"rain"}


def test_an_interval_that_holds_no_less_than_the_champion_s_in_odd_weather_is_calibrated(pair):
    def halved(quantiles):
        median = quantiles["temp_c"][..., [4]]
        return {**quantiles, "temp_c": median + 0.5 * (quantiles["temp_c"] - median)}

    better = changed(pair, 0.93)
    odd = replace(better, champion=halved(pair.champion), challenger=halved(better.challenger))
    assert not {name for name in failed(odd) if name.startswith("80 % interval")}


def test_rain_measured_on_a_few_days_alone_is_judged_by_its_value(pair):
    better = changed(pair, 0.93)
    wet = better.wet.copy()
    wet[better.issued_at >= better.issued_at[0] + np.timedelta64(10, "D")] = np.nan
    assert failed(replace(better, wet=wet)) == set()
    worse = np.full_like(wet, 0.3)
    assert failed(replace(better, wet=wet, challenger_rain=worse)) == {"rain"}
