"""The windows of one role as a data set: inputs, and the observations that verify them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from wearcast.errors import ModelError
from wearcast.forecasting.array_types import Flags, Floats, Floats32, Hours, Positions
from wearcast.forecasting.channels import CHANNELS, TARGETS, channel_values, known_rain
from wearcast.forecasting.guidance_inputs import observed_targets
from wearcast.forecasting.guidance_record import GuidanceRecord
from wearcast.forecasting.history import History
from wearcast.forecasting.split import Role, Split
from wearcast.forecasting.standardized_series import Standardization, StandardizedSeries
from wearcast.forecasting.windows import (
    PRESENT_SHARE,
    issue_positions,
    linear_features,
    solar_hour,
    thinned,
)
from wearcast.vocabulary import WET_MM

_COLUMNS = [CHANNELS.index(name) for name in TARGETS]
_BRIDGED_H = 24
"""The longest gap that regressions bridge in what they verify against."""

_CHUNK = 4096
"""Windows standardised at a time: bounds the memory, changes nothing."""


@dataclass(frozen=True)
class GuidedRows:
    """The rows of a station with guidance in a data set.

    Attributes:
        station: its id.
        first, stop: the rows of its record, from `first` to before `stop`.
        scale: of its channels, (C,).
        guidance: numerical forecasts for it, of the hours that windows of the role may see.
        observed: the targets at the hours of these, as far as windows of the role may see them,
            (n, T).
    """

    station: str
    first: int
    stop: int
    scale: Floats
    guidance: GuidanceRecord
    observed: Floats32

    def moved(self, offset: int) -> "GuidedRows":
        """The same rows behind `offset` others."""
        return replace(self, first=self.first + offset, stop=self.stop + offset)


@dataclass(frozen=True)
class WindowDataset:
    """Windows of all stations, in the order of stations and time.

    Attributes:
        series: the stations' records, joined.
        at: the row of each window's issue time, shape (N,).
        wet, log_mm: each row's chance of having been wet, and the log of its amount if so; NaN
            where unknown, shape (m,).
        history_h: the length of a window's past.
        guided: the stations that have guidance.
    """

    series: StandardizedSeries
    at: Positions
    wet: Floats32
    log_mm: Floats32
    history_h: int
    guided: tuple[GuidedRows, ...] = ()

    def __len__(self) -> int:
        return len(self.at)

    @property
    def horizon_h(self) -> int:
        """The length of a window's forecast."""
        return self.series.horizon_h

    @property
    def issued_at(self) -> Hours:
        """The issue times, UTC, shape (N,)."""
        return self.series.valid_at[self.at]

    def only(self, chosen: Positions) -> "WindowDataset":
        """Some of the windows, on the same records."""
        return replace(self, at=self.at[chosen])

    def features(self) -> Floats32:
        """The inputs of the linear path for every window, shape (N, F)."""
        parts = []
        for first in range(0, len(self), _CHUNK):
            at = self.at[first : first + _CHUNK]
            past, _ = self.series.past(at, self.history_h)
            parts.append(linear_features(past, self.series.calendar[at]))
        return np.concatenate(parts)

    def targets(self, at: Positions) -> Floats32:
        """The verifying observations as standardised anomalies from climatology and trailing-year
        anomaly, NaN where missing: shape (B, horizon_h, T)."""
        series = self.series
        is_observed = series.observed[:, _COLUMNS] > 0
        anomalies = np.where(is_observed, series.anomalies[:, _COLUMNS], np.nan)
        return self._from_trailing(anomalies, at)

    def gapless_targets(self) -> Floats32:
        """The targets of every window for a regression that takes no NaN, (N, horizon_h, T).

        A gap of up to a day is bridged between the anomalies on either side: to count its hours as
        expected ones would shrink the regression, most of all the first hours ahead (with 5 % of
        the hours missing their error grows by 6 %; bridged, by 2 %). An hour of a longer one counts
        as the expected one.
        """
        series = self.series
        is_observed = series.observed[:, _COLUMNS] > 0
        columns = zip(series.anomalies[:, _COLUMNS].T, is_observed.T, strict=True)
        bridged = [_bridged(anomalies, known) for anomalies, known in columns]
        targets = self._from_trailing(np.stack(bridged, axis=1), self.at)
        known: Floats32 = np.nan_to_num(targets)
        return known

    def _from_trailing(self, anomalies: Floats, at: Positions) -> Floats32:
        """The anomalies ahead, (m, T), from the trailing-year anomaly at each issue time: (B,
        horizon_h, T)."""
        rows = self.series.ahead(at)
        trailing = self.series.trailing_anomaly[at][:, None, _COLUMNS]
        ahead = anomalies[rows] - trailing
        return ahead.astype(np.float32)

    def rain_targets(self, at: Positions) -> tuple[Floats32, Floats32]:
        """Whether each hour was wet, and the log of its mm if so: each (B, horizon_h), NaN where
        unknown."""
        rows = self.series.ahead(at)
        return self.wet[rows], self.log_mm[rows]

    def linear_targets(self) -> Floats32:
        """The targets of the linear path: those of the network and the anomaly of wet hours,
        (N, horizon_h × (T + 1)), without NaN.

        An hour whose rain is unknown counts as the expected one: it teaches nothing.
        """
        rows = self.series.ahead(self.at)
        wet_anomaly = self.wet - self.series.climatological_wet_chance
        wet = wet_anomaly[rows][..., None]
        together = np.concatenate([self.gapless_targets(), wet], axis=2)
        flat = together.reshape(len(self), -1)
        known: Floats32 = np.nan_to_num(flat)
        return known

    def every(self, n: int) -> Positions:
        """Which of the windows to take for about an n-th of them, of every hour of the day its
        share: neighbours are nearly the same. n must have no divisor in common with 24."""
        chosen = thinned(self.issued_at, n)
        return np.flatnonzero(chosen)

    def wet_amounts(self) -> Floats32:
        """Log mm of the hours that were wet for certain, shape (k,)."""
        has_amount = np.isfinite(self.log_mm)
        sure = (self.wet >= 1) & has_amount
        return self.log_mm[sure]


