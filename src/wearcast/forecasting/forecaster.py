"""The tracked model at work: numpy and ONNX Runtime alone, no pandas, no torch."""

import copy
import hashlib
from collections import ChainMap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import cast

import numpy as np

from wearcast import artifacts
from wearcast.errors import ModelError, some_of
from wearcast.forecasting import guidance_file, place_manifest
from wearcast.forecasting.array_types import Flags, Floats, Floats32, Positions
from wearcast.forecasting.channels import CHANNELS, TARGETS, channel_values
from wearcast.forecasting.guidance_file import GUIDANCE, ModelGuidance
from wearcast.forecasting.guidance_inputs import GuidanceInputs, observed_targets
from wearcast.forecasting.guidance_rain import RainForecasts
from wearcast.forecasting.guidance_record import GuidanceRecord
from wearcast.forecasting.guidance_used import GuidanceUsed
from wearcast.forecasting.guided_windows import WIDTH, past_forecasts, seen_by_network
from wearcast.forecasting.gusts import GustCurve
from wearcast.forecasting.history import History
from wearcast.forecasting.manifest import MANIFEST, ONNX, Manifest
from wearcast.forecasting.network_batches import (
    BATCH,
    AskingNetwork,
    NetworkInputs,
    answered,
    with_least_rows,
)
from wearcast.forecasting.place import Place, PlaceOutline
from wearcast.forecasting.quantiles import LEVELS, Calibration
from wearcast.forecasting.read_on_demand import ReadOnDemand
from wearcast.forecasting.standardized_series import StandardizedSeries
from wearcast.forecasting.station_climatology import StationClimatology
from wearcast.forecasting.station_guidance import GuidedLeads, StationGuidance
from wearcast.forecasting.trajectories import rain_at_levels
from wearcast.forecasting.trajectory_basis import TrajectoryBasis, physical
from wearcast.forecasting.wet_days import WetDays
from wearcast.forecasting.windows import PRESENT_SHARE, enough_present, linear_features

_CHUNK = 256
_BOUNDED = ("wind_ms", "cloud_pct")
"""What an ordinary forecast's outer quantiles would take beyond its possible values."""


@dataclass(frozen=True)
class Marginals:
    """The forecast distribution of each hour ahead by itself, for B issue times.

    Attributes:
        quantiles: per target an array (B, horizon_h, Q) in its unit, NaN where the station doesn't
            report it; of a `StationForecast`, the gusts at that wind too.
        hourly_rain_chance: of at least 0.1 mm in the hour, (B, horizon_h).
        rain_log_mm: quantiles of log mm if it rains, (B, horizon_h, Q).
        wet_days: the chances of whole days, which trajectories agree with; None where only those
            of hours are known.
    """

    quantiles: Mapping[str, Floats]
    hourly_rain_chance: Floats
    rain_log_mm: Floats
    wet_days: WetDays | None = None

    def rain_mm(self) -> Floats:
        """Quantiles of the amount of rain, 0 where it is likelier dry: (B, horizon_h, Q)."""
        chance = self.hourly_rain_chance[..., None]
        log_mm = self.rain_log_mm[..., None, :]
        return rain_at_levels(chance, log_mm, LEVELS)


@dataclass(frozen=True)
class StationForecast:
    """The forecast of one station from one issue time.

    Attributes:
        station: its id.
        issued_at: the last observed hour, UTC.
        marginals: with B = 1.
        basis: what its trajectories are drawn from.
        trailing_year_h: hours of the past year behind the trailing-year anomaly; the fewer, the
            nearer to the plain climatology.
        guidance: the numerical forecasts that went into it; None if it is made from the station's
            past alone.
    """

    station: str
    issued_at: np.datetime64
    marginals: Marginals
    basis: TrajectoryBasis
    trailing_year_h: int
    guidance: GuidanceUsed | None = None

    @cached_property
    def trajectories(self) -> Mapping[str, Floats32]:
        """Per target, gust_ms and precip_mm an array (M, horizon_h) in its unit."""
        return _drawn(self.basis, self.marginals, 0)


