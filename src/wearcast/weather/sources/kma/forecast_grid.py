"""The grid of the KMA's short-term forecast: cells of 5 km in a Lambert conformal projection.

Formula and constants: the KMA's guide to VilageFcstInfoService_2.0.
"""

import math
from dataclasses import dataclass
from typing import Final

from wearcast.config import Station
from wearcast.errors import ConfigError

_CELLS_EAST, _CELLS_NORTH = 149, 253
_EARTH_IN_CELLS: Final = 6371.00877 / 5.0
_ORIGIN_LATITUDE, _ORIGIN_LONGITUDE = math.radians(38.0), math.radians(126.0)
_ORIGIN_X, _ORIGIN_Y = 43, 136
_SOUTH, _NORTH = math.radians(30.0), math.radians(60.0)
"""The latitudes at which the projection keeps distances."""


def _steepness(latitude: float) -> float:
    return math.tan(math.pi / 4 + latitude / 2)


_CONE: Final = math.log(math.cos(_SOUTH) / math.cos(_NORTH)) / math.log(
    _steepness(_NORTH) / _steepness(_SOUTH)
)
_SCALE: Final = math.pow(_steepness(_SOUTH), _CONE) * math.cos(_SOUTH) / _CONE


@dataclass(frozen=True)
class Cell:
    """A cell of the grid, counted from 1 eastward and northward."""

    nx: int
    ny: int


def cell_at(latitude: float, longitude: float) -> Cell:
    """The cell of a place in degrees north and east, which may lie outside of the grid.

    37.5665 N, 126.9780 E (Seoul's city hall) is in 60, 127.
    """
    turned = _CONE * (math.radians(longitude) - _ORIGIN_LONGITUDE)
    distance = _distance(math.radians(latitude))
    x = distance * math.sin(turned) + _ORIGIN_X
    y = _distance(_ORIGIN_LATITUDE) - distance * math.cos(turned) + _ORIGIN_Y
    return Cell(nx=math.floor(x + 0.5), ny=math.floor(y + 0.5))


def cell_of(station: Station) -> Cell:
    """The station's cell.

    Raises:
        ConfigError: it lies outside of the grid.
    """
    cell = cell_at(station.latitude, station.longitude)
    if 1 <= cell.nx <= _CELLS_EAST and 1 <= cell.ny <= _CELLS_NORTH:
        return cell
    raise ConfigError(
        f"station {station.id} at {station.latitude:g} N, {station.longitude:g} E lies outside of"
        " the KMA's forecasts, which are of South Korea. Take another ingest.guidance.source, such"
        " as open_meteo."
    )


def _distance(latitude: float) -> float:
    """From the tip of the cone, in cells."""
    return _EARTH_IN_CELLS * _SCALE / math.pow(_steepness(latitude), _CONE)
