"""Raw observations on disk: one immutable file a station and month, `<folder>/<station>/<YYYY-MM>.parquet`.

`stations.json` beside them describes the stations; `source.json` says which source gave them and for which hours. What is in the
folder depends on the source and the settings alone, never on how many runs it took.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import pandas as pd

from wearcast.artifacts import read_json, write_json
from wearcast.config import Station
from wearcast.errors import ObservationsError, SourceError
from wearcast.weather.observations import concatenate, read_parquet, validate_raw, write_parquet
from wearcast.weather.sources import Source
from wearcast.weather.stations import read_stations, write_stations

Progress = Callable[[str], None]
Window = tuple[pd.Timestamp, pd.Timestamp]
_MONTHS: Final = "[0-9][0-9][0-9][0-9]-[0-9][0-9].parquet"


def sync(
    source: Source,
    stations: Sequence[Station],
    start: date | None,
    end: date | None,
    folder: Path,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Bring `folder` to what `source` has of the stations from `start` to the day before `end`, fetching only what is missing.

    `progress` is told each station and month before it is fetched. Returns one row a station: `station`, `first` and `last` hour,
    `hours`, `months`, and `fetched`, the months that were not there before.

    Raises:
        SourceError: the source can't give a station, or has nothing of it in that time.
    """
    wanted = {station.id: _windows(source, station, start, end) for station in stations}
    plan = _plan(source.fingerprint(), wanted)
    _drop_stale(folder, plan)
    # The plan is on disk before the first partition: a run that breaks off leaves files that fit it, and the next one goes on.
    write_stations(folder / "stations.json", stations)
    write_json(folder / "source.json", plan)
    return pd.DataFrame([_sync_station(source, station, wanted[station.id], folder, progress) for station in stations])


def read_raw(folder: Path) -> tuple[pd.DataFrame, list[Station]]:
    """The raw table and the stations that `sync` put in `folder`.

    Raises:
        ObservationsError: a partition is missing or broken.
    """
    stations = read_stations(folder / "stations.json")
    plan = read_json(folder / "source.json")
    paths = [folder / id / f"{month}.parquet" for id, months in plan["partitions"].items() for month in months]
    absent = [path for path in paths if not path.is_file()]
    if absent:
        raise ObservationsError(f"{absent[0]} is missing ({len(absent)} in all). Run the stage ingest again; it fetches what is missing.")
    return validate_raw(concatenate(read_parquet(path) for path in paths)), stations


def read_fingerprint(folder: Path) -> str:
    """Which source gave what is in `folder`: its name and the hash of what it had."""
    return str(read_json(folder / "source.json")["fingerprint"])


def _windows(source: Source, station: Station, start: date | None, end: date | None) -> dict[str, Window]:
    """The months to hold, each with the hours asked for in it: from an hour, with it, to an hour, without it."""
    first, last = (pd.Timestamp(at) for at in source.span(station))
    begin = max(first, _midnight(start)) if start else first
    until = min(last + pd.Timedelta(hours=1), _midnight(end)) if end else last + pd.Timedelta(hours=1)
    if begin >= until:
        raise SourceError(
            f"station {station.id}: the source has {first:%Y-%m-%d} to {last:%Y-%m-%d}, nothing from {start or 'its start'} "
            f"to {end or 'its end'}. Change ingest.start or ingest.end."
        )
    months = pd.date_range(begin.normalize().replace(day=1), until, freq="MS", inclusive="left")
    return {f"{month:%Y-%m}": (max(begin, month), min(until, month + pd.offsets.MonthBegin())) for month in months}


def _plan(fingerprint: str, wanted: dict[str, dict[str, Window]]) -> dict[str, Any]:
    partitions = {id: {month: [f"{at:%Y-%m-%dT%HZ}" for at in window] for month, window in months.items()} for id, months in wanted.items()}
    return {"fingerprint": fingerprint, "partitions": partitions}


def _drop_stale(folder: Path, plan: dict[str, Any]) -> None:
    """Remove the partitions that don't come from this source, or hold other hours than asked for."""
    old = _old_plan(folder)
    same_source = old.get("fingerprint") == plan["fingerprint"]
    for path in folder.glob(f"*/{_MONTHS}"):
        id, month = path.parent.name, path.stem
        asked = plan["partitions"].get(id, {}).get(month)
        if not same_source or asked is None or asked != old["partitions"].get(id, {}).get(month):
            path.unlink()
            if not any(path.parent.iterdir()):
                path.parent.rmdir()


def _old_plan(folder: Path) -> dict[str, Any]:
    try:
        content = read_json(folder / "source.json")
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) and isinstance(content.get("partitions"), dict) else {}


def _sync_station(
    source: Source, station: Station, windows: dict[str, Window], folder: Path, progress: Progress | None
) -> dict[str, object]:
    paths = {month: folder / station.id / f"{month}.parquet" for month in windows}
    missing = [month for month, path in paths.items() if not path.is_file()]
    for month in missing:
        if progress:
            progress(f"{station.id} {month}")
        # A month without a single hour gets its (empty) file too: it was asked for, and need not be asked for again.
        write_parquet(paths[month], _fetch(source, station, windows[month]))
    rows = concatenate(read_parquet(path) for path in paths.values())
    return {
        "station": station.id,
        "name": station.name_en,
        "first": rows["valid_at"].min(),
        "last": rows["valid_at"].max(),
        "hours": len(rows),
        "months": len(windows),
        "fetched": len(missing),
    }


def _fetch(source: Source, station: Station, window: Window) -> pd.DataFrame:
    start, end = (at.to_pydatetime() for at in window)
    rows = validate_raw(concatenate([source.fetch(station, start, end)]))
    strange = rows[(rows["station"] != station.id) | ~_between(rows["valid_at"], start, end)]
    if len(strange):
        row = strange.iloc[0]
        raise SourceError(
            f"asked for station {station.id} from {start:%Y-%m-%dT%HZ} to {end:%Y-%m-%dT%HZ}, the source gave "
            f"{row['station']} at {row['valid_at']:%Y-%m-%dT%HZ}; nothing of it was kept."
        )
    return rows


def _between(valid_at: pd.Series, start: datetime, end: datetime) -> pd.Series:
    return (valid_at >= start) & (valid_at < end)


def _midnight(day: date) -> pd.Timestamp:
    return pd.Timestamp(datetime(day.year, day.month, day.day, tzinfo=UTC))
