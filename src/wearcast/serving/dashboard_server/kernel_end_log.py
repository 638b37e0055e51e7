"""What is logged of a rendering whose kernel ended under it, as when its visitor leaves: no error.

The kernel manager itself logs that a kernel ended, or died.
"""

import logging

from nbclient.exceptions import DeadKernelError


class KernelEndFilter(logging.Filter):
    """Lets nbclient's and Voilà's records of an ended kernel through at INFO, and without their
    traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Lower such a record's level."""
        error = record.exc_info[1] if record.exc_info else None
        is_end = isinstance(error, DeadKernelError)
        if is_end or str(record.msg).startswith("Kernel died while waiting"):
            record.levelno, record.levelname = logging.INFO, "INFO"
            record.msg, record.args, record.exc_info = "A rendering's kernel ended.", (), None
        return True


def log_kernel_ends_quietly() -> None:
    """Let the logger of nbclient and Voilà log so."""
    logging.getLogger("traitlets").addFilter(KernelEndFilter())
