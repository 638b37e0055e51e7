"""The manifest of the tracked model: all that inference needs beside the network, and where the
model comes from."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from wearcast.config import Station
from wearcast.errors import ModelError
from wearcast.forecasting import manifest_text
from wearcast.forecasting.channels import CHANNELS, TARGETS
from wearcast.forecasting.guidance_file import ModelGuidance
from wearcast.forecasting.input_drift import InputReference
from wearcast.forecasting.quantiles import LEVELS, Calibration
from wearcast.forecasting.rain_days import UsualRain, UsualRainDays
from wearcast.forecasting.read_on_demand import parsed_on_demand
from wearcast.forecasting.standardized_series import Standardization
from wearcast.forecasting.station_climatology import StationClimatology, TrailingWindow
from wearcast.forecasting.trajectories import Ranks
from wearcast.vocabulary import MAX_HORIZON_H, MIN_HORIZON_H, is_horizon

MANIFEST, ONNX = "manifest.json", "model.onnx"
_SCHEMA = 2
_WITHOUT_GUIDANCE = 1
"""The form of a model with guidance, and of one without, which the release before reads as well; as
of a snapshot (`wearcast.forecasting.snapshot`): what a release can't do without raises this,
all else only `_SCHEMA`."""

_PREVIOUS_SCHEMA = max(1, _SCHEMA - 1)
"""The oldest form that is still read."""

_UNHASHED = ("schema", "readable_from", "version")

_KEPT_CLIMATOLOGIES = 64
"""A forecast asks for its station's many times; a batch has so many stations at most."""


@dataclass(frozen=True)
class Manifest:
    """The content of manifest.json.

    Attributes:
        onnx: the hash of model.onnx.
        stations: the stations it was trained for.
        standardization: how their records are standardised.
        calibration: of the quantiles, from validation forecasts.
        ranks: the order of past errors, for trajectories.
        origin: data and code hashes, params, library versions, the validation scores.
        channels: the network's inputs, in its order; one that this release doesn't know is always
            missing.
        targets: what it forecasts, in its order; one that this release doesn't know is left out.
        guidance: what it makes of numerical forecasts; None of a model that knows none.
        inputs: what the observations were in its training hours; None where an older release
            trained it.
        rain_days: by station, how often its days are wet; empty where an older release trained it.
        stated_version: the version that the file it was read from states, which may say more than
            this release knows; empty of one that was made here, by a change of another too.
    """

    onnx: str
    stations: tuple[Station, ...]
    standardization: Standardization
    calibration: Calibration
    ranks: Ranks
    origin: Mapping[str, Any]
    channels: tuple[str, ...] = CHANNELS
    targets: tuple[str, ...] = TARGETS
    guidance: ModelGuidance | None = None
    inputs: InputReference | None = None
    rain_days: UsualRain = field(default_factory=dict)
    stated_version: str = field(default="", init=False, compare=False)

    @cached_property
    def version(self) -> str:
        """The model's version: the first 12 digits of the hash of the whole manifest, the network's
        hash in it."""
        return self.stated_version or self._own_version()

    def to_json(self) -> dict[str, Any]:
        """The content of manifest.json."""
        schema = _SCHEMA if self.guidance else _WITHOUT_GUIDANCE
        return {
            "schema": schema,
            "readable_from": schema,
            "version": self.version,
            **self._content(),
        }

    def _content(self) -> dict[str, Any]:
        standardization = self.standardization
        climatologies, window = standardization.climatologies, standardization.trailing_window
        guidance = {"guidance": self.guidance.to_json()} if self.guidance else {}
        inputs = {"inputs": self.inputs.to_json()} if self.inputs else {}
        rain_days = {station: usual.to_json() for station, usual in self.rain_days.items()}
        return {
            "onnx": self.onnx,
            "horizon_h": standardization.horizon_h,
            "history_h": standardization.history_h,
            "channels": list(self.channels),
            "targets": list(self.targets),
            "levels": LEVELS.tolist(),
            "origin": dict(self.origin),
            "stations": [station.model_dump() for station in self.stations],
            "drift": {"days": window.days, "shrink_h": window.shrink_h},
            "share_wet": standardization.share_wet,
            "normals": {id: climate.to_json() for id, climate in climatologies.items()},
            "calibration": self.calibration.to_json(),
            "ranks": self.ranks.to_json(),
            **guidance,
            **inputs,
            **({"rain_days": rain_days} if rain_days else {}),
        }

    def _own_version(self) -> str:
        text = json.dumps(self._content())
        return manifest_text.version(manifest_text.read(text), _UNHASHED)

    @classmethod
    def from_text(cls, text: str) -> "Manifest":
        """The manifest whose `to_json` is this JSON, of this release or of one whose form this one
        can read.

        Raises:
            ModelError: it is no JSON, of a schema, horizon or levels that this release doesn't
                know, incomplete, or was changed by hand.
        """
        try:
            content = manifest_text.read(text)
            manifest, stated = cls._parse(content), content["version"]
            found = manifest_text.version(content, _UNHASHED)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ModelError(
                f"{MANIFEST} is incomplete: {error!r}. Run `dvc pull` or `dvc repro`."
            ) from error
        if found != stated:
            raise ModelError(
                f"{MANIFEST} was changed: it is {found}, and says {stated}. Run `dvc checkout`."
            )
        return manifest.known_as(stated)

    def known_as(self, version: str) -> "Manifest":
        """The same, under a version that is not made of what this release knows of it."""
        named = replace(self)
        object.__setattr__(named, "stated_version", version)
        return named

    @classmethod
    def _parse(cls, content: Any) -> "Manifest":
        _require_readable(content)
        stations = tuple(Station.known(station) for station in content["stations"])
        guidance = None
        if "guidance" in content:
            guidance = ModelGuidance.from_json(content["guidance"], content["horizon_h"])
        inputs = None
        if "inputs" in content:
            inputs = InputReference.from_texts(content["inputs"])
        return cls(
            onnx=content["onnx"],
            stations=stations,
            standardization=_standardization(content, stations),
            calibration=Calibration.from_json(content["calibration"], content["horizon_h"]),
            ranks=Ranks.from_json(content["ranks"]),
            origin=content["origin"],
            channels=tuple(content["channels"]),
            targets=tuple(content["targets"]),
            guidance=guidance,
            inputs=inputs,
            rain_days={
                station: UsualRainDays.from_json(usual)
                for station, usual in content.get("rain_days", {}).items()
            },
        )


