"""What a place adds to the forecasts of a network that never saw it: a linear map of low rank from
the features of the linear path.

The network's linear path holds for the stations it was trained on. What a place's own archive says
more of it (a sea breeze, a variable that the others don't report) is fitted to what the network
misses there, out of fold; where the folds don't support it, nothing is added.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from wearcast.forecasting import ridge_regression
from wearcast.forecasting.array_types import Floats, Floats32, Hours, Positions
from wearcast.forecasting.channels import TARGETS
from wearcast.forecasting.linear_path import with_interactions
from wearcast.forecasting.quantiles import calibration_ranges
from wearcast.forecasting.ridge_regression import LinearModel
from wearcast.forecasting.verification import BLOCK_H

RANK: Final = 24
"""Of the map: as many ways in which a week's forecast is moved."""

_LEAST_GAIN: Final = 2.0
"""How many standard errors the gain of a range of leads must be above 0, over blocks of two
weeks."""


@dataclass(frozen=True)
class PlaceCorrection:
    """The map, standardised.

    Attributes:
        mean, scale: of the features with interactions, (F,).
        inwards: from these to `RANK` numbers, (F, R).
        outwards: from them to every lead and target, (R, horizon_h × T).
        shift: what is added besides, (horizon_h × T,).
    """

    mean: Floats32
    scale: Floats32
    inwards: Floats32
    outwards: Floats32
    shift: Floats32

    def __call__(self, features: Floats32) -> Floats32:
        """What is added to every quantile for features as `linear_features` gives them, (B, F):
        shape (B, horizon_h, T)."""
        inputs = with_interactions(features)
        standardised = (inputs - self.mean) / self.scale
        ways = standardised @ self.inwards
        flat = ways @ self.outwards + self.shift
        added = flat.astype(np.float32)
        return added.reshape(len(features), -1, len(TARGETS))

    def arrays(self) -> dict[str, Floats32]:
        """All of it by name, for a file."""
        return {
            "mean": self.mean,
            "scale": self.scale,
            "inwards": self.inwards,
            "outwards": self.outwards,
            "shift": self.shift,
        }

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, Floats32]) -> "PlaceCorrection":
        """The one whose `arrays` these are."""
        return cls(**arrays)


@dataclass(frozen=True)
class FittedCorrection:
    """A correction, and what it adds to the forecasts that it was fitted on by coefficients that
    never saw their time.

    Attributes:
        correction: None where the folds support none.
        out_of_fold: (N, horizon_h, T).
        shares: of what the regression says, how much counts, by range of leads and target, (ranges,
            T).
    """

    correction: PlaceCorrection | None
    out_of_fold: Floats32
    shares: Floats


def fit(
    features: Floats32, missed: Floats32, issued_at: Hours, folds: int, purge_h: int
) -> FittedCorrection:
    """Fit what a network's medians miss at a place.

    Args:
        features: of the linear path, (N, F).
        missed: what was observed less the median, standardised, NaN where missing, (N, horizon_h,
            T).
        issued_at: UTC, (N,).
        folds, purge_h: as of `ridge_regression.fit`.
    """
    count, horizon_h, _ = missed.shape
    flat = np.nan_to_num(missed).reshape(count, -1)
    model, flat_out_of_fold = ridge_regression.fit(
        with_interactions(features), flat, issued_at, folds, purge_h
    )
    out_of_fold = flat_out_of_fold.reshape(missed.shape)
    shares = _shares(out_of_fold, missed, issued_at)
    by_lead = _by_lead(shares, horizon_h)
    added = (by_lead * out_of_fold).astype(np.float32)
    if not shares.any():
        return FittedCorrection(None, added, shares)
    return FittedCorrection(_of_low_rank(model, by_lead.ravel()), added, shares)


def _shares(added: Floats32, missed: Floats32, issued_at: Hours) -> Floats:
    """How much of it counts, by range of leads and target."""
    _, horizon_h, targets = missed.shape
    ranges = calibration_ranges(horizon_h)
    hours = (issued_at - issued_at[0]).astype(np.int64)
    blocks = hours // BLOCK_H
    shares = np.zeros((len(ranges), targets))
    for i, (first, last) in enumerate(ranges.values()):
        leads = slice(first - 1, last)
        for t in range(targets):
            said = added[:, leads, t].astype(np.float64)
            came = missed[:, leads, t].astype(np.float64)
            shares[i, t] = _share(said, came, blocks)
    return shares


def _share(said: Floats, came: Floats, blocks: Positions) -> float:
    """The share with the least squared error over some leads, (N, leads); none where the error
    without is hardly larger."""
    is_known = np.isfinite(came)
    said = np.where(is_known, said, 0.0)
    came = np.where(is_known, came, 0.0)
    power = float(np.sum(said**2))
    if not power:
        return 0.0
    together = float(np.sum(said * came))
    share = min(max(together / power, 0.0), 1.0)
    without = np.abs(came)
    with_it = np.abs(came - share * said)
    gain = np.sum(without - with_it, axis=1)
    return share if _is_sure(gain, blocks) else 0.0


def _is_sure(gain: Floats, blocks: Positions) -> bool:
    """Whether a gain, (N,), is more than its blocks' noise."""
    windows = np.bincount(blocks)
    totals = np.bincount(blocks, gain)
    totals = totals[windows > 0]
    if len(totals) < 2:
        return False
    deviation = float(totals.std(ddof=1))
    error = deviation * math.sqrt(len(totals))
    return float(totals.sum()) > _LEAST_GAIN * error


def _by_lead(shares: Floats, horizon_h: int) -> Floats:
    """The shares at every lead, (horizon_h, T)."""
    ranges = calibration_ranges(horizon_h).values()
    lengths = [last - first + 1 for first, last in ranges]
    return np.repeat(shares, lengths, axis=0)


def _of_low_rank(model: LinearModel, share: Floats) -> PlaceCorrection:
    """A regression of which a share of each output counts, (O,), with `RANK` ways alone."""
    counted = model.weights * share
    left, values, right = np.linalg.svd(counted.astype(np.float64), full_matrices=False)
    rank = min(RANK, len(values))
    inwards = left[:, :rank] * values[:rank]
    shift = model.intercept * share
    return PlaceCorrection(
        mean=model.mean,
        scale=model.scale,
        inwards=inwards.astype(np.float32),
        outwards=right[:rank].astype(np.float32),
        shift=shift.astype(np.float32),
    )
