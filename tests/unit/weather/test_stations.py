from datetime import datetime
from pathlib import Path

import pytest

from wearcast.config import Station
from wearcast.errors import ConfigError
from wearcast.weather.stations import CATALOGUE, read_stations, resolve, write_stations

HOME = Station(
    id="HOME",
    name_en="Home",
    name_ko="집",
    latitude=37.5,
    longitude=127.0,
    elevation_m=40,
    time_zone="Asia/Seoul",
)


def test_ids_and_descriptions_may_be_mixed() -> None:
    assert [station.id for station in resolve(["JFK", HOME, "108"])] == ["JFK", "HOME", "108"]


def test_an_unknown_id_is_refused_with_the_known_ones() -> None:
    with pytest.raises(
        ConfigError, match="station 'JKF' is not in the catalogue, which knows EWR, JFK, LGA, 108"
    ):
        resolve(["JKF"])


def test_a_station_named_twice_is_refused() -> None:
    with pytest.raises(ConfigError, match="stations are named twice: JFK"):
        resolve(["JFK", "LGA", "JFK"])


def test_stations_on_disk_are_the_same_stations(tmp_path: Path) -> None:
    path = tmp_path / "stations.json"
    write_stations(path, [HOME, *CATALOGUE.values()])
    assert read_stations(path) == [HOME, *CATALOGUE.values()]


def test_a_broken_list_of_stations_is_named(tmp_path: Path) -> None:
    path = tmp_path / "stations.json"
    path.write_text('[{"id": "X"}]')
    with pytest.raises(
        ConfigError, match=r"stations.json, station 1 is not valid:\n  name_en: is missing"
    ):
        read_stations(path)
    with pytest.raises(ConfigError, match=r"absent.json can't be read"):
        read_stations(tmp_path / "absent.json")


def test_stations_in_korean_time_and_no_others_lie_in_korea() -> None:
    for station in CATALOGUE.values():
        korean = station.time_zone == "Asia/Seoul"
        assert ((33 < station.latitude < 39) and (124 < station.longitude < 132)) == korean


def test_the_ten_largest_korean_cities_and_ten_others_in_the_world_are_known() -> None:
    korean = {
        station.name_en for station in CATALOGUE.values() if station.time_zone == "Asia/Seoul"
    }
    assert {
        "Seoul",
        "Busan",
        "Incheon",
        "Daegu",
        "Daejeon",
        "Gwangju",
        "Suwon",
        "Ulsan",
        "Goyang",
        "Changwon",
    } <= korean
    assert len({station.time_zone for station in CATALOGUE.values()}) >= 11


def test_a_place_lies_where_its_time_zone_is() -> None:
    for station in CATALOGUE.values():
        winter = datetime(2026, 1, 15, tzinfo=station.zone).utcoffset()
        assert winter is not None
        assert abs(winter.total_seconds() / 3600 - station.longitude / 15) < 2.1, station.id
