"""What was fitted of every station's guidance, as a file beside the tracked model: an npz, and what
the manifest says of it."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from wearcast.errors import ModelError
from wearcast.forecasting.array_types import Floats32
from wearcast.forecasting.quantiles import Calibration
from wearcast.forecasting.station_guidance import StationGuidance

GUIDANCE = "guidance.npz"


@dataclass(frozen=True)
class ModelGuidance:
    """The part of the manifest that is about guidance.

    Attributes:
        file: the hash of guidance.npz.
        stations: of each station the models, and the lead at which guidance usually ends.
        calibration: of the quantiles where the forecast is guided.
        median: by range of leads and target, how much of the network's shift of the median counts
            there, as `MedianShare.to_json` has it.
    """

    file: str
    stations: Mapping[str, Mapping[str, Any]]
    calibration: Calibration
    median: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """For the manifest."""
        return {
            "file": self.file,
            "stations": {id: dict(said) for id, said in self.stations.items()},
            "calibration": self.calibration.to_json(),
            "median": dict(self.median),
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any], horizon_h: int) -> "ModelGuidance":
        """The one that `to_json` wrote."""
        return cls(
            file=content["file"],
            stations=content["stations"],
            calibration=Calibration.from_json(content["calibration"], horizon_h),
            median=content["median"],
        )


def described(stations: Mapping[str, StationGuidance]) -> dict[str, dict[str, Any]]:
    """What the manifest says of each station's."""
    return {
        id: {"models": list(station.models), "usual_reach_h": station.usual_reach_h}
        for id, station in stations.items()
    }


def to_bytes(stations: Mapping[str, StationGuidance]) -> bytes:
    """The file, the same bytes for the same arrays."""
    arrays: dict[str, Any] = {}
    for id, station in stations.items():
        for name, array in station.arrays().items():
            arrays[f"{id}.{name}"] = array.astype(np.float32)
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def from_bytes(
    content: bytes, stations: Mapping[str, Mapping[str, Any]]
) -> dict[str, StationGuidance]:
    """The stations' guidance that `to_bytes` wrote, as the manifest describes it.

    Raises:
        ModelError: the file lacks something, or holds other things than numbers.
    """
    found = {}
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            for id, said in stations.items():
                found[id] = StationGuidance.of_arrays(
                    tuple(said["models"]), int(said["usual_reach_h"]), _of_station(archive, id)
                )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"{GUIDANCE} can't be read: {error!r}. Run `dvc pull` or `dvc repro`."
        ) from error
    return found


def _of_station(archive: Mapping[str, Any], id: str) -> dict[str, Floats32]:
    prefix = f"{id}."
    names = [name for name in archive if name.startswith(prefix)]
    return {name.removeprefix(prefix): archive[name] for name in names}
