"""Artifacts on disk: written beside their place and renamed into it, so that none is ever half
there."""

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
"""Said by a kernel or a file system that doesn't know of it, and by containers that forbid what
they don't know."""


@contextlib.contextmanager
def open_atomically(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that takes the place of `path` once it is complete and on disk.

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
    """Put `content` at `path`, whole or not at all."""
    with open_atomically(path) as file:
        file.write(content)


def write_json(path: Path, value: Any) -> None:
    """Put `value` at `path` as JSON that is the same bytes for the same value; NaN is refused."""
    write_bytes(path, to_json(value))


def to_json(value: Any) -> bytes:
    """`value` as JSON, the same bytes for the same value; NaN is refused."""
    return f"{json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)}\n".encode()


def write_folder(path: Path, files: Mapping[str, bytes]) -> None:
    """Put a folder of files at `path`, all of them or, if that fails, what was there before.

    At most one process may write a folder. Whenever it is killed, the old folder or the new one is
    whole: at `path`, or, where the file system can't exchange two folders in one step, where
    `intact_folder` finds it. The next write clears away what a killed one left.

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
            # Either the new folder that didn't get there, or the old one that it was exchanged for.
            _remove_folder(new)
    except OSError as error:
        raise ArtifactError(_failure_message(path, error)) from error


def intact_folder(path: Path) -> Path:
    """Where the folder that was put at `path` is: there, or where a writer that was killed between
    two renames left the old one."""
    backup = _backup_path(path)
    return backup if backup.is_dir() and not path.exists() else path


def read_json(path: Path) -> Any:
    """The value `write_json` put at `path`."""
    return json.loads(path.read_text(encoding="utf-8"))


def sha256(*paths: Path) -> str:
    """The hash of the files' contents, one after the other, as `sha256:<hex>`."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return f"sha256:{digest.hexdigest()}"


def _put_in_place(new: Path, path: Path) -> None:
    """Let `path` be the new folder; the old one, if there is any, is where the new one was, or
    gone."""
    backup = _backup_path(path)
    if path.exists():
        # An older one than what stands at `path`.
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
    """Remove what nobody needs any more, as far as possible."""
    if folder.is_symlink():
        folder.unlink()
    else:
        shutil.rmtree(folder, ignore_errors=True)


def _backup_path(path: Path) -> Path:
    """Where the old folder is while neither it nor the new one is at `path`."""
    return path.with_name(f".{path.name}.old")


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step; False where that can't be done here.

    Raises:
        OSError: it could be, and failed.
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
    """Let the names in a folder survive a power cut; where a file system can't, they are as safe as
    it makes them."""
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
