"""What a person sees while a notebook runs: where it is, and what its cells say."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

from nbformat import NotebookNode

from wearcast.notebook.failure import cell_number, cell_place, source_count


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
    """Announces each section of a notebook, and knows the cell that runs; nbclient calls it.

    Attributes:
        cells: of the notebook as it runs; empty until its kernel has started.
        cell_index: of the cell that runs, among `cells`.
        is_computing: whether the kernel has a cell to answer.
        replies: the kernel's reply to each cell that ran, by index.
    """

    def __init__(self, name: str, screen: Stream) -> None:
        self.cells: Sequence[NotebookNode] = ()
        self.cell_index = 0
        self.is_computing = False
        self.replies: dict[int, Mapping[str, Any]] = {}
        self._name = name
        self._screen = screen
        self._announced = False

    def notebook_starts(self, notebook: NotebookNode) -> None:
        """Once the kernel is ready."""
        # papermill adds cells to the notebook once one has failed.
        self.cells = tuple(notebook.cells)

    def cell_starts(self, cell: NotebookNode, cell_index: int) -> None:
        """Before each cell, of whatever type."""
        self.cell_index = cell_index
        heading = _heading(cell)
        if heading or not self._announced:
            number, count = cell_number(self.cells, cell_index), source_count(self.cells)
            self._screen.line(f"{self._name} [{number:>2}/{count}] {heading or 'started'}")
            self._announced = True

    def cell_computes(self, cell: NotebookNode, cell_index: int) -> None:  # noqa: ARG002
        """Before the kernel is asked to run a cell of code."""
        self.is_computing = True

    def cell_computed(
        self,
        cell: NotebookNode,  # noqa: ARG002
        cell_index: int,
        execute_reply: Mapping[str, Any],
    ) -> None:
        """After the kernel's reply to a cell of code."""
        self.is_computing = False
        self.replies[cell_index] = execute_reply["content"]

    def place(self) -> str:
        """Which cell runs."""
        if not self.cells:
            return "before its first cell"
        return f"in {cell_place(self.cells, self.cell_index)}"


def _heading(cell: NotebookNode) -> str | None:
    """The last heading of a markdown cell: what the code below it is about."""
    if cell["cell_type"] != "markdown":
        return None
    headings = re.findall(r"^#{1,4} +(.+?)\s*$", cell["source"], re.MULTILINE)
    return headings[-1] if headings else None
