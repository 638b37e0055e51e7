"""Places by their names, through Open-Meteo's geocoding (its places are GeoNames', CC BY 4.0)."""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from wearcast.config import OpenMeteo
from wearcast.errors import SourceError
from wearcast.vocabulary import LANGUAGES
from wearcast.weather.sources.http_client import HttpClient, RetryPolicy
from wearcast.weather.sources.open_meteo.service import Service

CREDIT: Final = (
    "Places by Open-Meteo.com's geocoding, from GeoNames (https://www.geonames.org/), CC BY 4.0"
)
_MOST: Final = 10
_FOR_A_QUESTION: Final = RetryPolicy(
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


@dataclass(frozen=True)
class GeocodedPlace:
    """A place that was found: the fields of a station, and `where` to distinguish it from others of
    its name."""

    id: str
    name_en: str
    name_ko: str
    latitude: float
    longitude: float
    elevation_m: float | None
    time_zone: str
    where: str

    @property
    def yaml(self) -> str:
        """The place as an item of ingest.stations in params.yaml."""
        fields = ("id", "name_en", "name_ko", "latitude", "longitude", "elevation_m", "time_zone")
        items = []
        for name in fields:
            value = getattr(self, name)
            items.append(f"{name}: {_scalar(value)}")
        joined = ", ".join(items)
        return f"- {{ {joined} }}"


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
    service = Service(environment, HttpClient(retry_policy or _FOR_A_QUESTION))
    found = {}
    for tongue in dict.fromkeys((language, *LANGUAGES)):
        found[tongue] = _ask(service, settings.geocoding_url, name, tongue)
    if not any(found.values()):
        raise SourceError(
            f"Open-Meteo knows no place named {name!r}. Try another spelling, or the name in"
            " another language (--lang ko)."
        )
    names = {tongue: _names_by_id(results) for tongue, results in found.items()}
    likely = found[language] or next(filter(None, found.values()))
    return _with_unique_ids([_place(result, names) for result in likely])


def _ask(service: Service, url: str, name: str, language: str) -> list[dict[str, Any]]:
    query = {"name": name, "count": str(_MOST), "language": language, "format": "json"}
    return service.ask(url, query, 1.0, _results)


def _names_by_id(results: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    names = {}
    for result in results:
        place_id: int = result["id"]
        names[place_id] = str(result["name"])
    return names


def _results(content: Any) -> list[dict[str, Any]]:
    results = content.get("results", []) if isinstance(content, dict) else None
    if not isinstance(results, list) or not all(_is_result(result) for result in results):
        raise SourceError(
            "Open-Meteo's geocoding answered something else than places. Has the service changed?"
            " Look for a newer Wearcast."
        )
    return [result for result in results if "timezone" in result]


def _is_result(result: Any) -> bool:
    needed = {"id", "name", "latitude", "longitude"}
    return isinstance(result, dict) and needed <= set(result)


def _place(result: Mapping[str, Any], names: Mapping[str, Mapping[int, str]]) -> GeocodedPlace:
    id, name = result["id"], str(result["name"])
    english = names["en"].get(id, name)
    region = [str(result[key]) for key in ("admin1", "country") if result.get(key)]
    people = f", {result['population']:,} people" if result.get("population") else ""
    return GeocodedPlace(
        id=_slug(english) or str(id),
        name_en=english,
        name_ko=names["ko"].get(id, name),
        latitude=round(float(result["latitude"]), 4),
        longitude=round(float(result["longitude"]), 4),
        elevation_m=float(result["elevation"]) if "elevation" in result else None,
        time_zone=str(result["timezone"]),
        where=", ".join(region) + people,
    )


def _with_unique_ids(places: Sequence[GeocodedPlace]) -> list[GeocodedPlace]:
    """Places of one name get a number each after the first."""
    seen: Counter[str] = Counter()
    unique = []
    for place in places:
        seen[place.id] += 1
        number = seen[place.id]
        unique.append(place if number == 1 else replace(place, id=f"{place.id}-{number}"))
    return unique


def _slug(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name)
    ascii_only = decomposed.encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", ascii_only)
    return words.strip("-")[:28]


def _scalar(value: object) -> str:
    """A value as YAML reads it back; text in quotes where it isn't plain words."""
    if isinstance(value, str) and not re.fullmatch(r"[A-Za-z가-힣][\w /.+-]*", value):
        return json.dumps(value, ensure_ascii=False)
    return "null" if value is None else str(value)
