"""After the last hour that guidance reaches: what its last anomalies still say of the hours
behind.

A forecast that fell back to the station's past within an hour would jump, and would forget that
the models see a cold spell. So the forecast from the past is moved by a share of how far guidance
was from it in its last hours, which fades.
"""

from dataclasses import dataclass

import numpy as np

from wearcast.forecasting.array_types import Floats, Floats32, Positions
from wearcast.forecasting.missing_values import where_known

LAST_H = (6, 18, 48)
"""Hours up to the last one reached, over which guidance's difference from the past is averaged."""

REACH_H = 96
"""Hours behind the last one reached in which that still counts."""

ENDS_H = (42, 66, 90, 114, 138)
"""Leads at which guidance is cut to learn from, beside the one where it ends: a run that was missed
ends early."""

_PENALTY = 0.02
"""Of the least squares, relative to the mean square of the differences."""

_TINY = 1e-9
"""What keeps it solvable where no difference was ever seen."""


@dataclass(frozen=True)
class Tail:
    """How much of the differences counts, by the hours since the last one reached.

    Attributes:
        weights: (REACH_H, len(LAST_H), T).
    """

    weights: Floats32

    @classmethod
    def none(cls, targets: int) -> "Tail":
        """The forecast from the past, as it is."""
        shape = (REACH_H, len(LAST_H), targets)
        return cls(np.zeros(shape, dtype=np.float32))

    @classmethod
    def fit(cls, medians: Floats32, past: Floats32, observed: Floats32) -> "Tail":
        """From forecasts out of fold.

        Args:
            medians: with guidance, NaN where it says nothing, (B, L, T).
            past: from the station's past, (B, L, T).
            observed: what came, NaN where missing, (B, L, T).
        """
        _, horizon_h, targets = medians.shape
        ends = _ends(medians)
        fitted = cls.none(targets)
        missed_by_past = observed - past
        difference = medians - past
        last_means = {end: _last_means(difference, end) for end in ends}
        for k in range(1, REACH_H + 1):
            with_lead = [end for end in ends if end + k <= horizon_h]
            if not with_lead:
                break
            inputs = [last_means[end] for end in with_lead]
            outputs = [missed_by_past[:, end + k - 1] for end in with_lead]
            seen = np.concatenate(inputs)
            missed = np.concatenate(outputs)
            fitted.weights[k - 1] = _least_squares(seen, missed)
        return fitted

    def __call__(self, medians: Floats32, past: Floats32) -> Floats32:
        """The medians with the past's where guidance says nothing, those behind its last hour moved
        by its last differences, (B, L, T)."""
        horizon_h = medians.shape[1]
        is_known = np.isfinite(medians)
        whole = np.where(is_known, medians, past)
        last = last_reached(medians)
        ends: list[int] = np.unique(last[last > 0]).tolist()
        for end in ends:
            rows = np.flatnonzero(last == end)
            difference = medians[rows] - past[rows]
            seen = np.nan_to_num(_last_means(difference, end))
            reach_h = min(REACH_H, horizon_h - end)
            weights = self.weights[:reach_h]
            added = np.einsum("bdt,kdt->bkt", seen, weights)
            whole[rows, end : end + reach_h] += added
        return whole


def _ends(medians: Floats32) -> list[int]:
    """The leads at which guidance is taken to end, in ascending order: those of `ENDS_H` before its
    last one, and that."""
    last = last_reached(medians)
    usual = int(np.max(last, initial=0))
    if not usual:
        return []
    earlier = [end for end in ENDS_H if end < usual]
    return [*earlier, usual]


def last_reached(medians: Floats32) -> Positions:
    """The last lead at which guidance says something of the first target, 0 where it never does,
    (B,)."""
    known = np.isfinite(medians[..., 0])
    leads = np.arange(1, known.shape[1] + 1)
    last: Positions = np.where(known, leads, 0).max(axis=1, initial=0)
    return last


def _last_means(differences: Floats32, end: int) -> Floats32:
    """The mean differences over the last hours up to a lead, (B, len(LAST_H), T); NaN where
    guidance doesn't reach it."""
    means = []
    for hours in LAST_H:
        part = differences[:, max(0, end - hours) : end]
        known = np.isfinite(part)
        count = known.sum(axis=1)
        total = np.where(known, part, 0).sum(axis=1)
        mean = total / np.maximum(count, 1)
        is_reached = known[:, -1]
        means.append(where_known(is_reached, mean))
    by_span = np.stack(means, axis=1)
    return by_span.astype(np.float32)


def _least_squares(seen: Floats32, missed: Floats32) -> Floats:
    """The weights of each target's differences, (len(LAST_H), T)."""
    columns = []
    for t in range(missed.shape[1]):
        inputs = seen[:, :, t].astype(np.float64)
        outputs = missed[:, t].astype(np.float64)
        has_inputs = np.isfinite(inputs).all(axis=1)
        known = has_inputs & np.isfinite(outputs)
        columns.append(_solved(inputs[known], outputs[known]))
    return np.stack(columns, axis=1)


def _solved(inputs: Floats, outputs: Floats) -> Floats:
    """The penalised least squares of outputs (n,) on inputs (n, p); 0 without any."""
    size = inputs.shape[1]
    if not len(inputs):
        return np.zeros(size)
    gram = inputs.T @ inputs
    penalty = _PENALTY * np.trace(gram) / size + _TINY
    penalised = gram + penalty * np.eye(size)
    products = inputs.T @ outputs
    weights: Floats = np.linalg.solve(penalised, products)
    return weights