@dataclass(frozen=True)
class _GuidedOutputs:
    """What comes of the network and guidance for B issue times.

    Attributes:
        calibrated: quantiles, standardised, (B, horizon_h, targets, Q).
        rain_logit: the network's own, (B, horizon_h).
        rain_log_mm: likewise, (B, horizon_h, Q).
        rain: what guidance says of it.
        reached: where guidance says something of the temperature, (B, horizon_h).
    """

    calibrated: Floats
    rain_logit: Floats
    rain_log_mm: Floats
    rain: RainForecasts | None
    reached: Flags


class Forecaster:
    """The tracked model: from a station's history to the quantiles and trajectories of the hours
    up to its horizon."""

    def __init__(self, manifest: Manifest, onnx: bytes, guidance: bytes = b"") -> None:
        """Start the network on one thread, so that many can run side by side."""
        # Whoever only reads a snapshot, or dresses for given weather, needs no runtime.
        import onnxruntime as ort

        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        try:
            self._session = ort.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
        # onnxruntime raises a class of its own for every kind of broken file.
        except Exception as error:
            raise ModelError(
                f"{ONNX} can't be loaded: {error}. Run `dvc pull` or `dvc repro`."
            ) from error
        self.manifest = manifest
        self.station_guidance: Mapping[str, StationGuidance] = {}
        if manifest.guidance:
            self.station_guidance = guidance_file.from_bytes(guidance, manifest.guidance.stations)
        self.places: Mapping[str, Place] = {}
        self._trained_manifest = manifest
        self._trained_guidance: Mapping[str, StationGuidance] = self.station_guidance

    @classmethod
    def load(cls, folder: Path) -> "Forecaster":
        """Load the tracked model.

        Raises:
            ModelError: the folder is incomplete, or its network isn't the one its manifest
                describes.
        """
        folder = artifacts.intact_folder(folder)
        try:
            onnx = (folder / ONNX).read_bytes()
            text = (folder / MANIFEST).read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise ModelError(
                f"{folder} holds no model: {error}. Run `dvc pull` or `dvc repro`."
            ) from error
        manifest = Manifest.from_text(text)
        _require_hash(folder / ONNX, onnx, manifest.onnx)
        return cls(manifest, onnx, _guidance(folder, manifest))

    def predict(self, history: History, guidance: GuidanceRecord | None = None) -> StationForecast:
        """The forecast from the last hour of a history.

        Args:
            history: of the station.
            guidance: numerical forecasts for it, those of the last weeks as well; only what could
                be had at the issue time is used. None, and a model that knows none: the forecast is
                made from the station's past alone.

        Raises:
            ModelError: the station is unknown, or the history is too short or too empty.
        """
        [forecast] = self.predict_many([history], [guidance])
        return forecast

    def predict_many(
        self,
        histories: Sequence[History],
        guidance: Sequence[GuidanceRecord | None] | None = None,
    ) -> list[StationForecast]:
        """The forecasts of several stations, in their order, each the same bytes as `predict`
        gives; the network, asked in batches, takes half of its time.

        Args:
            histories: of the stations, one each.
            guidance: numerical forecasts for each, as in `predict`; None for none at all.

        Raises:
            ModelError: one of them can't be forecast, as in `predict`; `predict` tells which.
        """
        for history in histories:
            self._check(history)
        records = [None] * len(histories) if guidance is None else guidance
        pairs = list(zip(histories, records, strict=True))
        forecasts = []
        for first in range(0, len(pairs), BATCH):
            batch = [self._prediction(*pair) for pair in pairs[first : first + BATCH]]
            forecasts += answered(batch, self._session_outputs)
        return forecasts

    def _prediction(
        self, history: History, guidance: GuidanceRecord | None
    ) -> AskingNetwork[StationForecast]:
        """A station's forecast, which asks the network on its way."""
        standardization = self.manifest.standardization
        whole = standardization.series(history)
        trailing_year_h = self._trailing_year_h(whole, len(history))
        # Those that wait for the others of their batch keep no more than they need.
        series = whole.last(standardization.history_h)
        del whole
        last = np.array([standardization.history_h - 1])
        seen = self.guidance_inputs(history, guidance) if guidance else None
        marginals, leads = yield from self._run(history.station, series, last, seen)
        used = None
        if guidance and leads:
            fitted = self.station_guidance[history.station]
            used = fitted.used(guidance, history.issued_at, leads)
        gust = GustCurve.of(history)
        return StationForecast(
            station=history.station,
            issued_at=history.issued_at,
            marginals=replace(marginals, quantiles=_with_gusts(marginals.quantiles, gust)),
            basis=self._basis(marginals, 0, gust),
            trailing_year_h=trailing_year_h,
            guidance=used,
        )

    def _trailing_year_h(self, series: StandardizedSeries, n: int) -> int:
        """How many of the last hours of a record of n have a temperature within the trailing
        window."""
        window_h = 24 * self.manifest.standardization.trailing_window.days
        first = max(0, n - window_h)
        observed = series.observed[first:n, 0]
        return int(observed.sum())

    def guidance_inputs(self, history: History, record: GuidanceRecord) -> GuidanceInputs | None:
        """A station's guidance beside its observations; None where the model knows none of it."""
        if history.station not in self.station_guidance:
            return None
        climate = self.manifest.standardization.climatologies[history.station]
        reported = [name in climate.reported for name in CHANNELS]
        known = np.where(reported, channel_values(history), np.nan)
        observed = observed_targets(history.valid_at, known, record.valid_at)
        return self.station_guidance[history.station].inputs(record, observed)

    def run(
        self,
        station: str,
        series: StandardizedSeries,
        at: Positions,
        guidance: GuidanceInputs | None = None,
    ) -> Marginals:
        """The forecasts from several positions of a station's record, each from what was known
        then; with guidance as `guidance_inputs` gives it."""
        parts = []
        for first in range(0, max(1, len(at)), _CHUNK):
            chunk = at[first : first + _CHUNK]
            asking = self._run(station, series, chunk, guidance)
            [(marginals, _)] = answered([asking], self._session_outputs)
            parts.append(marginals)
        quantiles = {
            name: np.concatenate([part.quantiles[name] for part in parts]) for name in TARGETS
        }
        days = [part.wet_days for part in parts if part.wet_days]
        return Marginals(
            quantiles=quantiles,
            hourly_rain_chance=np.concatenate([part.hourly_rain_chance for part in parts]),
            rain_log_mm=np.concatenate([part.rain_log_mm for part in parts]),
            wet_days=WetDays.joined(days) if days else None,
        )

    def trajectories(self, marginals: Marginals, i: int) -> Mapping[str, Floats]:
        """The trajectories of the i-th of several forecasts, as in `StationForecast`, but for the
        gusts."""
        no_gusts = GustCurve(np.array([]), np.array([]))
        drawn = _drawn(self._basis(marginals, i, no_gusts), marginals, i)
        names = (*TARGETS, "precip_mm")
        return {name: drawn[name].astype(np.float64) for name in names}

    def _run(
        self,
        station: str,
        series: StandardizedSeries,
        at: Positions,
        guidance: GuidanceInputs | None,
    ) -> AskingNetwork[tuple[Marginals, GuidedLeads | None]]:
        """The forecasts, and where they come from guidance; None without any."""
        if guidance is None or self.manifest.guidance is None:
            inputs = self._network_inputs(series, at)
            found = yield inputs
            standardised, rain_logit, rain_log_mm = found[:3]
            calibrated = self._calibrated(station, series, at, standardised)
            marginals = self._marginals(
                station,
                series,
                at,
                calibrated,
                rain_logit,
                rain_log_mm,
            )
            return marginals, None
        calibration = self._guided_calibration(station, self.manifest.guidance)
        guided = yield from self._guided(
            station,
            series,
            at,
            guidance,
            calibration,
        )
        outputs = (guided.calibrated, guided.rain_logit, guided.rain_log_mm)
        of_past = self._marginals(station, series, at, *outputs)
        climate = self.manifest.standardization.climatologies[station]
        if guided.rain is None or "log_rain" not in climate.reported:
            nothing_said = np.zeros_like(guided.reached)
            return of_past, GuidedLeads(guided.reached, nothing_said)
        with_rain = _with_rain(of_past, guided.rain)
        leads = GuidedLeads(guided.reached, guided.rain.said)
        return with_rain, leads

    def _marginals(
        self,
        station: str,
        series: StandardizedSeries,
        at: Positions,
        calibrated: Floats,
        rain_logit: Floats,
        rain_log_mm: Floats,
    ) -> Marginals:
        """What the network's outputs, its quantiles calibrated, say in units."""
        climate = self.manifest.standardization.climatologies[station]
        quantiles = self._in_units(calibrated, series, at, climate)
        chance = 1 / (1 + np.exp(-rain_logit))
        if "log_rain" not in climate.reported:
            chance = np.full_like(chance, np.nan)
        return Marginals(physical(quantiles, _BOUNDED), chance, rain_log_mm)

    def _guided(
        self,
        station: str,
        series: StandardizedSeries,
        at: Positions,
        guidance: GuidanceInputs,
        calibration: Calibration,
    ) -> AskingNetwork[_GuidedOutputs]:
        inputs = self._network_inputs(series, at)
        scale = self.manifest.standardization.climatologies[station].scale
        unguided = yield inputs
        past = past_forecasts(series, at, unguided[-1].astype(np.float32), scale)
        fitted = self.station_guidance[station]
        forecasts = fitted(guidance, past)
        moved, seen = seen_by_network(forecasts, past, series, at, scale)
        outputs = yield {**inputs, "moved": moved, "guidance": seen}
        standardised, rain_logit, rain_log_mm = outputs[:3]
        without = self._calibrated(station, series, at, standardised)
        with_guidance = calibration(standardised)
        is_guided = forecasts.guided[:, :, None, None]
        calibrated = np.where(is_guided, with_guidance, without)
        rain = fitted.rain(guidance.record, past) if fitted.rain else None
        return _GuidedOutputs(calibrated, rain_logit, rain_log_mm, rain, forecasts.reached)

    def _in_units(
        self,
        calibrated: Floats,
        series: StandardizedSeries,
        at: Positions,
        climate: StationClimatology,
    ) -> dict[str, Floats]:
        """Standardised quantiles, (B, horizon_h, targets, Q), put back on the climatology with its
        trailing anomaly; NaN for a target that the station doesn't report."""
        rows = series.ahead(at)
        targets = self.manifest.targets
        in_units = {}
        for name in TARGETS:
            if name not in climate.reported or name not in targets:
                in_units[name] = np.full(calibrated[:, :, 0].shape, np.nan)
                continue
            c = CHANNELS.index(name)
            scale = climate.scale[c]
            trailing = series.trailing_anomaly[at, None, c] * scale
            expected = series.climatology[rows, c] + trailing
            target = targets.index(name)
            anomaly = calibrated[:, :, target] * scale
            in_units[name] = expected[..., None] + anomaly
        return in_units

    def base(self, series: StandardizedSeries, at: Positions) -> Floats32:
        """The linear path's forecasts, standardised, (B, horizon_h, T + 1); of a model with
        guidance."""
        outputs = self._session_outputs(self._network_inputs(series, at))
        return outputs[-1].astype(np.float32)

    def with_guidance(self, stations: Mapping[str, StationGuidance]) -> "Forecaster":
        """The same model with other guidance fitted to its stations."""
        other = copy.copy(self)
        other.station_guidance = stations
        other._trained_guidance = stations
        return other

    def with_places(
        self, places: Mapping[str, Place], outlines: Mapping[str, PlaceOutline] | None = None
    ) -> "Forecaster":
        """The same model, of the same version, that knows these places and none beside its own
        stations: `manifest` lists them behind those.

        Args:
            places: by id; asked for one when it is forecast, so that they needn't all be in memory.
            outlines: theirs, where they are known already.

        Raises:
            ModelError: a place was fitted to another model, or has the id of one of its stations.
        """
        if outlines is None:
            outlines = {id: place.outline for id, place in places.items()}
        guided = dict.fromkeys(id for id, outline in outlines.items() if outline.is_guided)
        own = ReadOnDemand(guided, lambda id: places[id].guidance)
        other = copy.copy(self)
        other.places = places
        other.manifest = place_manifest.with_places(self._trained_manifest, outlines)
        # Not as one dict, for the same reason.
        maps = cast("list[dict[str, StationGuidance]]", [self._trained_guidance, own])
        other.station_guidance = ChainMap(*maps)
        return other

    def network(self, series: StandardizedSeries, at: Positions) -> tuple[Floats, Floats, Floats]:
        """The network's own outputs from the station's past, standardised and uncalibrated:
        quantiles of its targets, rain logit, rain log mm."""
        outputs = self._session_outputs(self._network_inputs(series, at))
        quantiles, rain_logit, rain_log_mm = outputs[:3]
        return quantiles, rain_logit, rain_log_mm

    def _calibrated(
        self, station: str, series: StandardizedSeries, at: Positions, standardised: Floats
    ) -> Floats:
        """The network's quantiles from the past, (B, horizon_h, targets, Q), calibrated; of a
        place corrected before."""
        if station not in self.places:
            return self.manifest.calibration(standardised)
        place = self.places[station]
        if place.correction:
            past, _ = series.past(at, self.manifest.standardization.history_h)
            features = linear_features(past, series.calendar[at])
            added = place.correction(features)
            standardised = standardised + added[..., None]
        return place.calibration(standardised)

    def guided_network(
        self, series: StandardizedSeries, at: Positions, moved: Floats32, guidance: Floats32
    ) -> Floats:
        """The network's quantiles with what guidance does, as `GuidedWindows` has it, (B,
        horizon_h, targets, Q), standardised and uncalibrated; of a model with guidance."""
        inputs = self._network_inputs(series, at)
        inputs["moved"] = moved
        inputs["guidance"] = guidance
        return self._session_outputs(inputs)[0]

    def _guided_calibration(self, station: str, guidance: ModelGuidance) -> Calibration:
        """Of the quantiles of guided hours."""
        place = self.places.get(station)
        if place and place.guided_calibration:
            return place.guided_calibration
        return guidance.calibration

    def _network_inputs(self, series: StandardizedSeries, at: Positions) -> dict[str, Floats32]:
        """What the network is fed, without guidance."""
        history_h = self.manifest.standardization.history_h
        anomalies, is_observed = series.past(at, history_h)
        past = self._inputs(anomalies)
        observed = self._inputs(is_observed)
        rows = series.ahead(at)
        inputs = {
            "past": past,
            "observed": observed,
            "calendar": series.calendar[rows],
            # The name that the model's file has for the climatological chance of a wet hour.
            "usually_wet": series.climatological_wet_chance[rows],
            "features": linear_features(past, series.calendar[at]),
        }
        if self.manifest.guidance:
            shape = rows.shape
            inputs["moved"] = np.zeros((*shape, len(self.manifest.targets) + 1), dtype=np.float32)
            inputs["guidance"] = np.zeros((*shape, WIDTH), dtype=np.float32)
        return inputs

    def _session_outputs(self, inputs: NetworkInputs) -> list[Floats]:
        """The network's outputs, each row the same bytes whatever other rows are asked of."""
        count = len(inputs["past"])
        raw = self._session.run(None, with_least_rows(inputs))
        return [output[:count].astype(np.float64) for output in raw]

    def _inputs(self, values: Floats32) -> Floats32:
        """Columns of `CHANNELS` in the network's order, shape (B, hours, its channels); 0 for a
        channel that this release doesn't know."""
        channels = self.manifest.channels
        if channels == CHANNELS:
            return values
        inputs = np.zeros((*values.shape[:-1], len(channels)), dtype=np.float32)
        for column, name in enumerate(channels):
            if name in CHANNELS:
                known = CHANNELS.index(name)
                inputs[..., column] = values[..., known]
        return inputs

    def _basis(self, marginals: Marginals, i: int, gust: GustCurve) -> TrajectoryBasis:
        """What the trajectories of the i-th of several forecasts are drawn from."""
        days = marginals.wet_days
        return TrajectoryBasis.of_station(
            self.manifest.ranks,
            self.manifest.targets,
            marginals.rain_log_mm[i],
            days.one(i) if days else None,
            gust,
        )

    def _check(self, history: History) -> None:
        standardization = self.manifest.standardization
        known = standardization.climatologies
        need_h = standardization.history_h
        if history.station not in known:
            raise ModelError(
                f"the model doesn't know station {history.station!r}. It was trained for:"
                f" {some_of(known)}."
            )
        if len(history) < need_h:
            raise ModelError(
                f"the history of {history.station} has {len(history)} hours; the model needs the"
                f" last {need_h}."
            )
        last_temps = history.column("temp_c")[-need_h:]
        present = np.isfinite(last_temps)
        if not enough_present(present, need_h)[-1]:
            raise ModelError(
                f"the last {need_h} hours of {history.station} hold {int(present.sum())}"
                f" temperatures; the model needs {PRESENT_SHARE:.0%} of them and that of the issue"
                f" time, {history.issued_at} UTC."
            )


