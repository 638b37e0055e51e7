"""Where observations come from."""

from pathlib import Path

from wearcast.config import Ingest
from wearcast.errors import SourceError
from wearcast.weather.sources.sample import SampleSource
from wearcast.weather.sources.source import Source

__all__ = ["SampleSource", "Source", "open_source"]


def open_source(settings: Ingest, root: Path) -> Source:
    """The source that `settings` name; relative paths start at `root`."""
    match settings.source:
        case "sample":
            return SampleSource()
        case other:
            raise SourceError(f"source {other!r} can't be read from {root} yet. Set ingest.source to sample.")
