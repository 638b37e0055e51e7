"""Memory management of processes that read many tables."""

import pyarrow as arrow

from wearcast.serving.freed_memory import return_freed_memory


def return_freed_memory_of_tables() -> None:
    """`return_freed_memory`, of what tables are read into as well: pyarrow keeps what it frees for
    itself."""
    return_freed_memory()
    arrow.set_memory_pool(arrow.system_memory_pool())
