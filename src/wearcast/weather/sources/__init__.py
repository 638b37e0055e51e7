"""Where observations come from."""

from pathlib import Path

from wearcast.config import Ingest
from wearcast.weather.sources.files import FilesSource
from wearcast.weather.sources.sample import SampleSource
from wearcast.weather.sources.source import Source

__all__ = ["FilesSource", "SampleSource", "Source", "open_source"]


def open_source(settings: Ingest, root: Path) -> Source:
    """The source that `settings` name; relative paths start at `root`."""
    match settings.source:
        case "sample":
            return SampleSource()
        case "files":
            return FilesSource(settings.files, root)
