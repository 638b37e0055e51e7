"""A place nobody trained on, fitted in closed form from its archive, in seconds.

The network forecasts standardised anomalies, and what it knows of them holds in a place of the same
climate. So a place needs its own climatology and scale; where its archive is long enough, what the
linear path misses there; and intervals as wide as its own past says.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from wearcast.config import Station
from wearcast.errors import ModelError
from wearcast.forecasting import place_climatology, place_correction, place_guidance, place_scores
from wearcast.forecasting.array_types import Floats
from wearcast.forecasting.channels import CHANNELS, TARGETS, channel_values
from wearcast.forecasting.data_coverage import uncovered
from wearcast.forecasting.distance import distance_km
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.guidance_record import GuidanceRecord
from wearcast.forecasting.history import History
from wearcast.forecasting.input_series import InputHours
from wearcast.forecasting.manifest import Manifest
from wearcast.forecasting.place import ByRange, Place, PlaceRecord
from wearcast.forecasting.place_backcast import FOLDS, Backcast, backcast
from wearcast.forecasting.place_correction import FittedCorrection
from wearcast.forecasting.place_scores import PlaceScores
from wearcast.forecasting.quantiles import MEDIAN, calibration_ranges
from wearcast.forecasting.rain_days import RainDays, UsualRainDays
from wearcast.forecasting.record_years import EDGE_D, YEAR_D, days_with_temperatures
from wearcast.forecasting.station_climatology import StationClimatology
from wearcast.forecasting.station_inputs import StationInputs

LEAST_DAYS: Final = 180
"""Days with temperatures without which nothing can be said of a place."""

_LEAST_SHARE: Final = 0.9
"""Of the days of a year, those that need temperatures for it to count."""

CORRECTED_YEARS: Final = 2
"""Years of record from which the network is corrected."""

NEIGHBOUR_KM: Final = 300.0
"""How near a trained station must be for a place to lean on its climatology."""

_MOST_NEIGHBOURS: Final = 3
_NEAR_KM: Final = 30.0
"""Two stations nearer than this are as good as each other."""

FAR_KM: Final = 1000.0
"""From a place this far from every trained station on, its climate may be another one: its archive
has to correct the model, and to show that the forecasts are worth something."""

_MOST_RECORD_H: Final = 10 * 366 * 24
_MOST_HARMONICS: Final = 3
_INPUT_HARMONICS: Final = 2
"""Of the year, at most, in what the observations usually are, as of a model's own stations."""

_MOST_OF_CLIMATOLOGY: Final = 0.9
"""Of the error of climatology on the first day, what a forecast's may be at most."""

REANALYSIS: Final = "reanalysis"


def fit_place(
    station: Station,
    history: History,
    forecaster: Forecaster,
    guidance: GuidanceRecord | None = None,
    reanalysis: History | None = None,
) -> Place:
    """Fit a place to a model that was trained elsewhere.

    Args:
        station: the place; its id is none of the model's.
        history: its record after quality control, its last ten years at most are used.
        forecaster: the model.
        guidance: numerical forecasts for it, used where the model was trained with any.
        reanalysis: a gapless record of the place by other means, of a year or more, on whose
            climatology a shorter record leans where no trained station is near.

    Raises:
        ModelError: the record is too short or too empty, the model knows the station itself or is
            another release's, or its forecasts of the place's past are no better than climatology.
    """
    forecaster = forecaster.with_places({})
    manifest = forecaster.manifest
    history = history.until(history.issued_at, _MOST_RECORD_H)
    _require_other_place(station, history, manifest)
    known = _Known.of(station, history, manifest)
    known.require_enough()
    borrowed_from, neighbours = _neighbours(station, manifest, reanalysis)
    known.require_seasons(neighbours)
    fit_climatology = _ClimatologyFit(manifest, neighbours, history, known.years)
    climatology = fit_climatology(history)
    past = backcast(station, history, forecaster, fit_climatology)
    corrected = _correction(past, known.years, manifest)
    scores = place_scores.scores(
        past, corrected.out_of_fold, climatology.scale, manifest.calibration, known.days
    )
    record = _record(history, known, borrowed_from, past, corrected, scores)
    _require_skill(station, record)
    guided = None
    if guidance is not None:
        guided = place_guidance.fit(station, history, forecaster, climatology, guidance)
    if guided:
        record = replace(record, guided=guided.past)
    annual = climatology.channels[0].annual
    return Place(
        station=station,
        model=manifest.version,
        climatology=climatology,
        correction=corrected.correction,
        calibration=scores.calibration,
        rain_days=_rain_days(station, history, annual) if known.years else None,
        inputs=_inputs(history, annual) if known.years else StationInputs.none(),
        guidance=guided.station if guided else None,
        guided_calibration=guided.calibration if guided else None,
        record=record,
    )


