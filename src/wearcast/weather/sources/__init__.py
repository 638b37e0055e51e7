"""Where observations and numerical forecasts come from."""

import os
from collections.abc import Mapping
from pathlib import Path

from wearcast.config import Ingest
from wearcast.weather.attribution import attribution
from wearcast.weather.sources.files import FilesSource
from wearcast.weather.sources.protocols import (
    BatchGuidanceSource,
    BatchSource,
    ConcurrentSource,
    GuidanceSource,
    LiveSource,
    NotingSource,
    Source,
)
from wearcast.weather.sources.sample import SampleSource

__all__ = [
    "BatchGuidanceSource",
    "BatchSource",
    "ConcurrentSource",
    "FilesSource",
    "GuidanceSource",
    "LiveSource",
    "NotingSource",
    "SampleSource",
    "Source",
    "attribution",
    "open_guidance_source",
    "open_source",
]


def open_source(
    settings: Ingest, root: Path, environment: Mapping[str, str] | None = None
) -> Source:
    """The source that `settings` name; relative paths start at `root`, keys come from `environment`
    (default: this process's).

    Raises:
        ConfigError: a key that the source needs is not set.
    """
    keys = os.environ if environment is None else environment
    # The live ones bring an HTTP client along, which nobody else needs.
    match settings.source:
        case "sample":
            return SampleSource()
        case "files":
            return FilesSource(settings.files, root)
        case "open_meteo":
            from wearcast.weather.sources.open_meteo import OpenMeteoSource

            return OpenMeteoSource(settings.open_meteo, keys)
        case "kma":
            from wearcast.weather.sources.kma import KmaSource

            return KmaSource(settings.kma, keys)


def open_guidance_source(
    settings: Ingest, root: Path, environment: Mapping[str, str] | None = None
) -> GuidanceSource | None:
    """The source of numerical forecasts that `settings` name, if they name one; relative paths
    start at `root`, keys come from `environment` (default: this process's).

    Raises:
        ConfigError: a key that the source needs is not set.
        SourceError: the settings of files can't be meant.
    """
    keys = os.environ if environment is None else environment
    match settings.guidance.source:
        case None:
            return None
        case "open_meteo":
            from wearcast.weather.sources.open_meteo import OpenMeteoGuidance

            return OpenMeteoGuidance(settings.open_meteo, settings.guidance.models, keys)
        case "kma":
            from wearcast.weather.sources.kma import KmaGuidance

            return KmaGuidance(settings.kma, keys)
        case "files":
            from wearcast.weather.sources.guidance_files import FilesGuidance

            return FilesGuidance(settings, root)
