"""Partition functions of the tests, in a module that finds them by name."""

import json
import os
import signal
from pathlib import Path
from typing import NoReturn

from wearcast.errors import ModelError
from wearcast.serving.cluster import partition_calls


def doubled(task: str) -> str:
    """Twice the number."""
    return json.dumps(2 * json.loads(task))


def counted(task: str) -> str:
    """The task itself, and a line in the file that it names."""
    with Path(json.loads(task)["file"]).open("a") as file:
        file.write("computed\n")
    return task


def refusing(task: str) -> NoReturn:
    """An error that whoever asked can act on."""
    raise ModelError(f"{task} holds no model")


def mistaken(task: str) -> str:
    """A mistake in the code."""
    return task + 1  # type: ignore[operator]


def ending(_: str) -> NoReturn:
    """Nothing: its process is gone."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("nothing comes after it")


def talkative(task: str) -> str:
    """More than may come back."""
    return task + "." * partition_calls.MAX_RESULT_BYTES
