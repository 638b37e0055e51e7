"""Direct linear forecasts: one ridge regression a lead, each with the strength that did best out of
fold."""

import itertools
from dataclasses import dataclass

import numpy as np

from wearcast.errors import ModelError
from wearcast.forecasting.array_types import Flags, Floats, Floats32, Hours

STRENGTHS = 10.0 ** np.arange(0.0, 6.5, 0.5)
"""Ridge penalties tried, for standardised features."""


@dataclass(frozen=True)
class LinearModel:
    """A linear map from features to every output at once: shapes (F,), (F,), (F, O), (O,)."""

    mean: Floats32
    scale: Floats32
    weights: Floats32
    intercept: Floats32

    def __call__(self, features: Floats32) -> Floats32:
        """The outputs for features of shape (B, F): shape (B, O)."""
        outputs = ((features - self.mean) / self.scale) @ self.weights + self.intercept
        return outputs.astype(np.float32)


@dataclass(frozen=True)
class RidgeDecomposition:
    """The normal equations of one training set, solved for any strength at the cost of a
    product."""

    mean: Floats32
    scale: Floats32
    intercept: Floats32
    eigenvalues: Floats
    eigenvectors: Floats32
    projected: Floats32

    @classmethod
    def of(cls, features: Floats32, targets: Floats32) -> "RidgeDecomposition":
        """Decompose once, for features (N, F) and targets (N, O)."""
        mean, spread, intercept = features.mean(axis=0), features.std(axis=0), targets.mean(axis=0)
        scale = np.where(spread > 1e-6, spread, 1.0).astype(np.float32)
        standardised = (features - mean) / scale
        values, exact = np.linalg.eigh((standardised.T @ standardised).astype(np.float64))
        vectors: Floats32 = exact.astype(np.float32)
        return cls(
            mean,
            scale,
            intercept,
            np.maximum(values, 0.0),
            vectors,
            vectors.T @ (standardised.T @ (targets - intercept)),
        )

    def solve(self, strengths: Floats) -> LinearModel:
        """The regression with one strength an output, shape (O,)."""
        shrunk = self.projected / (self.eigenvalues[:, None] + strengths[None, :])
        return LinearModel(
            self.mean, self.scale, (self.eigenvectors @ shrunk).astype(np.float32), self.intercept
        )


def fit(
    features: Floats32, targets: Floats32, issued_at: Hours, folds: int, purge_h: int
) -> tuple[LinearModel, Floats32]:
    """Fit with the strengths that do best out of fold.

    Args:
        features: shape (N, F).
        targets: shape (N, O), without NaN.
        issued_at: UTC, shape (N,); folds are spans of time, the same for all stations.
        folds: how many.
        purge_h: windows issued this close to a fold don't train for it.

    Returns:
        The regression on all windows, and the predictions for each window by coefficients that
        never saw its time, (N, O); the strengths are those of all folds together.

    Raises:
        ModelError: the windows span too little time for that many folds.
    """
    parts = list(_folds(issued_at, folds, purge_h))
    if sum(int(held.sum()) for _, held in parts) < len(issued_at):
        raise ModelError(
            f"the training windows span too little time for {folds} folds {purge_h} hours apart. "
            "Give a longer record, other training periods, or fewer train.folds."
        )
    solved = [RidgeDecomposition.of(features[train], targets[train]) for train, _ in parts]
    errors = np.zeros((len(STRENGTHS), targets.shape[1]))
    for decomposed, (_, held) in zip(solved, parts, strict=True):
        for i, strength in enumerate(STRENGTHS):
            predicted = decomposed.solve(np.full(targets.shape[1], strength))(features[held])
            errors[i] += np.square(predicted - targets[held]).sum(axis=0)
    best = STRENGTHS[errors.argmin(axis=0)]
    out_of_fold = np.zeros_like(targets)
    for decomposed, (_, held) in zip(solved, parts, strict=True):
        out_of_fold[held] = decomposed.solve(best)(features[held])
    return RidgeDecomposition.of(features, targets).solve(best), out_of_fold


def _folds(issued_at: Hours, folds: int, purge_h: int) -> list[tuple[Flags, Flags]]:
    """Pairs of which windows train and which are held out."""
    edges = np.quantile(issued_at.astype(np.int64), np.linspace(0, 1, folds + 1)).astype(np.int64)
    at = issued_at.astype(np.int64)
    pairs = []
    for first, stop in itertools.pairwise(edges):
        held = (at >= first) & ((at < stop) | (stop == edges[-1]))
        pairs.append(((at < first - purge_h) | (at > stop + purge_h), held))
    return [(train, held) for train, held in pairs if held.any() and train.any()]
