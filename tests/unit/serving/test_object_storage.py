"""Named bytes in a folder: whole or not there, and swapped only by whoever saw the last ones."""

import os
import resource
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wearcast.errors import ConflictError, StoreError
from wearcast.serving.store.object_storage import FolderStorage, ListedObject, open_storage


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """No file grows beyond so many bytes, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def folder(tmp_path: Path) -> FolderStorage:
    return FolderStorage(tmp_path / "store")


def test_a_path_is_a_folder(tmp_path):
    assert isinstance(open_storage(str(tmp_path), timedelta(seconds=1)), FolderStorage)


def test_a_missing_object_is_none(folder):
    assert folder.get("a") is None
    assert folder.get_tagged("a") == (None, None)
    assert folder.listing("objects") == []
    folder.delete("a")


@settings(max_examples=20)
@given(content=st.binary(max_size=1000))
def test_bytes_round_trip(tmp_path_factory, content):
    folder = FolderStorage(tmp_path_factory.mktemp("store"))
    folder.put("objects/a", content)
    assert folder.get("objects/a") == folder.get_tagged("objects/a")[0] == content


def test_a_tag_depends_on_the_content_alone(folder):
    tags = []
    for content in (b"one", b"two", b"one"):
        folder.put("a", content)
        tags.append(folder.get_tagged("a")[1])
    assert tags[0] == tags[2] != tags[1]


def test_a_listing_has_names_and_times_of_temporary_files_too(folder, tmp_path):
    folder.put("objects/a", b"a")
    (tmp_path / "store/objects/.b.half").write_bytes(b"b")
    (tmp_path / "store/objects/folder").mkdir()
    for name in ("a", ".b.half"):
        os.utime(tmp_path / "store/objects" / name, (1_000_000, 1_000_000))
    at = datetime.fromtimestamp(1_000_000, UTC)
    assert sorted(folder.listing("objects"), key=lambda one: one.name) == [
        ListedObject("objects/.b.half", at),
        ListedObject("objects/a", at),
    ]


def test_a_deleted_object_is_none(folder):
    folder.put("a", b"a")
    folder.delete("a")
    assert folder.get("a") is None


def test_a_swap_needs_the_current_tag(folder):
    folder.swap("latest", b"one", None)
    tag = folder.get_tagged("latest")[1]
    folder.swap("latest", b"two", tag)
    for old in (None, tag):
        with pytest.raises(
            ConflictError,
            match=(
                r"somebody else published to .* meanwhile; theirs stands, and nothing was"
                r" overwritten"
            ),
        ):
            folder.swap("latest", b"three", old)
    assert folder.get("latest") == b"two"


def test_of_many_concurrent_swaps_one_succeeds(tmp_path):
    def swap(number: int) -> bool:
        try:
            FolderStorage(tmp_path).swap("latest", b"%d" % number, None)
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        succeeded = list(pool.map(swap, range(32)))
    assert sum(succeeded) == 1
    assert FolderStorage(tmp_path).get("latest") == b"%d" % succeeded.index(True)


def test_on_a_full_disk_the_old_bytes_stay_and_no_temporary_file_is_left(folder, tmp_path):
    folder.put("objects/a", b"old")
    folder.swap("latest", b"old", None)
    with files_up_to(100):
        with pytest.raises(
            StoreError,
            match=(
                r"could not write .*objects/a: File too large; what was there before is untouched"
            ),
        ):
            folder.put("objects/a", bytes(200))
        with pytest.raises(StoreError, match=r"could not write .*latest: File too large"):
            folder.swap("latest", bytes(200), folder.get_tagged("latest")[1])
    assert folder.get("objects/a") == folder.get("latest") == b"old"
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == [
        ".latest.lock",
        "a",
        "latest",
    ]


@pytest.mark.parametrize(
    "attempt",
    [
        lambda folder: folder.get("a"),
        lambda folder: folder.get_tagged("a"),
        lambda folder: folder.put("a", b""),
        lambda folder: folder.swap("a", b"", None),
        lambda folder: folder.delete("a"),
    ],
)
def test_a_path_that_is_no_folder_is_reported(folder, tmp_path, attempt):
    (tmp_path / "store").write_text("a file")
    with pytest.raises(StoreError, match=str(tmp_path / "store")):
        attempt(folder)
