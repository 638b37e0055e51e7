"""Publishers of snapshots in shards that are killed at any moment: a process that has imported all
they need forks into one after the other. Each publishes hour after hour as fast as it can, every
shard of an hour with that hour's model.

`python -m real.sharded_publisher STORE`, told by lines on its standard input after how many seconds
to kill the next one; it answers each with a line.
"""

import os
import select
import signal
import sys
import traceback
from datetime import UTC, datetime, timedelta

from service.sharded_snapshots import IDS, in_shards
from wearcast.forecasting.snapshot import SCHEMA
from wearcast.serving.store.object_storage import open_storage
from wearcast.serving.store.publication import Publication
from wearcast.serving.store.snapshot_store import SnapshotStore

START = datetime(2024, 4, 1, tzinfo=UTC)
KEEP = 40


def opened(url: str) -> SnapshotStore:
    """The store."""
    return SnapshotStore(open_storage(url, timedelta(seconds=10)), KEEP)


def publish_next(store: SnapshotStore) -> int:
    """Publish the hour after the latest; its number."""
    state = store.read_state()
    number = int(state.latest.model) + 1 if state.latest else 0
    issued_at = START + timedelta(hours=number)
    made = in_shards(f"{issued_at:%Y-%m-%dT%H}", seed=number, model=str(number))
    verified = {id: {"of": number} for id in IDS}
    Publication.of(made, SCHEMA).publish(store, verified, issued_at, state)
    return number


def publish_until_killed(url: str) -> None:
    """Publish hour after hour; an error ends the process."""
    try:
        store = opened(url)
        while True:
            publish_next(store)
    except BaseException:  # noqa: BLE001 - told, and the process ends
        traceback.print_exc()
    finally:
        os._exit(1)


def main(url: str) -> None:
    """Fork and kill as often as told."""
    import aiobotocore.session
    import s3fs

    _ = aiobotocore, s3fs
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            publish_until_killed(url)
        ended = os.pidfd_open(pid)
        select.select([ended], [], [], float(line))
        os.close(ended)
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        sys.stdout.write("killed\n" if os.WIFSIGNALED(status) else "failed\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
