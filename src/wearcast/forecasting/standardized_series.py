"""A station's record as standardised anomalies, and what standardises it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from wearcast.forecasting.array_types import Flags, Floats, Floats32, Hours, Positions
from wearcast.forecasting.channels import CHANNELS, channel_values
from wearcast.forecasting.history import History
from wearcast.forecasting.split import Role, Split
from wearcast.forecasting.station_climatology import StationClimatology, TrailingWindow
from wearcast.forecasting.windows import calendar

CARRIED_H = 6
"""Missing hours for which an anomaly is carried on."""


@dataclass(frozen=True)
class StandardizedSeries:
    """A station's record, standardised once, from which windows are cut.

    Every array has `horizon_h` rows more than the record has hours, missing ones, so that a
    forecast from the last hour finds its calendar too. m = n + horizon_h.

    Attributes:
        horizon_h: the length of a forecast.
        valid_at: UTC hours, shape (m,).
        climatology: of every channel in its unit, shape (m, C).
        climatological_wet_chance: climatological probability of a wet hour, shape (m,).
        anomalies: standardised, 0 where missing, shape (m, C).
        observed: 1 where there is a value, shape (m, C).
        carried: the anomalies, and where they are missing the last one for up to `CARRIED_H` hours:
            what the past of a window is made of; shape (m, C).
        has_carried: 1 where that has a value, shape (m, C).
        trailing_anomaly: the trailing-year anomaly known at each hour, standardised, shape (m, C).
        calendar: shape (m, CALENDAR).
    """

    horizon_h: int
    valid_at: Hours
    climatology: Floats
    climatological_wet_chance: Floats32
    anomalies: Floats32
    observed: Floats32
    carried: Floats32
    has_carried: Floats32
    trailing_anomaly: Floats32
    calendar: Floats32

    @classmethod
    def of(
        cls,
        history: History,
        climate: StationClimatology,
        trailing_window: TrailingWindow,
        longitude: float,
        horizon_h: int,
        visible: Flags | None = None,
    ) -> "StandardizedSeries":
        """The record of a station; hours that are not `visible` count as missing, and so do
        channels without a climatology."""
        hours_ahead = history.issued_at + np.arange(1, horizon_h + 1)
        valid_at = np.concatenate([history.valid_at, hours_ahead])
        known = _known_values(history, climate, visible)
        unknown = np.full((horizon_h, known.shape[1]), np.nan)
        values = np.concatenate([known, unknown])
        climatology = climate.at(valid_at)
        anomalies = (values - climatology) / climate.scale
        carried = _carried_forward(anomalies)
        return cls(
            horizon_h=horizon_h,
            valid_at=valid_at,
            climatology=climatology,
            climatological_wet_chance=climate.wet_chance_at(valid_at).astype(np.float32),
            anomalies=np.nan_to_num(anomalies).astype(np.float32),
            observed=np.isfinite(anomalies).astype(np.float32),
            carried=np.nan_to_num(carried).astype(np.float32),
            has_carried=np.isfinite(carried).astype(np.float32),
            trailing_anomaly=trailing_window.mean_anomaly(anomalies).astype(np.float32),
            calendar=calendar(valid_at, longitude),
        )

    @classmethod
    def joined(cls, series_of_stations: Sequence["StandardizedSeries"]) -> "StandardizedSeries":
        """Several records one after the other; windows that lay within one still do."""
        joined: dict[str, Any] = {"horizon_h": series_of_stations[0].horizon_h}
        for field in fields(cls):
            if field.name in joined:
                continue
            columns = [getattr(series, field.name) for series in series_of_stations]
            joined[field.name] = np.concatenate(columns)
        return cls(**joined)

    def last(self, hours: int) -> "StandardizedSeries":
        """Its last hours, with those ahead of them."""
        kept: dict[str, Any] = {"horizon_h": self.horizon_h}
        for field in fields(self):
            if field.name not in kept:
                rows = getattr(self, field.name)[-hours - self.horizon_h :]
                kept[field.name] = rows.copy()
        return replace(self, **kept)

    def past(self, at: Positions, hours: int) -> tuple[Floats32, Floats32]:
        """Anomalies from climatology and its trailing-year anomaly, and where they were observed:
        each (B, hours, C), oldest first.

        Where one is missing the last one is carried on for `CARRIED_H` hours; then it is 0. An
        anomaly lasts longer than the weather: to count four missing hours as usual ones costs the
        next day 2 % of its error, carried on half of that.
        """
        rows = at[:, None] + np.arange(1 - hours, 1)
        trailing = self.trailing_anomaly[at][:, None]
        anomalies = (self.carried[rows] - trailing) * self.has_carried[rows]
        return anomalies, self.observed[rows]

    def ahead(self, at: Positions) -> Positions:
        """The rows of the hours forecast, shape (B, horizon_h)."""
        leads = np.arange(1, self.horizon_h + 1)
        return at[:, None] + leads


def _carried_forward(anomalies: Floats) -> Floats:
    """The anomalies, (m, C), the last one of each channel but rain for up to `CARRIED_H` missing
    hours after it; NaN elsewhere."""
    hours = np.arange(len(anomalies))
    carried = anomalies.copy()
    for c, name in enumerate(CHANNELS):
        if name == "log_rain":
            continue
        is_known = np.isfinite(anomalies[:, c])
        last_known = np.maximum.accumulate(np.where(is_known, hours, -1))
        age_h = hours - last_known
        lasts = ~is_known & (last_known >= 0) & (age_h <= CARRIED_H)
        carried[lasts, c] = anomalies[last_known[lasts], c]
    return carried


def _known_values(history: History, climate: StationClimatology, visible: Flags | None) -> Floats:
    """The channels, (n, C), NaN where they have no climatology or the hour isn't visible."""
    reported = [name in climate.reported for name in CHANNELS]
    values = np.where(reported, channel_values(history), np.nan)
    if visible is None:
        return values
    return np.where(visible[:, None], values, np.nan)


@dataclass(frozen=True)
class Standardization:
    """What standardises every station's record: its climatology and longitude, the trailing window,
    the lengths of a window's past and of its forecast."""

    climatologies: Mapping[str, StationClimatology]
    longitudes: Mapping[str, float]
    trailing_window: TrailingWindow
    history_h: int
    horizon_h: int
    share_wet: float

    def series(
        self, history: History, split: Split | None = None, role: Role = "test"
    ) -> StandardizedSeries:
        """A station's record as windows of the role may see it."""
        visible = None if split is None else split.visible(history.valid_at, role)
        climate = self.climatologies[history.station]
        longitude = self.longitudes[history.station]
        return StandardizedSeries.of(
            history, climate, self.trailing_window, longitude, self.horizon_h, visible
        )
