"""The linear path: ridge regressions in closed form, judged on time they never saw."""

import numpy as np
import pytest

from unit.forecasting.synthetic import START
from wearcast.forecasting import ridge_regression

N, IN, OUT = 400, 12, 5
FOLDS, PURGE_H = 4, 24
ISSUED_AT = START + 6 * np.arange(N)


def problem(seed: int = 0, noise: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    features = (rng.normal(size=(N, IN)) * rng.uniform(0.5, 20, IN) + rng.normal(size=IN)).astype(
        np.float32
    )
    weights = rng.normal(size=(IN, OUT)) / features.std(axis=0)[:, None]
    return features, (features @ weights + noise * rng.normal(size=(N, OUT)) + 3).astype(np.float32)


def ridge(features: np.ndarray, targets: np.ndarray, strength: float) -> np.ndarray:
    """The textbook's predictions: standardise, (XᵀX + s I)⁻¹ Xᵀ y, in float64."""
    x, y = features.astype(float), targets.astype(float)
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    return z @ np.linalg.solve(
        z.T @ z + strength * np.eye(IN), z.T @ (y - y.mean(axis=0))
    ) + y.mean(axis=0)


def folds() -> list[np.ndarray]:
    return [held for _, held in ridge_regression.spans_held_out(ISSUED_AT, FOLDS, PURGE_H)]


@pytest.mark.parametrize("strength", [1.0, 100.0, 1e4])
def test_it_is_ridge_regression(monkeypatch, strength):
    monkeypatch.setattr(ridge_regression, "STRENGTHS", np.array([strength]))
    features, targets = problem()
    fitted, _ = ridge_regression.fit(features, targets, ISSUED_AT, FOLDS, PURGE_H)
    np.testing.assert_allclose(fitted(features), ridge(features, targets, strength), atol=2e-4)


def test_each_output_gets_the_strength_that_did_best_out_of_fold():
    features, targets = problem()
    targets[:, 1] = np.random.default_rng(1).normal(size=N)
    fitted, _ = ridge_regression.fit(features, targets, ISSUED_AT, FOLDS, PURGE_H)
    errors = np.zeros((len(ridge_regression.STRENGTHS), OUT))
    for train, held in ridge_regression.spans_held_out(ISSUED_AT, FOLDS, PURGE_H):
        x, y = features[train].astype(float), targets[train].astype(float)
        z = (x - x.mean(axis=0)) / x.std(axis=0)
        held_z = (features[held] - x.mean(axis=0)) / x.std(axis=0)
        for i, strength in enumerate(ridge_regression.STRENGTHS):
            weights = np.linalg.solve(z.T @ z + strength * np.eye(IN), z.T @ (y - y.mean(axis=0)))
            errors[i] += ((held_z @ weights + y.mean(axis=0) - targets[held]) ** 2).sum(axis=0)
    best = ridge_regression.STRENGTHS[errors.argmin(axis=0)]
    # What is noise alone is shrunk away, what is linear is not.
    assert best[1] > 100 * best[0]
    for output, strength in enumerate(best):
        np.testing.assert_allclose(
            fitted(features)[:, output], ridge(features, targets, strength)[:, output], atol=2e-4
        )


def test_folds_cover_every_window_once_and_keep_their_distance():
    at = ISSUED_AT.astype(np.int64)
    pairs = ridge_regression.spans_held_out(ISSUED_AT, FOLDS, PURGE_H)
    assert np.sum([held for _, held in pairs], axis=0).tolist() == [1] * N
    for train, held in pairs:
        assert np.abs(at[train][:, None] - at[held][None, :]).min() > PURGE_H


@pytest.mark.parametrize("fold", range(FOLDS))
def test_out_of_fold_predictions_never_used_their_time(monkeypatch, fold):
    # One strength to choose from: the choice itself looks at every fold's error.
    monkeypatch.setattr(ridge_regression, "STRENGTHS", np.array([10.0]))
    features, targets = problem()
    held = folds()[fold]
    at = ISSUED_AT.astype(np.int64)
    near = (at >= at[held].min() - PURGE_H) & (at <= at[held].max() + PURGE_H)
    _, honest = ridge_regression.fit(features, targets, ISSUED_AT, FOLDS, PURGE_H)
    poisoned_targets, poisoned_features = targets.copy(), features.copy()
    poisoned_targets[near] = 1e6
    poisoned_features[near & ~held] = 1e6
    _, poisoned = ridge_regression.fit(
        poisoned_features, poisoned_targets, ISSUED_AT, FOLDS, PURGE_H
    )
    np.testing.assert_array_equal(poisoned[held], honest[held])
    elsewhere = ~near
    assert (np.abs(poisoned[elsewhere] - honest[elsewhere]).max(axis=1) > 1).any()


def test_stations_of_one_time_are_held_out_together():
    twice = np.concatenate([ISSUED_AT, ISSUED_AT])
    for train, held in ridge_regression.spans_held_out(twice, FOLDS, PURGE_H):
        np.testing.assert_array_equal(held[:N], held[N:])
        np.testing.assert_array_equal(train[:N], train[N:])


def test_a_feature_that_never_changes_changes_nothing():
    features, targets = problem()
    constant = np.concatenate([features, np.full((N, 1), 7.0, dtype=np.float32)], axis=1)
    plain, _ = ridge_regression.fit(features, targets, ISSUED_AT, FOLDS, PURGE_H)
    more, _ = ridge_regression.fit(constant, targets, ISSUED_AT, FOLDS, PURGE_H)
    np.testing.assert_allclose(more(constant), plain(features), atol=1e-3)
