"""`wearcast stations add`, `remove`, and what `list` shows of the places that were added."""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from wearcast.cli.stations import asked
from wearcast.config import Ingest, Params, Paths, Station, checked, read_groups
from wearcast.errors import ConfigError, WearcastError
from wearcast.forecasting import place_file
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.place import ByRange, Place, PlaceRecord
from wearcast.messages import percent, tenths
from wearcast.serving.places.addition import PlaceAddition
from wearcast.serving.places.coordinates import look_up
from wearcast.serving.places.registry import PlaceLimits, PlaceRegistry
from wearcast.serving.refresh import observation_cache
from wearcast.serving.refresh.lock import exclusive_lock
from wearcast.serving.settings import Deployment, deployment_settings
from wearcast.vocabulary import Language
from wearcast.weather.attribution import attribution
from wearcast.weather.geocoding import CREDIT, GeocodedPlace
from wearcast.weather.sources import open_source
from wearcast.weather.stations import resolve

_ALL: Final = "all"
"""The range of all leads."""


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


def add(wanted: Wanted, console: Console) -> None:
    """Add a place, and print what it is and what to expect of its forecast.

    Raises:
        WearcastError: it can't be added; nothing is kept of it then.
    """
    settings, params = _settings()
    ingest = params.ingest
    addition = _addition(settings, params)
    found = find(wanted, ingest)
    _print_found(found, wanted, console)
    if console.is_terminal:
        console.print(f"Asking {ingest.source} for three years of hours …")
    began_s = time.perf_counter()
    place = addition.add(found.station)
    took_s = time.perf_counter() - began_s
    _print_added(place, found, ingest.source, took_s, console)


def remove(id: str, console: Console) -> None:
    """Remove a place that was added, and the hours that refreshes fetched of it.

    Raises:
        ConfigError: there is none with this id.
        BusyError: a refresh is running, which may be fetching its hours.
        ArtifactError: it can't be removed.
    """
    settings, params = _settings()
    with exclusive_lock(settings.history):
        removed = PlaceRegistry(settings.history).remove(id)
        if id not in {station.id for station in resolve(params.ingest.stations)}:
            observation_cache.forget(settings.history, id)
    name = removed.station.name_en if removed else id
    console.print(
        f"{name} ({id}) is removed. From the next `wearcast refresh` on it is forecast no more.",
        soft_wrap=True,
    )


