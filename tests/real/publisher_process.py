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
from wearcast.serving.store.object_storage import open_storage
from wearcast.serving.store.snapshot_store import SnapshotRecord, SnapshotStore, StoreState

KEEP = 5_000


def main(url: str, name: str) -> None:
    """Obey until there is nothing more to read."""
    store, number, state = (
        SnapshotStore(open_storage(url, timedelta(seconds=10)), KEEP),
        0,
        StoreState(None, None),
    )
    for line in sys.stdin:
        match line.split():
            case ["see"]:
                state = store.read_state()
                tell("seen")
            case ["publish"]:
                number += 1
                tell(publish(store, state, name, number))
            case ["race", times]:
                for _ in range(int(times)):
                    number += 1
                    tell(publish(store, store.read_state(), name, number))
                tell("done")


def publish(store: SnapshotStore, state: StoreState, name: str, number: int) -> str:
    """Publish a snapshot that nobody else does; what came of it."""
    made = replace(
        varied(NEWARK, "2024-03-01T00", seed=number),
        origin=Origin(f"{name}-{number}", "made up", replay=True),
    )
    content = made.to_bytes()
    record = SnapshotRecord.of(content, made, datetime.now(UTC))
    try:
        store.publish(content, record, None, state)
    except ConflictError:
        return f"conflict {record.version}"
    return f"published {record.version}"


def tell(line: str) -> None:
    """Answer."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
