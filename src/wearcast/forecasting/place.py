"""A place that the network was never trained on, and what was fitted for it from its archive."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wearcast.config import Station
from wearcast.forecasting.place_correction import PlaceCorrection
from wearcast.forecasting.quantiles import Calibration
from wearcast.forecasting.rain_days import UsualRainDays
from wearcast.forecasting.station_climatology import StationClimatology
from wearcast.forecasting.station_guidance import StationGuidance
from wearcast.forecasting.station_inputs import StationInputs

ByRange = Mapping[str, float | None]
"""A figure by range of leads; None where nothing came to tell it by."""


@dataclass(frozen=True)
class GuidedPast:
    """What a place's own past says of its forecasts from numerical forecasts: each by coefficients
    and margins that never saw its time. Hours that those reach, by the ranges of `PlaceRecord`.

    Attributes:
        days: of the archive of numerical forecasts.
        mae_c: the mean absolute error of the temperature.
        coverage_80: the share of temperatures within the 80 % interval.
    """

    days: int
    mae_c: ByRange
    coverage_80: ByRange

    def to_json(self) -> dict[str, Any]:
        """For the place's file."""
        mae_c = dict(self.mae_c)
        return {"days": self.days, "mae_c": mae_c, "coverage_80": dict(self.coverage_80)}


@dataclass(frozen=True)
class PlaceRecord:
    """How a place was fitted, and what its own past says of its forecasts: each forecast by
    coefficients and a climatology that never saw its time, and margins from other spans, whose
    windows reach into its own by up to a week at an edge. The climatology below `guided` saw it.

    Attributes:
        first, last: the hours of the archive, as `2021-01-01T00`, UTC.
        days: of it, with temperatures.
        borrowed_from: the stations whose climatology its own leans on; `reanalysis` for one.
        nearest_km: the distance to the nearest station that was trained on.
        corrected: of what the correction says of the temperature, how much counts, by range of
            leads; 0 where the archive doesn't support it.
        windows: forecasts of its past that all this is from.
        mae_c: their mean absolute error of the temperature, by `verified_ranges`.
        climatology_mae_c: that of the climatology with the trailing-year anomaly.
        coverage_80: the share of temperatures within the 80 % interval, by the ranges that are
            calibrated, and of `all`.
        guided: what becomes of it with numerical forecasts; None without any, and all the others
            are of the place's past alone.
    """

    first: str
    last: str
    days: int
    borrowed_from: tuple[str, ...]
    nearest_km: float
    corrected: ByRange
    windows: int
    mae_c: ByRange
    climatology_mae_c: ByRange
    coverage_80: ByRange
    guided: GuidedPast | None = None

    def to_json(self) -> dict[str, Any]:
        """For the place's file, but for what is `guided`, which the release before doesn't know."""
        return {
            "first": self.first,
            "last": self.last,
            "days": self.days,
            "borrowed_from": list(self.borrowed_from),
            "nearest_km": self.nearest_km,
            "corrected": dict(self.corrected),
            "windows": self.windows,
            "mae_c": dict(self.mae_c),
            "climatology_mae_c": dict(self.climatology_mae_c),
            "coverage_80": dict(self.coverage_80),
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "PlaceRecord":
        """The one that `to_json` wrote."""
        return cls(**{**content, "borrowed_from": tuple(content["borrowed_from"])})


@dataclass(frozen=True)
class PlaceOutline:
    """What a model's manifest knows of a place: little beside all that was fitted.

    Attributes:
        station, model, climatology, rain_days, inputs: as of `Place`.
        is_guided: whether anything was fitted of numerical forecasts.
    """

    station: Station
    model: str
    climatology: StationClimatology
    rain_days: UsualRainDays | None
    inputs: StationInputs
    is_guided: bool


@dataclass(frozen=True)
class Place:
    """A place nobody trained on.

    Attributes:
        station: where it is.
        model: the version of the model that it was fitted to; no other one knows it.
        climatology: its own.
        correction: what is added to the network's quantiles; None where its archive supports none.
        calibration: of the quantiles, from its own past.
        rain_days: how often its days are wet; None where that isn't known, and of less than a
            year.
        inputs: what its observations were; nothing of less than a year.
        guidance: what was fitted of numerical forecasts; None without any.
        guided_calibration: of the quantiles where they guide the forecast; None without any.
        record: how it was fitted, and what to expect.
    """

    station: Station
    model: str
    climatology: StationClimatology
    correction: PlaceCorrection | None
    calibration: Calibration
    rain_days: UsualRainDays | None
    inputs: StationInputs
    guidance: StationGuidance | None
    guided_calibration: Calibration | None
    record: PlaceRecord

    @property
    def outline(self) -> PlaceOutline:
        """What the manifest knows of it."""
        return PlaceOutline(
            station=self.station,
            model=self.model,
            climatology=self.climatology,
            rain_days=self.rain_days,
            inputs=self.inputs,
            is_guided=self.guidance is not None,
        )
