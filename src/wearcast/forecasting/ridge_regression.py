"""Direct linear forecasts: one ridge regression a lead, each with the strength that did best out of
fold."""

import itertools
from collections.abc import Sequence
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
        standardised = (features - self.mean) / self.scale
        outputs = standardised @ self.weights + self.intercept
        return outputs.astype(np.float32)

    @classmethod
    def zero(cls, features: int, outputs: int) -> "LinearModel":
        """The map to 0."""
        return cls(
            mean=np.zeros(features, dtype=np.float32),
            scale=np.ones(features, dtype=np.float32),
            weights=np.zeros((features, outputs), dtype=np.float32),
            intercept=np.zeros(outputs, dtype=np.float32),
        )

    def affine(self) -> tuple[Floats32, Floats32]:
        """The same map without a standardisation: its matrix, (O, F), and what it adds, (O,)."""
        matrix = self.weights / self.scale[:, None]
        of_mean = (self.mean / self.scale) @ self.weights
        bias = self.intercept - of_mean
        return matrix.T.astype(np.float32), bias.astype(np.float32)


@dataclass(frozen=True)
class RidgeDecomposition:
    """The normal equations of one training set, decomposed: solved for any strength at the cost of
    a product."""

    mean: Floats32
    scale: Floats32
    intercept: Floats32
    eigenvalues: Floats
    eigenvectors: Floats32
    projected: Floats32

    @classmethod
    def of(cls, features: Floats32, targets: Floats32) -> "RidgeDecomposition":
        """Decompose once, for features (N, F) and targets (N, O)."""
        mean = features.mean(axis=0)
        deviation = features.std(axis=0)
        divisor = np.where(deviation > 1e-6, deviation, 1.0)
        scale = divisor.astype(np.float32)
        standardised = (features - mean) / scale
        gram = standardised.T @ standardised
        values, exact_vectors = np.linalg.eigh(gram.astype(np.float64))
        vectors: Floats32 = exact_vectors.astype(np.float32)
        intercept = targets.mean(axis=0)
        products = standardised.T @ (targets - intercept)
        return cls(
            mean=mean,
            scale=scale,
            intercept=intercept,
            eigenvalues=np.maximum(values, 0.0),
            eigenvectors=vectors,
            projected=vectors.T @ products,
        )

    def solve(self, strengths: Floats) -> LinearModel:
        """The regression with one strength an output, shape (O,)."""
        penalised = self.eigenvalues[:, None] + strengths[None, :]
        shrunk = self.projected / penalised
        exact_weights = self.eigenvectors @ shrunk
        weights = exact_weights.astype(np.float32)
        return LinearModel(self.mean, self.scale, weights, self.intercept)


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
    pairs = spans_held_out(issued_at, folds, purge_h)
    if not _holds_out_all(pairs, issued_at):
        raise ModelError(
            f"the training windows span too little time for {folds} folds {purge_h} hours apart. "
            "Give a longer record, other training periods, or fewer train.folds."
        )
    parts = []
    for train, held in pairs:
        decomposed = RidgeDecomposition.of(features[train], targets[train])
        parts.append(_Fold(decomposed, features[held], targets[held], held))
    best = _best_strengths(parts)
    out_of_fold = np.zeros_like(targets)
    for part in parts:
        model = part.decomposed.solve(best)
        out_of_fold[part.held] = model(part.features)
    whole = RidgeDecomposition.of(features, targets)
    return whole.solve(best), out_of_fold


def can_hold_out(issued_at: Hours, folds: int, purge_h: int) -> bool:
    """Whether windows span enough time for that many folds."""
    return _holds_out_all(spans_held_out(issued_at, folds, purge_h), issued_at)


def _holds_out_all(pairs: Sequence[tuple[Flags, Flags]], issued_at: Hours) -> bool:
    held_out = sum(int(held.sum()) for _, held in pairs)
    return held_out == len(issued_at)


@dataclass(frozen=True)
class _Fold:
    """What was fitted on the other folds, and the windows held out: their features and targets, and
    which they are."""

    decomposed: RidgeDecomposition
    features: Floats32
    targets: Floats32
    held: Flags


def _best_strengths(parts: Sequence[_Fold]) -> Floats:
    """For each output the strength with the least squared error over all folds, (O,)."""
    outputs = parts[0].targets.shape[1]
    errors = np.zeros((len(STRENGTHS), outputs))
    for part in parts:
        for i, strength in enumerate(STRENGTHS):
            strengths = np.full(outputs, strength)
            model = part.decomposed.solve(strengths)
            error = model(part.features) - part.targets
            errors[i] += np.square(error).sum(axis=0)
    best: Floats = STRENGTHS[errors.argmin(axis=0)]
    return best


def spans_held_out(issued_at: Hours, folds: int, purge_h: int) -> list[tuple[Flags, Flags]]:
    """Pairs of which windows train and which, of a span of time, are held out, (N,) each."""
    at = issued_at.astype(np.int64)
    shares = np.linspace(0, 1, folds + 1)
    edges = np.quantile(at, shares).astype(np.int64)
    pairs = []
    for first, stop in itertools.pairwise(edges):
        is_last = stop == edges[-1]
        before_stop = (at < stop) | is_last
        held = (at >= first) & before_stop
        long_before = at < first - purge_h
        long_after = at > stop + purge_h
        train = long_before | long_after
        if held.any() and train.any():
            pairs.append((train, held))
    return pairs
