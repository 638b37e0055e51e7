"""Artifacts are there whole or not at all."""

import errno
import hashlib
import math
import os
import subprocess
import sys

import pytest

from wearcast.artifacts import (
    intact_folder,
    open_atomically,
    read_json,
    sha256,
    write_bytes,
    write_folder,
    write_json,
)
from wearcast.errors import ArtifactError

FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from wearcast.artifacts import write_bytes, write_folder
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
"""


def on_a_full_disk(statement: str) -> str:
    """What a program says whose files can't grow beyond 1,000 bytes."""
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK + statement], capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    return done.stderr


def test_json_comes_back_as_it_went_readable_for_people(tmp_path):
    value = {"b": [1, 2.5, None], "a": "서울"}
    write_json(tmp_path / "new/folder/a.json", value)
    assert read_json(tmp_path / "new/folder/a.json") == value
    assert "서울".encode() in (tmp_path / "new/folder/a.json").read_bytes()


def test_json_refuses_nan_and_leaves_the_old_file(tmp_path):
    write_json(tmp_path / "a.json", 1)
    with pytest.raises(ValueError):  # noqa: PT011 - json's own words don't matter
        write_json(tmp_path / "a.json", math.nan)
    assert read_json(tmp_path / "a.json") == 1


def test_a_file_that_can_not_be_finished_leaves_the_old_one_and_nothing_beside_it(tmp_path):
    write_bytes(tmp_path / "model.onnx", b"old")
    said = on_a_full_disk(f"write_bytes(Path({str(tmp_path / 'model.onnx')!r}), bytes(2000))")
    assert "could not write" in said
    assert "what was there before is untouched" in said
    assert os.strerror(errno.EFBIG) in said
    assert [path.name for path in tmp_path.iterdir()] == ["model.onnx"]
    assert (tmp_path / "model.onnx").read_bytes() == b"old"


def test_a_folder_that_can_not_be_finished_leaves_the_old_one_and_nothing_beside_it(tmp_path):
    write_folder(tmp_path / "forecaster", {"model.onnx": b"old", "manifest.json": b"{}"})
    said = on_a_full_disk(
        f"write_folder(Path({str(tmp_path / 'forecaster')!r}), {{'a': b'new', 'model.onnx':"
        " bytes(2000)})"
    )
    assert "could not write" in said
    assert [path.name for path in tmp_path.iterdir()] == ["forecaster"]
    assert {path.name: path.read_bytes() for path in (tmp_path / "forecaster").iterdir()} == {
        "model.onnx": b"old",
        "manifest.json": b"{}",
    }


def test_a_new_folder_replaces_the_old_one_whole(tmp_path):
    write_folder(tmp_path / "forecaster", {"old": b"1"})
    write_folder(tmp_path / "forecaster", {"new": b"2"})
    assert [path.name for path in (tmp_path / "forecaster").iterdir()] == ["new"]
    assert [path.name for path in tmp_path.iterdir()] == ["forecaster"]


KILLED = """
import os, signal, sys
from pathlib import Path
from wearcast import artifacts

root, exchanges = Path(sys.argv[1]), sys.argv[2] == "True"
if not exchanges:
    artifacts._exchange = lambda one, other: False


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.is_dir() else None


def killed_at(step, path):
    # A process of its own, which kills itself before this step on the disk of many; whether it was
    # still there to do so.
    child = os.fork()
    if child == 0:
        steps = iter(range(1_000))

        def before_each(event, arguments):
            if event.split(".")[0] in ("os", "open", "shutil", "ctypes") and next(steps) == step:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(before_each)
        artifacts.write_folder(path, NEW)
        os._exit(0)
    return os.waitpid(child, 0)[1] == signal.SIGKILL


OLD = {"model": b"old", "manifest": b"{old}"}
NEW = {"model": b"new", "manifest": b"{new}", "more": b""}
found, at_path = [], set()
for step in range(1_000):
    path = root / str(step) / "forecaster"
    artifacts.write_folder(path, OLD)
    killed = killed_at(step, path)
    standing = files(artifacts.intact_folder(path))
    assert standing in (OLD, NEW), (step, standing)
    found.append("old" if standing == OLD else "new")
    at_path.add(path.is_dir())
    artifacts.write_folder(path, NEW)
    beside = os.listdir(path.parent)
    assert files(path) == NEW and beside == ["forecaster"], (step, beside)
    if not killed:
        break
print(len(found), "".join(word[0] for word in found), at_path)
"""


@pytest.mark.parametrize("exchanges", [True, False])
def test_whenever_the_writer_of_a_folder_is_killed_the_old_or_the_new_one_is_whole(
    tmp_path, exchanges
):
    done = subprocess.run(
        [sys.executable, "-c", KILLED, tmp_path, str(exchanges)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    steps, found, at_path = done.stdout.split(maxsplit=2)
    assert int(steps) > 15
    # The old one until some step, the new one from then on.
    assert found.strip("o").strip("n") == ""
    assert {found[0], found[-1]} == {"o", "n"}
    if exchanges:
        assert at_path.strip() == "{True}", "it was always at its place"


def test_what_is_read_is_the_old_folder_only_while_there_is_no_new_one(tmp_path):
    path = tmp_path / "forecaster"
    assert intact_folder(path) == path
    write_folder(path, {"model": b"old"})
    path.rename(tmp_path / ".forecaster.old")
    assert (intact_folder(path) / "model").read_bytes() == b"old"
    write_folder(path, {"model": b"new"})
    assert intact_folder(path) == path
    assert [one.name for one in tmp_path.iterdir()] == ["forecaster"]


def test_a_folder_gets_the_permissions_any_other_program_would_give_it(tmp_path):
    write_folder(tmp_path / "ours", {})
    (tmp_path / "theirs").mkdir()
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "theirs").stat().st_mode


def test_an_error_inside_the_block_is_the_callers_and_leaves_the_old_file(tmp_path):
    write_bytes(tmp_path / "a", b"old")

    def half() -> None:
        with open_atomically(tmp_path / "a") as file:
            file.write(b"ha")
            raise KeyError("of the caller")

    with pytest.raises(KeyError):
        half()
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_bytes() == b"old"


def test_a_folder_that_can_not_be_made_is_said_to_have_left_nothing_behind(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(
        ArtifactError, match=r"could not write .*file/a.json: .*; nothing was left behind"
    ):
        write_json(tmp_path / "file/a.json", 1)


def test_a_file_gets_the_permissions_any_other_program_would_give_it(tmp_path):
    write_bytes(tmp_path / "ours", b"")
    (tmp_path / "theirs").touch()
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "theirs").stat().st_mode


def test_the_hash_of_several_files_is_that_of_their_contents_in_order(tmp_path):
    (tmp_path / "a").write_bytes(b"one")
    (tmp_path / "b").write_bytes(b"two")
    assert (
        sha256(tmp_path / "a", tmp_path / "b") == f"sha256:{hashlib.sha256(b'onetwo').hexdigest()}"
    )
