"""The model that is served of live weather: fitted once more on all years, calibrated as judged."""

from dataclasses import replace

import numpy as np
import pytest

from unit.forecasting.synthetic import TINY, built, two_stations
from wearcast.forecasting import held_out_forecasts, model_assembly
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.median_share import MedianShare
from wearcast.forecasting.refit import fit_on_all_years


@pytest.fixture(scope="module")
def refitted():
    judged = built()
    origin = {**judged.manifest.origin, "judged": judged.manifest.version}
    validation = held_out_forecasts.forecast(judged.trained, judged.validation_set)
    median = MedianShare.none(TINY.horizon_h)
    return fit_on_all_years(judged.records, 2, validation, (), median, TINY, origin)


def test_it_learns_from_every_hour_of_the_split(refitted):
    _, manifest, _ = refitted
    split = two_stations().split
    segments = (*split.train, *split.validation, *split.test)
    trained_on = manifest.origin["trained_on"]
    assert trained_on["from"] == str(min(start for start, _ in segments))
    assert trained_on["until"] == str(max(stop for _, stop in segments))
    assert trained_on["segments"] == 1


def test_periods_far_apart_stay_apart():
    known = two_stations()
    first = (np.datetime64("2010-01-01T00", "h"), np.datetime64("2011-01-01T00", "h"))
    known = replace(known, split=replace(known.split, train=(first, *known.split.train)))
    everything = model_assembly.on_all_years(known).split
    assert len(everything.train) == 2
    assert everything.train[0] == first


def test_its_calibration_and_scores_are_the_judged_model_s(refitted):
    _, manifest, _ = refitted
    judged = built().manifest
    np.testing.assert_array_equal(manifest.calibration.margins, judged.calibration.margins)
    np.testing.assert_array_equal(manifest.ranks.order, judged.ranks.order)
    assert manifest.origin["validation"] == judged.origin["validation"]
    assert manifest.origin["judged"] == judged.version != manifest.version


def test_it_forecasts(refitted):
    onnx, manifest, _ = refitted
    record = two_stations().histories["AAA"]
    ours = Forecaster(manifest, onnx).predict(record).marginals.quantiles["temp_c"]
    theirs = built().forecaster.predict(record).marginals.quantiles["temp_c"]
    assert not np.array_equal(ours, theirs)
    assert np.abs(ours - theirs).mean() < 3


@pytest.mark.parametrize(
    ("setting", "source", "is_refitted"),
    [
        ("auto", "sample", False),
        ("auto", "files", False),
        ("auto", "open_meteo", True),
        ("auto", "kma", True),
        (True, "sample", True),
        (False, "kma", False),
    ],
)
def test_live_weather_alone_is_refitted_unless_the_setting_says_so(setting, source, is_refitted):
    known = replace(two_stations(), source=source)
    settings = TINY.model_copy(update={"refit": setting})
    assert model_assembly.is_refitted(known, settings) is is_refitted
