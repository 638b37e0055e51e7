"""The manifest of the tracked model: all that inference needs beside the network, and where the model comes from."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from wearcast.config import HORIZON_H, Station
from wearcast.errors import ModelError
from wearcast.forecasting.channels import CHANNELS, TARGETS
from wearcast.forecasting.examples import Standards
from wearcast.forecasting.normals import Drift, Normals
from wearcast.forecasting.quantiles import LEVELS, Calibration
from wearcast.forecasting.trajectories import Ranks

MANIFEST, ONNX = "manifest.json", "model.onnx"
_SCHEMA = 1


@dataclass(frozen=True)
class Manifest:
    """What manifest.json says.

    Attributes:
        onnx: the hash of model.onnx.
        stations: the stations it was trained for.
        standards: how their records are standardised.
        calibration: of the quantiles, from validation forecasts.
        ranks: the order of past errors, for trajectories.
        origin: data and code hashes, params, library versions, the validation scores.
    """

    onnx: str
    stations: tuple[Station, ...]
    standards: Standards
    calibration: Calibration
    ranks: Ranks
    origin: Mapping[str, Any]

    @cached_property
    def version(self) -> str:
        """The model's version: the first 12 digits of the hash of the whole manifest, the network's hash in it."""
        text = json.dumps(self._content(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def to_json(self) -> dict[str, Any]:
        """The content of manifest.json."""
        return {"schema": _SCHEMA, "version": self.version, **self._content()}

    def _content(self) -> dict[str, Any]:
        standards = self.standards
        return {
            "onnx": self.onnx,
            "horizon_h": HORIZON_H,
            "history_h": standards.history_h,
            "channels": list(CHANNELS),
            "targets": list(TARGETS),
            "levels": LEVELS.tolist(),
            "origin": dict(self.origin),
            "stations": [station.model_dump() for station in self.stations],
            "drift": {"days": standards.drift.days, "shrink_h": standards.drift.shrink_h},
            "share_wet": standards.share_wet,
            "normals": {name: normals.to_json() for name, normals in standards.normals.items()},
            "calibration": self.calibration.to_json(),
            "ranks": self.ranks.to_json(),
        }

    @classmethod
    def from_json(cls, content: Any) -> "Manifest":
        """The manifest that `to_json` wrote.

        Raises:
            ModelError: it is of another schema, for other inputs, incomplete, or was changed by hand.
        """
        try:
            manifest, said = cls._parse(content), content["version"]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ModelError(f"{MANIFEST} is incomplete: {error!r}. Run `dvc pull` or `dvc repro`.") from error
        if manifest.version != said:
            raise ModelError(f"{MANIFEST} was changed: it is {manifest.version}, and says {said}. Run `dvc checkout`.")
        return manifest

    @classmethod
    def _parse(cls, content: Any) -> "Manifest":
        expected = (_SCHEMA, HORIZON_H, list(CHANNELS), list(TARGETS), LEVELS.tolist())
        if tuple(content[key] for key in ("schema", "horizon_h", "channels", "targets", "levels")) != expected:
            raise ModelError(f"{MANIFEST} is for another version of Wearcast. Train the model anew: `dvc repro`.")
        stations = tuple(Station.model_validate(station) for station in content["stations"])
        return cls(
            onnx=content["onnx"],
            stations=stations,
            standards=Standards(
                normals={name: Normals.from_json(normals) for name, normals in content["normals"].items()},
                longitudes={station.id: station.longitude for station in stations},
                drift=Drift(**content["drift"]),
                history_h=content["history_h"],
                share_wet=content["share_wet"],
            ),
            calibration=Calibration.from_json(content["calibration"]),
            ranks=Ranks.from_json(content["ranks"]),
            origin=content["origin"],
        )
