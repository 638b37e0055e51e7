"""How far stations are from each other."""

from typing import Final

import numpy as np

from wearcast.config import Station

_EARTH_KM: Final = 6371.0


def distance_km(one: Station, other: Station) -> float:
    """Along the great circle (the haversine formula)."""
    latitudes = np.deg2rad([one.latitude, other.latitude])
    longitudes = np.deg2rad([one.longitude, other.longitude])
    half_latitude = np.diff(latitudes) / 2
    half_longitude = np.diff(longitudes) / 2
    cosines = np.cos(latitudes)
    northwards = np.sin(half_latitude) ** 2
    eastwards = np.sin(half_longitude) ** 2
    squared = northwards + cosines.prod() * eastwards
    angle = 2 * np.arcsin(np.sqrt(squared))
    return float(_EARTH_KM * angle[0])
