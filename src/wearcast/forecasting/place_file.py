"""A place as a file beside the model: an npz of numbers, and a header in JSON."""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np

from wearcast.config import Station
from wearcast.errors import ModelError
from wearcast.forecasting.array_types import Floats32
from wearcast.forecasting.place import GuidedPast, Place, PlaceRecord
from wearcast.forecasting.place_correction import PlaceCorrection
from wearcast.forecasting.quantiles import Calibration
from wearcast.forecasting.rain_days import UsualRainDays
from wearcast.forecasting.station_climatology import StationClimatology
from wearcast.forecasting.station_guidance import StationGuidance
from wearcast.forecasting.station_inputs import StationInputs
from wearcast.vocabulary import is_horizon

SCHEMA: Final = 1
"""The form of the file that this release reads and writes; a place is fitted anew from its archive
where a release reads another one."""

MOST_BYTES: Final = 32 * 2**20
"""Of a file, and of what it holds unpacked."""

_HEADER: Final = "header"
_CORRECTION: Final = "correction."
_GUIDANCE: Final = "guidance."
_GUIDED_PAST: Final = "guided_past"


def to_bytes(place: Place) -> bytes:
    """The file, the same bytes for the same place."""
    header = json.dumps(_header(place), sort_keys=True, ensure_ascii=False, allow_nan=False)
    arrays: dict[str, Any] = {_HEADER: np.frombuffer(header.encode(), dtype=np.uint8)}
    parts = {}
    if place.correction:
        parts[_CORRECTION] = place.correction.arrays()
    if place.guidance:
        parts[_GUIDANCE] = place.guidance.arrays()
    for prefix, of_part in parts.items():
        for name, array in of_part.items():
            arrays[f"{prefix}{name}"] = array.astype(np.float32)
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def version(content: bytes) -> str:
    """The version of a place's file: the first 12 digits of its hash."""
    return hashlib.sha256(content).hexdigest()[:12]


def from_bytes(content: bytes) -> Place:
    """The place that `to_bytes` wrote.

    Raises:
        ModelError: the content is too large, of another form, or not whole.
    """
    if len(content) > MOST_BYTES:
        raise ModelError(
            f"a place's file has {len(content)} bytes, more than the {MOST_BYTES} that one may"
            " have. Add the place anew: `wearcast stations add`."
        )
    try:
        arrays = _arrays(content)
        header = json.loads(arrays.pop(_HEADER).tobytes())
        return _place(header, arrays)
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        EOFError,
        zipfile.BadZipFile,
    ) as error:
        raise ModelError(
            f"a place's file can't be read: {error!r}. Add the place anew: `wearcast stations add`."
        ) from error


def _header(place: Place) -> dict[str, Any]:
    horizon_h = max(last for _, last in place.calibration.ranges.values())
    guidance = None
    if place.guidance:
        guidance = {
            "models": list(place.guidance.models),
            "usual_reach_h": place.guidance.usual_reach_h,
        }
    guided = place.guided_calibration
    return {
        "schema": SCHEMA,
        "model": place.model,
        "station": place.station.model_dump(mode="json"),
        "horizon_h": horizon_h,
        "normals": place.climatology.to_json(),
        "calibration": place.calibration.to_json(),
        "rain_days": place.rain_days.to_json() if place.rain_days else None,
        "inputs": place.inputs.to_json(),
        "guidance": guidance,
        "guided_calibration": guided.to_json() if guided else None,
        "record": place.record.to_json(),
        **_guided_past(place),
    }


def _guided_past(place: Place) -> dict[str, Any]:
    """Where releases before this one don't look."""
    past = place.record.guided
    return {_GUIDED_PAST: past.to_json()} if past else {}


def _arrays(content: bytes) -> dict[str, Any]:
    """What the file holds, none of it larger than it may be."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        unpacked = sum(part.file_size for part in archive.infolist())
    if unpacked > MOST_BYTES:
        raise ValueError(f"{unpacked} bytes unpacked")
    with np.load(io.BytesIO(content), allow_pickle=False) as loaded:
        return {name: loaded[name] for name in loaded}


def _place(header: Mapping[str, Any], arrays: Mapping[str, Any]) -> Place:
    if header["schema"] != SCHEMA:
        raise ValueError(f"schema {header['schema']!r}, this release reads {SCHEMA}")
    if not is_horizon(header["horizon_h"]):
        raise ValueError(f"a horizon of {header['horizon_h']!r} h")
    usual_rain = header["rain_days"]
    guided = header["guided_calibration"]
    horizon_h = header["horizon_h"]
    correction = _of_part(arrays, _CORRECTION)
    record = PlaceRecord.from_json(header["record"])
    guided_past = header.get(_GUIDED_PAST)
    if guided_past:
        record = replace(record, guided=GuidedPast(**guided_past))
    return Place(
        station=Station.known(header["station"]),
        model=str(header["model"]),
        climatology=StationClimatology.from_json(header["normals"]),
        correction=PlaceCorrection.of_arrays(correction) if correction else None,
        calibration=Calibration.from_json(header["calibration"], horizon_h),
        rain_days=UsualRainDays.from_json(usual_rain) if usual_rain else None,
        inputs=StationInputs.from_json(header["inputs"]),
        guidance=_guidance(header["guidance"], _of_part(arrays, _GUIDANCE)),
        guided_calibration=Calibration.from_json(guided, horizon_h) if guided else None,
        record=record,
    )


def _guidance(
    said: Mapping[str, Any] | None, arrays: Mapping[str, Floats32]
) -> StationGuidance | None:
    if said is None:
        return None
    return StationGuidance.of_arrays(tuple(said["models"]), int(said["usual_reach_h"]), arrays)


def _of_part(arrays: Mapping[str, Any], prefix: str) -> dict[str, Floats32]:
    names = [name for name in arrays if name.startswith(prefix)]
    return {name.removeprefix(prefix): arrays[name] for name in names}
