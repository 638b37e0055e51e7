"""Running services, and a small trained model."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from service.in_process_service import RunningService, serving
from service.synthetic_snapshots import two_cities
from unit.forecasting.synthetic import built
from wearcast.forecasting import model_assembly


@pytest.fixture(scope="session")
def cities(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service of two cities, for all tests that only read."""
    with serving(tmp_path_factory.mktemp("cities"), two_cities()) as running:
        yield running


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., RunningService]]:
    """Start services of a test's own."""
    with ExitStack() as stack:
        yield lambda *snapshots, **settings: stack.enter_context(
            serving(tmp_path, *snapshots, **settings)
        )


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small trained model of AAA, and of BBB, which reports neither cloud nor
    rain."""
    folder = tmp_path_factory.mktemp("trained") / "forecaster"
    model = built()
    model_assembly.save(folder, model.onnx, model.manifest)
    return folder


@pytest.fixture(scope="session")
def modelled(tmp_path_factory: pytest.TempPathFactory, trained: Path) -> Iterator[RunningService]:
    """The service of two cities with the trained model."""
    with serving(tmp_path_factory.mktemp("modelled"), two_cities(), model=trained) as running:
        yield running
