#!/usr/bin/env python3
"""Every word that people read, in both languages side by side, for somebody to read it aloud:
python scripts/words.py [--check].

docs/words.md holds what the page says in each weather, each notice, the second tab and the frame,
each sentence once; then the garments, and the messages that none of these states says. With --check
nothing is written, and it fails where docs/words.md isn't what the code says.
"""

import logging
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cache
from html.parser import HTMLParser
from io import StringIO
from itertools import zip_longest
from pathlib import Path
from typing import Final

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from catalogues import script  # noqa: E402
from service.page_states import states  # noqa: E402
from wearcast import messages  # noqa: E402
from wearcast.clothing.wardrobe import builtin  # noqa: E402
from wearcast.messages import NO_BREAK  # noqa: E402
from wearcast.vocabulary import Language  # noqa: E402

DOCUMENT: Final = ROOT / "docs/words.md"
_INTRODUCTION: Final = """\
# Every word, to read aloud

Made by `make regenerate ONLY=words`, from made-up weather and made-up answers of the API. Each
sentence stands once, where it is said first; numbers and dates aside. Read a table's columns aloud,
each as somebody would to a friend; what sounds wrong is to be mended in the code (English) or in
`src/wearcast/locale/ko/LC_MESSAGES/wearcast.po` (Korean).
"""
_INLINE: Final = frozenset({"a", "b", "code", "i", "small", "span", "svg", "time", "path", "g"})
_APART: Final = frozenset({"a", "span", "svg"})
"""Inline elements that the page shows apart from each other."""
_VOID: Final = frozenset({"br", "hr", "img", "input", "path", "rect", "circle", "line"})
_UNREAD: Final = frozenset({"title", "desc"})
"""Of drawings: they name the garments in other orders."""
_SPOKEN_ATTRIBUTES: Final = ("aria-label", "data-told", "data-instead")
_DATE: Final = re.compile(
    r"\b(?:(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?\b"
    r"|(?:January|February|March|April|May|June|July|August|September|October|November|December)\b"
    r"|[월화수목금토일](?:요일|(?= )))"
)
_NUMBER: Final = re.compile(r"−?\d[\d.:]*")
_LETTER: Final = re.compile(r"[^\W\d_]")
_UNSEEN: Final = str.maketrans({NO_BREAK: " ", "\u2060": None})

Pair = tuple[str, str]
"""The same in English and in Korean."""


@dataclass
class _Reader(HTMLParser):
    """The blocks of text of a page in order, each with the name of what holds it."""

    blocks: list[Pair] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[str] = []
        self._text = ""

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        """A block ends the text before it; labels are texts of their own."""
        given = dict(attrs)
        self._boundary(tag)
        if tag not in _VOID:
            self._open.append(tag)
        for name in _SPOKEN_ATTRIBUTES:
            if given.get(name):
                self.blocks.append((f"{tag}@{name}", _plain(given[name] or "")))

    def handle_endtag(self, tag: str) -> None:
        """The end of a block ends its text."""
        self._boundary(tag)
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        """Texts of one block stand together."""
        if not _UNREAD.intersection(self._open):
            self._text += data

    def _boundary(self, tag: str) -> None:
        if tag in _APART:
            self._text += " "
        if tag not in _INLINE:
            self._end_block()

    def _end_block(self) -> None:
        text = _plain(self._text)
        if text:
            block = [tag for tag in self._open if tag not in _INLINE]
            self.blocks.append((block[-1] if block else "", text))
        self._text = ""


def _plain(text: str) -> str:
    """The text as it is read: without what nobody sees, and with one space between words."""
    joined = " ".join(text.translate(_UNSEEN).split())
    return re.sub(r" ([.,:;])", r"\1", joined)


def blocks(html: str) -> list[Pair]:
    """The blocks of text of a page."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    reader._end_block()
    return reader.blocks


def pairs(english: str, korean: str) -> Iterator[Pair]:
    """The blocks of two languages beside each other; where their elements differ, in order."""
    left, right = blocks(english), blocks(korean)
    names = [name for name, _ in left], [name for name, _ in right]
    for _, a, b, c, d in SequenceMatcher(None, *names, autojunk=False).get_opcodes():
        for one, other in zip_longest(left[a:b], right[c:d], fillvalue=("", "")):
            yield one[1], other[1]


def document() -> str:
    """The whole document."""
    seen: set[Pair] = set()
    parts = [_INTRODUCTION]
    with _recorded_messages() as said:
        for state in states():
            new = list(_new_pairs(state.html, seen))
            if new:
                parts.append(_section(state.title, new))
    parts.append(_section("Garments and things to carry", _names()))
    parts.append(_section("What none of these states says", _others(said)))
    return "\n".join(parts)


@contextmanager
def _recorded_messages() -> Iterator[set[str]]:
    """The ids of the messages that are said meanwhile."""
    said: set[str] = set()
    catalogue = messages._catalogue

    class Recorder:
        def __init__(self, language: Language) -> None:
            self._language = language

        def gettext(self, id: str) -> str:
            said.add(id)
            return catalogue(self._language).gettext(id)

    messages._catalogue = cache(Recorder)
    try:
        yield said
    finally:
        messages._catalogue = catalogue


def _new_pairs(html: Mapping[Language, str], seen: set[Pair]) -> Iterator[Pair]:
    """The pairs of a state that weren't there before, but for their numbers and dates."""
    for english, korean in pairs(html["en"], html["ko"]):
        key = _without_values(english), _without_values(korean)
        if key not in seen and _LETTER.search(english + korean):
            seen.add(key)
            yield english, korean


def _without_values(text: str) -> str:
    """The text with the same number and the same day everywhere."""
    return _NUMBER.sub("0", _DATE.sub("Day", text))


def _names() -> list[Pair]:
    wardrobe = builtin()
    things = [*wardrobe.garments.values(), *wardrobe.carry.values()]
    return [(thing.name_en, messages.name("ko", thing)) for thing in things]


def _others(said: set[str]) -> list[Pair]:
    """The messages that the states don't say: of the terminal, of the API, and of rare cases."""
    catalogue = script("messages").read("ko")
    left = [message for message in catalogue if message.id and message.id not in said]
    return [(message.id, message.string) for message in left]


def _section(title: str, rows: Sequence[Pair]) -> str:
    lines = [f"## {title}", "", "| English | 한국어 |", "|---|---|"]
    for english, korean in rows:
        lines.append(f"| {_cell(english)} | {_cell(korean)} |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def main(check: bool) -> None:
    """Write the document; or fail where it isn't what the code says."""
    logging.disable(logging.CRITICAL)
    with redirect_stderr(StringIO()):  # the services' access logs
        text = document()
    if not check:
        DOCUMENT.write_text(text, "utf-8")
    elif text != DOCUMENT.read_text("utf-8"):
        sys.exit("docs/words.md isn't what the page says: make regenerate ONLY=words")


if __name__ == "__main__":
    main("--check" in sys.argv[1:])
