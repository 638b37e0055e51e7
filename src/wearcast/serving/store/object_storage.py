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
_CONFLICT_CODES: Final = {"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"}
"""S3's names for a state that isn't the one expected any more; the last where the object is
gone."""
_NO_CONDITIONAL_WRITES: Final = {"NotImplemented"}
_TIMEOUT_FACTOR: Final = 4
"""A request to a bucket, its second try included, may take as long as so many answers."""
_LOCK_TIMEOUT_S: Final = 10
"""A swap in a folder takes milliseconds; who waits longer for it waits for somebody who hangs."""


@dataclass(frozen=True)
class ListedObject:
    """An object in a listing: its name, and when it was written by the clock of the place that
    keeps it."""

    name: str
    modified_at: datetime


class ObjectStorage(Protocol):
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

    def listing(self, folder: str) -> list[ListedObject]:
        """The objects in a folder."""
        ...

    def delete(self, name: str) -> None:
        """Remove an object; one that is gone already is no error."""
        ...


def open_storage(url: str, timeout: timedelta) -> ObjectStorage:
    """The objects at a folder's path, or at s3://bucket/prefix with the credentials of AWS's own
    settings."""
    return BucketStorage(url, timeout) if url.startswith("s3://") else FolderStorage(Path(url))


class FolderStorage:
    """Objects as files of a folder; a lock beside them makes a swap one step."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._files = fsspec.filesystem("file")

    def get(self, name: str) -> bytes | None:
        """An object's bytes; None where there is none."""
        with self._as_store_errors(name):
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
        with self._as_store_errors(name):
            write_bytes(self._root / name, content)

    def swap(self, name: str, content: bytes, tag: str | None) -> None:
        """Write an object if it still is the one of that tag.

        Raises:
            ConflictError: it is another one by now.
        """
        with self._as_store_errors(name):
            self._root.mkdir(parents=True, exist_ok=True)
            with FileLock(self._root / f".{name}.lock", timeout=_LOCK_TIMEOUT_S):
                if self.get_tagged(name)[1] != tag:
                    raise _conflict(str(self._root))
                write_bytes(self._root / name, content)

    def listing(self, folder: str) -> list[ListedObject]:
        """The files of a folder, those that a killed writer left half-written among them."""
        with self._as_store_errors(folder):
            if not self._files.exists(self._path(folder)):
                return []
            found = self._files.ls(self._path(folder), detail=True)
            files = [entry for entry in found if entry["type"] == "file"]
            return [
                ListedObject(
                    f"{folder}/{Path(e['name']).name}", datetime.fromtimestamp(e["mtime"], UTC)
                )
                for e in files
            ]

    def delete(self, name: str) -> None:
        """Remove a file, if it is there."""
        with self._as_store_errors(name):
            (self._root / name).unlink(missing_ok=True)

    def _path(self, name: str) -> str:
        return str(self._root / name)

    @contextmanager
    def _as_store_errors(self, name: str) -> Iterator[None]:
        try:
            yield
        except ArtifactError as error:
            raise StoreError(str(error)) from error
        except OSError as error:
            reason = error.strerror or error
            raise StoreError(
                f"{self._path(name)} can't be used: {reason}. Check the folder and its permissions."
            ) from error


