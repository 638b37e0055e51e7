"""The folder in which rollouts keep what they know: files that are whole, one rollout at a time."""

import contextlib
import fcntl
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from rollout.settings import state_folder


def write_atomically(path: Path, text: str) -> None:
    """Let a file have this content, or the one it had."""
    new = path.with_name(path.name + ".new")
    with new.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


@contextlib.contextmanager
def locked() -> Iterator[None]:
    """Let nobody else roll out meanwhile; end this process where somebody does.

    The kernel releases the lock however this process ends.
    """
    state_folder().mkdir(parents=True, exist_ok=True)
    with _lock_file() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(
                "Another rollout is running; `rollout status` says how far it is.", file=sys.stderr
            )
            sys.exit(os.EX_TEMPFAIL)
        yield


def is_locked() -> bool:
    """Whether somebody rolls out now."""
    try:
        with _lock_file() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _lock_file() -> TextIO:
    return (state_folder() / "lock").open("a")
