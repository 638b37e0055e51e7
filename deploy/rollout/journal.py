"""What is said while it happens, and the history of what happened."""

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

from rollout.settings import state_folder
from rollout.state_folder import write_atomically

KEPT_IN_HISTORY = 200
TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def now() -> str:
    """The time in UTC, as all notes have it."""
    return f"{datetime.now(UTC):{TIME_FORMAT}}"


def say(text: str) -> None:
    """Tell whoever still listens, and the log."""
    line = f"{now()} {text}"
    with contextlib.suppress(OSError, UnicodeEncodeError):
        print(line, flush=True)
    path = state_folder() / "rollout.log"
    with contextlib.suppress(OSError), path.open("a", encoding="utf-8") as log:
        log.write(line + "\n")


def add_to_history(**what: Any) -> None:
    """Note what happened, and forget the oldest entries.

    A full disk is no error: it must not keep anybody from going back.
    """
    path = state_folder() / "history.jsonl"
    with contextlib.suppress(OSError):
        before = path.read_text().splitlines() if path.exists() else []
        entry = json.dumps({"at": now(), **what})
        write_atomically(path, "\n".join([*before[-KEPT_IN_HISTORY:], entry]) + "\n")


def read_history() -> list[dict[str, Any]]:
    """What happened, oldest first."""
    try:
        lines = (state_folder() / "history.jsonl").read_text().splitlines()
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in lines]
