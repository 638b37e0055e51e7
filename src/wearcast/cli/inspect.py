"""A look at a person's own weather file: what its columns are taken for, and the settings to paste
into params.yaml."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import yaml
from rich.console import Console
from rich.table import Table

from wearcast.cli.stations import asked
from wearcast.config import Params, Paths, Station, checked, read_groups
from wearcast.errors import ConfigError
from wearcast.vocabulary import LANGUAGES
from wearcast.weather.sources.inspection import Inspection, Told, inspect
from wearcast.weather.stations import CATALOGUE, resolve

_MOST_STATIONS: Final = 5
_ZONE_ASKED: Final = "(say another with --time-zone)"


def look(
    path: Path, station: str | None, place: str | None, time_zone: str | None, console: Console
) -> tuple[str, Inspection]:
    """Print to `console` what the file or folder at `path` holds; the settings for params.yaml, and
    all that was found. The `place` of its station is looked up by its name.

    Raises:
        ConfigError: no such time zone.
        SourceError: it holds no table.
    """
    root, stations = _project()
    if time_zone is not None:
        _require_zone(time_zone)
    known = [*stations, *CATALOGUE.values()]
    own = _own(station, known if station else stations)
    if place is not None:
        own = _at(place, station, console)
        known = [own]
    found = inspect(path, _written(path, root), Told(station, time_zone, own))
    _show(found, path, console)
    return _pasted(found, known, time_zone), found


def _own(id: str | None, known: Sequence[Station]) -> Station | None:
    """The station that the file is of, if that is known: by its id, or as the only one there is."""
    if id is not None:
        known = [station for station in known if station.id == id]
    return known[0] if known and (id or len(known) == 1) else None


def _at(place: str, id: str | None, console: Console) -> Station:
    """The station at a place, which is the most likely of its name."""
    first, *others = asked(place, LANGUAGES[0])
    more = f" ({len(others)} others of the name: wearcast stations search)" if others else ""
    console.print(f"{first.name_en}: {first.where}{more}.", markup=False, highlight=False)
    given = {
        "id": id or first.id,
        "name_en": first.name_en,
        "name_ko": first.name_ko,
        "latitude": first.latitude,
        "longitude": first.longitude,
        "elevation_m": first.elevation_m,
        "time_zone": first.time_zone,
    }
    return checked(Station, given, where=f"--place {place}")


def _project() -> tuple[Path | None, Sequence[Station]]:
    """The project around the working folder and its stations; nothing where there is none."""
    try:
        paths = Paths.find()
    except ConfigError:
        return None, []
    ingest = checked(Params, read_groups(paths.params), where=str(paths.params)).ingest
    return paths.root, resolve(ingest.stations)


def _require_zone(time_zone: str) -> None:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigError(
            f"--time-zone {time_zone}: there is no such time zone; Asia/Seoul and Etc/GMT+5 (five"
            " hours behind UTC) are, for example."
        ) from error


def _written(path: Path, root: Path | None) -> Path:
    """The path as params.yaml has it: below the project's folder where it is there."""
    whole = path.resolve()
    if root and whole.is_relative_to(root.resolve()):
        return whole.relative_to(root.resolve())
    return whole if root else path


def _show(found: Inspection, path: Path, console: Console) -> None:
    if found.export:
        console.print(f"{path}: an export of {found.export}.", markup=False, highlight=False)
    else:
        console.print(
            f"{path}: no export that is known; its columns are taken by their names and values.",
            markup=False,
            highlight=False,
        )
    if found.columns:
        console.print(_table(found))
    for line in _lines(found):
        console.print(line, markup=False, highlight=False)


def _table(found: Inspection) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("column", max_width=34)
    table.add_column("taken for", no_wrap=True)
    table.add_column("unit", no_wrap=True)
    table.add_column("first value", max_width=20, no_wrap=True)
    for column in found.columns:
        ours = column.ours or "-"
        table.add_row(_plain(column.heading), ours, column.unit or "", _plain(column.example))
    return table


def _plain(text: str) -> str:
    return text.replace("[", r"\[")


def _lines(found: Inspection) -> list[str]:
    lines = []
    if "columns" in found.settings:
        zone = found.settings.get("time_zone", "UTC")
        lines.append(f"Its times are read as {zone} {_ZONE_ASKED}.")
    if "station" in found.settings:
        id = found.settings["station"]
        lines.append(f"All its rows are taken for station {id}'s (say another with --station).")
    for setting, question in found.answers:
        lines += ["", f"{setting}, because:", f"  {question}"]
    for doubt in found.doubts:
        lines.append(f"Look: {doubt}")
    for note in found.notes:
        lines.append(f"Note: {note}")
    for hours in found.hours[:_MOST_STATIONS]:
        known = ", ".join(f"{ours} {count:,}" for ours, count in hours.known.items())
        lines.append(
            f"Station {hours.station}: {hours.count:,} hours from {hours.first:%Y-%m-%d %H:%M} to"
            f" {hours.last:%Y-%m-%d %H:%M} UTC; of these {known}."
        )
    more = len(found.hours) - _MOST_STATIONS
    if more > 0:
        lines.append(f"And {more} more stations.")
    return lines


def _pasted(found: Inspection, known: Sequence[Station], time_zone: str | None) -> str:
    """The group `ingest` with the settings, as YAML."""
    ids = [hours.station for hours in found.hours]
    stations = [_entry(id, found, known, time_zone) for id in ids]
    files = {name: value for name, value in found.settings.items() if value not in ({}, [])}
    ingest: dict[str, Any] = {"source": "files", "stations": stations, "files": files}
    if not ids or None in stations:
        del ingest["stations"]
    text = yaml.safe_dump({"ingest": ingest}, allow_unicode=True, sort_keys=False, width=80)
    lines = ["# For params.yaml, in place of these settings of its group ingest"]
    if "stations" not in ingest:
        names = ", ".join(ids) or "the file's"
        lines.append(
            f"# and ingest.stations: {names}, as {{id, name_en, name_ko, latitude, longitude,"
        )
        lines.append("# elevation_m, time_zone}; --place with a town's name writes it.")
    return "\n".join([*lines, text.rstrip()])


def _entry(
    id: str, found: Inspection, known: Sequence[Station], time_zone: str | None
) -> str | dict[str, Any] | None:
    """A station as an item of ingest.stations: by its id, or with the place that the file says."""
    for station in known:
        if station.id == id:
            is_known = station == CATALOGUE.get(id)
            return id if is_known else station.model_dump(mode="json")
    position = found.place.position
    is_place = time_zone is not None and not time_zone.startswith(("UTC", "Etc/"))
    if len(position) < 3 or not is_place or len(found.hours) > 1:
        return None
    name = found.place.name or id
    return {"id": id, "name_en": name, "name_ko": name, **position, "time_zone": time_zone}
