"""What reading a person's files found that they should know of."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Note:
    """Something found in a column of a file.

    Attributes:
        file: its name.
        column: its heading.
        what: happened; the same words for the same thing.
        count: of the values that it is about; 0 where it is about the column.
    """

    file: str
    column: str
    what: str
    count: int = 0


def summed_up(notes: Iterable[Note]) -> list[str]:
    """One sentence for what is the same in several files, in the order of the first."""
    groups: dict[tuple[str, str], list[Note]] = {}
    for note in notes:
        key = (note.column, note.what)
        group = groups.setdefault(key, [])
        group.append(note)
    return [_sentence(group) for group in groups.values()]


def _sentence(notes: list[Note]) -> str:
    first = notes[0]
    count = sum(note.count for note in notes)
    sentence = first.file
    if len(notes) > 1:
        sentence += f" and {len(notes) - 1} more"
    sentence += f", column {first.column!r}: {first.what}"
    if count > 1:
        sentence += f" ({count:,} values)"
    return sentence + "."
