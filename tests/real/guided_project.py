"""A project with numerical forecasts, and its refresh, a station a partition, at the moment NOW of
the fake Open-Meteo: python -m real.guided_project refresh."""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from wearcast import artifacts
from wearcast.config import Station
from wearcast.forecasting import guidance_file
from wearcast.forecasting.manifest import MANIFEST, ONNX
from wearcast.serving.refresh import (
    live_guidance,
    partition,
    refresh_in_shares,
    refresh_on_engine,
    run,
)
from wearcast.weather.sources.open_meteo import OpenMeteoGuidance, OpenMeteoSource

_OPEN: Callable[..., run.Refresh] = run.Refresh.open
_REFRESH_PARTITION = refresh_on_engine.refresh_partition


def write(root: Path, stations: Sequence[Station], url: str) -> None:
    """Put params.yaml and the model at `root`."""
    from unit.serving.guided_refresh import guided_forecaster, of_mean_without_bias
    from unit.serving.refresh_fakes import params

    content = params("open_meteo", stations).model_dump(mode="json", exclude_unset=True)
    content["ingest"]["open_meteo"] = {
        "archive_url": f"{url}/v1/archive",
        "forecast_url": f"{url}/v1/forecast",
        "previous_runs_url": f"{url}/v1/previous-runs",
        "metadata_url": f"{url}/data",
    }
    content["ingest"]["guidance"]["source"] = "open_meteo"
    root.mkdir(parents=True)
    (root / "params.yaml").write_text(yaml.safe_dump(content))
    model = guided_forecaster(len(stations))
    fitted = {station.id: of_mean_without_bias() for station in stations}
    files = {
        ONNX: guided_network(),
        MANIFEST: artifacts.to_json(model.manifest.to_json()),
        guidance_file.GUIDANCE: guidance_file.to_bytes(fitted),
    }
    artifacts.write_folder(root / "models/forecaster", files)


def guided_network() -> bytes:
    """The model's network."""
    from unit.serving import guided_refresh

    return guided_refresh.guided_network()


def now() -> datetime:
    """The time of the refresh."""
    return datetime.fromisoformat(os.environ["NOW"])


def opened(*arguments: Any) -> run.Refresh:
    """A refresh with that clock."""
    return replace(_OPEN(*arguments), now=now)


def refresh_partition(task: str) -> str:
    """A partition's result, in a process that has imported this module's clock."""
    return _REFRESH_PARTITION(task)


# Not in main: the processes that work on partitions import this file, too; and so do tests, which
# have their own clock.
if "NOW" in os.environ:
    run.open_source = lambda ingest, _: OpenMeteoSource(ingest.open_meteo, {}, now=now)  # type: ignore[attr-defined]
    live_guidance.open_guidance_source = lambda ingest, _: OpenMeteoGuidance(  # type: ignore[attr-defined]
        ingest.open_meteo, ingest.guidance.models, {}, now=now
    )
    run.Refresh.open = opened  # type: ignore[method-assign]

if __name__ == "__main__":
    # As workers find it: not in the module that runs as __main__.
    from real.guided_project import refresh_partition as function
    from wearcast.cli.app import main

    partition.STATIONS = 1  # type: ignore[misc]
    refresh_on_engine.refresh_partition = function
    refresh_in_shares.refresh_partition = function
    main()