def _record(
    history: History,
    known: "_Known",
    borrowed_from: tuple[str, ...],
    past: Backcast,
    corrected: FittedCorrection,
    scores: PlaceScores,
) -> PlaceRecord:
    return PlaceRecord(
        first=str(history.valid_at[0]),
        last=str(history.valid_at[-1]),
        days=known.days,
        borrowed_from=borrowed_from,
        nearest_km=round(known.nearest_km, 1),
        corrected=_corrected(corrected, past),
        windows=len(past),
        mae_c=scores.mae_c,
        climatology_mae_c=scores.climatology_mae_c,
        coverage_80=scores.coverage_80,
    )


def _rain_days(station: Station, history: History, annual: int) -> UsualRainDays | None:
    return UsualRainDays.fit(RainDays.of(history, station), annual)


def _inputs(history: History, annual: int) -> StationInputs:
    return StationInputs.fit(InputHours.of(history), min(annual, _INPUT_HARMONICS))


def _require_other_place(station: Station, history: History, manifest: Manifest) -> None:
    if station.id != history.station:
        raise ModelError(f"the history is of {history.station}, and the place is {station.id}.")
    if station.id in manifest.standardization.climatologies:
        raise ModelError(
            f"the model was trained for {station.id}: it needs no fit. Give another id to another"
            " place."
        )
    if manifest.channels != CHANNELS or manifest.targets != TARGETS:
        raise ModelError(
            f"model {manifest.version} is of a release with other variables, and places are fitted"
            " to models of this one alone. Train the model anew: `dvc repro`."
        )


