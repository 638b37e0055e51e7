"""How much of the network's shift of the median counts: never more than left-out years support.

A network on top of a good regression often looks like a gain on the year that it was stopped on and
is a loss on the next one. So the share is decided on years that neither trained nor stopped it, for
each variable and range of leads: none, unless what it gains there is beyond the noise. (The best of
four shares is held against that noise, which flatters it a little.)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wearcast.forecasting.array_types import Floats
from wearcast.forecasting.channels import TARGETS
from wearcast.forecasting.network_forecasts import NetworkForecasts
from wearcast.forecasting.quantiles import calibration_ranges
from wearcast.forecasting.verification import Interval, mean_over_leads, percent_change
from wearcast.vocabulary import LeadRanges

SHARES = (0.25, 0.5, 0.75, 1.0)
"""The shares tried, beside none."""

_RESAMPLES = 1000
_DIGITS = 1

_UNKNOWN = Interval(float("nan"), float("nan"), float("nan"))


@dataclass(frozen=True)
class MedianShare:
    """What was decided, and on what.

    Attributes:
        shares: by range of leads and target, (ranges, T).
        changes: by range and target, by how many per cent the error of the left-out years changes
            with the share that suits them best.
        ranges: of leads, up to the horizon.
        left_out: how many spans of time were left out; 0: the record is too short to tell.
    """

    shares: Floats
    changes: Sequence[Sequence[Interval]]
    ranges: LeadRanges
    left_out: int

    @classmethod
    def none(cls, horizon_h: int) -> "MedianShare":
        """Of a record in which no year can be left out: the linear path's medians stay."""
        ranges = calibration_ranges(horizon_h)
        changes = [[_UNKNOWN] * len(TARGETS) for _ in ranges]
        return cls(np.zeros((len(ranges), len(TARGETS))), changes, ranges, left_out=0)

    @classmethod
    def decide(
        cls, left_out: Sequence[NetworkForecasts], horizon_h: int, seed: int
    ) -> "MedianShare":
        """By the forecasts of left-out years."""
        if not left_out:
            return cls.none(horizon_h)
        forecasts = NetworkForecasts.joined(left_out)
        ranges = calibration_ranges(horizon_h)
        errors = {share: _errors(forecasts, share, ranges) for share in (0.0, *SHARES)}
        shares = np.zeros((len(ranges), len(TARGETS)))
        changes = []
        for i in range(len(ranges)):
            of_range = []
            for v in range(len(TARGETS)):
                of_share = {share: error[i][v] for share, error in errors.items()}
                best, change = _best(of_share, forecasts, seed)
                if change.high < 0:
                    shares[i, v] = best
                of_range.append(change)
            changes.append(of_range)
        return cls(shares, changes, ranges, len(left_out))

    def by_lead(self) -> Floats:
        """The shares at every lead, (horizon_h, T)."""
        lengths = [last - first + 1 for first, last in self.ranges.values()]
        return np.repeat(self.shares, lengths, axis=0)

    def to_json(self) -> dict[str, Any]:
        """For the manifest: per target and range of leads the share and what it changes, in per
        cent of the error."""
        content: dict[str, Any] = {"left_out": self.left_out}
        for v, name in enumerate(TARGETS):
            content[name] = {
                label: {"share": float(self.shares[i, v]), **self.changes[i][v].to_json(_DIGITS)}
                for i, label in enumerate(self.ranges)
            }
        return content


def told(content: Mapping[str, Any]) -> str:
    """What was decided of the temperature, in a sentence, from what the manifest says."""
    if not content["left_out"]:
        return (
            "The median is the linear path's: the record is too short, or has too many holes, to"
            " leave out years, so nothing tells whether what the network would move it by holds in"
            " another year."
        )
    years = f"{content['left_out']} left-out spans of the training period"
    of_ranges = content["temp_c"]
    moved = [f"{label} h" for label, range_ in of_ranges.items() if range_["share"] > 0]
    if not moved:
        return (
            f"The temperature's median is the linear path's: on {years} what the network would move"
            " it by is no gain beyond the noise, so it sets the uncertainty and the rain alone."
        )
    return (
        f"The network moves the temperature's median at {', '.join(moved)}, where that is a gain on"
        f" {years}; elsewhere it is the linear path's."
    )


def _errors(forecasts: NetworkForecasts, share: float, ranges: LeadRanges) -> list[list[Floats]]:
    """The mean absolute error of each forecast over each range of leads, by target: (N,) each."""
    error = np.abs(forecasts.medians(share) - forecasts.observed).astype(np.float64)
    by_range = []
    for first, last in ranges.values():
        of_targets = np.moveaxis(error, -1, 0)
        by_range.append([mean_over_leads(one, first, last) for one in of_targets])
    return by_range


def _best(
    of_share: Mapping[float, Floats], forecasts: NetworkForecasts, seed: int
) -> tuple[float, Interval]:
    """The share with the least error, none aside, and by how much it changes that of none."""
    if np.isnan(of_share[0.0]).all():
        return 0.0, _UNKNOWN
    means = {share: float(np.nanmean(of_share[share])) for share in SHARES}
    best = min(means, key=lambda share: means[share])
    change = percent_change(of_share[best], of_share[0.0], forecasts.issued_at, _RESAMPLES, seed)
    return best, change
