"""What is in a file: the tables of an archive, and what a file is that is no table."""

import bz2
import gzip
import io
import lzma
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Final

from wearcast.errors import SourceError
from wearcast.weather.sources.file_search import is_hidden

MOST_BYTES: Final = 1_000_000_000
"""What unpacking one file may make, that of archives in it counted: the hours of fifty stations in
twenty years are less, and more would fill a small machine's memory."""

_CHUNK_BYTES: Final = 1 << 20
_DEEPEST: Final = 3
_IS_UTF_8: Final = 0x800
"""The flag of a zip's entry whose name is UTF-8; without it the name is read as code page 437."""

_SIGNATURES: Final[tuple[tuple[bytes, str], ...]] = (
    (b"%PDF", "a PDF. Get the numbers as CSV from where it came from."),
    (
        b"\xd0\xcf\x11\xe0",
        "an old workbook (.xls), or one with a password. Save its sheet as .xlsx without one, or as"
        " CSV.",
    ),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive. Unpack it."),
    (b"Rar!", "a RAR archive. Unpack it."),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd. Unpack it."),
    (b"\x1f\x9d", "compressed with compress (.Z). Unpack it."),
    (b"CDF\x01", "netCDF. Write its series of one place as CSV or parquet."),
    (b"CDF\x02", "netCDF. Write its series of one place as CSV or parquet."),
    (b"\x89HDF", "HDF5 or netCDF. Write its series of one place as CSV or parquet."),
    (b"GRIB", "GRIB. Write its series of one place as CSV or parquet."),
    (b"SQLite format 3", "an SQLite database. Write its table as CSV or parquet."),
    (b"ARROW1", "Feather (Arrow). Write it as parquet."),
    (b"FEA1", "Feather. Write it as parquet."),
    (b"ORC", "ORC. Write it as parquet."),
    (b"\x89PNG", "a picture. Get the numbers as CSV from where it came from."),
    (b"\xff\xd8\xff", "a picture. Get the numbers as CSV from where it came from."),
    (b"GIF8", "a picture. Get the numbers as CSV from where it came from."),
    (b"{\\rtf", "a text of a word processor (RTF). Save it as plain text."),
    (b"version https://git-lfs", "Git LFS's pointer, not the data. Run `git lfs pull`."),
)

_PAGE: Final = re.compile(rb"<(!doctype\s+html|html|head|body|table)\b", re.IGNORECASE)
_POINTER: Final = re.compile(rb"(outs:|md5:|wdir:|frozen:)")
_CONFLICT: Final = re.compile(rb"^(<{7} |>{7} )", re.MULTILINE)

_DAMAGED: Final = (
    *(OSError, EOFError, ValueError, RuntimeError, LookupError, struct.error),
    *(zlib.error, lzma.LZMAError, tarfile.TarError, zipfile.BadZipFile),
)


@dataclass(frozen=True)
class Member:
    """The contents of a file, or of one in an archive.

    Attributes:
        path: where it is; in an archive, the archive's path and its own below that.
    """

    path: Path
    content: bytes
    is_packed: bool = False