def _guidance(folder: Path, manifest: Manifest) -> bytes:
    """The file of the fitted guidance; nothing of a model without."""
    if manifest.guidance is None:
        return b""
    path = folder / GUIDANCE
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(
            f"{folder} lacks {GUIDANCE}: {error}. Run `dvc pull` or `dvc repro`."
        ) from error
    _require_hash(path, content, manifest.guidance.file)
    return content


def _require_hash(path: Path, content: bytes, expected: str) -> None:
    found = f"sha256:{hashlib.sha256(content).hexdigest()}"
    if found != expected:
        raise ModelError(
            f"{path} is not the one of its manifest: {found}, expected {expected}. It was changed"
            " or half written: run `dvc checkout` or `dvc repro`."
        )


def _with_rain(marginals: Marginals, rain: RainForecasts) -> Marginals:
    """The marginals with the rain that guidance forecasts, wherever it does."""
    said = rain.said
    chance = np.where(said, rain.hourly_chance, marginals.hourly_rain_chance)
    log_mm = np.where(said[..., None], rain.log_mm, marginals.rain_log_mm)
    return replace(marginals, hourly_rain_chance=chance, rain_log_mm=log_mm, wet_days=rain.days)


def _with_gusts(values: Mapping[str, Floats], gust: GustCurve) -> Mapping[str, Floats]:
    return {**values, "gust_ms": gust(values["wind_ms"])}


def _drawn(basis: TrajectoryBasis, marginals: Marginals, i: int) -> dict[str, Floats32]:
    """The trajectories of the i-th of several forecasts, from what a snapshot keeps of it."""
    quantiles = {}
    for name in TARGETS:
        quantiles[name] = marginals.quantiles[name][i].astype(np.float32)
    chance = marginals.hourly_rain_chance[i].astype(np.float32)
    return basis.drawn(0, quantiles, chance)
