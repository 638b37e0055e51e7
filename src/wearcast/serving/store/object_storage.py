"""Named bytes in a folder or a bucket, by fsspec: whole or not there, and one of them swapped only
if nobody else did."""

import hashlib
import re
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import fsspec
import fsspec.asyn
from filelock import FileLock

from wearcast.artifacts import write_bytes
from wearcast.errors import ArtifactError, ConflictError, StoreError

_T = TypeVar("_T")
_CONTENDED: Final = {"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"}
"""S3's names for a state that isn't the one expected any more; the last where the object is
gone."""
_UNCONDITIONAL: Final = {"NotImplemented"}
_PATIENCE: Final = 4
"""A request to a bucket, its second try included, may take as long as so many answers."""
_LOCKED_S: Final = 10
"""A swap in a folder takes milliseconds; who waits longer for it waits for somebody who hangs."""


@dataclass(frozen=True)
class Listed:
    """An object in a listing: its name, and when it was written by the clock of the place that
    keeps it."""

    name: str
    modified_at: datetime


class Objects(Protocol):
    """Where a store keeps its objects. Every method raises StoreError when the place can't be
    reached or refuses."""

    def get(self, name: str) -> bytes | None:
        """An object's bytes; None where there is none."""
        ...

    def get_tagged(self, name: str) -> tuple[bytes | None, str | None]:
        """An object's bytes and the tag of just this content, for `swap`."""
        ...

    def put(self, name: str, content: bytes) -> None:
        """Write an object, whole or not at all."""
        ...

    def swap(self, name: str, content: bytes, tag: str | None) -> None:
        """Write an object if it still is the one of that tag, None for one that isn't there yet.

        Raises:
            ConflictError: it is another one by now.
        """
        ...

    def listing(self, folder: str) -> list[Listed]:
        """The objects in a folder."""
        ...

    def delete(self, name: str) -> None:
        """Remove an object; one that is gone already is no error."""
        ...


def open_objects(url: str, timeout: timedelta) -> Objects:
    """The objects at a folder's path, or at s3://bucket/prefix with the credentials of AWS's own
    settings."""
    return Bucket(url, timeout) if url.startswith("s3://") else Folder(Path(url))


class Folder:
    """Objects as files of a folder; a lock beside them makes a swap one step."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._files = fsspec.filesystem("file")

    def get(self, name: str) -> bytes | None:
        """An object's bytes; None where there is none."""
        with self._told(name):
            try:
                content: bytes = self._files.cat_file(self._path(name))
            except FileNotFoundError:
                return None
            return content

    def get_tagged(self, name: str) -> tuple[bytes | None, str | None]:
        """An object's bytes and the hash of them."""
        content = self.get(name)
        return content, None if content is None else hashlib.sha256(content).hexdigest()

    def put(self, name: str, content: bytes) -> None:
        """Write an object, whole or not at all."""
        with self._told(name):
            write_bytes(self._root / name, content)

    def swap(self, name: str, content: bytes, tag: str | None) -> None:
        """Write an object if it still is the one of that tag.

        Raises:
            ConflictError: it is another one by now.
        """
        with self._told(name):
            self._root.mkdir(parents=True, exist_ok=True)
            with FileLock(self._root / f".{name}.lock", timeout=_LOCKED_S):
                if self.get_tagged(name)[1] != tag:
                    raise _conflict(str(self._root))
                write_bytes(self._root / name, content)

    def listing(self, folder: str) -> list[Listed]:
        """The files of a folder, those that a killed writer left half-written among them."""
        with self._told(folder):
            if not self._files.exists(self._path(folder)):
                return []
            found = self._files.ls(self._path(folder), detail=True)
            files = [entry for entry in found if entry["type"] == "file"]
            return [
                Listed(f"{folder}/{Path(e['name']).name}", datetime.fromtimestamp(e["mtime"], UTC))
                for e in files
            ]

    def delete(self, name: str) -> None:
        """Remove a file, if it is there."""
        with self._told(name):
            (self._root / name).unlink(missing_ok=True)

    def _path(self, name: str) -> str:
        return str(self._root / name)

    @contextmanager
    def _told(self, name: str) -> Iterator[None]:
        try:
            yield
        except ArtifactError as error:
            raise StoreError(str(error)) from error
        except OSError as error:
            reason = error.strerror or error
            raise StoreError(
                f"{self._path(name)} can't be used: {reason}. Check the folder and its permissions."
            ) from error


