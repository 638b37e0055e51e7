"""Stations for people at a terminal: those that Wearcast knows by their ids, and any other place by
its name."""

import os
import sys
from urllib.parse import urlsplit

import stamina
from rich.console import Console
from rich.table import Table

from wearcast.config import OpenMeteo, Params, Paths, checked, read_groups
from wearcast.errors import ConfigError
from wearcast.vocabulary import LANGUAGES
from wearcast.weather.geocoding import CREDIT, GeocodedPlace, search
from wearcast.weather.stations import CATALOGUE


def show_known(console: Console) -> None:
    """Print the catalogue: every station that can be named by its id alone."""
    table = Table(
        title="Stations that ingest.stations may name by their ids",
        box=None,
        padding=(0, 1, 0, 0),
    )
    # Only names may be broken: 80 columns have room for the rest.
    table.add_column("id", no_wrap=True)
    table.add_column("name")
    table.add_column("이름", min_width=12)
    for heading in ("° N", "° E", "m"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("time zone", no_wrap=True)
    for station in CATALOGUE.values():
        place = (f"{station.latitude:.4f}", f"{station.longitude:.4f}", f"{station.elevation_m:g}")
        table.add_row(
            station.id,
            station.name_en,
            station.name_ko,
            *place,
            station.time_zone,
        )
    console.print(table)


def found(name: str, language: str) -> str:
    """The places of that name as YAML for params.yaml.

    Raises:
        ConfigError: the language isn't one of ours.
        SourceError: there is no such place, or the service can't be asked.
    """
    if language not in LANGUAGES:
        raise ConfigError(f"--lang {language}: choose {' or '.join(LANGUAGES)}.")
    places = asked(name, language)
    lines = [f"  # {place.where}\n  {place.yaml}" for place in places]
    return "\n".join(
        ["# For params.yaml, ingest: stations: (keep the one you mean)", *lines, f"# {CREDIT}"]
    )


def asked(name: str, language: str) -> list[GeocodedPlace]:
    """The places of that name, the most likely first.

    Raises:
        SourceError: there is no such place, or the service can't be asked.
    """
    settings = _settings()
    # One line at the end says how often it was tried.
    stamina.instrumentation.set_on_retry_hooks([])
    _say_what_is_asked(settings)
    return search(name, language, settings, os.environ)


def _say_what_is_asked(settings: OpenMeteo) -> None:
    """A line on a terminal for whoever waits; a log or a pipe needs none."""
    if sys.stderr.isatty():
        host = urlsplit(settings.geocoding_url).hostname
        print(f"Asking {host} …", file=sys.stderr)


def _settings() -> OpenMeteo:
    """The addresses of this project's params.yaml; outside of a project Open-Meteo's own."""
    try:
        paths = Paths.find()
    except ConfigError:
        return OpenMeteo()
    return checked(Params, read_groups(paths.params), where=str(paths.params)).ingest.open_meteo
