"""Two refreshes never run at once, and none is kept out by one that died."""

import subprocess
import sys

import pytest

from wearcast.errors import ArtifactError, BusyError
from wearcast.serving.refresh.lock import exclusive_lock

HOLD = """
import sys
from pathlib import Path
from wearcast.serving.refresh.lock import exclusive_lock
with exclusive_lock(Path(sys.argv[1])):
    print(flush=True)
    input()
"""


def test_the_lock_is_exclusive(tmp_path):
    with exclusive_lock(tmp_path / "history"):
        held = rf"another refresh is running: it holds {tmp_path / 'history.lock'}\."
        with pytest.raises(BusyError, match=held), exclusive_lock(tmp_path / "history"):
            pass
    with exclusive_lock(tmp_path / "history"):
        pass


def test_the_lock_dies_with_the_process_that_held_it(tmp_path):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "h")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with holder:
        assert holder.stdout
        holder.stdout.readline()
        with pytest.raises(BusyError), exclusive_lock(tmp_path / "h"):
            pass
        holder.kill()
    with exclusive_lock(tmp_path / "h"):
        pass


def test_a_lock_file_that_can_not_be_created_is_reported(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(
            ArtifactError,
            match=r"history\.lock can't be locked: .*Check the folder and its permissions",
        ),
        exclusive_lock(tmp_path / "file" / "history"),
    ):
        pass
