"""What a person reads of a cell that failed: which one it is, its line, where the error was raised,
and the error."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

import wearcast
import wearcast.errors
from wearcast.errors import WearcastError
from wearcast.notebook.error_position import PAYLOAD
from wearcast.notebook.executed_page import is_injected

_AROUND = 2
"""How many lines are shown before and after the one that failed."""


@dataclass(frozen=True)
class Failure:
    """An error in a cell.

    Attributes:
        cells: of the notebook as it ran.
        index: of the cell that failed, among `cells`.
        error: the error's type.
        message: the error's own.
        frames: as `error_position` sends them, from the cell to where the error was raised; empty
            where the kernel sent none.
    """

    cells: Sequence[NotebookNode]
    index: int
    error: str
    message: str
    frames: Sequence[Mapping[str, Any]] = ()

    @classmethod
    def of(cls, cells: Sequence[NotebookNode], index: int, reply: Mapping[str, Any]) -> "Failure":
        """The failure of the cell at `index`, from its outputs and the kernel's reply to it."""
        error = reply.get("ename", "")
        message = reply.get("evalue", "")
        for output in cells[index].outputs:
            if output.output_type == "error":
                error = output.ename
                message = output.evalue
        for payload in reply.get("payload", ()):
            if payload["source"] == PAYLOAD:
                return cls(cells, index, error, payload["message"], payload["frames"])
        return cls(cells, index, error, message)

    def text(self, notebook: str, root: Path) -> str:
        """All of it, for a terminal.

        Args:
            notebook: the source notebook's path, as shown.
            root: of the project; its files are named from there.
        """
        where = f"{notebook} failed in {cell_place(self.cells, self.index)}"
        own = [i for i, frame in enumerate(self.frames) if self._cell(frame) == self.index]
        if not own:
            return f"{where}: {self._reason()}"
        last = own[-1]
        line = self.frames[last]["line"]
        source = self.cells[self.index].source
        lines = [f"{where}, line {line}:", excerpt(source, line)]
        raised_in = self._deepest_place(self.frames[last + 1 :], root)
        if raised_in and not self._is_ours():
            lines.append(f"Raised in {raised_in}:")
        lines.append(self._reason())
        return "\n".join(lines)

    def _deepest_place(self, frames: Sequence[Mapping[str, Any]], root: Path) -> str | None:
        """The last of the places that a reader of the project can look at."""
        for frame in reversed(frames):
            place = self._place(frame, root)
            if place:
                return place
        return None

    def _cell(self, frame: Mapping[str, Any]) -> int | None:
        """The index of the cell that a frame is in; None in a file."""
        for index, cell in enumerate(self.cells):
            if "file" not in frame and cell.get("execution_count") == frame["execution_count"]:
                return index
        return None

    def _place(self, frame: Mapping[str, Any], root: Path) -> str | None:
        """Where a frame is, if in a cell or in the project's own code."""
        cell = self._cell(frame)
        if cell is not None:
            return f"{cell_place(self.cells, cell)}, line {frame['line']}"
        file = Path(frame.get("file", ""))
        package = Path(wearcast.__file__).parent
        sources = (root / "src", package)
        if not any(file.is_relative_to(folder) for folder in sources):
            return None
        shown = file.relative_to(root) if file.is_relative_to(root) else file
        return f"{shown}:{frame['line']}, {frame['function']}"

    def _is_ours(self) -> bool:
        ours = getattr(wearcast.errors, self.error, None)
        return isinstance(ours, type) and issubclass(ours, WearcastError)

    def _reason(self) -> str:
        """An error of ours says all by itself; any other is named by its type."""
        if self._is_ours() or not self.error:
            return self.message
        return f"{self.error}: {self.message}" if self.message else self.error


def cell_place(cells: Sequence[NotebookNode], index: int) -> str:
    """Which of the source notebook's cells the one at `index` is, as a reader of the source counts
    them."""
    number, count = cell_number(cells, index), source_count(cells)
    return f"cell {number} of {count} ({_cell_name(cells[index])})"


def cell_number(cells: Sequence[NotebookNode], index: int) -> int:
    """The number of a cell among the source notebook's, from 1; the cell of injected parameters has
    that of the cell whose values it replaces."""
    return source_count(cells[: index + 1])


def source_count(cells: Sequence[NotebookNode]) -> int:
    """How many of the cells are the source notebook's, which has none of injected parameters."""
    return sum(not is_injected(cell) for cell in cells)


def _cell_name(cell: NotebookNode) -> str:
    if is_injected(cell):
        return "its values from params.yaml"
    return f"id {cell.get('id', 'unknown')}"


def excerpt(source: str, line: int) -> str:
    """A line of a cell with its neighbours, numbered and marked."""
    lines = source.splitlines()
    first = max(line - _AROUND, 1)
    last = min(line + _AROUND, len(lines))
    width = len(str(last))
    shown = []
    for number in range(first, last + 1):
        mark = ">" if number == line else " "
        shown.append(f"  {mark} {number:>{width}} | {lines[number - 1]}".rstrip())
    return "\n".join(shown)
