"""A disk that is full while an artifact is written: what was there before is there still, and the
error says why."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from unit.forecasting.synthetic import two_stations
from wearcast import artifacts
from wearcast.forecasting import model_assembly, snapshot_creation
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.manifest import MANIFEST, ONNX
from wearcast.forecasting.snapshot import Snapshot

# Runs where files, or the whole disk, can't grow: argv are the folder that can't, the one to write
# from, and the limit in bytes or 0.
WRITE = """
import resource, signal, sys
from pathlib import Path
from wearcast import artifacts
place, given, limit = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
files = {path.name: path.read_bytes() for path in (given / "model").iterdir()}
snapshot = (given / "snapshot.npz").read_bytes()
if limit:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
for write in (
    lambda: artifacts.write_folder(place / "forecaster", files),
    lambda: artifacts.write_bytes(place / "snapshot.npz", snapshot),
):
    try:
        write()
        print("written")
    except artifacts.ArtifactError as error:
        print(error)
"""


def mounted(folder: Path, size: int) -> bool:
    """Whether a disk of this size could be mounted there."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@pytest.fixture
def small_disk(tmp_path: Path, folder: Path, model) -> Iterator[tuple[Path, int]]:
    """A folder with the old model and snapshot, and room for little more: a disk of its own where
    this user may mount one, and a limit on the size of any file else. And that limit, or 0."""
    content = snapshot_creation.issue(two_stations(), model.forecaster).to_bytes()
    old = sum(path.stat().st_size for path in folder.iterdir()) + len(content)
    disk = tmp_path / "disk"
    disk.mkdir()
    is_disk = mounted(disk, old + 50_000)
    try:
        artifacts.write_bytes(disk / "snapshot.npz", content)
        model_assembly.save(disk / "forecaster", model.onnx, model.manifest)
        yield disk, 0 if is_disk else 20_000
    finally:
        if is_disk:
            subprocess.run(["umount", str(disk)], check=True)


def test_the_old_model_and_snapshot_survive_and_the_error_says_why(small_disk, tmp_path, model):
    disk, limit = small_disk
    given = tmp_path / "given"
    (given / "model").mkdir(parents=True)
    for name, content in ((ONNX, model.onnx), (MANIFEST, bytes(100_000))):
        (given / "model" / name).write_bytes(content)
    (given / "snapshot.npz").write_bytes(bytes(200_000))
    command = [sys.executable, "-c", WRITE, disk, given, str(limit)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    reason = r"File too large" if limit else r"No space left on device"
    for line, name in zip(said, ("forecaster", "snapshot.npz"), strict=True):
        assert line.startswith(f"could not write {disk / name}")
        assert reason in line
        assert (
            "what was there before is untouched. Make room or fix the permissions, and run again."
            in line
        )
    assert sorted(path.name for path in disk.iterdir()) == ["forecaster", "snapshot.npz"]
    assert Forecaster.load(disk / "forecaster").manifest.version == model.manifest.version
    assert (
        Snapshot.from_bytes((disk / "snapshot.npz").read_bytes()).origin.model
        == model.manifest.version
    )
