from collections.abc import Callable
from pathlib import Path

import pytest

from wearcast.config import Files, Station, checked
from wearcast.errors import ConfigError, SourceError
from wearcast.weather.sources import FilesSource

Written = Callable[..., FilesSource]

COLUMNS = {"station": "name", "valid_at": "time", "temp_c": "temp"}


@pytest.fixture
def source(tmp_path: Path) -> Written:
    """A file with a day of each of the stations `names`, opened as a source."""

    def opened(*names: str) -> FilesSource:
        lines = ["name,time,temp"]
        for n, name in enumerate(names):
            lines += [f"{name},2023-01-09 {hour:02}:00,{hour + n / 10:g}" for hour in range(24)]
        (tmp_path / "a.csv").write_text("\n".join(lines), encoding="utf-8")
        return FilesSource(Files(path=Path("a.csv"), columns=dict(COLUMNS)), tmp_path)

    return opened


def station(id: str = "HOME") -> Station:
    return Station(
        id=id,
        name_en="Home",
        name_ko="우리집",
        latitude=50,
        longitude=8,
        elevation_m=100,
        time_zone="UTC",
    )


@pytest.mark.parametrize("written", ["home", "HOME ", "우리집", "Home"])
def test_a_station_is_found_by_its_name(source: Written, written: str) -> None:
    own = source(written)
    first, last = own.span(station())
    rows = own.fetch(station(), first, last)
    assert rows["station"].unique().tolist() == ["HOME"]
    assert rows["temp_c"].tolist() == list(range(23))


@pytest.mark.parametrize("written", ["0433", "433", "433.0"])
def test_a_station_s_number_is_found_as_pandas_writes_it(source: Written, written: str) -> None:
    first, _ = source(written).span(station("0433"))
    assert (first.month, first.day) == (1, 9)


def test_a_station_s_own_id_counts_before_one_that_is_alike(source: Written) -> None:
    own = source("433", "0433")
    for n, id in enumerate(("433", "0433")):
        first, last = own.span(station(id))
        rows = own.fetch(station(id), first, last)
        assert rows["station"].unique().tolist() == [id]
        assert rows["temp_c"].tolist() == [hour + n / 10 for hour in range(23)]


def test_two_ids_that_may_both_be_meant_are_refused(source: Written) -> None:
    with pytest.raises(SourceError, match="has no rows of station HOME; it has Home, home"):
        source("home", "Home").span(station())


def test_an_id_that_can_t_be_one_is_told_what_to_write(source: Written) -> None:
    described = {**station().model_dump(), "id": "Ny Ålesund"}
    with pytest.raises(ConfigError, match=r"'Ny Ålesund' can't be an id.*write id: Ny-Alesund"):
        checked(Station, described, where="params.yaml")
    assert len(source("Ny Ålesund")._rows(station("Ny-Alesund"))) == 24


def test_a_station_s_number_may_stand_without_quotes() -> None:
    assert Files.model_validate({"path": "own", "station": 108}).station == "108"
    assert Station.model_validate({**station().model_dump(), "id": 108.0}).id == "108"
