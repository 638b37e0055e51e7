"""The C library's memory management."""

import contextlib
import ctypes
from typing import Final

_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8
"""Parameters of glibc's mallopt(3)."""
_LARGE_BYTES: Final = 500_000


def return_freed_memory() -> None:
    """Let glibc give more of what is freed back to the system: it uses two malloc arenas for all
    threads, not one for each, and takes large blocks, such as a snapshot's, from the system
    directly; by itself it does so only until the first of them is freed."""
    with contextlib.suppress(OSError, AttributeError, TypeError):  # only glibc has mallopt
        library = ctypes.CDLL(None)
        library.mallopt(_M_ARENA_MAX, 2)
        library.mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
