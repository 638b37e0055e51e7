"""The proxy's access log, line by line, whatever rotates it meanwhile."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MOST_READ_BYTES = 20_000_000
"""Of a file, at one look."""


class AccessLog:
    """Reads what is new, in the file and in those that were moved away from its name.

    They are known by their inodes. The proxy goes on writing to one that was moved until it is told
    of the new one; it is compressed at the next rotation.
    """

    def __init__(self, path: Path) -> None:
        """Pass over what is there already."""
        self._path = path
        self._read_to = {found.st_ino: found.st_size for found in map(os.stat, self._files())}

    def new_lines(self) -> list[dict[str, Any]]:
        """What was logged since the last look; what is no record is passed over."""
        return [line for path in self._files() for line in self._read(path)]

    def _files(self) -> list[Path]:
        """Those that aren't compressed, the oldest first: by their names, which hold the time."""
        files = sorted(self._path.parent.glob(f"{self._path.name}-*"))
        moved = [path for path in files if path.suffix != ".gz"]
        return [*moved, self._path] if self._path.exists() else moved

    def _read(self, path: Path) -> Iterator[dict[str, Any]]:
        """The whole lines from where the file was read to; all of one that was emptied."""
        try:
            file = path.open("rb")
        except FileNotFoundError:
            return
        with file:
            found = os.fstat(file.fileno())
            begin = self._read_to.get(found.st_ino, 0)
            begin = begin if begin <= found.st_size else 0
            file.seek(begin)
            read = file.read(MOST_READ_BYTES)
        whole = read[: read.rfind(b"\n") + 1]
        self._read_to[found.st_ino] = begin + len(whole)
        yield from filter(None, map(_parsed, whole.splitlines()))


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
