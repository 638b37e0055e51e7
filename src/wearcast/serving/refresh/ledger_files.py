"""The files of the ledgers, which may be broken or not ours to use."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from wearcast.errors import ArtifactError

_LOG: Final = logging.getLogger(__name__)

BROKEN: Final = (ValueError, AttributeError, TypeError, OverflowError, RecursionError)
"""What reading a file that holds something else raises."""


@contextmanager
def in_usable_folder(folder: Path) -> Iterator[None]:
    """Raise ArtifactError where the system refuses to read or write the folder within."""
    try:
        yield
    except OSError as error:
        raise ArtifactError(
            f"{folder} can't be used: {error.strerror or error}. Check the folder and its"
            " permissions."
        ) from error


def drop_broken(path: Path, error: Exception) -> None:
    """Delete a file that can't be read, with a warning."""
    _LOG.warning("%s can't be read, and is dropped: %s", path, error)
    path.unlink(missing_ok=True)
