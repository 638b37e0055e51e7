"""Stations that train nothing."""

import pytest

from wearcast.errors import ConfigError
from wearcast.weather import held_out, quality
from wearcast.weather.observations import concatenate, read_parquet
from wearcast.weather.stations import CATALOGUE, read_stations

STATIONS = [CATALOGUE[id] for id in ("EWR", "JFK", "LGA")]


def ids(stations):
    return [station.id for station in stations]


def test_they_are_apart_in_their_order():
    kept, left_out = held_out.apart(STATIONS, ["LGA", "EWR"])
    assert (ids(kept), ids(left_out)) == (["JFK"], ["EWR", "LGA"])
    assert held_out.apart(STATIONS, []) == (STATIONS, [])


@pytest.mark.parametrize(
    ("named", "message"), [(["BOS"], "names BOS"), (["EWR", "JFK", "LGA"], "leaves no station")]
)
def test_what_can_not_be_held_out_is_said(named, message):
    with pytest.raises(ConfigError, match=message):
        held_out.apart(STATIONS, named)


def test_their_rows_are_kept_and_go_with_the_setting(table, tmp_path):
    rows = [table(one.id, temp_c=[20.0, 21.0, 22.0]) for one in STATIONS]
    controlled, _ = quality.control(concatenate(rows), STATIONS, 3)
    kept, left_out = held_out.apart(STATIONS, ["JFK"])
    theirs = held_out.rows_of(controlled, left_out)
    others = held_out.rows_of(controlled, kept)
    assert len(theirs) + len(others) == len(controlled)
    held_out.write(tmp_path, theirs, left_out)
    assert set(read_parquet(tmp_path / "held_out/observations.parquet")["station"]) == {"JFK"}
    assert ids(read_stations(tmp_path / "held_out/stations.json")) == ["JFK"]
    held_out.write(tmp_path, theirs.iloc[:0], [])
    assert not (tmp_path / "held_out").exists()
