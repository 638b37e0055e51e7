"""Where a place is that an operator asks for: by its name, or at its coordinates."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wearcast.cli.stations import asked
from wearcast.config import Ingest, Station, checked
from wearcast.errors import ConfigError
from wearcast.serving.places.coordinates import look_up
from wearcast.vocabulary import Language
from wearcast.weather.geocoding import CREDIT, GeocodedPlace


@dataclass(frozen=True)
class Wanted:
    """A place that an operator asks for.

    Attributes:
        name: of a place to be looked up, or of the one at the coordinates; may be empty there.
        latitude, longitude: in degrees north and east; None: by the name.
        id: of the station; empty for one that follows from the name or the coordinates.
        which: of several places of that name, from 1.
    """

    name: str
    latitude: float | None = None
    longitude: float | None = None
    id: str = ""
    which: int = 1


@dataclass(frozen=True)
class Found:
    """A place that was found, and what to say of it.

    Attributes:
        station: as it will be forecast.
        where: the region and country, where they are known.
        others: places of the same name.
        credit: whom this is owed to.
    """

    station: Station
    where: str
    others: Sequence[GeocodedPlace] = ()
    credit: str = ""


def find(wanted: Wanted, ingest: Ingest) -> Found:
    """Where the wanted place is.

    Raises:
        ConfigError: what is asked for can't be meant.
        SourceError: there is no such place, or the service can't be asked.
    """
    if (wanted.latitude is None) != (wanted.longitude is None):
        raise ConfigError("give --latitude and --longitude together, in degrees north and east.")
    if wanted.latitude is not None and wanted.longitude is not None:
        return _atcoordinates(wanted, wanted.latitude, wanted.longitude, ingest)
    if not wanted.name:
        raise ConfigError("name a place, or give its --latitude and --longitude.")
    return _by_name(wanted, ingest)


def _by_name(wanted: Wanted, ingest: Ingest) -> Found:
    places = asked(wanted.name, _language_of(wanted.name))
    if not 1 <= wanted.which <= len(places):
        raise ConfigError(
            f"--which {wanted.which}: there are {len(places)} places named {wanted.name!r}."
        )
    chosen = places[wanted.which - 1]
    elevation_m = chosen.elevation_m
    if elevation_m is None:
        there = look_up(chosen.latitude, chosen.longitude, ingest.open_meteo, os.environ)
        elevation_m = there.elevation_m
    fields = {
        "id": wanted.id or chosen.id,
        "name_en": chosen.name_en,
        "name_ko": chosen.name_ko,
        "latitude": chosen.latitude,
        "longitude": chosen.longitude,
        "elevation_m": elevation_m,
        "time_zone": chosen.time_zone,
    }
    return Found(_station(fields), chosen.where, places, CREDIT)


def _atcoordinates(wanted: Wanted, latitude: float, longitude: float, ingest: Ingest) -> Found:
    there = look_up(latitude, longitude, ingest.open_meteo, os.environ)
    name = wanted.name or coordinates(latitude, longitude)
    fields = {
        "id": wanted.id or _id_of(latitude, longitude),
        "name_en": name,
        "name_ko": name,
        "latitude": latitude,
        "longitude": longitude,
        "elevation_m": there.elevation_m,
        "time_zone": there.time_zone,
    }
    return Found(_station(fields), "")


def _station(fields: Mapping[str, Any]) -> Station:
    return checked(Station, fields, where="the place")


def _language_of(name: str) -> Language:
    """The language that a name is written in, by its letters."""
    has_hangul = any("가" <= letter <= "힣" for letter in name)
    return "ko" if has_hangul else "en"


def coordinates(latitude: float, longitude: float) -> str:
    """Such as 37.7527° N, 128.8724° E."""
    north = "N" if latitude >= 0 else "S"
    east = "E" if longitude >= 0 else "W"
    return f"{abs(latitude):.4f}° {north}, {abs(longitude):.4f}° {east}"


def _id_of(latitude: float, longitude: float) -> str:
    """An id such as 37-7527N-128-8724E."""
    text = coordinates(latitude, longitude)
    return text.replace("° ", "").replace(", ", "-").replace(".", "-")
