"""How much memory a process holds."""

import os
from pathlib import Path


def resident_bytes(process: int) -> int:
    """The resident memory of a process, by its id; 0 where there is none, or no /proc."""
    try:
        pages = Path(f"/proc/{process}/statm").read_text().split()[1]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
