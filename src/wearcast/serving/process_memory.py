"""How much memory a process holds."""

import os
import re
from pathlib import Path


def resident_bytes(process: int) -> int:
    """The resident memory of a process, by its id; 0 where there is none, or no /proc."""
    try:
        pages = Path(f"/proc/{process}/statm").read_text().split()[1]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def proportional_bytes(process: int) -> int:
    """The resident memory of a process, of pages that several share its part alone, so that sums
    count each page once; 0 where there is no such process, or no /proc."""
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text()
    except OSError:
        return 0
    found = re.search(r"^Pss: +(\d+) kB$", text, re.MULTILINE)
    return 1024 * int(found[1]) if found else 0
