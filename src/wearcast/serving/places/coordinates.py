"""What is at a place's coordinates: its time zone and its height, through Open-Meteo."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from wearcast.config import OpenMeteo
from wearcast.errors import SourceError
from wearcast.weather.geocoding import FOR_A_QUESTION
from wearcast.weather.sources.http_client import HttpClient
from wearcast.weather.sources.open_meteo.service import Service


class Surroundings(NamedTuple):
    """The IANA time zone of a place, and its height."""

    time_zone: str
    elevation_m: float


def look_up(
    latitude: float, longitude: float, settings: OpenMeteo, environment: Mapping[str, str]
) -> Surroundings:
    """The time zone and the height of the ground at these coordinates, degrees north and east.

    Raises:
        PassingError: the service can't be reached.
        SourceError: it refuses the coordinates, or answers rubbish.
    """
    service = Service(environment, HttpClient(FOR_A_QUESTION))
    query = {
        "latitude": str(latitude),
        "longitude": str(longitude),
        "hourly": "temperature_2m",
        "forecast_days": "1",
        "timezone": "auto",
    }
    return service.ask(settings.forecast_url, query, 1.0, _surroundings)


def _surroundings(content: Any) -> Surroundings:
    try:
        return Surroundings(str(content["timezone"]), float(content["elevation"]))
    except (KeyError, TypeError, ValueError) as error:
        raise SourceError(
            "Open-Meteo's answer names no time zone and no height of these coordinates. Has the"
            " service changed? Look for a newer Wearcast."
        ) from error
