"""Forecasts of both models from the same issue times of the same stations, and the observations
that verify them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from wearcast.config import Station
from wearcast.errors import ModelError
from wearcast.forecasting.array_types import Floats, Hours, Positions
from wearcast.forecasting.channels import CHANNELS, TARGETS
from wearcast.forecasting.forecaster import Forecaster, Marginals
from wearcast.forecasting.guidance_inputs import GuidanceInputs
from wearcast.forecasting.processed_data import Records
from wearcast.forecasting.standardized_series import StandardizedSeries
from wearcast.forecasting.window_dataset import role_positions
from wearcast.forecasting.windows import thinned
from wearcast.vocabulary import WET_MM


@dataclass(frozen=True)
class PairedForecasts:
    """N forecasts of each model for the same hours ahead.

    Attributes:
        issued_at: UTC, (N,).
        observed: per target, (N, H), NaN where missing.
        wet: 1 where an hour was wet, 0 where not, NaN where not measured, (N, H).
        climatology: the champion's, of the temperature with its trailing-year anomaly, (N, H).
        champion, challenger: quantiles per target, (N, H, Q).
        champion_rain, challenger_rain: the chance of a wet hour, (N, H).
    """

    issued_at: Hours
    observed: Mapping[str, Floats]
    wet: Floats
    climatology: Floats
    champion: Mapping[str, Floats]
    challenger: Mapping[str, Floats]
    champion_rain: Floats
    challenger_rain: Floats

    @property
    def horizon_h(self) -> int:
        """How far ahead both reach."""
        return int(self.climatology.shape[1])


def forecast_both(
    records: Records, champion: Forecaster, challenger: Forecaster, every_h: int
) -> PairedForecasts:
    """Forecast the test hours of the records from every `every_h`-th hour that both models can
    forecast from.

    Raises:
        ModelError: there is no such hour.
    """
    parts = []
    for station in common_stations(records, champion, challenger):
        at = _issued(records, station, champion, challenger, every_h)
        if len(at):
            part = _of_station(records, station, champion, challenger, at)
            parts.append(part)
    if not parts:
        raise ModelError(
            "no hour of the judging period can be forecast from by both models: too many"
            " temperatures are missing, or they know no station in common."
        )
    return _joined(parts)


def common_stations(
    records: Records, champion: Forecaster, challenger: Forecaster
) -> tuple[Station, ...]:
    """The stations of the records that both models know."""
    ours = challenger.manifest.standardization.climatologies
    theirs = champion.manifest.standardization.climatologies
    return tuple(each for each in records.stations if each.id in ours and each.id in theirs)


@dataclass(frozen=True)
class Prepared:
    """A model with a station's record, standardised as it wants it, and its guidance."""

    station: Station
    forecaster: Forecaster
    series: StandardizedSeries
    guidance: GuidanceInputs | None

    @classmethod
    def of(cls, records: Records, station: Station, forecaster: Forecaster) -> "Prepared":
        """With guidance where both the records and the model have any."""
        history = records.histories[station.id]
        series = forecaster.manifest.standardization.series(history, records.split, "test")
        guidance = None
        if station.id in records.guidance:
            guidance = forecaster.guidance_inputs(history, records.guidance[station.id])
        return cls(station, forecaster, series, guidance)

    def run(self, at: Positions) -> Marginals:
        """The forecasts from some positions of the record."""
        return self.forecaster.run(self.station.id, self.series, at, self.guidance)


def _issued(
    records: Records,
    station: Station,
    champion: Forecaster,
    challenger: Forecaster,
    every_h: int,
) -> Positions:
    """Where both can forecast from, thinned."""
    at = issue_positions(records, station, champion, challenger)
    issued_at = records.histories[station.id].valid_at[at]
    return at[thinned(issued_at, every_h)]


def issue_positions(
    records: Records, station: Station, champion: Forecaster, challenger: Forecaster
) -> Positions:
    """Where in the test hours both models can forecast from, every hour."""
    of_champion = champion.manifest.standardization
    of_challenger = challenger.manifest.standardization
    return role_positions(
        records.histories[station.id],
        records.split,
        "test",
        max(of_champion.history_h, of_challenger.history_h),
        max(of_champion.horizon_h, of_challenger.horizon_h),
    )


def _of_station(
    records: Records,
    station: Station,
    champion: Forecaster,
    challenger: Forecaster,
    at: Positions,
) -> PairedForecasts:
    history = records.histories[station.id]
    of_champion = Prepared.of(records, station, champion)
    theirs = of_champion.run(at)
    ours = Prepared.of(records, station, challenger).run(at)
    champion_rain = theirs.hourly_rain_chance
    challenger_rain = ours.hourly_rain_chance
    horizon_h = min(champion_rain.shape[1], challenger_rain.shape[1])
    leads = np.arange(1, horizon_h + 1)
    rows = at[:, None] + leads
    observed = {}
    for name in TARGETS:
        observed[name] = history.column(name)[rows]
    precip_mm = history.column("precip_mm")
    climatology = _climatology(of_champion, at)
    return PairedForecasts(
        issued_at=history.valid_at[at],
        observed=observed,
        wet=_wet(precip_mm[rows]),
        climatology=climatology[:, :horizon_h],
        champion=_up_to(theirs.quantiles, horizon_h),
        challenger=_up_to(ours.quantiles, horizon_h),
        champion_rain=champion_rain[:, :horizon_h],
        challenger_rain=challenger_rain[:, :horizon_h],
    )


def _up_to(quantiles: Mapping[str, Floats], horizon_h: int) -> dict[str, Floats]:
    return {name: values[:, :horizon_h] for name, values in quantiles.items()}


def _wet(precip_mm: Floats) -> Floats:
    was_wet = (precip_mm >= WET_MM).astype(np.float64)
    return np.where(np.isfinite(precip_mm), was_wet, np.nan)


def _climatology(prepared: Prepared, at: Positions) -> Floats:
    """Of the temperature, °C, with the trailing-year anomaly known at the issue time."""
    series = prepared.series
    climatologies = prepared.forecaster.manifest.standardization.climatologies
    climate = climatologies[prepared.station.id]
    temp = CHANNELS.index("temp_c")
    trailing = series.trailing_anomaly[at, temp] * climate.scale[temp]
    ahead = series.ahead(at)
    usual = series.climatology[ahead, temp]
    expected: Floats = usual + trailing[:, None]
    return expected


def _joined(parts: list[PairedForecasts]) -> PairedForecasts:
    joined: dict[str, Any] = {}
    for name in ("issued_at", "wet", "climatology", "champion_rain", "challenger_rain"):
        joined[name] = np.concatenate([getattr(part, name) for part in parts])
    for name in ("observed", "champion", "challenger"):
        of_parts = [getattr(part, name) for part in parts]
        joined[name] = {}
        for target in TARGETS:
            of_target = [values[target] for values in of_parts]
            joined[name][target] = np.concatenate(of_target)
    return PairedForecasts(**joined)
