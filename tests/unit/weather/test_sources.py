"""Opening a source, and whom its data are owed to."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from wearcast.config import LIVE, Ingest, checked
from wearcast.weather.attribution import ATTRIBUTIONS
from wearcast.weather.sources import LiveSource, Source, attribution, open_source


@pytest.fixture
def group(repository: Path) -> dict[str, Any]:
    ingest: dict[str, Any] = yaml.safe_load((repository / "params.yaml").read_text())["ingest"]
    return ingest


def opened(group: dict[str, Any], name: str, environment: dict[str, str]) -> Source:
    return open_source(
        checked(Ingest, {**group, "source": name, "start": "2024-01-01"}, where="ingest"),
        Path(),
        environment,
    )


@pytest.mark.parametrize("name", LIVE)
def test_a_live_source_is_opened_by_its_name_with_keys_from_the_environment(
    group: dict[str, Any], name: str
) -> None:
    source = opened(group, name, {"KMA_SERVICE_KEY": "abc", "KMA_APIHUB_KEY": "def"})
    assert isinstance(source, LiveSource)
    assert source.fingerprint().startswith(f"{name} ")


def test_every_source_has_an_attribution() -> None:
    assert set(ATTRIBUTIONS) == set(Ingest.model_fields["source"].annotation.__args__)
    assert all(attribution(name) for name in LIVE)
    assert attribution("files") == ""
