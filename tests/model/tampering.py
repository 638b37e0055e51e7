"""Models and data with something wrong in them, and whatever hashes belong to that."""

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pandas as pd
from onnx import numpy_helper

from wearcast import artifacts
from wearcast.forecasting import model_assembly
from wearcast.forecasting.manifest import MANIFEST, ONNX, Manifest
from wearcast.weather.observations import read_parquet, write_parquet

OBSERVATIONS = "observations.parquet"


def with_origin(folder: Path, **changes: object) -> Path:
    """The model with another origin in its manifest, and the hashes that belong to that."""
    manifest = Manifest.from_text((folder / MANIFEST).read_text())
    other = replace(manifest, origin={**manifest.origin, **changes})
    artifacts.write_json(folder / MANIFEST, other.to_json())
    return folder


def with_weights(folder: Path, change: Callable[[np.ndarray], np.ndarray]) -> Path:
    """The model with other weights, and the hashes that belong to them."""
    network = onnx.load(folder / ONNX)
    for weights in network.graph.initializer:
        values = numpy_helper.to_array(weights).copy()
        if values.dtype.kind == "f" and values.ndim == 2:
            weights.CopyFrom(numpy_helper.from_array(change(values), weights.name))
    content = network.SerializeToString()
    manifest = Manifest.from_text((folder / MANIFEST).read_text())
    model_assembly.save(folder, content, replace(manifest, onnx=hashed(content)))
    return folder


def hashed(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def with_values(data: Path, folder: Path, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Path:
    """The same processed data with other observations."""
    shutil.copytree(data, folder, dirs_exist_ok=True)
    write_parquet(folder / OBSERVATIONS, change(read_parquet(data / OBSERVATIONS)))
    return folder
