"""Guidance at the windows of a data set: fitted to each station, and as the network sees it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from wearcast.forecasting import station_guidance
from wearcast.forecasting.array_types import Flags, Floats, Floats32, Positions
from wearcast.forecasting.channels import CHANNELS, TARGETS
from wearcast.forecasting.guidance_record import VARIABLES
from wearcast.forecasting.guidance_regression import PastForecasts
from wearcast.forecasting.standardized_series import StandardizedSeries
from wearcast.forecasting.station_guidance import (
    LEAST_DAYS,
    GuidedForecasts,
    StationGuidance,
    Verifying,
)
from wearcast.forecasting.window_dataset import GuidedRows, WindowDataset

_MOST_WINDOWS = 10_000
"""Of a station that has more, only the windows that the network learns from are fitted on."""

_CHUNK = 512
"""Windows forecast at a time: bounds the memory, changes nothing."""

_TARGET_COLUMNS = [CHANNELS.index(name) for name in TARGETS]
_CLIMATE_VARIABLES = ("temp_c", "dewpoint_c")
_CENTRES_AND_SCALES = {
    "wind_ms": (3.0, 2.0),
    "cloud_pct": (50.0, 40.0),
    "pressure_hpa": (1013.0, 10.0),
    "log_rain": (0.0, 0.3),
}
_LARGEST = 5.0
"""Of what the network sees of a model, in standard deviations or about so."""

REACHED, GUIDED = -2, -1
"""Columns of what the network sees: whether guidance says something of the hour, and whether the
forecast is as good as guidance makes it."""

WIDTH = len(_CLIMATE_VARIABLES) + len(_CENTRES_AND_SCALES) + 1 + len(TARGETS) + 2
"""How many columns there are."""


@dataclass(frozen=True)
class GuidedWindows:
    """What the network is told of guidance, for n windows.

    Attributes:
        windows: which of the data set's they are, in ascending order, (n,).
        moved: by how much guidance moves the linear path's forecast, standardised, (n, horizon_h,
            T + 1).
        guidance: what the network sees of it, (n, horizon_h, WIDTH).
    """

    windows: Positions
    moved: Floats32
    guidance: Floats32

    def __len__(self) -> int:
        return len(self.windows)

    @property
    def is_guided(self) -> Flags:
        """Whether each hour's forecast is as good as guidance makes it, (n, horizon_h)."""
        is_guided: Flags = self.guidance[..., GUIDED] > 0
        return is_guided

    def only(self, windows: Positions) -> "GuidedWindows":
        """Those among some of the data set's windows, in ascending order, and numbered as these
        are."""
        _, chosen, numbers = np.intersect1d(self.windows, windows, return_indices=True)
        return GuidedWindows(numbers, self.moved[chosen], self.guidance[chosen])

    def some(self, chosen: Positions) -> "GuidedWindows":
        """Some of them, by their place among them."""
        return GuidedWindows(self.windows[chosen], self.moved[chosen], self.guidance[chosen])

    def at(self, chosen: Positions) -> tuple[Floats32, Floats32]:
        """`moved` and `guidance` of some of them, in the order asked for."""
        return self.moved[chosen], self.guidance[chosen]

    @classmethod
    def joined(cls, parts: Sequence["GuidedWindows"]) -> "GuidedWindows":
        """Those of several stations."""
        windows = np.concatenate([part.windows for part in parts])
        moved = np.concatenate([part.moved for part in parts])
        guidance = np.concatenate([part.guidance for part in parts])
        order = np.argsort(windows, kind="stable")
        return cls(windows, moved, guidance).some(order)

    @classmethod
    def none(cls, horizon_h: int) -> "GuidedWindows":
        """No window."""
        moved = (0, horizon_h, len(TARGETS) + 1)
        guidance = (0, horizon_h, WIDTH)
        return cls(
            windows=np.zeros(0, dtype=np.int64),
            moved=np.zeros(moved, dtype=np.float32),
            guidance=np.zeros(guidance, dtype=np.float32),
        )


