"""What befalls a folder while the API reads it: no read fails, none mixes two snapshots, and age
and trouble are told."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from real.audited_service import QUICK, AuditedService, audited_service
from real.processes import deployed, wait_until
from wearcast.serving.store.object_storage import open_storage
from wearcast.serving.store.snapshot_store import OBJECTS, POINTER

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def running(
    small_project: Path, said: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[AuditedService, Path]]:
    """An API that goes through all the faults, and its folder."""
    folder = tmp_path_factory.mktemp("serving") / "store"
    settings = deployed(small_project, str(folder), **QUICK)
    with audited_service(
        small_project,
        said / "folder.log",
        open_storage(str(folder), timedelta(seconds=1)),
        settings,
    ) as service:
        yield service, folder


@pytest.fixture
def service(running: tuple[AuditedService, Path]) -> AuditedService:
    """It, all well at first."""
    running[0].get_fresh()
    running[0].check()
    return running[0]


@pytest.fixture
def folder(running: tuple[AuditedService, Path]) -> Path:
    """Where it reads."""
    return running[1]


def test_the_folder_is_removed(service, folder):
    shutil.rmtree(folder)
    service.falls_stale("What was published is gone")
    service.get_fresh()
    service.check()


def test_the_folder_is_replaced_by_a_file_and_restored(service, folder):
    folder.rename(folder.with_name("away"))
    folder.write_text("no folder")
    service.falls_stale("Not a directory")
    folder.unlink()
    folder.with_name("away").rename(folder)
    service.is_well()
    service.get_fresh()
    service.check()


def test_the_folder_is_not_readable(service, folder):
    folder.chmod(0)
    try:
        service.falls_stale("Permission denied. Check the folder and its permissions")
    finally:
        folder.chmod(0o755)
    service.is_well()
    service.get_fresh()
    service.check()


def test_snapshots_and_the_pointer_are_broken(service):
    for damage, why in (
        (lambda whole: whole[:-1_000], "is not what was published"),
        (lambda _: None, "is not in the store"),
    ):
        broken = service.publish_damaged(damage)
        service.is_troubled(f"{broken.record.version}.*{why}")
    whole = service.objects.get(POINTER)
    service.objects.put(POINTER, whole[: len(whole) // 2])
    service.falls_stale("latest.json is broken")
    service.get_fresh()
    service.check()


def test_temporary_files_of_a_killed_publisher_are_ignored(service, folder):
    newest = service.latest.record.version
    whole = (folder / OBJECTS / f"{newest}.npz").read_bytes()
    (folder / OBJECTS / f".{newest}.npz.half").write_bytes(whole[: len(whole) // 2])
    (folder / f".{POINTER}.half").write_bytes(b'{"format": 1, "hist')
    looks = service.api.metric("wearcast_store_looks_total")
    wait_until(
        lambda: service.api.metric("wearcast_store_looks_total") >= looks + 3,
        "it looks three times",
    )
    assert service.api.ready()["store"] == ""
    service.get_fresh()
    service.check()
