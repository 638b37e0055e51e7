"""Artifacts on disk: written beside their place and renamed into it, so that none is ever half there."""

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from wearcast.errors import ArtifactError


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that takes the place of `path` once it is complete and on disk.

    Raises:
        ArtifactError: it could not be written (a full disk, say). The old file is untouched.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        beside = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            beside.chmod(0o666 & ~_umask())
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise ArtifactError(_failure(path, error)) from error


def write_bytes(path: Path, content: bytes) -> None:
    """Put `content` at `path`, whole or not at all."""
    with replacing(path) as file:
        file.write(content)


def write_json(path: Path, value: Any) -> None:
    """Put `value` at `path` as JSON that is the same bytes for the same value; NaN is refused."""
    write_bytes(path, to_json(value))


def to_json(value: Any) -> bytes:
    """`value` as JSON, the same bytes for the same value; NaN is refused."""
    return f"{json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)}\n".encode()


def write_folder(path: Path, files: Mapping[str, bytes]) -> None:
    """Put a folder of files at `path`, all of them or, if that fails, what was there before.

    Raises:
        ArtifactError: it could not be written (a full disk, say). The old folder is untouched.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as beside:
            new, old = Path(beside, "new"), Path(beside, "old")
            new.mkdir()
            for name, content in files.items():
                _write(new / name, content)
            if path.exists():
                path.rename(old)
            try:
                new.rename(path)
            except OSError:
                if old.exists():
                    old.rename(path)
                raise
    except OSError as error:
        raise ArtifactError(_failure(path, error)) from error


def read_json(path: Path) -> Any:
    """The value `write_json` put at `path`."""
    return json.loads(path.read_text(encoding="utf-8"))


def sha256(*paths: Path) -> str:
    """The hash of the files' contents, one after the other, as `sha256:<hex>`."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return f"sha256:{digest.hexdigest()}"


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _failure(path: Path, error: OSError) -> str:
    kept = "what was there before is untouched" if path.exists() else "nothing was left behind"
    return f"could not write {path}: {error.strerror or error}; {kept}. Make room or fix the permissions, and run again."


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