class Bucket:
    """Objects of an S3 bucket below a prefix. One try each: whoever asks comes back later by
    itself."""

    def __init__(self, url: str, timeout: timedelta) -> None:
        # They take a second to import, and a folder needs none of them.
        import aiohttp
        import botocore.exceptions

        self._url = url
        self._bucket, _, self._prefix = url.removeprefix("s3://").partition("/")
        self._patience_s = _PATIENCE * timeout.total_seconds()
        self._failures = (
            OSError,
            TimeoutError,
            aiohttp.ClientError,
            botocore.exceptions.BotoCoreError,
            botocore.exceptions.ClientError,
        )
        patience = {
            "connect_timeout": timeout.total_seconds(),
            "read_timeout": timeout.total_seconds(),
            "retries": {"max_attempts": 1},
        }
        self._s3 = fsspec.filesystem(
            "s3",
            use_listings_cache=False,
            skip_instance_cache=True,
            default_fill_cache=False,
            config_kwargs=patience,
        )
        self._s3.retries = 1

    def get(self, name: str) -> bytes | None:
        """An object's bytes; None where there is none."""
        return self.get_tagged(name)[0]

    def get_tagged(self, name: str) -> tuple[bytes | None, str | None]:
        """An object's bytes and their ETag, of one and the same answer."""
        with self._told():
            try:
                return self._done(self._read, name)
            except FileNotFoundError as error:
                if _code(error) == "NoSuchKey":
                    return None, None
                raise  # no bucket, or nothing that knows of objects

    def put(self, name: str, content: bytes) -> None:
        """Write an object; a server shows it whole or not at all."""
        with self._told():
            self._done(self._write, name, content)

    def swap(self, name: str, content: bytes, tag: str | None) -> None:
        """Write an object if it still is the one of that tag; the server decides.

        A server without conditional writes is asked just before for the tag instead, which leaves a
        moment in which another writer's object could be replaced, never a broken one.

        Raises:
            ConflictError: it is another one by now.
        """
        condition = {"mode": "create"} if tag is None else {"IfMatch": tag}
        with self._told():
            try:
                self._done(self._write, name, content, **condition)
            except self._failures as error:
                code = _code(error)
                if code in _CONTENDED or isinstance(error, FileExistsError):
                    self._require_ours(name, content, error)
                    return
                if code not in _UNCONDITIONAL:
                    raise
                if self.get_tagged(name)[1] != tag:
                    raise _conflict(self._url) from error
                self._done(self._write, name, content)

    def listing(self, folder: str) -> list[Listed]:
        """The objects in a folder."""
        with self._told():
            try:
                found = self._done(self._s3._ls, self._path(folder), detail=True)
            except FileNotFoundError:
                return []
            return [
                Listed(f"{folder}/{e['name'].rsplit('/', 1)[1]}", e["LastModified"])
                for e in found
                if e["type"] == "file"
            ]

    def delete(self, name: str) -> None:
        """Remove an object, if it is there."""
        with self._told():
            try:
                self._done(self._s3._rm_file, self._path(name))
            except FileNotFoundError:
                return

    def _require_ours(self, name: str, content: bytes, refused: BaseException) -> None:
        """A try whose answer got lost is made again, and refused because it had succeeded."""
        if self.get_tagged(name)[0] != content:
            raise _conflict(self._url) from refused

    def _path(self, name: str) -> str:
        return f"{self._bucket}/{self._prefix}/{name}" if self._prefix else f"{self._bucket}/{name}"

    async def _read(self, name: str) -> tuple[bytes, str | None]:
        key = self._path(name).removeprefix(f"{self._bucket}/")
        answer = await self._s3._call_s3("get_object", Bucket=self._bucket, Key=key)
        async with answer["Body"] as body:
            return await body.read(), answer.get("ETag")

    async def _write(self, name: str, content: bytes, **condition: str) -> None:
        await self._s3._pipe_file(self._path(name), content, **condition)

    def _done(self, work: Callable[..., Coroutine[Any, Any, _T]], *args: Any, **options: Any) -> _T:
        """What the work comes to, in bounded time: a server that takes a request and then says
        nothing ends no wait by itself."""
        done: _T = fsspec.asyn.sync(self._s3.loop, work, *args, timeout=self._patience_s, **options)
        return done

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except self._failures as error:
            raise StoreError(
                f"{self._url} can't be used: {self._reason(error)}. Check the network, the bucket"
                " and who may use it."
            ) from error

    def _reason(self, error: BaseException) -> str:
        """What went wrong, without what a signed address carries behind its question mark."""
        if isinstance(error, TimeoutError) and not str(error):
            return f"no whole answer within {self._patience_s:g} s"
        code = _code(error)
        text = re.sub(r"\?\S*", "", str(error)).strip() or type(error).__name__
        return f"{text} ({code})" if code and code not in text else text


def _conflict(where: str) -> ConflictError:
    return ConflictError(
        f"somebody else published to {where} meanwhile; theirs stands, and nothing was overwritten."
        " Run again."
    )


def _code(error: BaseException | None) -> str:
    """S3's own name for what went wrong, which s3fs translates into an OSError around it."""
    response: Any = getattr(error, "response", None) or getattr(
        getattr(error, "__cause__", None), "response", None
    )
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""