def role_positions(
    history: History, split: Split, role: Role, history_h: int, horizon_h: int
) -> Positions:
    """Where windows of the role can be issued in a station's record: where a forecast can be made
    (`windows.enough_present`), some of it can be verified, and all of it lies in one of the role's
    segments; nowhere on a filled hour."""
    present = np.isfinite(history.column("temp_c"))
    visible = split.visible(history.valid_at, role)
    own = split.belongs(history.valid_at, role)
    at = issue_positions(present, visible, own, history_h, horizon_h)
    if history.filled is None:
        return at
    is_filled = history.filled[at]
    return at[~is_filled]


def build_dataset(
    histories: Sequence[History],
    standardization: Standardization,
    split: Split,
    role: Role,
    every_h: int = 1,
    guidance: Mapping[str, GuidanceRecord] | None = None,
) -> WindowDataset:
    """The windows of the role, issued at every `every_h`-th hour of each station's that allow one.

    Args:
        histories: the stations' records.
        standardization: of them.
        split: which hours are whose.
        role: whose windows.
        every_h: hours between them.
        guidance: numerical forecasts, by the station.

    Raises:
        ModelError: there is none, or training would never see a forecast issued at some hour of the
            day.
    """
    stations = []
    for history in histories:
        station = _of_station(history, standardization, split, role, every_h)
        if guidance and history.station in guidance:
            rows = _guided_rows(history, standardization, split, role, guidance[history.station])
            station = replace(station, guided=(rows,))
        stations.append(station)
    if not any(len(station) for station in stations):
        raise ModelError(
            f"no {role} hour has a temperature, {PRESENT_SHARE:.0%} of the temperatures of the"
            f" {standardization.history_h} hours up to it, and {standardization.horizon_h} hours of"
            " its own after it: give a longer record with fewer gaps, a shorter train.history_h or"
            " train.horizon_h, or another split."
        )
    dataset = _joined(stations)
    if role == "train":
        _check_hours(dataset.series.calendar[dataset.at], every_h)
    return dataset


