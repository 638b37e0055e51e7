"""The tracked model at work: numpy and ONNX Runtime alone, no pandas, no torch."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort

from wearcast import artifacts
from wearcast.errors import ModelError
from wearcast.forecasting.array_types import Floats, Floats32, Positions
from wearcast.forecasting.channels import CHANNELS, TARGETS
from wearcast.forecasting.history import History
from wearcast.forecasting.manifest import MANIFEST, ONNX, Manifest
from wearcast.forecasting.quantiles import LEVELS
from wearcast.forecasting.standardized_series import StandardizedSeries
from wearcast.forecasting.trajectories import at_scores, rain_at_levels
from wearcast.forecasting.windows import linear_features
from wearcast.variables import VARIABLES
from wearcast.vocabulary import HORIZON_H

_PRESENT_SHARE = 0.75
"""The share of the past that must have a temperature for a forecast to be made."""

_CHUNK = 256
_BOUNDED = ("wind_ms", "cloud_pct")
"""What an ordinary forecast's outer quantiles would take beyond its possible values."""


@dataclass(frozen=True)
class Marginals:
    """What is expected of each hour ahead, hour by hour, for B issue times.

    Attributes:
        quantiles: per target an array (B, HORIZON_H, Q) in its unit, NaN where the station doesn't
            report it.
        hourly_rain_chance: of at least 0.1 mm in the hour, (B, HORIZON_H).
        rain_log_mm: quantiles of log mm if it rains, (B, HORIZON_H, Q).
    """

    quantiles: Mapping[str, Floats]
    hourly_rain_chance: Floats
    rain_log_mm: Floats

    def rain_mm(self) -> Floats:
        """Quantiles of the amount of rain, 0 where it is likelier dry: (B, HORIZON_H, Q)."""
        return rain_at_levels(
            self.hourly_rain_chance[..., None], self.rain_log_mm[..., None, :], LEVELS
        )


@dataclass(frozen=True)
class StationForecast:
    """The forecast of one station from one issue time.

    Attributes:
        station: its id.
        issued_at: the last observed hour, UTC.
        marginals: with B = 1.
        trajectories: per target, and precip_mm, an array (M, HORIZON_H) in its unit.
        trailing_year_h: hours of the past year behind the trailing-year anomaly; the fewer, the
            nearer to the plain climatology.
    """

    station: str
    issued_at: np.datetime64
    marginals: Marginals
    trajectories: Mapping[str, Floats]
    trailing_year_h: int


