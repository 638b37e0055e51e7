"""What is said while it happens, and the history of what happened."""

import contextlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rollout.settings import state_folder
from rollout.state_folder import write_atomically

KEPT_IN_HISTORY = 200
OUTCOMES = {"released": "released", "went back": "went_back"}
"""How a rollout ended: in the history, and as it is counted."""

TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def now() -> str:
    """The time in UTC, as all notes have it."""
    return f"{datetime.now(UTC):{TIME_FORMAT}}"


def seconds_since_epoch(at: str) -> float:
    """A time of the notes, as Prometheus has it."""
    return datetime.strptime(at, TIME_FORMAT).replace(tzinfo=UTC).timestamp()


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
        _count(OUTCOMES.get(what["what"], "restarted"))


def totals() -> dict[str, int]:
    """How many rollouts ended in which way, and how many containers were restarted.

    They are kept beside the history, which forgets.
    """
    try:
        return dict(json.loads(_totals_file().read_text()))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}


def _count(outcome: str) -> None:
    counts = totals()
    counts[outcome] = counts.get(outcome, 0) + 1
    write_atomically(_totals_file(), json.dumps(counts))


def _totals_file() -> Path:
    return state_folder() / "totals.json"


def read_history() -> list[dict[str, Any]]:
    """What happened, oldest first."""
    try:
        lines = (state_folder() / "history.jsonl").read_text().splitlines()
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in lines]
