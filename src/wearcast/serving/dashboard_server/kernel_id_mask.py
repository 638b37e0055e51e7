"""A log without kernel ids: whoever knows a kernel's id may talk to the kernel."""

import logging
import re
from typing import Final

_UUID: Final = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")


class MaskingFormatter(logging.Formatter):
    """Another formatter's lines, with each UUID masked, whichever library logs it."""

    def __init__(self, formatter: logging.Formatter) -> None:
        super().__init__()
        self._formatter = formatter

    def format(self, record: logging.LogRecord) -> str:
        """Format a record."""
        return _UUID.sub("…", self._formatter.format(record))


def mask_kernel_ids() -> None:
    """Mask UUIDs in all that is logged from now on."""
    for handler in logging.getLogger().handlers:
        handler.setFormatter(MaskingFormatter(handler.formatter or logging.Formatter()))
