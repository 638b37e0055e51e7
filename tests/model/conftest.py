"""The tracked model of two made-up stations, trained once with settings as small as they may be."""

from pathlib import Path

import pytest

from unit.forecasting.synthetic import Built, built
from wearcast.forecasting import model_assembly


@pytest.fixture(scope="session")
def model() -> Built:
    """The model and all it was made of."""
    return built()


@pytest.fixture
def folder(tmp_path: Path, model: Built) -> Path:
    """The tracked model on disk, to be tampered with."""
    model_assembly.save(tmp_path / "forecaster", model.onnx, model.manifest)
    return tmp_path / "forecaster"
