"""Where the lines of a text may end."""

import re
from typing import Final

_WORD_JOINER: Final = "\u2060"
_HYPHENS: Final = re.compile("[-–~]")


def unhyphenated(text: str) -> str:
    """The same text in which no line ends at a hyphen or within a run of hours."""
    return _HYPHENS.sub(f"{_WORD_JOINER}\\g<0>{_WORD_JOINER}", text)
