"""A publisher as a process of its own: `python -m real.publisher_process STORE NAME`, told by lines
on its standard input what to do.

    see       look at the store
    publish   publish a snapshot on what was seen
    race 40   see and publish so many times, as fast as it can

It answers each with a line: `seen`, `published VERSION`, `conflict VERSION`, or for a race with
many of the last two and `done`.
"""

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from service.synthetic_snapshots import NEWARK, varied
from wearcast.errors import ConflictError
from wearcast.forecasting.snapshot import Origin
from wearcast.serving.store.object_storage import open_objects
from wearcast.serving.store.snapshot_store import Record, Seen, Store

KEEP = 5_000


def main(url: str, name: str) -> None:
    """Obey until there is nothing more to read."""
    store, number, seen = Store(open_objects(url, timedelta(seconds=10)), KEEP), 0, Seen(None, None)
    for line in sys.stdin:
        match line.split():
            case ["see"]:
                seen = store.see()
                tell("seen")
            case ["publish"]:
                number += 1
                tell(publish(store, seen, name, number))
            case ["race", times]:
                for _ in range(int(times)):
                    number += 1
                    tell(publish(store, store.see(), name, number))
                tell("done")


def publish(store: Store, seen: Seen, name: str, number: int) -> str:
    """Publish a snapshot that nobody else does; what came of it."""
    made = replace(
        varied(NEWARK, "2024-03-01T00", seed=number),
        origin=Origin(f"{name}-{number}", "made up", replay=True),
    )
    content = made.to_bytes()
    record = Record.of(content, made, datetime.now(UTC))
    try:
        store.publish(content, record, None, seen)
    except ConflictError:
        return f"conflict {record.version}"
    return f"published {record.version}"


def tell(line: str) -> None:
    """Answer."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
