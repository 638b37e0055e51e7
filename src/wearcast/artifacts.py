"""Artifacts on disk, written atomically: to a temporary name beside their path, then renamed."""

import contextlib
import ctypes
import errno
import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final

from wearcast.errors import ArtifactError

_AT_FDCWD: Final = -100
_RENAME_EXCHANGE: Final = 2
"""Of renameat2(2)."""
_RENAME_SWAP: Final = 2
"""Of macOS's renamex_np(2)."""
_EXCHANGE_UNSUPPORTED: Final = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM}
"""Errors of a kernel or file system that can't exchange, and of a container that forbids it."""


@contextlib.contextmanager
def open_atomically(path: Path) -> Iterator[IO[bytes]]:
    """Open a temporary file that replaces `path` once it is complete and synced to disk.

    Raises:
        ArtifactError: it could not be written (a full disk, say). The old file is untouched.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(path)
            _sync_folder(path.parent)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise ArtifactError(_failure_message(path, error)) from error


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path` atomically."""
    with open_atomically(path) as file:
        file.write(content)


def write_json(path: Path, value: Any) -> None:
    """Write `value` to `path` as JSON, the same bytes for the same value; NaN is refused."""
    write_bytes(path, to_json(value))


def to_json(value: Any) -> bytes:
    """`value` as JSON, the same bytes for the same value; NaN is refused."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode()


def write_folder(path: Path, files: Mapping[str, bytes]) -> None:
    """Write a folder of files to `path`: all of them, or the old folder stays.

    At most one process may write a folder. Whenever it is killed, the old folder or the new one is
    complete: at `path`, or at its backup path where the file system can't exchange two folders
    atomically; `intact_folder` finds it. The next write removes what a killed one left.

    Raises:
        ArtifactError: it could not be written (a full disk, say). The old folder is untouched.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for leftover in path.parent.glob(f".{path.name}.new-*"):
            _remove_folder(leftover)
        new = Path(tempfile.mkdtemp(prefix=f".{path.name}.new-", dir=path.parent))
        try:
            new.chmod(0o777 & ~_umask())
            for name, content in files.items():
                _write(new / name, content)
            _sync_folder(new)
            _put_in_place(new, path)
        finally:
            # The new folder where the write failed, or the old one that it was exchanged for.
            _remove_folder(new)
    except OSError as error:
        raise ArtifactError(_failure_message(path, error)) from error


def intact_folder(path: Path) -> Path:
    """`path`, or its backup where a writer was killed between its two renames."""
    backup = _backup_path(path)
    if backup.is_dir() and not path.exists():
        return backup
    return path


def read_json(path: Path) -> Any:
    """The value that `write_json` wrote to `path`."""
    return json.loads(path.read_text(encoding="utf-8"))


def sha256(*paths: Path) -> str:
    """The hash of the files' contents, one after the other, as `sha256:<hex>`."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return f"sha256:{digest.hexdigest()}"


def _put_in_place(new: Path, path: Path) -> None:
    """Rename the new folder to `path`; an old one is then at the new one's former name, or
    deleted."""
    backup = _backup_path(path)
    if path.exists():
        # The backup is older than the folder at `path`.
        _remove_folder(backup)
        if _exchange(new, path):
            _sync_folder(path.parent)
            return
        path.rename(backup)
        _sync_folder(path.parent)
    try:
        new.rename(path)
    except OSError:
        if backup.exists():
            backup.rename(path)
        raise
    _sync_folder(path.parent)
    _remove_folder(backup)


def _remove_folder(folder: Path) -> None:
    """Delete a folder or a link to one, as far as possible."""
    if folder.is_symlink():
        folder.unlink()
    else:
        shutil.rmtree(folder, ignore_errors=True)


def _backup_path(path: Path) -> Path:
    """Where the old folder is between the two renames of a write."""
    return path.with_name(f".{path.name}.old")


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders atomically; False where the system or the file system can't.

    Raises:
        OSError: the exchange is supported, and failed.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    names = os.fsencode(one), os.fsencode(other)
    try:
        if sys.platform == "darwin":
            failed = libc.renamex_np(*names, _RENAME_SWAP)
        else:
            failed = libc.renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE)
    except AttributeError:  # a C library without it
        return False
    number = ctypes.get_errno()
    if failed and number not in _EXCHANGE_UNSUPPORTED:
        raise OSError(number, os.strerror(number), str(other))
    return not failed


def _sync_folder(folder: Path) -> None:
    """Sync a folder's entries to disk, against a power cut, where the file system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _failure_message(path: Path, error: OSError) -> str:
    remains = "what was there before is untouched" if path.exists() else "nothing was left behind"
    return (
        f"could not write {path}: {error.strerror or error}; {remains}. Make room or fix the"
        " permissions, and run again."
    )


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
