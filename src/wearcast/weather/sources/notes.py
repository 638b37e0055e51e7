"""What reading a person's files found that they should know of."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Note:
    """Something that reading left out, or decided.

    Attributes:
        subject: the name of the file, or the station.
        column: its heading; blank where it is about rows.
        what: happened; the same words for the same thing.
        count: of the values, rows or hours that it is about; 0 where it is about all of them.
        unit: what is counted.
        of_rows: the rows that they are of, where that is told.
        example: where the first of them is, or how it looks.
        remedy: what to do about it.
    """

    subject: str
    column: str
    what: str
    count: int = 0
    unit: str = "values"
    of_rows: int = 0
    example: str = ""
    remedy: str = ""


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
    sentence = first.subject
    subjects = {note.subject for note in notes}
    if len(subjects) > 1:
        sentence += f" and {len(subjects) - 1} more"
    if first.column:
        sentence += f", column {first.column!r}"
    sentence += f": {first.what}"
    details = filter(None, [_amount(notes), first.example])
    detailed = ", ".join(details)
    if detailed:
        sentence += f" ({detailed})"
    sentence += "."
    if first.remedy:
        sentence += f" {first.remedy}"
    return sentence


def _amount(notes: list[Note]) -> str:
    """How many the notes are about; blank where that is one alone."""
    unit = notes[0].unit
    count = sum(note.count for note in notes)
    of_rows = sum(note.of_rows for note in notes)
    if of_rows and unit == "rows":
        return f"{count:,} of {of_rows:,} rows"
    if of_rows:
        return f"{count:,} {unit} of {of_rows:,} rows"
    if count > 1:
        return f"{count:,} {unit}"
    return ""