def archive_days(guided: Sequence[GuidedRows]) -> dict[str, int]:
    """For each station the days of which its guidance says something and the temperature is
    known."""
    days = {}
    for one in guided:
        said = one.guidance.says_something
        known = said & np.isfinite(one.observed[:, 0])
        hours = one.guidance.valid_at[known]
        dates = hours.astype("datetime64[D]")
        days[one.station] = len(np.unique(dates))
    return days


def fit(
    dataset: WindowDataset,
    windows: Positions,
    base: Floats32,
    preferred: Positions,
    folds: int,
    days: Mapping[str, int],
    to_serve: bool = True,
) -> tuple[dict[str, StationGuidance], GuidedWindows]:
    """Fit every station's guidance, and forecast the windows by coefficients that never saw their
    time.

    Args:
        dataset: training windows.
        windows: those with a forecast of the linear path out of fold, (n,).
        base: these, standardised, (n, horizon_h, T + 1).
        preferred: the windows that the network learns from.
        folds: spans of time that are held out.
        days: of each station's archive; a station with too few is left out.
        to_serve: as of `station_guidance.fit`.
    """
    fitted = {}
    parts = []
    for rows in dataset.guided:
        if days[rows.station] < LEAST_DAYS:
            continue
        of_station = _in_archive(dataset, rows, windows)
        if len(of_station) > _MOST_WINDOWS:
            is_preferred = np.isin(windows[of_station], preferred)
            of_station = of_station[is_preferred]
        chosen = windows[of_station]
        if not len(chosen):
            continue
        at = dataset.at[chosen]
        past = past_forecasts(dataset.series, at, base[of_station], rows.scale)
        station, forecasts = station_guidance.fit(
            rows.guidance,
            rows.observed,
            past,
            _verifying(dataset, rows, chosen),
            days[rows.station],
            folds,
            to_serve,
        )
        fitted[rows.station] = station
        parts.append(_as_seen(dataset, rows, chosen, forecasts, past))
    if not parts:
        return fitted, GuidedWindows.none(dataset.horizon_h)
    return fitted, GuidedWindows.joined(parts)


def apply(
    dataset: WindowDataset,
    windows: Positions,
    base: Floats32,
    fitted: Mapping[str, StationGuidance],
) -> GuidedWindows:
    """The windows among those given that guidance says something of, by what was fitted elsewhere;
    `base` as of `fit`."""
    parts = []
    for rows in dataset.guided:
        if rows.station not in fitted:
            continue
        station = fitted[rows.station]
        inputs = station.inputs(rows.guidance, rows.observed)
        of_station = _in_archive(dataset, rows, windows)
        for first in range(0, len(of_station), _CHUNK):
            some = of_station[first : first + _CHUNK]
            chosen = windows[some]
            at = dataset.at[chosen]
            past = past_forecasts(dataset.series, at, base[some], rows.scale)
            forecasts = station(inputs, past)
            parts.append(_as_seen(dataset, rows, chosen, forecasts, past))
    if not parts:
        return GuidedWindows.none(dataset.horizon_h)
    return GuidedWindows.joined(parts)


def past_forecasts(
    series: StandardizedSeries, at: Positions, base: Floats32, scale: Floats
) -> PastForecasts:
    """The linear path's forecasts from rows (B,) of a record in the targets' units.

    Args:
        series: the record.
        at: the rows.
        base: standardised, (B, horizon_h, T + 1).
        scale: of the channels, (C,).
    """
    rows = series.ahead(at)
    medians = _in_units(base[..., :-1], series, at, scale)
    usual_chance = series.climatological_wet_chance[rows]
    return PastForecasts(
        issued_at=series.valid_at[at],
        medians=medians.astype(np.float32),
        wet_chance=usual_chance + base[..., -1],
        calendar=series.calendar[rows],
    )