def show(console: Console) -> None:
    """Print the places that were added, with what to expect of their forecasts; nothing where
    there are none."""
    registry = PlaceRegistry(deployment_settings().history)
    ids = registry.ids()
    if not ids:
        return
    table = Table(
        title="Places added here: the model was not trained there",
        box=None,
        padding=(0, 1, 0, 0),
        caption="°C: the mean error of the temperature in their own past, by hours ahead",
    )
    table.add_column("id", no_wrap=True)
    table.add_column("name")
    table.add_column("이름")
    for heading in ("days", "°C", "in 80 %"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("model", no_wrap=True)
    for id in ids:
        table.add_row(*_row(registry, id))
    console.print(table)


def find(wanted: Wanted, ingest: Ingest) -> Found:
    """Where the wanted place is.

    Raises:
        ConfigError: what is asked for can't be meant.
        SourceError: there is no such place, or the service can't be asked.
    """
    if (wanted.latitude is None) != (wanted.longitude is None):
        raise ConfigError("give --latitude and --longitude together, in degrees north and east.")
    if wanted.latitude is not None and wanted.longitude is not None:
        return _at_coordinates(wanted, wanted.latitude, wanted.longitude, ingest)
    if not wanted.name:
        raise ConfigError("name a place, or give its --latitude and --longitude.")
    return _by_name(wanted, ingest)


def _settings() -> tuple[Deployment, Params]:
    """The deployment's settings, and the experiment's, with the source that the refresh uses."""
    paths = Paths.find()
    settings = Deployment.from_environment(os.environ, paths.root)
    params = checked(Params, read_groups(paths.params), where=str(paths.params))
    source = settings.source or params.ingest.source
    ingest = params.ingest.model_copy(update={"source": source})
    return settings, params.model_copy(update={"ingest": ingest})


def _addition(settings: Deployment, params: Params) -> PlaceAddition:
    ingest = params.ingest
    forecaster = Forecaster.load(settings.model)
    trained = forecaster.manifest.standardization.climatologies
    named = resolve(ingest.stations)
    known = [station.id for station in named if station.id in trained]
    return PlaceAddition(
        source=open_source(ingest, Paths.find().root),
        source_name=ingest.source,
        forecaster=forecaster,
        registry=PlaceRegistry(settings.history),
        limits=PlaceLimits(settings.places, settings.places_a_day),
        known=known,
        fill_h=params.preprocess.fill_h,
        oldest=settings.oldest_observation,
        now=lambda: datetime.now(UTC),
    )


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


def _at_coordinates(wanted: Wanted, latitude: float, longitude: float, ingest: Ingest) -> Found:
    there = look_up(latitude, longitude, ingest.open_meteo, os.environ)
    name = wanted.name or _coordinates(latitude, longitude)
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


def _coordinates(latitude: float, longitude: float) -> str:
    north = "N" if latitude >= 0 else "S"
    east = "E" if longitude >= 0 else "W"
    return f"{abs(latitude):.4f}° {north}, {abs(longitude):.4f}° {east}"


def _id_of(latitude: float, longitude: float) -> str:
    """An id such as 37-7527N-128-8724E."""
    text = _coordinates(latitude, longitude)
    return text.replace("° ", "").replace(", ", "-").replace(".", "-")


def _print_found(found: Found, wanted: Wanted, console: Console) -> None:
    station = found.station
    names = dict.fromkeys((station.name_en, station.name_ko))
    region = f" ({found.where})" if found.where else ""
    where = _coordinates(station.latitude, station.longitude)
    console.print(
        f"{' · '.join(names)}{region}: {where}, {station.elevation_m:g} m, {station.time_zone}",
        soft_wrap=True,
        highlight=False,
    )
    for number, other in enumerate(found.others, start=1):
        if number != wanted.which:
            console.print(f"  another one, --which {number}: {other.name_en}, {other.where}")


def _print_added(place: Place, found: Found, source: str, took_s: float, console: Console) -> None:
    id = place.station.id
    record = place.record
    owed = attribution(source)
    period = f"{record.days} days from {record.first[:10]} to {record.last[:10]}"
    lines = [
        f"Fitted to {period} in {took_s:.0f} s; nothing was trained.",
        f"The model was not trained here. {expectation(record)}",
        f"The next `wearcast refresh` forecasts it as {id}; `wearcast stations remove {id}`"
        " removes it.",
        *[line for line in (owed, found.credit) if line],
    ]
    console.print("\n".join(lines), soft_wrap=True, highlight=False)


def expectation(record: PlaceRecord) -> str:
    """What a place's own past says of its forecasts."""
    errors = []
    for leads, error_c in _by_leads(record.mae_c).items():
        errors.append(f"{tenths(error_c)} °C at {leads} h")
    if not errors:
        return "How far off its forecasts are isn't known."
    told = f"In its own past, temperatures were off by {', '.join(errors)} ahead"
    covered = record.coverage_80.get(_ALL)
    if covered is None:
        return f"{told}."
    return f"{told}, and its 80 % intervals held {percent(covered)}."


def _by_leads(by_range: ByRange) -> dict[str, float]:
    """What is known of each range of leads but of all."""
    known = {}
    for leads, value in by_range.items():
        if leads != _ALL and value is not None:
            known[leads] = value
    return known


def _row(registry: PlaceRegistry, id: str) -> tuple[str, ...]:
    """A place's row; what can't be read of it is said in the place of its name."""
    try:
        station = registry.place(id).station
        content = registry.newest_fit(id)
        if content is None:
            return (id, station.name_en, station.name_ko, "", "", "", "none yet")
        place = place_file.from_bytes(content)
    except WearcastError as error:
        return (id, str(error), "", "", "", "", "")
    record = place.record
    errors = [tenths(error_c) for error_c in _by_leads(record.mae_c).values()]
    covered = record.coverage_80.get(_ALL)
    return (
        id,
        station.name_en,
        station.name_ko,
        str(record.days),
        " / ".join(errors),
        "" if covered is None else percent(covered),
        place.model,
    )