def members(path: Path) -> Iterator[Member]:
    """The file at `path`, or the files in it where it is an archive or compressed, one after the
    other.

    Raises:
        SourceError: it can't be read or unpacked, makes more than `MOST_BYTES`, or has nothing in
            it.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path} can't be read: {error.strerror}") from error
    is_empty = True
    for member in _unpacked(Member(path, content), _DEEPEST, _Room(path, MOST_BYTES)):
        is_empty = False
        yield member
    if is_empty:
        raise SourceError(f"{path} is an archive with nothing in it. Remove it, or get it again.")


def is_workbook(content: bytes) -> bool:
    """Whether this is a workbook of Excel (.xlsx)."""
    return _is_document(content) and any(name.startswith("xl/") for name in _names(content))


def require_whole(path: Path, content: bytes) -> None:
    """Refuse a workbook whose parts are damaged or too much, without keeping them.

    Raises:
        SourceError: a part can't be unpacked, or they make more than `MOST_BYTES`.
    """
    room = _Room(path, MOST_BYTES)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for entry in archive.infolist():
                with archive.open(entry) as part:
                    room.read(path / entry.filename, part)
    except _DAMAGED as error:
        raise SourceError(
            f"{path} is a damaged workbook (.xlsx): {error}. Get it again, or save its sheet as"
            " CSV."
        ) from error


def is_parquet(content: bytes) -> bool:
    """Whether this begins as parquet does."""
    return content.startswith(b"PAR1")


def what_else(content: bytes) -> str | None:
    """What this is if it is no table of text, and what to do about it."""
    for signature, what in _SIGNATURES:
        if content.startswith(signature):
            return what
    if content.startswith(b"PK\x03\x04"):
        return "a workbook or document that can't be read here. Save its table as CSV."
    start = content[:4000].removeprefix(b"\xef\xbb\xbf").lstrip()
    if found := _text_of_a_kind(start):
        return found
    has_mark = b"<<<<<<< " in content or b">>>>>>> " in content
    if has_mark and (conflict := _CONFLICT.search(content)):
        line = content.count(b"\n", 0, conflict.start()) + 1
        return (
            f"in conflict: line {line} is a mark that git left where two versions of it differ."
            " Keep one of the versions, and take the marks out."
        )
    return None


def _text_of_a_kind(start: bytes) -> str | None:
    if _PAGE.match(start) or (start.startswith(b"<") and _PAGE.search(start)):
        return (
            "a web page (HTML), perhaps one that asks to log in or tells an error. Download the"
            " table itself."
        )
    if start.startswith(b"<?xml"):
        return "XML. Get the table as CSV, or save it so."
    if start.startswith((b"{", b"[{", b"[[", b'["')):
        return "JSON. Get the table as CSV (many services take format=csv), or write it so."
    if _POINTER.match(start) and b"md5" in start:
        return "DVC's pointer, not the data. Run `dvc pull`, and name what it points to."
    return None


@dataclass
class _Room:
    """What unpacking the file at `path` may still make.

    Attributes:
        left_bytes: how much that is; it shrinks.
    """

    path: Path
    left_bytes: int

    def read(self, place: Path, stream: IO[bytes] | gzip.GzipFile) -> bytes:
        """All of `stream`, which is what is at `place` in the file.

        Raises:
            SourceError: it is more than is left.
        """
        content = io.BytesIO()
        while chunk := stream.read(_CHUNK_BYTES):
            self.left_bytes -= len(chunk)
            if self.left_bytes < 0:
                raise SourceError(
                    f"{place} can't be unpacked: all of {self.path.name} makes more than"
                    f" {MOST_BYTES / 1e9:g} GB. Unpack it, and put only the tables that are needed"
                    " in its place."
                )
            content.write(chunk)
        return content.getvalue()


def _unpacked(member: Member, deepest: int, room: _Room) -> Iterator[Member]:
    unpack = _unpacker(member.content)
    if unpack is None or deepest == 0:
        yield member
        return
    try:
        for inner in unpack(member, room):
            yield from _unpacked(inner, deepest - 1, room)
    except _DAMAGED as error:
        raise SourceError(
            f"{member.path} can't be unpacked ({error}). Get it again, or unpack it."
        ) from error


def _unpacker(content: bytes) -> Callable[[Member, _Room], Iterator[Member]] | None:
    if content.startswith(b"\x1f\x8b"):
        return _gunzipped
    if content.startswith(b"BZh"):
        return _bunzipped
    if content.startswith(b"\xfd7zXZ\x00"):
        return _unxzipped
    if content[257:262] == b"ustar":
        return _tarred
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")) and not _is_document(content):
        return _zipped
    return None


def _is_document(content: bytes) -> bool:
    """Whether a zip is a workbook or another document."""
    names = _names(content)
    return "[Content_Types].xml" in names or "mimetype" in names


def _names(content: bytes) -> list[str]:
    """What is in a zip, none where that can't be told. Archives in it may have more."""
    if not content.startswith(b"PK\x03\x04"):
        return []
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return archive.namelist()
    except _DAMAGED:
        return []


def _gunzipped(member: Member, room: _Room) -> Iterator[Member]:
    with gzip.GzipFile(fileobj=io.BytesIO(member.content)) as stream:
        yield replace(member, content=room.read(member.path, stream))


def _bunzipped(member: Member, room: _Room) -> Iterator[Member]:
    with bz2.BZ2File(io.BytesIO(member.content)) as stream:
        yield replace(member, content=room.read(member.path, stream))


def _unxzipped(member: Member, room: _Room) -> Iterator[Member]:
    with lzma.LZMAFile(io.BytesIO(member.content)) as stream:
        yield replace(member, content=room.read(member.path, stream))


def _zipped(member: Member, room: _Room) -> Iterator[Member]:
    with zipfile.ZipFile(io.BytesIO(member.content)) as archive:
        for entry in archive.infolist():
            name = _zipped_name(entry)
            if entry.is_dir() or not _is_wanted(name):
                continue
            path = member.path / name
            # The size that an entry tells may be a lie.
            with archive.open(entry) as stream:
                content = room.read(path, stream)
            yield Member(path, content, is_packed=True)


def _zipped_name(entry: zipfile.ZipInfo) -> str:
    """The name of an entry: where nothing says its encoding, Macs write UTF-8 and Korean Windows
    EUC-KR."""
    is_told = entry.flag_bits & _IS_UTF_8
    if is_told or entry.filename.isascii():
        return entry.filename
    for encoding in ("utf-8", "euc_kr"):
        try:
            return entry.filename.encode("cp437").decode(encoding)
        except UnicodeError:
            continue
    return entry.filename


def _tarred(member: Member, room: _Room) -> Iterator[Member]:
    with tarfile.open(fileobj=io.BytesIO(member.content), mode="r:") as archive:
        for entry in archive:
            if entry.size < 0:
                # The archive would be read from there again, without end.
                raise tarfile.ReadError(f"{entry.name} has {entry.size} bytes")
            file = archive.extractfile(entry) if entry.isfile() else None
            if file is not None and _is_wanted(entry.name):
                path = member.path / entry.name
                yield Member(path, room.read(path, file), is_packed=True)


def _is_wanted(name: str) -> bool:
    parts = Path(name).parts
    return not any(is_hidden(part) for part in parts if part != ".")
