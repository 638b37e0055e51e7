"""The catalogues of messages, brought up to what the code says and compiled: python
scripts/messages.py.

New messages come in untranslated (English is its own translation), and those that the code no
longer says go; a test names what is left to translate.
"""

from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

SOURCE = Path(__file__).parents[1] / "src"
CATALOGUES = {
    language: SOURCE / f"wearcast/locale/{language}/LC_MESSAGES/wearcast.po"
    for language in ("en", "ko")
}
KEYWORDS = {"say": (2,)}


def main() -> None:
    """Update and compile every catalogue."""
    for language, path in CATALOGUES.items():
        catalogue = read(path)
        # Each has messages of its own: a catalogue takes in the very ones it is given, and English
        # ones are filled in below. A message whose English changed is a new one: its old
        # translation may no longer be true.
        catalogue.update(said(), no_fuzzy_matching=True, update_creation_date=False)
        catalogue.obsolete.clear()
        if language == "en":
            for message in catalogue:
                message.string = message.string or message.id
        with path.open("wb") as file:
            write_po(file, catalogue, width=120, sort_by_file=True, include_lineno=False)
        with path.with_suffix(".mo").open("wb") as file:
            write_mo(file, catalogue)


def said() -> Catalog:
    """Every message that the code says, and in which files."""
    template = Catalog()
    for file, line, message, _comments, _context in extract_from_dir(
        SOURCE, [("**.py", "python")], keywords=KEYWORDS
    ):
        template.add(message, locations=[(file, line)])
    return template


def read(path: Path) -> Catalog:
    """A catalogue as it lies on disk."""
    with path.open("rb") as file:
        return read_po(file)


if __name__ == "__main__":
    main()