class BucketStorage:
    """Objects of an S3 bucket below a prefix. One try each: whoever asks comes back later by
    itself."""

    def __init__(self, url: str, timeout: timedelta) -> None:
        # They take a second to import, and a folder needs none of them.
        import aiohttp
        import botocore.exceptions

        self._url = url
        self._bucket, _, self._prefix = url.removeprefix("s3://").partition("/")
        self._timeout_s = _TIMEOUT_FACTOR * timeout.total_seconds()
        self._transport_errors = (
            OSError,
            TimeoutError,
            aiohttp.ClientError,
            botocore.exceptions.BotoCoreError,
            botocore.exceptions.ClientError,
        )
        client_config = {
            "connect_timeout": timeout.total_seconds(),
            "read_timeout": timeout.total_seconds(),
            "retries": {"max_attempts": 1},
        }
        self._s3 = fsspec.filesystem(
            "s3",
            use_listings_cache=False,
            skip_instance_cache=True,
            default_fill_cache=False,
            config_kwargs=client_config,
        )
        self._s3.retries = 1

    def get(self, name: str) -> bytes | None:
        """An object's bytes; None where there is none."""
        return self.get_tagged(name)[0]

    def get_tagged(self, name: str) -> tuple[bytes | None, str | None]:
        """An object's bytes and their ETag, of one and the same answer."""
        with self._as_store_errors():
            try:
                return self._run_within_timeout(self._read, name)
            except FileNotFoundError as error:
                if _s3_error_code(error) == "NoSuchKey":
                    return None, None
                raise  # no bucket, or nothing that knows of objects

    def put(self, name: str, content: bytes) -> None:
        """Write an object; a server shows it whole or not at all."""
        with self._as_store_errors():
            self._run_within_timeout(self._write, name, content)

    def swap(self, name: str, content: bytes, tag: str | None) -> None:
        """Write an object if it still is the one of that tag; the server decides.

        A server without conditional writes is asked just before for the tag instead, which leaves a
        moment in which another writer's object could be replaced, never a broken one.

        Raises:
            ConflictError: it is another one by now.
        """
        condition = {"mode": "create"} if tag is None else {"IfMatch": tag}
        with self._as_store_errors():
            try:
                self._run_within_timeout(self._write, name, content, **condition)
            except self._transport_errors as error:
                code = _s3_error_code(error)
                if code in _CONFLICT_CODES or isinstance(error, FileExistsError):
                    self._require_own_content(name, content, error)
                    return
                if code not in _NO_CONDITIONAL_WRITES:
                    raise
                if self.get_tagged(name)[1] != tag:
                    raise _conflict(self._url) from error
                self._run_within_timeout(self._write, name, content)

    def listing(self, folder: str) -> list[ListedObject]:
        """The objects in a folder."""
        with self._as_store_errors():
            try:
                found = self._run_within_timeout(self._s3._ls, self._path(folder), detail=True)
            except FileNotFoundError:
                return []
            return [
                ListedObject(f"{folder}/{e['name'].rsplit('/', 1)[1]}", e["LastModified"])
                for e in found
                if e["type"] == "file"
            ]

    def delete(self, name: str) -> None:
        """Remove an object, if it is there."""
        with self._as_store_errors():
            try:
                self._run_within_timeout(self._s3._rm_file, self._path(name))
            except FileNotFoundError:
                return

    def _require_own_content(self, name: str, content: bytes, refused: BaseException) -> None:
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

    def _run_within_timeout(
        self, work: Callable[..., Coroutine[Any, Any, _T]], *args: Any, **options: Any
    ) -> _T:
        """What the work comes to, in bounded time: a server that takes a request and then says
        nothing ends no wait by itself."""
        done: _T = fsspec.asyn.sync(self._s3.loop, work, *args, timeout=self._timeout_s, **options)
        return done

    @contextmanager
    def _as_store_errors(self) -> Iterator[None]:
        try:
            yield
        except self._transport_errors as error:
            raise StoreError(
                f"{self._url} can't be used: {self._reason(error)}. Check the network, the bucket"
                " and who may use it."
            ) from error

    def _reason(self, error: BaseException) -> str:
        """What went wrong, without what a signed address carries behind its question mark."""
        if isinstance(error, TimeoutError) and not str(error):
            return f"no whole answer within {self._timeout_s:g} s"
        code = _s3_error_code(error)
        text = re.sub(r"\?\S*", "", str(error)).strip() or type(error).__name__
        return f"{text} ({code})" if code and code not in text else text


def _conflict(where: str) -> ConflictError:
    return ConflictError(
        f"somebody else published to {where} meanwhile; theirs stands, and nothing was overwritten."
        " Run again."
    )


def _s3_error_code(error: BaseException | None) -> str:
    """S3's own name for what went wrong, which s3fs translates into an OSError around it."""
    response: Any = getattr(error, "response", None) or getattr(
        getattr(error, "__cause__", None), "response", None
    )
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""
