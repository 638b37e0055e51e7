"""The encoding of a text file: as its mark says, as the settings say, or as its headings show."""

import codecs
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from wearcast.errors import SourceError
from wearcast.weather.sources.headings import Headings

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_GUESSES: Final = ("euc_kr", "cp1252", "cp932", "cp949", "latin-1")
"""Strict ones first; none is taken unless the headings that the settings name are in it."""

_LOOKED_AT: Final = 4000


def decode(
    path: Path, content: bytes, encodings: Sequence[str], headings: Headings, group: str
) -> str:
    """The text of `content`, the file at `path`.

    A mark at its beginning counts most, then UTF-8 if it has letters that only UTF-8 writes so,
    then the first of `encodings` that fits. Without any it is UTF-8, or whatever has the
    `headings`.

    Raises:
        SourceError: it is in none of these, or is no text; `group` are the settings that name it.
    """
    for mark, marked in _MARKS:
        if content.startswith(mark) and (text := _decoded(content, marked)) is not None:
            return text
    if encodings:
        return _as_told(path, content, encodings, group)
    wide = _wide(content)
    text = _decoded(content, "utf-8-sig")
    if text is not None and not wide:
        return text
    for encoding in (wide,) if wide else _GUESSES:
        text = _decoded(content, encoding)
        if text is not None and headings.all_in(text):
            return text
    return _as_told(path, content, ("utf-8-sig",), group)


def _as_told(path: Path, content: bytes, encodings: Sequence[str], group: str) -> str:
    if not content.isascii() and (text := _decoded(content, "utf-8")) is not None:
        return text
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError as error:
            reason = f"byte {content[error.start]:#04x} at position {error.start}"
        except LookupError as error:
            raise SourceError(
                f"{group}.encoding: {encoding!r} is not an encoding; cp949 or utf-8 are, for"
                " example."
            ) from error
    if b"\x00" in content[:_LOOKED_AT] and not any("16" in name for name in encodings):
        raise SourceError(
            f"{path} is no text (byte 0x00 at position {content.index(0)}), nor another table that"
            " can be read. Get its table as CSV, or take the file out."
        )
    tried = " nor ".join(encoding.removesuffix("-sig").upper() for encoding in encodings)
    raise SourceError(
        f"{path} is not in {tried} ({reason}). Set {group}.encoding to the one it is in, such as"
        " cp949 or latin-1."
    )


def _wide(content: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of digits and commas is zero."""
    start = content[:_LOOKED_AT]
    enough = len(start) / 6
    if start[1::2].count(0) > enough and not start[::2].count(0):
        return "utf-16-le"
    if start[::2].count(0) > enough and not start[1::2].count(0):
        return "utf-16-be"
    return None


def _decoded(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return None
