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


def day(id: str, date: str = "2023-01-09", by: float = 0.0) -> str:
    rows = [f"{id},{date} {hour:02}:00,{hour + by:g}" for hour in range(24)]
    return "\n".join(["name,time,temp", *rows])


@pytest.fixture
def joined(tmp_path: Path) -> Written:
    """Files of these texts, opened as a source."""

    def opened(*texts: str) -> FilesSource:
        for n, text in enumerate(texts):
            (tmp_path / f"{n}.csv").write_text(text, encoding="utf-8")
        return FilesSource(Files(path=Path(), columns=dict(COLUMNS)), tmp_path)

    return opened


@pytest.mark.parametrize(
    "spellings", [("0433", "433"), ("433", "0433"), ("433", "Home"), ("00433", "433.0", "우리집")]
)
def test_all_spellings_of_a_station_are_read(joined: Written, spellings: tuple[str, ...]) -> None:
    texts = [day(id, f"2023-01-{n:02}") for n, id in enumerate(spellings, start=9)]
    rows = joined(*texts)._rows(station("0433"))
    assert len(rows) == 24 * len(spellings)
    assert rows["station"].unique().tolist() == ["0433"]


def test_spellings_whose_files_agree_where_they_overlap_are_one(joined: Written) -> None:
    rows = joined(day("0433"), day("433") + "\n433,2023-01-10 00:00,5")._rows(station("0433"))
    assert len(rows) == 25


def test_rows_of_one_station_that_contradict_each_other_at_an_end_are_told(
    joined: Written,
) -> None:
    last = day("433", "2023-01-10") + "\n433,2023-01-09 23:00,-5"
    with pytest.raises(SourceError, match="2 times with different values, 23 in 0"):
        joined(day("0433"), last)._rows(station("0433"))


def test_a_spelling_with_other_values_at_the_same_hours_is_another_station_s(
    joined: Written,
) -> None:
    source = joined(day("0433"), day("433", by=3), day("Home", "2023-01-10"))
    rows = source._rows(station("0433"))
    assert rows["temp_c"].tolist() == [*range(24), *range(24)]
    told = "the rows of '433' are taken for another station's, because most are at the same hours"
    assert source.notes() == [f"station 0433: {told}."]


def test_spellings_of_which_none_is_the_id_are_told_where_they_may_be_two(joined: Written) -> None:
    with pytest.raises(SourceError, match="433 and Home may both be meant, but share hours"):
        joined(day("433"), day("Home", by=3))._rows(station("0433"))


def test_a_spelling_that_can_t_be_read_is_told(joined: Written) -> None:
    broken = day("433").replace("23:00,23", "23:00,warm")
    also = day("Home").replace("23:00,23", "23:00,cold")
    with pytest.raises(SourceError, match="'warm' is not a number"):
        joined(day("0433"), broken, also)._rows(station("0433"))
