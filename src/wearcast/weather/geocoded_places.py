"""Places as Open-Meteo's geocoding knows them (they are GeoNames', CC BY 4.0): how it is asked for
them, and what its answers say."""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from wearcast.errors import SourceError

CREDIT: Final = (
    "Places by Open-Meteo.com's geocoding, from GeoNames (https://www.geonames.org/), CC BY 4.0"
)
_MOST: Final = 10


@dataclass(frozen=True)
class GeocodedPlace:
    """A place that was found: the fields of a station, and `where` to distinguish it from others of
    its name.

    Attributes:
        number: what GeoNames calls it.
    """

    number: int
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


def question(name: str, language: str) -> dict[str, str]:
    """The query for the places of a name, told in a language."""
    return {"name": name, "count": str(_MOST), "language": language, "format": "json"}


def results(content: Any) -> list[dict[str, Any]]:
    """The places of an answer's JSON.

    Raises:
        SourceError: it is something else.
    """
    found = content.get("results", []) if isinstance(content, dict) else None
    if not isinstance(found, list) or not all(_is_result(result) for result in found):
        raise SourceError(
            "Open-Meteo's geocoding answered something else than places. Has the service changed?"
            " Look for a newer Wearcast."
        )
    return [result for result in found if "timezone" in result]


def places(found: Mapping[str, Sequence[Mapping[str, Any]]], language: str) -> list[GeocodedPlace]:
    """The places that were found, the most likely first; none where there are none.

    Args:
        found: by language, the results of the question in it; of all languages that we speak.
        language: whose results count, where there are any.
    """
    names = {tongue: _names_by_id(results) for tongue, results in found.items()}
    likely = found[language] or next(filter(None, found.values()), ())
    return _with_unique_ids([_place(result, names) for result in likely])


def _names_by_id(results: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    names = {}
    for result in results:
        place_id: int = result["id"]
        names[place_id] = str(result["name"])
    return names


def _is_result(result: Any) -> bool:
    needed = {"id", "name", "latitude", "longitude"}
    return isinstance(result, dict) and needed <= set(result)


def _place(result: Mapping[str, Any], names: Mapping[str, Mapping[int, str]]) -> GeocodedPlace:
    id, name = result["id"], str(result["name"])
    english = names["en"].get(id, name)
    region = [str(result[key]) for key in ("admin1", "country") if result.get(key)]
    people = f", {result['population']:,} people" if result.get("population") else ""
    elevation_m = result.get("elevation")
    return GeocodedPlace(
        number=int(id),
        id=_slug(english) or str(id),
        name_en=english,
        name_ko=names["ko"].get(id, name),
        latitude=round(float(result["latitude"]), 4),
        longitude=round(float(result["longitude"]), 4),
        elevation_m=None if elevation_m is None else float(elevation_m),
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
