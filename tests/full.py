"""How often a test repeats: in CI often enough to hold its claim, with FULL=1 as often as in a
rehearsal."""

import os
from typing import Final

FULL: Final = os.environ.get("FULL") == "1"


def repeated(in_ci: int, in_full: int) -> int:
    """How often, this time."""
    return in_full if FULL else in_ci
