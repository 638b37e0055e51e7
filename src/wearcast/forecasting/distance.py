"""How far stations are from each other."""

from typing import Final

import numpy as np

from wearcast.config import Station

_EARTH_KM: Final = 6371.0


def distance_km(one: Station, other: Station) -> float:
    """Along the great circle (the haversine formula)."""
    latitudes = np.deg2rad([one.latitude, other.latitude])
    longitudes = np.deg2rad([one.longitude, other.longitude])
    across = np.sin(np.diff(latitudes) / 2) ** 2
    along = np.cos(latitudes).prod() * np.sin(np.diff(longitudes) / 2) ** 2
    return float(2 * _EARTH_KM * np.arcsin(np.sqrt(across + along))[0])
