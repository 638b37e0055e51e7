"""The tables that benchmarks write into the documents, between marks, with the caption that says of
which code they are."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from wearcast import artifacts

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
import captions

Rows = Sequence[Sequence[str]]


def write_down(document: str, name: str, command: str, english: Rows, korean: Rows) -> None:
    """Put a table into docs/<document>.md, and in Korean into docs/<document>.ko.md.

    Args:
        document: the name of both.
        name: of the marks.
        command: that makes the table.
        english, korean: the headings, and the rows.

    Raises:
        LookupError: a document has no such marks.
    """
    caption = captions.caption(command, captions.today(), code=captions.code_hash(ROOT))
    table = captions.captioned(markdown(english), caption)
    fill(ROOT / f"docs/{document}.md", name, table)
    in_korean = captions.captioned(markdown(korean), captions.in_korean(caption))
    fill(ROOT / f"docs/{document}.ko.md", name, in_korean)


def markdown(rows: Rows) -> str:
    """The rows as a table, the first of them its headings."""
    headings, *others = rows
    rule = ["---", *["--:"] * (len(headings) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in (headings, rule, *others)) + "\n"


def fill(path: Path, name: str, text: str) -> None:
    """Replace what stands between `<!-- name: … -->` and `<!-- /name -->`."""
    between = re.compile(rf"(<!-- {name}: [^>]*-->\n).*?(<!-- /{name} -->)", re.DOTALL)
    document = path.read_text(encoding="utf-8")
    filled, count = between.subn(lambda marks: f"{marks[1]}{text}{marks[2]}", document)
    if count != 1:
        raise LookupError(f"{path} has {count} parts {name!r}, and not one")
    artifacts.write_bytes(path, filled.encode())