def _of_station(
    history: History, standardization: Standardization, split: Split, role: Role, every_h: int
) -> WindowDataset:
    history_h, horizon_h = standardization.history_h, standardization.horizon_h
    at = role_positions(history, split, role, history_h, horizon_h)
    chosen = thinned(history.valid_at[at], every_h)
    own = split.belongs(history.valid_at, role)
    # A 3-hour sum stamped just after a segment covers hours beyond it.
    rain = known_rain(history.only(own), standardization.share_wet)
    # What has no climatology teaches nothing.
    climate = standardization.climatologies[history.station]
    has_climatology = "log_rain" in climate.reported
    known = own & has_climatology
    amount_mm = np.maximum(rain.amount_mm, WET_MM)
    log_mm = np.log(amount_mm)
    return WindowDataset(
        series=standardization.series(history, split, role),
        at=at[chosen],
        wet=_padded(rain.wet, known, horizon_h),
        log_mm=_padded(log_mm, known, horizon_h),
        history_h=history_h,
    )


def _guided_rows(
    history: History,
    standardization: Standardization,
    split: Split,
    role: Role,
    guidance: GuidanceRecord,
) -> GuidedRows:
    climate = standardization.climatologies[history.station]
    reported = [name in climate.reported for name in CHANNELS]
    known = np.where(reported, channel_values(history), np.nan)
    seen = split.visible(history.valid_at, role)
    known = np.where(seen[:, None], known, np.nan)
    visible = split.visible(guidance.valid_at, role)
    return GuidedRows(
        station=history.station,
        first=0,
        stop=len(history) + standardization.horizon_h,
        scale=climate.scale,
        guidance=guidance.visible(visible),
        observed=observed_targets(history.valid_at, known, guidance.valid_at),
    )


def _joined(stations: Sequence[WindowDataset]) -> WindowDataset:
    """The windows of several stations in one data set, the rows of their records one after the
    other."""
    positions = []
    guided: list[GuidedRows] = []
    offset = 0
    for station in stations:
        positions.append(station.at + offset)
        guided += [rows.moved(offset) for rows in station.guided]
        offset += len(station.series.valid_at)
    return WindowDataset(
        series=StandardizedSeries.joined([station.series for station in stations]),
        at=np.concatenate(positions),
        wet=np.concatenate([station.wet for station in stations]),
        log_mm=np.concatenate([station.log_mm for station in stations]),
        history_h=stations[0].history_h,
        guided=tuple(guided),
    )


def _check_hours(issued: Floats32, every_h: int) -> None:
    """Refuse windows of which none is issued at some hour of the day: at each lead they leave out a
    valid hour, and the network can't extrapolate to an hour it never saw.

    Args:
        issued: the calendar of each issue time, shape (n, CALENDAR).
    """
    present = set(solar_hour(issued).tolist())
    left_out = sorted(set(range(24)) - present)
    if left_out:
        hours = ", ".join(f"{hour:02}" for hour in left_out)
        raise ModelError(
            f"no training window is issued at {hours} h solar time, so that the network would never"
            " see those hours of the day at some lead: give hourly observations, a longer record"
            f" with fewer gaps, a smaller train.every_h (is {every_h}), a shorter train.history_h,"
            " or another split."
        )


def _bridged(values: Floats32, known: Flags) -> Floats32:
    """The values with gaps of up to a day bridged in a straight line, NaN in longer ones: (m,)."""
    known_rows = np.flatnonzero(known)
    if not len(known_rows):
        return np.full_like(values, np.nan)
    rows = np.arange(len(values))
    following = np.searchsorted(known_rows, rows)
    following = np.minimum(following, len(known_rows) - 1)
    preceding = np.searchsorted(known_rows, rows, side="right") - 1
    preceding = np.maximum(preceding, 0)
    gap_h = known_rows[following] - known_rows[preceding] - 1
    is_short = gap_h <= _BRIDGED_H
    known_values = values[known_rows]
    straight = np.interp(rows, known_rows, known_values, left=np.nan, right=np.nan)
    bridged = np.where(is_short, straight, np.nan)
    return bridged.astype(np.float32)


def _padded(values: Floats, known: Flags, horizon_h: int) -> Floats32:
    """The values of the known hours, NaN elsewhere and in the rows that a series has more, (m,)."""
    beyond = np.full(horizon_h, np.nan)
    known_values = np.where(known, values, np.nan)
    padded = np.concatenate([known_values, beyond])
    return padded.astype(np.float32)
