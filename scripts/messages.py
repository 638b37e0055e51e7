#!/usr/bin/env python3
"""The catalogues of messages, brought up to what the code says: python scripts/messages.py
[--check].

Every language but English, whose texts are the messages' ids, has a catalogue. New messages come in
untranslated, each catalogue is compiled, and what is left to translate is listed. What the code no
longer says stays as an obsolete entry, not compiled, while anything is left to translate: an edited
sentence's old translation is there to be looked at.

With --check nothing is written, and it fails where anything is left to translate: a release must
not be half in English.
"""

import sys
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from wearcast import __version__
from wearcast.messages import DOMAIN, SOURCE_LANGUAGE
from wearcast.vocabulary import LANGUAGES

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
CATALOGUES = {
    language: SOURCE / f"wearcast/locale/{language}/LC_MESSAGES/{DOMAIN}.po"
    for language in LANGUAGES
    if language != SOURCE_LANGUAGE
}
KEYWORDS = {"say": (2,), "message": None}
DEVELOPERS = "The Wearcast developers"


def main(check: bool) -> None:
    """Update every catalogue, unless they are only checked, and list what is left."""
    incomplete = []
    for language, path in CATALOGUES.items():
        catalogue = updated(read(language), messages_in_code())
        if not check:
            write(catalogue, path)
        print("\n".join(report(language, catalogue)))
        if untranslated(catalogue):
            incomplete.append(language)
    if check and incomplete:
        sys.exit(
            "A release needs every message in every language. Translate them:"
            " make regenerate ONLY=messages"
        )


def messages_in_code() -> Catalog:
    """Every message that the code says, and in which files."""
    template = Catalog()
    for file, line, message, _comments, _context in extract_from_dir(
        SOURCE, [("**.py", "python")], keywords=KEYWORDS
    ):
        template.add(message, locations=[(file, line)])
    return template


def read(language: str) -> Catalog:
    """A language's catalogue as it lies on disk; an empty one of a language that is new."""
    path = CATALOGUES[language]
    if not path.is_file():
        return Catalog(
            locale=language,
            header_comment="# What Wearcast says; `make regenerate` keeps it up to the code.",
            project="Wearcast",
            version=__version__,
            msgid_bugs_address=DEVELOPERS,
            last_translator=DEVELOPERS,
            language_team=DEVELOPERS,
            fuzzy=False,
        )
    with path.open("rb") as file:
        return read_po(file)


def updated(catalogue: Catalog, template: Catalog) -> Catalog:
    """The catalogue with the template's messages and no others."""
    # No fuzzy matches: a translation is either of this very message, or for somebody to look at.
    catalogue.update(template, no_fuzzy_matching=True, update_creation_date=False)
    for message in untranslated(catalogue):
        if message.id in catalogue.obsolete:  # said again
            message.string = catalogue.obsolete.pop(message.id).string
    if not untranslated(catalogue):
        catalogue.obsolete.clear()
    return catalogue


def untranslated(catalogue: Catalog) -> list[Message]:
    """The messages without a translation that somebody is sure of."""
    return [
        message for message in catalogue if message.id and (message.fuzzy or not message.string)
    ]


def write(catalogue: Catalog, path: Path) -> None:
    """Write a catalogue, and compile it beside."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=120, sort_by_file=True, include_lineno=False)
    with path.with_suffix(".mo").open("wb") as file:
        write_mo(file, catalogue)


def report(language: str, catalogue: Catalog) -> Iterator[str]:
    """What is left to translate, each with the old text that is most like it."""
    left = untranslated(catalogue)
    where = CATALOGUES[language].relative_to(ROOT)
    yield f"{language}: {len(left)} of {len(catalogue)} messages left to translate in {where}"
    for message in left:
        yield f"  {message.id}  ({', '.join(sorted({file for file, _ in message.locations}))})"
        for id in get_close_matches(message.id, list(catalogue.obsolete), n=1):
            yield f"    was: {id}"
            yield f"         {catalogue.obsolete[id].string}"


if __name__ == "__main__":
    main("--check" in sys.argv[1:])
