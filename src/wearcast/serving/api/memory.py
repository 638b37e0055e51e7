"""The C library's memory management."""

import contextlib
import ctypes
from typing import Final

_M_ARENA_MAX: Final = -8
"""A parameter of glibc's mallopt(3)."""


def limit_malloc_arenas() -> None:
    """Use two malloc arenas for all threads: with one for each, glibc keeps much freed memory."""
    with contextlib.suppress(OSError, AttributeError, TypeError):  # only glibc has mallopt
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)
