"""A partition function that notes when it begins and ends, and a client that has a cluster compute
it: python -m real.noted_partitions ADDRESS FILE, where FILE holds tasks and receipts."""

import json
import os
import sys
from datetime import timedelta
from pathlib import Path

from wearcast.serving.cluster.engine import open_engine, results
from wearcast.serving.cluster.receipts import Receipts
from wearcast.serving.refresh.backcast import BackcastTask, backcast_partition


def noted_backcast(task: str) -> str:
    """A partition's scores, made as always."""
    content = json.loads(task)
    [station] = BackcastTask.from_json(content["task"]).stations
    note(Path(content["notes"]), f"begin {os.getpid()} {station.id}")
    result = backcast_partition(content["task"])
    note(Path(content["notes"]), f"end {os.getpid()} {station.id}")
    return result


def note(path: Path, line: str) -> None:
    """Append a line, whole."""
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(handle, f"{line}\n".encode())
    finally:
        os.close(handle)


def main(address: str, file: Path) -> None:
    """Print the results as JSON."""
    asked = json.loads(file.read_text())
    receipts = Receipts(asked["store"], "a-run", timedelta(seconds=5))
    engine = open_engine("" if address == "-" else address)
    # As workers find it: not the module that runs as __main__.
    from real.noted_partitions import noted_backcast as function

    print(json.dumps(results(engine, function, asked["tasks"], receipts)))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
