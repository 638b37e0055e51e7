"""What came of partitions is put together as their files have it, and only of the tasks that were
asked."""

import json
from pathlib import Path

import pytest

from unit.forecasting.synthetic import place
from unit.serving.refresh_fakes import hour
from wearcast.errors import ClusterError, SourceError
from wearcast.serving.refresh.gathered_partitions import gathered
from wearcast.serving.refresh.partition import LeftOut, PartitionResult, PartitionTask

AT = hour("2013-03-12T00")


def task(number: int, *ids: str) -> PartitionTask:
    stations = tuple(place(id) for id in ids)
    return PartitionTask(number, stations, AT, source="files", model="abc", schema=2)


def result(number: int, *ids: str, without: tuple[str, ...] = ()) -> PartitionResult:
    """What a worker answers, as its message brings it."""
    made = PartitionResult(
        number=number,
        shard=f"{number}" * 64,
        verification="f" * 64,
        issued_at=dict.fromkeys(ids, AT),
        left_out=dict.fromkeys(without, LeftOut("SourceError", "the line is down")),
    )
    message = json.dumps(made.to_json(), sort_keys=True)
    return PartitionResult.from_json(json.loads(message))


@pytest.fixture
def history(tmp_path: Path) -> Path:
    for id in ("90", "100", "20", "3"):
        (tmp_path / id).mkdir()
        (tmp_path / id / "observations.parquet").touch()
    return tmp_path


def test_stations_stand_in_the_order_of_their_file_whatever_that_of_the_message(history: Path):
    tasks = [task(0, "90", "100", "20"), task(1, "3")]
    found = gathered(tasks, [result(0, "90", "20", without=("100",)), result(1, "3")], history)
    assert [shard.stations for shard in found.shards] == [("90", "20"), ("3",)]
    assert set(found.issued_at) == {"90", "20", "3"}
    assert isinstance(found.left_out["100"], SourceError)


def test_a_result_of_other_stations_is_refused(history: Path):
    with pytest.raises(ClusterError, match="partition 0 is not of its stations"):
        gathered([task(0, "90", "100")], [result(0, "90")], history)


def test_a_folder_that_is_not_shared_is_told_of(tmp_path: Path):
    with pytest.raises(ClusterError, match="share WEARCAST_HISTORY"):
        gathered([task(0, "90")], [result(0, "90")], tmp_path)