@dataclass(frozen=True)
class _Known:
    """How much is known of a place.

    Attributes:
        station: its id.
        days: with temperatures.
        years: that nearly all days of have temperatures.
        nearest_km: the distance to the nearest station that was trained on.
    """

    station: str
    days: int
    years: int
    nearest_km: float

    @classmethod
    def of(cls, station: Station, history: History, manifest: Manifest) -> "_Known":
        """Of a record."""
        temp_c = history.column("temp_c")
        days = len(days_with_temperatures(history.valid_at, temp_c))
        span_d = len(history) / 24 + EDGE_D
        whole_d = days / _LEAST_SHARE
        years = int(min(span_d, whole_d) // YEAR_D)
        distances_km = []
        for trained in manifest.stations:
            distances_km.append(distance_km(station, trained))
        nearest_km = min(distances_km)
        return cls(station.id, days, years, nearest_km)

    def require_enough(self) -> None:
        """Refuse a record that is too short wherever it is, or for so far away."""
        if self.days < LEAST_DAYS:
            raise ModelError(
                f"{self.station} has {self.days} days with temperatures; a place needs"
                f" {LEAST_DAYS}. Give a longer record."
            )
        if self.nearest_km > FAR_KM and self.years < CORRECTED_YEARS:
            raise ModelError(
                f"{self.station} is {self.nearest_km:.0f} km from the nearest station that the"
                " model was trained for, and its climate may be another one: to correct the model"
                f" takes {CORRECTED_YEARS} years with temperatures on {_LEAST_SHARE:.0%} of their"
                f" days, and there are {self.days} days. Give a longer record, or train a model for"
                " stations nearer to it."
            )

    def require_seasons(self, neighbours: StationClimatology | None) -> None:
        """Refuse less than a year where nobody is near."""
        if not self.years and neighbours is None:
            raise ModelError(
                f"{self.station} has {self.days} days with temperatures, and no station that the"
                f" model was trained for is within {NEIGHBOUR_KM:g} km: nothing tells the rest of"
                " its year. Give a record of a year, or a reanalysis of the place."
            )


def _require_skill(station: Station, record: PlaceRecord) -> None:
    """Refuse a place of which the model knows hardly more than its climatology."""
    first_day = next(iter(record.mae_c))
    error_c = record.mae_c[first_day]
    usual_c = record.climatology_mae_c[first_day]
    if error_c is None or usual_c is None or error_c > _MOST_OF_CLIMATOLOGY * usual_c:
        raise ModelError(
            f"the forecasts that this model would have made for {station.id} were off by"
            f" {error_c} °C on the first day, and its climatology by {usual_c} °C: the model was"
            f" trained for another climate ({record.nearest_km:.0f} km away). Train one for"
            " stations nearer to it."
        )


def _neighbours(
    station: Station, manifest: Manifest, reanalysis: History | None
) -> tuple[tuple[str, ...], StationClimatology | None]:
    """Whose climatology a place leans on, and what it is; nobody's where nobody is near."""
    distances = {}
    for trained in manifest.stations:
        apart_km = distance_km(station, trained)
        if apart_km <= NEIGHBOUR_KM:
            distances[trained.id] = apart_km
    nearest = sorted(distances, key=lambda id: distances[id])[:_MOST_NEIGHBOURS]
    climatologies = manifest.standardization.climatologies
    if nearest:
        apart = np.array([max(distances[id], _NEAR_KM) for id in nearest])
        weights = _normalised(apart**-2.0)
        together = [climatologies[id] for id in nearest]
        return tuple(nearest), place_climatology.in_common(together, weights)
    if reanalysis is None:
        return (), None
    annual, diurnal = _harmonics(manifest)
    share = manifest.standardization.share_wet
    usual = place_climatology.fit(reanalysis, share, annual, diurnal, None)
    return (REANALYSIS,), usual


def _normalised(weights: Floats) -> Floats:
    normalised: Floats = weights / weights.sum()
    return normalised


def _harmonics(manifest: Manifest) -> tuple[int, int]:
    """Of the year and of the day, in the climatologies of the model's own stations."""
    first = next(iter(manifest.standardization.climatologies.values()))
    return first.channels[0].annual, first.channels[0].diurnal


class _ClimatologyFit:
    """Fits a climatology to a place's record, or to a part of it, always in the same way."""

    def __init__(
        self,
        manifest: Manifest,
        neighbours: StationClimatology | None,
        history: History,
        years: int,
    ) -> None:
        annual, self.diurnal = _harmonics(manifest)
        self.neighbours = neighbours
        self.share_wet = manifest.standardization.share_wet
        self.annual = annual
        if neighbours is None:
            self.annual = min(annual, max(1, min(years, _MOST_HARMONICS)))
        self.hidden = self._uncovered(history)

    def __call__(self, history: History) -> StationClimatology:
        """Of what is known of the record."""
        return place_climatology.fit(
            history, self.share_wet, self.annual, self.diurnal, self.neighbours, self.hidden
        )

    def _uncovered(self, history: History) -> tuple[str, ...]:
        """The channels that neither the record nor the neighbours tell in all seasons."""
        found = []
        borrowed = self.neighbours.reported if self.neighbours else ()
        for name, values in zip(CHANNELS, channel_values(history).T, strict=True):
            gap = uncovered(history.valid_at, values, self.annual, self.diurnal)
            if gap and name not in borrowed:
                found.append(name)
            if gap and name == "temp_c" and name in found:
                raise ModelError(
                    f"{history.station} has no temperature from {gap.first} to {gap.last}"
                    f" ({gap.length}), and nobody near tells what is usual there. Give a longer"
                    " record."
                )
        return tuple(found)


def _correction(past: Backcast, years: int, manifest: Manifest) -> FittedCorrection:
    """What is to be added to the network's forecasts; of less than two years nothing."""
    missed = past.observed - past.quantiles[..., MEDIAN]
    standardization = manifest.standardization
    purge_h = standardization.history_h + standardization.horizon_h
    if years < CORRECTED_YEARS:
        ranges = calibration_ranges(standardization.horizon_h)
        none = np.zeros((len(ranges), len(TARGETS)))
        return FittedCorrection(None, np.zeros_like(missed), none)
    return place_correction.fit(past.features, missed, past.issued_at, FOLDS, purge_h)


def _corrected(corrected: FittedCorrection, past: Backcast) -> ByRange:
    """Of the temperature."""
    horizon_h = past.observed.shape[1]
    ranges = calibration_ranges(horizon_h)
    of_temp = corrected.shares[:, TARGETS.index("temp_c")]
    shares = {}
    for name, share in zip(ranges, of_temp, strict=True):
        shares[name] = round(float(share), 2)
    return shares
