"""Which files of a folder are tables, and which are passed over."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from wearcast.errors import SourceError

TABLES: Final = frozenset({".csv", ".tsv", ".tab", ".psv", ".parquet", ".pq", ".xlsx", ".xlsm"})
"""Endings of what is a table and nothing else."""

MAYBE: Final = frozenset({"", ".txt", ".dat", ".asc", ".data", ".prn", ".out"})
"""Endings that tables have, and other texts as well."""

ARCHIVES: Final = frozenset({".gz", ".bz2", ".xz", ".zip", ".tar", ".tgz", ".tbz2", ".txz"})

_OTHER_WORKBOOKS: Final = frozenset({".xls", ".xlsb", ".ods", ".numbers"})

_OTHERS: Final[Mapping[str, str]] = {
    ".json": "JSON",
    ".html": "a web page",
    ".htm": "a web page",
    ".pdf": "a PDF",
    ".md": "a text",
    ".dvc": "DVC's pointer to data; `dvc pull` brings what it points to",
}

_OF_SYSTEMS: Final = frozenset({"Thumbs.db", "desktop.ini", "__MACOSX"})

_TWIN: Final = "._"
"""What the name of a file begins with in which macOS keeps what it knows of another."""


@dataclass
class Found:
    """The files that may be tables, and for each of the others why it isn't read."""

    files: list[Path] = field(default_factory=list)
    passed_over: dict[Path, str] = field(default_factory=dict)


def find(path: Path, group: str, tables: frozenset[str] = TABLES) -> Found:
    """What there is at `path`, which is a file or a folder with folders below it. `group` are the
    settings that name it; `tables` end what is a table and nothing else.

    Raises:
        SourceError: there is no table, a folder can't be read, or the path's name on the disk is
            another one.
    """
    try:
        return _found(path, group, tables)
    except OSError as error:
        raise SourceError(
            f"{error.filename or path} can't be read: {error.strerror}. Set {group}.path to where"
            " your files are, in folders that this account may read."
        ) from error


def is_hidden(name: str) -> bool:
    """Whether a file or folder of that name is a system's own: `.git`, `._twin.csv`, Excel's lock
    `~$table.xlsx`."""
    return name.startswith((".", "~$")) or name in _OF_SYSTEMS


def is_surely_table(path: Path, tables: frozenset[str] = TABLES) -> bool:
    """Whether a file of that ending is a table and nothing else."""
    return path.suffix.lower() in tables | _OTHER_WORKBOOKS


def _found(path: Path, group: str, tables: frozenset[str]) -> Found:
    _require_name_on_disk(path, group)
    if path.is_file():
        return Found([path])
    if not path.is_dir():
        raise SourceError(
            f"{path} does not exist. Put your files there, or set {group}.path to where they are."
        )
    found = Found()
    for file in _below(path):
        reason = _why_not(file, tables)
        if reason is None:
            found.files.append(file)
        else:
            found.passed_over[file] = reason
    if not found.files:
        raise SourceError(_nothing(path, found, group))
    return found


def _require_name_on_disk(path: Path, group: str) -> None:
    """Refuse a name that only looks like the one on the disk: macOS finds a file by other capitals,
    and by letters in pieces; Linux doesn't."""
    try:
        names = os.listdir(path.parent)
    except OSError:
        return
    if path.exists() and path.name not in names:
        raise SourceError(
            f"{path} has another name on the disk (other capitals, or letters in pieces), by which"
            " other machines don't find it. Rename it to plain letters, such as data/seoul, `dvc"
            f" add` it, and set {group}.path to that."
        )


def _below(path: Path) -> Iterator[Path]:
    """The files in a folder and those below it; a folder that links lead to again counts once."""
    seen = set()
    for folder, folders, names in os.walk(path, onerror=_refuse, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not is_hidden(name))
        for name in sorted(names):
            file = Path(folder) / name
            is_left_table = name.startswith(".") and file.suffix.lower() in TABLES
            if is_left_table or not is_hidden(name):
                yield file


def _refuse(error: OSError) -> None:
    raise error


def _why_not(file: Path, tables: frozenset[str]) -> str | None:
    if file.name.startswith(_TWIN):
        return "macOS's notes on the file of that name"
    if is_hidden(file.name):
        return "a hidden file"
    ending = file.suffix.lower()
    if ending in tables | MAYBE | ARCHIVES | _OTHER_WORKBOOKS or _is_year(ending):
        return None
    return _OTHERS.get(ending, f"its ending {ending} is none of a table")


def _is_year(ending: str) -> bool:
    """Whether an ending is a number, as in `station.2023`."""
    return ending.removeprefix(".").isdigit()


def _nothing(path: Path, found: Found, group: str) -> str:
    there = [f"{file.name} is {why}" for file, why in found.passed_over.items()]
    what = f" ({'; '.join(there[:5])})" if there else ""
    return (
        f"{path} holds no .csv and no .parquet file, and no other table, archive or"
        f" workbook{what}. Put yours there, or set {group}.path to where they are."
    )