class Forecaster:
    """The tracked model: from a station's history to the quantiles and trajectories of the next
    seven days."""

    def __init__(self, manifest: Manifest, onnx: bytes) -> None:
        """Start the network on one thread, so that many can run side by side."""
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        try:
            self._session = ort.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
        except (
            Exception
        ) as error:  # onnxruntime raises a class of its own for every kind of broken file
            raise ModelError(
                f"{ONNX} can't be loaded: {error}. Run `dvc pull` or `dvc repro`."
            ) from error
        self.manifest = manifest

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
            content = artifacts.read_json(folder / MANIFEST)
        except (OSError, ValueError) as error:
            raise ModelError(
                f"{folder} holds no model: {error}. Run `dvc pull` or `dvc repro`."
            ) from error
        manifest = Manifest.from_json(content)
        found = f"sha256:{hashlib.sha256(onnx).hexdigest()}"
        if found != manifest.onnx:
            raise ModelError(
                f"{folder / ONNX} is not the network of its manifest: {found}, expected"
                f" {manifest.onnx}. It was changed or half written: run `dvc checkout` or `dvc"
                " repro`."
            )
        return cls(manifest, onnx)

    def predict(self, history: History) -> StationForecast:
        """The forecast from the last hour of a history.

        Raises:
            ModelError: the station is unknown, or the history is too short or too empty.
        """
        self._check(history)
        series = self.manifest.standardization.series(history)
        at = np.array([len(history) - 1])
        marginals = self._run(history.station, series, at)
        trailing_year_h = int(
            series.observed[
                max(
                    0, len(history) - 24 * self.manifest.standardization.trailing_window.days
                ) : len(history),
                0,
            ].sum()
        )
        return StationForecast(
            history.station,
            history.issued_at,
            marginals,
            self._trajectories(marginals),
            trailing_year_h,
        )

    def run(self, station: str, series: StandardizedSeries, at: Positions) -> Marginals:
        """The forecasts from several positions of a station's record, each from what was known
        then."""
        parts = [
            self._run(station, series, at[first : first + _CHUNK])
            for first in range(0, max(1, len(at)), _CHUNK)
        ]
        return Marginals(
            quantiles={
                name: np.concatenate([part.quantiles[name] for part in parts]) for name in TARGETS
            },
            hourly_rain_chance=np.concatenate([part.hourly_rain_chance for part in parts]),
            rain_log_mm=np.concatenate([part.rain_log_mm for part in parts]),
        )

    def trajectories(self, marginals: Marginals, i: int) -> Mapping[str, Floats]:
        """The trajectories of the i-th of several forecasts, as in `StationForecast`."""
        one = Marginals(
            {n: q[i : i + 1] for n, q in marginals.quantiles.items()},
            marginals.hourly_rain_chance[[i]],
            marginals.rain_log_mm[[i]],
        )
        return self._trajectories(one)

    def _run(self, station: str, series: StandardizedSeries, at: Positions) -> Marginals:
        quantiles, rain_logit, rain_log_mm = self.network(series, at)
        climate = self.manifest.standardization.climatologies[station]
        rows = series.ahead(at)
        calibrated = self.manifest.calibration(quantiles)
        in_units: dict[str, Floats] = {}
        for name in TARGETS:
            if name not in climate.reported or name not in self.manifest.targets:
                in_units[name] = np.full(calibrated[:, :, 0].shape, np.nan)
                continue
            c, v = CHANNELS.index(name), self.manifest.targets.index(name)
            expected = (
                series.climatology[rows, c]
                + series.trailing_anomaly[at, None, c] * climate.scale[c]
            )
            in_units[name] = expected[..., None] + calibrated[:, :, v] * climate.scale[c]
        chance = 1 / (1 + np.exp(-rain_logit))
        if "log_rain" not in climate.reported:
            chance = np.full_like(chance, np.nan)
        return Marginals(_physical(in_units), chance, rain_log_mm)

    def network(self, series: StandardizedSeries, at: Positions) -> tuple[Floats, Floats, Floats]:
        """The network's own outputs, standardised and uncalibrated: quantiles of its targets, rain
        logit, rain log mm."""
        past, observed = (
            self._inputs(values)
            for values in series.past(at, self.manifest.standardization.history_h)
        )
        rows = series.ahead(at)
        inputs = {
            "past": past,
            "observed": observed,
            "calendar": series.calendar[rows],
            "usually_wet": series.climatological_wet_chance[rows],
            "features": linear_features(past, series.calendar[at]),
        }
        quantiles, rain_logit, rain_log_mm = (
            output.astype(np.float64) for output in self._session.run(None, inputs)
        )
        return quantiles, rain_logit, rain_log_mm

    def _inputs(self, values: Floats32) -> Floats32:
        """Columns of `CHANNELS` as the network wants them, shape (B, hours, its channels); 0 where
        it knows one that we don't."""
        if self.manifest.channels == CHANNELS:
            return values
        ours = [name for name in self.manifest.channels if name in CHANNELS]
        inputs = np.zeros((*values.shape[:-1], len(self.manifest.channels)), dtype=np.float32)
        inputs[..., [self.manifest.channels.index(name) for name in ours]] = values[
            ..., [CHANNELS.index(name) for name in ours]
        ]
        return inputs

    def _trajectories(self, marginals: Marginals) -> Mapping[str, Floats]:
        ranks, targets = self.manifest.ranks, self.manifest.targets
        drawn = {
            name: (
                at_scores(quantiles[0][None], ranks.scores[:, :, targets.index(name)])
                if name in targets
                else np.full((len(ranks.order), HORIZON_H), np.nan)
            )
            for name, quantiles in marginals.quantiles.items()
        }
        rain = rain_at_levels(
            marginals.hourly_rain_chance[0][None],
            marginals.rain_log_mm[0][None],
            ranks.levels[:, :, -1],
        )
        return {**_physical(drawn), "precip_mm": rain}

    def _check(self, history: History) -> None:
        known, need = (
            self.manifest.standardization.climatologies,
            self.manifest.standardization.history_h,
        )
        if history.station not in known:
            raise ModelError(
                f"the model doesn't know station {history.station!r}. It was trained for:"
                f" {', '.join(known)}."
            )
        if len(history) < need:
            raise ModelError(
                f"the history of {history.station} has {len(history)} hours; the model needs the"
                f" last {need}."
            )
        temp_c = history.column("temp_c")[-need:]
        if np.isnan(temp_c[-1]) or np.isfinite(temp_c).mean() < _PRESENT_SHARE:
            raise ModelError(
                f"the last {need} hours of {history.station} hold {int(np.isfinite(temp_c).sum())}"
                f" temperatures; the model needs {_PRESENT_SHARE:.0%} of them and that of the issue"
                f" time, {history.issued_at} UTC."
            )


def _physical(values: Mapping[str, Floats]) -> dict[str, Floats]:
    """The same values within what can be: no negative wind, no dew point above the temperature."""
    bounded = dict(values)
    for name in _BOUNDED:
        bounded[name] = np.clip(values[name], VARIABLES[name].low, VARIABLES[name].high)
    bounded["dewpoint_c"] = np.minimum(bounded["dewpoint_c"], bounded["temp_c"])
    return bounded
