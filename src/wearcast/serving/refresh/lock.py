"""The lock that keeps two refreshes from running at once on one machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from wearcast.errors import ArtifactError, BusyError


@contextmanager
def exclusive_lock(folder: Path) -> Iterator[None]:
    """Hold the lock file beside `folder`; the system releases it when the process dies.

    Raises:
        BusyError: another process holds it.
        ArtifactError: the file can't be created.
    """
    path = folder.with_name(f"{folder.name}.lock")
    lock = FileLock(path, blocking=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise BusyError(
            f"another refresh is running: it holds {path}. Wait for it, or find out why it takes so"
            " long."
        ) from error
    except OSError as error:
        raise ArtifactError(
            f"{path} can't be locked: {error.strerror or error}. Check the folder and its"
            " permissions."
        ) from error
    try:
        yield
    finally:
        lock.release()
