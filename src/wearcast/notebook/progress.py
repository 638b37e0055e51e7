"""What a person sees while a notebook runs: where it is, and what its cells say."""

import re
from typing import Any, TextIO


class Stream:
    """Passes the cells' output on to a terminal as it comes; to a log, a progress bar as its last
    state only."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._live = file.isatty()
        self._begun = ""

    def write(self, text: str) -> None:
        """Take a piece of a cell's output."""
        *whole, self._begun = (self._begun + text).split("\n")
        if self._live:
            self._file.write(text)
        else:
            self._file.writelines(f"{line.rstrip().rpartition(chr(13))[2]}\n" for line in whole)

    def flush(self) -> None:
        """Show what was written."""
        self._file.flush()

    def line(self, text: str) -> None:
        """Write a line of our own, after ending the one a cell may have begun."""
        if self._begun:
            self.write("\n")
        self._file.write(f"{text}\n")
        self._file.flush()


class Progress:
    """Announces each section of a notebook, and knows which cell is running."""

    def __init__(self, name: str, cells: int, screen: Stream) -> None:
        self.cell_index = 0
        self._name = name
        self._cells = cells
        self._screen = screen
        self._announced = False

    def cell_starts(self, cell: Any, cell_index: int) -> None:
        """nbclient calls this before each cell, of whatever type."""
        self.cell_index = cell_index
        heading = _heading(cell)
        if heading or not self._announced:
            self._screen.line(
                f"{self._name} [{cell_index + 1:>2}/{self._cells}] {heading or 'started'}"
            )
            self._announced = True


def _heading(cell: Any) -> str | None:
    """The last heading of a markdown cell: what the code below it is about."""
    if cell["cell_type"] != "markdown":
        return None
    headings = re.findall(r"^#{1,4} +(.+?)\s*$", cell["source"], re.MULTILINE)
    return headings[-1] if headings else None