def _standardization(content: Mapping[str, Any], stations: Sequence[Station]) -> Standardization:
    climatologies, window = content["normals"], content["drift"]
    parsed = parsed_on_demand(climatologies, StationClimatology.from_json, _KEPT_CLIMATOLOGIES)
    for station in list(climatologies)[:1]:
        parsed[station]  # An incomplete one is told of at once.
    return Standardization(
        climatologies=parsed,
        longitudes={station.id: station.longitude for station in stations},
        trailing_window=TrailingWindow(window["days"], window["shrink_h"]),
        history_h=content["history_h"],
        horizon_h=content["horizon_h"],
        share_wet=content["share_wet"],
    )


def _require_readable(content: Mapping[str, Any]) -> None:
    """Refuse a form, a horizon or quantile levels that this release doesn't know, and a model
    without its one required variable.

    Raises:
        ModelError: saying which.
    """
    schema = int(content["schema"])
    readable_from = int(content.get("readable_from", schema))
    if schema < _PREVIOUS_SCHEMA or readable_from > _SCHEMA:
        raise ModelError(
            f"{MANIFEST} has schema {schema}, for releases that read {readable_from} or later; this"
            f" one reads {_PREVIOUS_SCHEMA} to {_SCHEMA}. Train the model anew: `dvc repro`."
        )
    if not is_horizon(content["horizon_h"]):
        raise ModelError(
            f"{MANIFEST} has a horizon of {content['horizon_h']!r} h; this release forecasts whole"
            f" days from {MIN_HORIZON_H} to {MAX_HORIZON_H} h. Train the model anew: `dvc repro`."
        )
    if content["levels"] != LEVELS.tolist():
        raise ModelError(
            f"{MANIFEST} has other quantile levels than this release. Train the model anew: `dvc"
            " repro`."
        )
    if "temp_c" not in content["channels"] or "temp_c" not in content["targets"]:
        raise ModelError(
            f"{MANIFEST} is of a model that doesn't forecast temp_c from temp_c. Train the model"
            " anew: `dvc repro`."
        )