def _in_units(
    standardised: Floats32, series: StandardizedSeries, at: Positions, scale: Floats
) -> Floats:
    """The targets' units of what the linear path forecasts from rows (B,), (B, horizon_h, T)."""
    of_past_year = series.trailing_anomaly[at]
    trailing = of_past_year[:, None, _TARGET_COLUMNS]
    anomalies = (standardised + trailing) * scale[_TARGET_COLUMNS]
    climatology = series.climatology[series.ahead(at)]
    in_units: Floats = climatology[..., _TARGET_COLUMNS] + anomalies
    return in_units


def seen_by_network(
    forecasts: GuidedForecasts,
    past: PastForecasts,
    series: StandardizedSeries,
    at: Positions,
    scale: Floats,
) -> tuple[Floats32, Floats32]:
    """By how much guidance moves the linear path's forecasts, (B, horizon_h, T + 1), and what the
    network sees of it, (B, horizon_h, WIDTH), both standardised."""
    difference = forecasts.medians - past.medians
    standardised = difference / scale[_TARGET_COLUMNS]
    moved = np.nan_to_num(standardised)
    rain_stays = np.zeros_like(moved[..., :1])
    moved_with_rain = np.concatenate([moved, rain_stays], axis=-1)
    rows = series.ahead(at)
    said = _said(forecasts, series.climatology[rows], scale)
    flags = np.stack([forecasts.reached, forecasts.guided], axis=-1)
    seen = np.concatenate([said, moved, flags], axis=-1)
    return moved_with_rain.astype(np.float32), seen.astype(np.float32)


def _said(forecasts: GuidedForecasts, climatology: Floats, scale: Floats) -> Floats:
    """What the models say, standardised and bounded, 0 where they say nothing, (B, horizon_h,
    columns)."""
    columns = []
    for name in _CLIMATE_VARIABLES:
        c = CHANNELS.index(name)
        value = _value(forecasts, name)
        anomaly = value - climatology[..., c]
        columns.append(anomaly / scale[c])
    for name, (centre, width) in _CENTRES_AND_SCALES.items():
        value = _value(forecasts, name)
        columns.append((value - centre) / width)
    temp_scale = scale[CHANNELS.index("temp_c")]
    columns.append(forecasts.spread_c / temp_scale)
    said = np.stack(columns, axis=-1)
    reached = forecasts.reached[..., None]
    is_said = reached & np.isfinite(said)
    known = np.where(is_said, said, 0.0)
    bounded: Floats = np.clip(known, -_LARGEST, _LARGEST)
    return bounded


def _value(forecasts: GuidedForecasts, name: str) -> Floats32:
    """The mean of the models of one variable, (B, horizon_h)."""
    return forecasts.values[..., VARIABLES.index(name)]


def _as_seen(
    dataset: WindowDataset,
    rows: GuidedRows,
    windows: Positions,
    forecasts: GuidedForecasts,
    past: PastForecasts,
) -> GuidedWindows:
    """Those of the windows, in ascending order, that guidance says something of."""
    at = dataset.at[windows]
    moved, seen = seen_by_network(forecasts, past, dataset.series, at, rows.scale)
    said = forecasts.reached.any(axis=1)
    return GuidedWindows(windows[said], moved[said], seen[said])


def _in_archive(dataset: WindowDataset, rows: GuidedRows, windows: Positions) -> Positions:
    """Which of the windows are the station's, and issued when it has guidance."""
    hours = rows.guidance.valid_at[rows.guidance.says_something]
    if not len(hours):
        return np.zeros(0, dtype=np.int64)
    at = dataset.at[windows]
    is_own = (at >= rows.first) & (at < rows.stop)
    issued_at = dataset.series.valid_at[at]
    has_guidance = (issued_at >= hours[0]) & (issued_at < hours[-1])
    return np.flatnonzero(is_own & has_guidance)


def _verifying(dataset: WindowDataset, rows: GuidedRows, windows: Positions) -> Verifying:
    """What came of the windows."""
    at = dataset.at[windows]
    observed = _in_units(dataset.targets(at), dataset.series, at, rows.scale)
    wet, log_mm = dataset.rain_targets(at)
    return Verifying(observed.astype(np.float32), wet, log_mm)
