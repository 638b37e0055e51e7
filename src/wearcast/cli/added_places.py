"""`wearcast stations add`, `remove`, and what `list` shows of the places that were added."""

import os
import time
from datetime import UTC, datetime
from typing import Final

from rich.console import Console
from rich.table import Table

from wearcast.cli.wanted_places import Found, Wanted, coordinates, find
from wearcast.config import Ingest, Params, Paths, checked, read_groups
from wearcast.errors import WearcastError
from wearcast.forecasting import place_file
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.place import ByRange, PlaceRecord
from wearcast.messages import percent, tenths
from wearcast.serving.places.addition import Addition, PlaceAddition
from wearcast.serving.places.numerical_archive import NumericalArchive
from wearcast.serving.places.registry import PlaceLimits, PlaceRegistry
from wearcast.serving.refresh import observation_cache
from wearcast.serving.refresh.lock import exclusive_lock
from wearcast.serving.settings import Deployment, deployment_settings
from wearcast.weather.attribution import attribution
from wearcast.weather.sources import open_guidance_source, open_source
from wearcast.weather.stations import resolve

_ALL: Final = "all"
"""The range of all leads."""

_UNGUIDED: Final = "It is forecast from its past alone, without numerical forecasts"


def add(wanted: Wanted, console: Console) -> None:
    """Add a place, and print what it is and what to expect of its forecast.

    Raises:
        WearcastError: it can't be added; nothing is kept of it then.
    """
    settings, params = _settings()
    ingest = params.ingest
    addition = _addition(settings, params, console)
    found = find(wanted, ingest)
    _print_found(found, wanted, console)
    if console.is_terminal:
        more = " and a year of numerical forecasts" if addition.numerical else ""
        console.print(f"Asking {ingest.source} for three years of hours{more} …")
    began_s = time.perf_counter()
    added = addition.add(found.station)
    took_s = time.perf_counter() - began_s
    _print_added(added, found, params.ingest, took_s, console)


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


def _settings() -> tuple[Deployment, Params]:
    """The deployment's settings, and the experiment's, with the source that the refresh uses."""
    paths = Paths.find()
    settings = Deployment.from_environment(os.environ, paths.root)
    params = checked(Params, read_groups(paths.params), where=str(paths.params))
    source = settings.source or params.ingest.source
    ingest = params.ingest.model_copy(update={"source": source})
    return settings, params.model_copy(update={"ingest": ingest})


def _addition(settings: Deployment, params: Params, console: Console) -> PlaceAddition:
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
        numerical=_numerical(ingest, forecaster, console),
    )


def _numerical(ingest: Ingest, forecaster: Forecaster, console: Console) -> NumericalArchive | None:
    """The archive of numerical forecasts; without one that can be opened, the reason is printed."""
    if forecaster.manifest.guidance is None:
        return None
    try:
        source = open_guidance_source(ingest, Paths.find().root)
    except WearcastError as error:
        told = f"Places are added without numerical forecasts: {error}"
        console.print(told, soft_wrap=True, highlight=False, markup=False)
        return None
    return NumericalArchive.of(source, ingest, forecaster)


def _print_found(found: Found, wanted: Wanted, console: Console) -> None:
    station = found.station
    names = dict.fromkeys((station.name_en, station.name_ko))
    region = f" ({found.where})" if found.where else ""
    where = coordinates(station.latitude, station.longitude)
    console.print(
        f"{' · '.join(names)}{region}: {where}, {station.elevation_m:g} m, {station.time_zone}",
        soft_wrap=True,
        highlight=False,
    )
    for number, other in enumerate(found.others, start=1):
        if number != wanted.which:
            console.print(f"  another one, --which {number}: {other.name_en}, {other.where}")


def _print_added(
    added: Addition, found: Found, ingest: Ingest, took_s: float, console: Console
) -> None:
    id = added.place.station.id
    record = added.place.record
    owed = attribution(ingest.source)
    period = f"{record.days} days from {record.first[:10]} to {record.last[:10]}"
    lines = [
        f"Fitted to {period} in {took_s:.0f} s; nothing was trained.",
        f"The model was not trained here. {expectation(record)}",
        *_of_guidance(added),
        f"The next `wearcast refresh` forecasts it as {id}; `wearcast stations remove {id}`"
        " removes it.",
        *[line for line in (owed, found.credit) if line],
    ]
    console.print("\n".join(lines), soft_wrap=True, highlight=False)


def _of_guidance(added: Addition) -> list[str]:
    """What is to be expected with numerical forecasts, and why there are none."""
    told = []
    guided = added.place.record.guided
    if guided:
        expected = _expected(guided.mae_c, guided.coverage_80)
        told.append(f"With {guided.days} days of numerical forecasts: {expected}")
    if added.without:
        what = "A part of the numerical forecasts is missing" if guided else _UNGUIDED
        told.append(f"{what}: {added.without}")
    return told


def expectation(record: PlaceRecord) -> str:
    """What a place's own past says of its forecasts from that past alone."""
    return _expected(record.mae_c, record.coverage_80)


def _expected(mae_c: ByRange, coverage_80: ByRange) -> str:
    errors = []
    for leads, error_c in _by_leads(mae_c).items():
        errors.append(f"{tenths(error_c)} °C at {leads} h")
    if not errors:
        return "How far off its forecasts are isn't known."
    told = f"In its own past, temperatures were off by {', '.join(errors)} ahead"
    covered = coverage_80.get(_ALL)
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
