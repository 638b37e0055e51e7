"""`wearcast refresh` with a station a partition, whose workers note in NOTES what they begin and
end: python -m real.noted_refresh refresh --cluster ADDRESS."""

import json
import os

from wearcast.serving.refresh import partition, refresh_in_shares, refresh_on_engine

_REFRESH_PARTITION = refresh_on_engine.refresh_partition


def noted_refresh(task: str) -> str:
    """A partition's result, made as always."""
    [station] = json.loads(task)["stations"]
    note(f"begin {os.getpid()} {station['id']}")
    result = _REFRESH_PARTITION(task)
    note(f"end {os.getpid()} {station['id']}")
    return result


def note(line: str) -> None:
    """Append a line, whole."""
    handle = os.open(os.environ["NOTES"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(handle, f"{line}\n".encode())
    finally:
        os.close(handle)


if __name__ == "__main__":
    # As workers find it: not in the module that runs as __main__.
    from real.noted_refresh import noted_refresh as function
    from wearcast.cli.app import main

    partition.STATIONS = 1  # type: ignore[misc]
    refresh_on_engine.refresh_partition = function
    refresh_in_shares.refresh_partition = function
    main()
