"""The raw table in a response of Open-Meteo, once it is known to be what was asked for."""

from collections.abc import Mapping, Sequence
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

UNITS: Final = {name: unit for name, (_, unit) in VARIABLES.items()}
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
    return conform(rows(content, stations, first, last))


def rows(
    content: Any, stations: Sequence[Station], first: date, last: date, model: str = ""
) -> pd.DataFrame:
    """The stations' hours with any value: `station`, `valid_at` and our columns; `model` is the
    numerical model asked for, if one was.

    Raises:
        SourceError: the answer is for other places, hours or units, or lacks a column.
    """
    answers = content if isinstance(content, list) else [content]
    if len(answers) != len(stations):
        raise SourceError(
            f"Open-Meteo answered for {len(answers)} places instead of {len(stations)}; nothing of"
            " it was kept."
        )
    hours = hours_of(first, last)
    parts = []
    for answer, station in zip(answers, stations, strict=True):
        found = values(answer, station, hours, UNITS, model)
        parts.append(our_columns(found))
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    frame = pd.DataFrame(
        {
            "station": np.repeat([station.id for station in stations], len(hours)),
            "valid_at": np.tile(hours.tz_localize(None).to_numpy(), len(stations)),
            **columns,
        }
    )
    return frame.dropna(subset=list(columns), how="all")


def hours_of(first: date, last: date) -> pd.DatetimeIndex:
    """All hours of the days from `first` to `last`, in UTC."""
    end = pd.Timestamp(last) + pd.Timedelta(hours=23)
    return pd.date_range(first, end, freq="h", tz="UTC")


def values(
    answer: Any,
    station: Station,
    hours: pd.DatetimeIndex,
    units: Mapping[str, str],
    model: str = "",
) -> dict[str, NDArray[np.float64]]:
    """One place's values by the names in the answer, known to be those asked for.

    Args:
        units: the names asked for, each with its unit.
        model: the numerical model asked for, if one was.

    Raises:
        SourceError: the answer is for another place, hours or units, or lacks a column.
    """
    subject = f" for station {station.id}"
    if model:
        subject += f" and model {model}"
    stamps = hours.strftime("%Y-%m-%dT%H:%M").tolist()
    columns = {}
    try:
        _require_place(answer, station, subject)
        for name, unit in units.items():
            columns[name] = _numbers(answer, name, unit, len(stamps), subject)
        _require_hours(answer, stamps, subject)
    except KeyError as error:
        raise _rubbish(subject, f"without {error}") from error
    except (TypeError, AttributeError) as error:
        raise _rubbish(subject, "of another shape") from error
    return columns


def our_columns(
    found: Mapping[str, NDArray[np.float64]], suffix: str = ""
) -> dict[str, NDArray[np.float64]]:
    """The values of the names with `suffix`, by our names, as our contract has them."""
    columns = {ours: found[f"{name}{suffix}"] for name, (ours, _) in VARIABLES.items()}
    columns["wind_dir_deg"] = _direction(columns["wind_dir_deg"], columns["wind_ms"])
    return columns


def _require_place(answer: Any, station: Station, subject: str) -> None:
    north = answer["latitude"] - station.latitude
    east = (answer["longitude"] - station.longitude + 180) % 360 - 180
    if abs(north) > _FAR_DEG or (abs(east) > _FAR_DEG and abs(station.latitude) < 80):
        raise _rubbish(
            subject, f"for {answer['latitude']}° N, {answer['longitude']}° E, which is not there"
        )
    if answer["utc_offset_seconds"] != 0:
        raise _rubbish(subject, f"in local time ({answer['timezone']}) instead of GMT")


def _numbers(answer: Any, name: str, unit: str, length: int, subject: str) -> NDArray[np.float64]:
    answered_unit = answer["hourly_units"][name]
    if answered_unit != unit:
        raise _rubbish(subject, f"{name} in {answered_unit!r} instead of {unit!r}")
    numbers = answer["hourly"][name]
    if len(numbers) != length or not set(map(type, numbers)) <= _NUMBER:
        raise _rubbish(subject, f"{name} of {len(numbers)} values, {length} numbers are due")
    return np.array(numbers, dtype=np.float64)


def _require_hours(answer: Any, stamps: list[str], subject: str) -> None:
    answered = answer["hourly"]["time"]
    if answered != stamps:
        raise _rubbish(subject, f"for other hours than {stamps[0]} to {stamps[-1]}")


def _direction(degrees: NDArray[np.float64], wind_ms: NDArray[np.float64]) -> NDArray[np.float64]:
    """North is 360 in our contract; calm has no direction."""
    is_north = degrees == 0
    directions = np.where(is_north, 360.0, degrees)
    is_calm = wind_ms == 0
    return np.where(is_calm, np.nan, directions)


def _rubbish(subject: str, what: str) -> SourceError:
    return SourceError(
        f"Open-Meteo's answer{subject} is {what}; nothing of it was kept. Has the service changed?"
        " Look for a newer Wearcast."
    )
