"""Logistic regression: the weights that made the data, and no weight too large without."""

import numpy as np
import pytest

from wearcast.forecasting import logistic_regression
from wearcast.forecasting.logistic_regression import chance_of, logit_of

WEIGHTS = np.array([1.5, -0.8, 0.0])
INTERCEPT = -1.2


@pytest.fixture(scope="module")
def features():
    return np.random.default_rng(3).normal(size=(6000, 3)) * (1, 5, 2) + (0, 40, 0)


@pytest.fixture(scope="module")
def chance(features):
    return chance_of((features - (0, 40, 0)) / (1, 5, 2) @ WEIGHTS + INTERCEPT)


def halves(count):
    first = np.arange(count) < count // 2
    return [(first, ~first), (~first, first)]


def per_unit(model):
    """The weights of the features as they were drawn."""
    return model.weights / model.scale * (1, 5, 2)


def test_a_logit_is_turned_back(chance):
    np.testing.assert_allclose(chance_of(logit_of(chance)), chance, rtol=1e-9)
    np.testing.assert_array_equal(chance_of(np.array([-1e4, 0.0, 1e4])), [0.0, 0.5, 1.0])


def test_the_weights_that_made_the_data_are_found(features, chance):
    came = (np.random.default_rng(4).random(len(chance)) < chance).astype(float)
    model, out_of_fold = logistic_regression.fit(features, came, halves(len(came)))
    np.testing.assert_allclose(per_unit(model), WEIGHTS, atol=0.15)
    assert np.abs(out_of_fold - chance).mean() < 0.02


def test_chances_can_be_learned_from_as_well(features, chance):
    model = logistic_regression.fit_one(features, chance, penalty=1e-6)
    np.testing.assert_allclose(per_unit(model), WEIGHTS, atol=1e-3)
    np.testing.assert_allclose(chance_of(model.logit(features)), chance, atol=1e-3)


@pytest.mark.parametrize("share", [0.0, 1.0, 0.5])
def test_data_without_doubt_give_finite_weights(features, share):
    came = (features[:, 0] > np.quantile(features[:, 0], 1 - share)).astype(float)
    model = logistic_regression.fit_one(features, came, penalty=1.0)
    assert np.isfinite(model.weights).all()
    assert np.abs(chance_of(model.logit(features)) - came).mean() < 0.05


def test_what_is_held_out_is_predicted_by_the_others_alone(features, chance, monkeypatch):
    monkeypatch.setattr(logistic_regression, "PENALTIES", (30.0,))
    came = (chance > 0.3).astype(float)
    train, held = halves(len(came))[0]
    _, predicted = logistic_regression.fit(features, came, [(train, held)])
    of_others = logistic_regression.fit_one(features[train], came[train], 30.0)
    assert np.isnan(predicted[train]).all()
    np.testing.assert_array_equal(predicted[held], chance_of(of_others.logit(features[held])))
