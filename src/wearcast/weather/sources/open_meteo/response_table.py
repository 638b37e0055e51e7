"""The raw table in a response of Open-Meteo, once it is known to be what was asked for."""

from collections.abc import Sequence
from datetime import date
from types import NoneType
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wearcast.config import Station
from wearcast.errors import SourceError
from wearcast.weather.observations import conform

VARIABLES: Final = {
    "temperature_2m": ("temp_c", "°C"),
    "dew_point_2m": ("dewpoint_c", "°C"),
    "relative_humidity_2m": ("rh_pct", "%"),
    "wind_speed_10m": ("wind_ms", "m/s"),
    "wind_gusts_10m": ("gust_ms", "m/s"),
    "wind_direction_10m": ("wind_dir_deg", "°"),
    "precipitation": ("precip_mm", "mm"),
    "pressure_msl": ("pressure_hpa", "hPa"),
    "cloud_cover": ("cloud_pct", "%"),
    "shortwave_radiation": ("solar_wm2", "W/m²"),
}
"""Open-Meteo's names, our columns, and the unit asked for. Precipitation, radiation and gusts
are of the preceding hour, as ours are."""

UNITS: Final = {"time": "iso8601", **{name: unit for name, (_, unit) in VARIABLES.items()}}
_NUMBER: Final = {int, float, NoneType}
_FAR_DEG: Final = 1.5
"""A grid cell lies nearer than this; further off, the answers are not in the order of the
questions."""


def read(content: Any, stations: Sequence[Station], first: date, last: date) -> pd.DataFrame:
    """The stations' raw table of whole days from `first` to `last`; hours without any value are
    left out.

    Raises:
        SourceError: the answer is for other places, hours or units, or lacks a column.
    """
    answers = content if isinstance(content, list) else [content]
    if len(answers) != len(stations):
        raise SourceError(
            f"Open-Meteo answered for {len(answers)} places instead of {len(stations)}; nothing of"
            " it was kept."
        )
    hours = pd.date_range(first, pd.Timestamp(last) + pd.Timedelta(hours=23), freq="h", tz="UTC")
    stamps = hours.strftime("%Y-%m-%dT%H:%M").tolist()
    pairs = zip(answers, stations, strict=True)
    parts = [_columns(answer, station, stamps) for answer, station in pairs]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    columns["wind_dir_deg"] = _direction(columns["wind_dir_deg"], columns["wind_ms"])
    frame = pd.DataFrame(
        {
            "station": np.repeat([station.id for station in stations], len(hours)),
            "valid_at": np.tile(hours.tz_localize(None).to_numpy(), len(stations)),
            **columns,
        }
    )
    return conform(frame.dropna(subset=list(columns), how="all"))


def _columns(answer: Any, station: Station, stamps: list[str]) -> dict[str, NDArray[np.float64]]:
    """One place's values by our names, known to be those asked for."""
    columns = {}
    try:
        _require_place(answer, station)
        for name, (ours, _) in VARIABLES.items():
            columns[ours] = _values(answer, name, len(stamps))
        _require_hours(answer, stamps)
    except KeyError as error:
        raise _rubbish(station, f"without {error}") from error
    except (TypeError, AttributeError) as error:
        raise _rubbish(station, "of another shape") from error
    return columns


def _require_place(answer: Any, station: Station) -> None:
    north = answer["latitude"] - station.latitude
    east = (answer["longitude"] - station.longitude + 180) % 360 - 180
    if abs(north) > _FAR_DEG or (abs(east) > _FAR_DEG and abs(station.latitude) < 80):
        raise _rubbish(
            station, f"for {answer['latitude']}° N, {answer['longitude']}° E, which is not there"
        )
    if answer["utc_offset_seconds"] != 0:
        raise _rubbish(station, f"in local time ({answer['timezone']}) instead of GMT")


def _values(answer: Any, name: str, length: int) -> NDArray[np.float64]:
    unit = answer["hourly_units"][name]
    if unit != UNITS[name]:
        raise _rubbish(station=None, what=f"{name} in {unit!r} instead of {UNITS[name]!r}")
    values = answer["hourly"][name]
    if len(values) != length or not set(map(type, values)) <= _NUMBER:
        raise _rubbish(
            station=None, what=f"{name} of {len(values)} values, {length} numbers are due"
        )
    return np.array(values, dtype=np.float64)


def _require_hours(answer: Any, stamps: list[str]) -> None:
    answered = answer["hourly"]["time"]
    if answered != stamps:
        first = stamps[0]
        last = stamps[-1]
        raise _rubbish(station=None, what=f"for other hours than {first} to {last}")


def _direction(degrees: NDArray[np.float64], wind_ms: NDArray[np.float64]) -> NDArray[np.float64]:
    """North is 360 in our contract; calm has no direction."""
    is_north = degrees == 0
    directions = np.where(is_north, 360.0, degrees)
    is_calm = wind_ms == 0
    return np.where(is_calm, np.nan, directions)


def _rubbish(station: Station | None, what: str) -> SourceError:
    of = f" for station {station.id}" if station else ""
    return SourceError(
        f"Open-Meteo's answer{of} is {what}; nothing of it was kept. Has the service changed? Look"
        " for a newer Wearcast."
    )
