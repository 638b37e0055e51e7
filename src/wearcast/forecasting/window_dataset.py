"""The windows of one role as a data set: inputs, and the observations that verify them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wearcast.errors import ModelError
from wearcast.forecasting.array_types import Flags, Floats, Floats32, Hours, Positions
from wearcast.forecasting.channels import CHANNELS, TARGETS, WET_MM, Rain, known_rain
from wearcast.forecasting.history import History
from wearcast.forecasting.split import Role, Split
from wearcast.forecasting.standardized_series import Standardization, StandardizedSeries
from wearcast.forecasting.windows import issue_positions, linear_features, solar_hour, thinned
from wearcast.vocabulary import HORIZON_H

_COLUMNS = [CHANNELS.index(name) for name in TARGETS]
_CHUNK = 4096
"""Windows standardised at a time: bounds the memory, changes nothing."""


@dataclass(frozen=True)
class WindowDataset:
    """Windows of all stations, in the order of stations and time.

    Attributes:
        series: the stations' records, joined.
        at: the row of each window's issue time, shape (N,).
        wet, log_mm: each row's chance of having been wet, and the log of its amount if so; NaN
            where unknown, shape (m,).
        history_h: the length of a window's past.
    """

    series: StandardizedSeries
    at: Positions
    wet: Floats32
    log_mm: Floats32
    history_h: int

    def __len__(self) -> int:
        return len(self.at)

    @property
    def issued_at(self) -> Hours:
        """The issue times, UTC, shape (N,)."""
        return self.series.valid_at[self.at]

    def features(self) -> Floats32:
        """What the linear path sees of every window, shape (N, F)."""
        parts = []
        for first in range(0, len(self), _CHUNK):
            at = self.at[first : first + _CHUNK]
            past, _ = self.series.past(at, self.history_h)
            parts.append(linear_features(past, self.series.calendar[at]))
        return np.concatenate(parts)

    def targets(self, at: Positions) -> Floats32:
        """The verifying observations as standardised anomalies from climatology and trailing-year
        anomaly, NaN where missing: shape (B, HORIZON_H, T)."""
        rows = self.series.ahead(at)
        anomalies = (
            self.series.anomalies[rows][..., _COLUMNS]
            - self.series.trailing_anomaly[at][:, None, _COLUMNS]
        )
        return np.where(self.series.observed[rows][..., _COLUMNS] > 0, anomalies, np.nan).astype(
            np.float32
        )

    def rain_targets(self, at: Positions) -> tuple[Floats32, Floats32]:
        """Whether each hour was wet, and the log of its mm if so: each (B, HORIZON_H), NaN where
        unknown."""
        rows = self.series.ahead(at)
        return self.wet[rows], self.log_mm[rows]

    def linear_targets(self) -> Floats32:
        """What the linear path learns: the targets and the rain's departure from its climatology,
        (N, HORIZON_H × (T + 1)).

        A missing hour counts as the expected one: it teaches nothing.
        """
        wet = (self.wet - self.series.climatological_wet_chance)[self.series.ahead(self.at)]
        together: Floats32 = np.concatenate([self.targets(self.at), wet[..., None]], axis=2)
        known: Floats32 = np.nan_to_num(together.reshape(len(self), -1))
        return known

    def every(self, n: int) -> Positions:
        """Which of the examples to take for about an n-th of them, of every hour of the day its
        share: neighbours say nearly the same. n must have no divisor in common with 24."""
        return np.flatnonzero(thinned(self.issued_at, n))

    def wet_amounts(self) -> Floats32:
        """Log mm of the hours that were wet for certain, shape (k,)."""
        sure = (self.wet >= 1) & np.isfinite(self.log_mm)
        return self.log_mm[sure]


def role_positions(history: History, split: Split, role: Role, history_h: int) -> Positions:
    """Where windows of the role can be issued in a station's record: nowhere across a gap, nowhere
    on a filled hour."""
    present = np.isfinite(history.column("temp_c"))
    at = issue_positions(
        present,
        split.visible(history.valid_at, role),
        split.belongs(history.valid_at, role),
        history_h,
    )
    return at if history.filled is None else at[~history.filled[at]]


def build_dataset(
    histories: Sequence[History],
    standardization: Standardization,
    split: Split,
    role: Role,
    every_h: int = 1,
) -> WindowDataset:
    """The windows of the role, issued at every `every_h`-th hour of each station's that allow one.

    Raises:
        ModelError: there is none, or training would never see a forecast issued at some hour of the
            day.
    """
    series_of_stations, positions, rains, offset = [], [], [], 0
    for history in histories:
        at = role_positions(history, split, role, standardization.history_h)
        positions.append(at[thinned(history.valid_at[at], every_h)] + offset)
        series_of_stations.append(standardization.series(history, split, role))
        own = split.belongs(history.valid_at, role)
        # A 3-hour sum stamped just after a segment tells of hours beyond it. What has no
        # climatology teaches nothing.
        known = own & ("log_rain" in standardization.climatologies[history.station].reported)
        rains.append(_padded(known_rain(history.only(own), standardization.share_wet), known))
        offset += len(series_of_stations[-1].valid_at)
    if not any(len(at) for at in positions):
        raise ModelError(
            f"no {role} hour has {standardization.history_h} hours before it and {HORIZON_H} after"
            " it that are whole and its own: give a longer record without gaps, a shorter"
            " train.history_h, or another split."
        )
    series, at = StandardizedSeries.joined(series_of_stations), np.concatenate(positions)
    if role == "train":
        _check_hours(series.calendar[at], every_h)
    wet, log_mm = (np.concatenate(column).astype(np.float32) for column in zip(*rains, strict=True))
    return WindowDataset(series, at, wet, log_mm, standardization.history_h)


def _check_hours(issued: Floats32, every_h: int) -> None:
    """Refuse windows of which none is issued at some hour of the day: at each lead they leave out a
    valid hour, and what the network says of an hour it never saw is anybody's guess.

    Args:
        issued: the calendar of each issue time, shape (n, CALENDAR).
    """
    left_out = sorted(set(range(24)) - set(solar_hour(issued).tolist()))
    if left_out:
        hours = ", ".join(f"{hour:02}" for hour in left_out)
        raise ModelError(
            f"no training window is issued at {hours} h solar time, so that the network would never"
            " see those hours of the day at some lead: give hourly observations, a longer record"
            f" with fewer gaps, a smaller train.every_h (is {every_h}), a shorter train.history_h,"
            " or another split."
        )


def _padded(known: Rain, own: Flags) -> tuple[Floats, Floats]:
    """Chance and log amount of the role's own hours, NaN elsewhere, with the rows that a series
    has more."""
    missing = np.full(HORIZON_H, np.nan)
    log_mm = np.log(np.maximum(known.amount_mm, WET_MM))
    return np.concatenate([np.where(own, known.wet, np.nan), missing]), np.concatenate(
        [np.where(own, log_mm, np.nan), missing]
    )
