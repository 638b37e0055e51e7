"""Places by their names, through Open-Meteo's geocoding."""

from collections.abc import Mapping
from typing import Any, Final

from wearcast.config import OpenMeteo
from wearcast.errors import SourceError
from wearcast.vocabulary import LANGUAGES
from wearcast.weather.geocoded_places import CREDIT, GeocodedPlace, places, question, results
from wearcast.weather.sources.http_client import HttpClient, RetryPolicy
from wearcast.weather.sources.open_meteo.service import Service

__all__ = ["CREDIT", "FOR_A_QUESTION", "GeocodedPlace", "search"]

FOR_A_QUESTION: Final = RetryPolicy(
    connect_s=3.0,
    silence_s=4.0,
    answer_s=6.0,
    attempts=2,
    total_s=4.0,
    first_pause_s=0.5,
    longest_pause_s=1.0,
    jitter_s=0.5,
)
"""Somebody waits at a terminal, and can ask again: no answer comes in less than 20 s."""


def search(
    name: str,
    language: str,
    settings: OpenMeteo,
    environment: Mapping[str, str],
    retry_policy: RetryPolicy | None = None,
) -> list[GeocodedPlace]:
    """The places of that name, the most likely first; in both languages, where the service knows
    them.

    Raises:
        PassingError: the service can't be reached.
        SourceError: there is no such place, or the service answers rubbish.
    """
    service = Service(environment, HttpClient(retry_policy or FOR_A_QUESTION))
    found = {}
    for tongue in dict.fromkeys((language, *LANGUAGES)):
        found[tongue] = _ask(service, settings.geocoding_url, name, tongue)
    if not any(found.values()):
        raise SourceError(
            f"Open-Meteo knows no place named {name!r}. Try another spelling, or the name in"
            " another language (--lang ko)."
        )
    return places(found, language)


def _ask(service: Service, url: str, name: str, language: str) -> list[dict[str, Any]]:
    return service.ask(url, question(name, language), 1.0, results)
