"""The catalogue of stations, and the stations that an experiment names."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from wearcast.artifacts import read_json, write_json
from wearcast.config import Station, checked
from wearcast.errors import ConfigError


def _new_york(
    id: str, name_en: str, name_ko: str, latitude: float, longitude: float, elevation_m: float
) -> Station:
    return _city(id, name_en, name_ko, latitude, longitude, elevation_m, "America/New_York")


def _korean(
    id: str, name_en: str, name_ko: str, latitude: float, longitude: float, elevation_m: float
) -> Station:
    return _city(id, name_en, name_ko, latitude, longitude, elevation_m, "Asia/Seoul")


def _city(
    id: str,
    name_en: str,
    name_ko: str,
    latitude: float,
    longitude: float,
    elevation_m: float,
    time_zone: str,
) -> Station:
    return Station(
        id=id,
        name_en=name_en,
        name_ko=name_ko,
        latitude=latitude,
        longitude=longitude,
        elevation_m=elevation_m,
        time_zone=time_zone,
    )


CATALOGUE: Final[dict[str, Station]] = {
    station.id: station
    for station in (
        # The airports of the bundled sample, by their IATA codes.
        _new_york("EWR", "Newark Liberty Airport", "뉴어크 리버티 공항", 40.6925, -74.1687, 5.0),
        _new_york("JFK", "John F. Kennedy Airport", "존 F. 케네디 공항", 40.6398, -73.7789, 4.0),
        _new_york("LGA", "LaGuardia Airport", "라과디아 공항", 40.7772, -73.8726, 6.0),
        # The Korea Meteorological Administration's synoptic stations (ASOS), by its numbers.
        _korean("108", "Seoul", "서울", 37.5714, 126.9658, 85.7),
        _korean("112", "Incheon", "인천", 37.4777, 126.6249, 69.0),
        _korean("119", "Suwon", "수원", 37.2575, 126.9830, 39.8),
        _korean("129", "Seosan", "서산", 36.7766, 126.4939, 25.3),
        _korean("133", "Daejeon", "대전", 36.3720, 127.3721, 67.8),
        _korean("143", "Daegu", "대구", 35.8780, 128.6530, 54.3),
        _korean("152", "Ulsan", "울산", 35.5824, 129.3347, 83.4),
        _korean("155", "Changwon", "창원", 35.1702, 128.5728, 35.0),
        _korean("156", "Gwangju", "광주", 35.1729, 126.8916, 72.4),
        _korean("159", "Busan", "부산", 35.1047, 129.0320, 69.6),
        _korean("184", "Jeju", "제주", 33.5141, 126.5297, 20.8),
        # Cities by their coordinates, for open_meteo. (Goyang has no synoptic station of its own.)
        _korean("goyang", "Goyang", "고양", 37.6584, 126.8320, 28.0),
        _city("tokyo", "Tokyo", "도쿄", 35.6895, 139.6917, 44.0, "Asia/Tokyo"),
        _city("beijing", "Beijing", "베이징", 39.9075, 116.3972, 49.0, "Asia/Shanghai"),
        _city("singapore", "Singapore", "싱가포르", 1.2897, 103.8501, 23.0, "Asia/Singapore"),
        _city("delhi", "Delhi", "델리", 28.6519, 77.2315, 227.0, "Asia/Kolkata"),
        _city("sydney", "Sydney", "시드니", -33.8678, 151.2073, 58.0, "Australia/Sydney"),
        _city("cairo", "Cairo", "카이로", 30.0626, 31.2497, 23.0, "Africa/Cairo"),
        _city("london", "London", "런던", 51.5085, -0.1257, 25.0, "Europe/London"),
        _city("paris", "Paris", "파리", 48.8534, 2.3488, 42.0, "Europe/Paris"),
        _city("berlin", "Berlin", "베를린", 52.5244, 13.4105, 74.0, "Europe/Berlin"),
        _city(
            "los-angeles",
            "Los Angeles",
            "로스앤젤레스",
            34.0522,
            -118.2437,
            89.0,
            "America/Los_Angeles",
        ),
        _city(
            "mexico-city",
            "Mexico City",
            "멕시코시티",
            19.4285,
            -99.1277,
            2240.0,
            "America/Mexico_City",
        ),
        _city("sao-paulo", "São Paulo", "상파울루", -23.5475, -46.6361, 769.0, "America/Sao_Paulo"),
    )
}
"""Every station that can be named by its id alone."""


def resolve(named: Sequence[str | Station]) -> list[Station]:
    """The stations behind ids of the catalogue; a full description stands for itself.

    Raises:
        ConfigError: an id is unknown (the message lists the known ones), or one is named twice.
    """
    stations = [_known(station) if isinstance(station, str) else station for station in named]
    ids = [station.id for station in stations]
    twice = sorted({id for id in ids if ids.count(id) > 1})
    if twice:
        raise ConfigError(f"stations are named twice: {', '.join(twice)}. Name each once.")
    return stations


def write_stations(path: Path, stations: Iterable[Station]) -> None:
    """Put `stations` at `path` as JSON: a list of objects with the fields of `Station`."""
    items = [station.model_dump(mode="json") for station in stations]
    write_json(path, items)


def read_stations(path: Path) -> list[Station]:
    """The stations that `write_stations` put at `path`.

    Raises:
        ConfigError: the file isn't such a list.
    """
    try:
        content = read_json(path)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{path} can't be read as a list of stations ({error}). Run the stage that makes it"
            " again."
        ) from error
    return [
        checked(Station, item, where=f"{path}, station {number}")
        for number, item in enumerate(content, start=1)
    ]


def _known(id: str) -> Station:
    if id not in CATALOGUE:
        raise ConfigError(
            f"station {id!r} is not in the catalogue, which knows {', '.join(CATALOGUE)}. Name one"
            " of these, or describe yours as {id, name_en, name_ko, latitude, longitude,"
            " elevation_m, time_zone}: `wearcast stations search NAME` writes that for most"
            " places on Earth."
        )
    return CATALOGUE[id]
