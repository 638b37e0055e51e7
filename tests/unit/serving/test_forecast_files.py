"""What is verified of a published snapshot is read from the store once."""

import io
from pathlib import Path

import numpy as np
import pytest

from horizon import HORIZON_H
from unit.serving.refresh_fakes import publish, record, snapshot
from wearcast.serving.refresh.forecast_files import ForecastFiles
from wearcast.serving.refresh.kept_forecasts import KeptForecasts
from wearcast.serving.refresh.past_shards import PastShards
from wearcast.serving.store.object_storage import FolderStorage
from wearcast.serving.store.snapshot_store import OBJECTS, SnapshotRecord, SnapshotStore


@pytest.fixture
def store(tmp_path: Path) -> SnapshotStore:
    return SnapshotStore(FolderStorage(tmp_path / "store"), keep=20)


def files(tmp_path: Path, store: SnapshotStore) -> ForecastFiles:
    """Those that a refresh opens."""
    return ForecastFiles(tmp_path / "ledger", PastShards(store, frozenset(["AAA"])), HORIZON_H)


def hourly(store: SnapshotStore, count: int) -> list[SnapshotRecord]:
    return [publish(store, snapshot(f"2013-03-12T{hour:02}")) for hour in range(count)]


def hours(found: ForecastFiles, records: list[SnapshotRecord]) -> list[str]:
    """The issue times that are read."""
    return [str(kept.issued_at[0]) for _, kept in found.read(records) if kept]


def test_what_has_a_file_is_not_read_from_the_store(tmp_path: Path, store: SnapshotStore):
    first, second = hourly(store, 2)
    begun = files(tmp_path, store)
    [(_, kept)] = begun.read([first])
    assert kept
    begun.keep(first, kept)
    (tmp_path / "store" / OBJECTS / f"{first.version}.npz").unlink()
    later = files(tmp_path, store)
    assert hours(later, [second, first]) == ["2013-03-12T01", "2013-03-12T00"]
    assert list(later.all()) == [later.path(first)]


def one_array() -> bytes:
    """An npy, which is no archive of several."""
    content = io.BytesIO()
    np.save(content, np.zeros(3))
    return content.getvalue()


@pytest.mark.parametrize(
    "content",
    [KeptForecasts.of(snapshot("2013-03-12T00")).to_bytes()[:-9], one_array(), b""],
    ids=["cut off", "one array", "empty"],
)
def test_a_broken_file_is_dropped_and_read_from_the_store(
    tmp_path: Path, store: SnapshotStore, content: bytes
):
    [first] = hourly(store, 1)
    path = files(tmp_path, store).path(first)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    assert hours(files(tmp_path, store), [first]) == ["2013-03-12T00"]
    assert not path.exists()


def test_forecasts_of_another_horizon_are_not_mixed_in(tmp_path: Path, store: SnapshotStore):
    [first] = hourly(store, 1)
    other = publish(store, snapshot("2013-03-12T01", horizon_h=72))
    assert hours(files(tmp_path, store), [other, first]) == ["2013-03-12T00"]
    assert [kept is None for _, kept in files(tmp_path, store).read([other, first])] == [
        True,
        False,
    ]


def test_a_snapshot_that_can_not_be_read_is_left_out_with_a_warning(
    tmp_path: Path, store: SnapshotStore, caplog: pytest.LogCaptureFixture
):
    records = hourly(store, 3)
    (tmp_path / "store" / OBJECTS / f"{records[1].version}.npz").unlink()
    assert hours(files(tmp_path, store), records) == ["2013-03-12T00", "2013-03-12T02"]
    assert (
        f"left out of the recent verification: {OBJECTS}/{records[1].version}.npz is not in the"
        " store" in caplog.text
    )


def test_reading_the_store_stops_after_repeated_errors_but_files_are_read(
    tmp_path: Path, store: SnapshotStore, caplog: pytest.LogCaptureFixture
):
    gone = [record(snapshot(f"2013-03-12T0{h}")) for h in range(8)]
    in_file = snapshot("2013-03-13T01")
    last = publish(store, snapshot("2013-03-13T00"))
    begun = files(tmp_path, store)
    begun.keep(record(in_file), KeptForecasts.of(in_file))
    opened = files(tmp_path, store)
    assert hours(opened, [*gone, last, record(in_file)]) == ["2013-03-13T01"]
    assert len(caplog.records) == 3
    assert hours(files(tmp_path, store), [*gone[:2], last]) == ["2013-03-13T00"]
    [kept] = opened.all().values()
    np.testing.assert_array_equal(kept.issued_at, in_file.issued_at)
