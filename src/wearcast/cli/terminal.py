"""Output on terminals that can't show every character: what they lack is replaced, never an
exception."""

import codecs
import sys
from typing import Final, TextIO

_HANDLER: Final = "wearcast-replace"

_PLAIN: Final = {
    "−": "-",
    "–": "-",
    "…": "~",
    "°": " ",
    "·": "-",
    "×": "x",
    "’": "'",
}
"""What says the same in ASCII, in as many columns: a minus that became a question mark would be
another number."""


def replace_what_cannot_be_shown() -> None:
    """Let the standard streams replace the characters that their encoding doesn't have."""
    codecs.register_error(_HANDLER, _replaced)
    for stream in (sys.stdout, sys.stderr):
        _make_replacing(stream)


def _make_replacing(stream: TextIO) -> None:
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is None:
        return
    reconfigure(errors=_HANDLER)


def _replaced(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    shown = [_PLAIN.get(character, "?") for character in lacking]
    return "".join(shown), error.end
