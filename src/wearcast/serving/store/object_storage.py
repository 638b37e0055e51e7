"""Named objects in a folder or an S3 bucket, by fsspec: atomic writes and compare-and-swap."""

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

from wearcast import network_environment
from wearcast.artifacts import write_bytes
from wearcast.errors import ArtifactError, ConflictError, StoreError
from wearcast.forecasting.snapshot_file import MAX_BYTES as MAX_SNAPSHOT_BYTES

_T = TypeVar("_T")
_CONFLICT_CODES: Final = {"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"}
"""S3's error codes for an object that changed since its tag was read; NoSuchKey where it was
deleted."""
_NO_CONDITIONAL_WRITES: Final = {"NotImplemented"}
_TIMEOUT_FACTOR: Final = 4
"""A request to a bucket, its retry included, may take this many times the timeout of one
response."""
MAX_OBJECT_BYTES: Final = MAX_SNAPSHOT_BYTES
"""No object is larger: a reader would need that much memory before it could tell what it has."""
_CHUNK_BYTES: Final = 256 * 1024
_PROXIES: Final = ("http", "https")
_CERTIFICATES: Final = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE")
"""What S3's client takes from the environment of proxies and certificates."""
_LOCK_TIMEOUT_S: Final = 10
"""A swap in a folder takes milliseconds; a lock held longer belongs to a process that hangs."""


@dataclass(frozen=True)
class ListedObject:
    """An object's name, and when it was written by the storage's own clock."""

    name: str
    modified_at: datetime


class ObjectStorage(Protocol):
    """Storage of named objects; every method raises StoreError where it can't be reached or
    refuses."""

    def get(self, name: str, max_bytes: int = MAX_OBJECT_BYTES) -> bytes | None:
        """An object's bytes; None where there is none.

        Raises:
            StoreError: it is larger than `max_bytes`, and wasn't read any further.
        """
        ...

    def get_tagged(
        self, name: str, max_bytes: int = MAX_OBJECT_BYTES
    ) -> tuple[bytes | None, str | None]:
        """An object's bytes and the tag of this content, for `swap`; None and None where there is
        no object.

        Raises:
            StoreError: as `get`.
        """
        ...

    def put(self, name: str, content: bytes) -> None:
        """Write an object, whole or not at all."""
        ...

    def swap(self, name: str, content: bytes, tag: str | None) -> None:
        """Write an object if its tag still is `tag`; None where it must not exist yet.

        Raises:
            ConflictError: somebody else has written it since.
        """
        ...

    def listing(self, folder: str) -> list[ListedObject]:
        """The objects in a folder."""
        ...

    def delete(self, name: str) -> None:
        """Delete an object, if it exists."""
        ...


def open_storage(url: str, timeout: timedelta) -> ObjectStorage:
    """The storage at a folder's path, or at s3://bucket/prefix with AWS's own credentials.

    Raises:
        ConfigError: the environment's proxies or certificates can't be meant.
    """
    if url.startswith("s3://"):
        return BucketStorage(url, timeout)
    return FolderStorage(Path(url))


class FolderStorage:
    """Objects as files of a folder; a lock file makes a swap atomic."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._files = fsspec.filesystem("file")

    def get(self, name: str, max_bytes: int = MAX_OBJECT_BYTES) -> bytes | None:
        """An object's bytes; None where there is none."""
        with self._as_store_errors(name):
            try:
                with (self._root / name).open("rb") as file:
                    content = file.read(max_bytes + 1)
            except FileNotFoundError:
                return None
        if len(content) > max_bytes:
            raise _too_large(self._path(name), max_bytes)
        return content

    def get_tagged(
        self, name: str, max_bytes: int = MAX_OBJECT_BYTES
    ) -> tuple[bytes | None, str | None]:
        """An object's bytes and their sha256."""
        content = self.get(name, max_bytes)
        if content is None:
            return None, None
        return content, hashlib.sha256(content).hexdigest()

    def put(self, name: str, content: bytes) -> None:
        """Write an object, whole or not at all."""
        with self._as_store_errors(name):
            write_bytes(self._root / name, content)

    def swap(self, name: str, content: bytes, tag: str | None) -> None:
        """Write an object if its sha256 still is `tag`.

        Raises:
            ConflictError: somebody else has written it since.
        """
        with self._as_store_errors(name):
            self._root.mkdir(parents=True, exist_ok=True)
            with FileLock(self._root / f".{name}.lock", timeout=_LOCK_TIMEOUT_S):
                if self.get_tagged(name)[1] != tag:
                    raise _conflict(str(self._root))
                write_bytes(self._root / name, content)

    def listing(self, folder: str) -> list[ListedObject]:
        """The files of a folder, temporary files of a killed writer among them."""
        with self._as_store_errors(folder):
            if not self._files.exists(self._path(folder)):
                return []
            entries = self._files.ls(self._path(folder), detail=True)
        listed = []
        for entry in entries:
            if entry["type"] == "file":
                name = f"{folder}/{Path(entry['name']).name}"
                listed.append(ListedObject(name, datetime.fromtimestamp(entry["mtime"], UTC)))
        return listed

    def delete(self, name: str) -> None:
        """Delete a file, if it exists."""
        with self._as_store_errors(name):
            (self._root / name).unlink(missing_ok=True)

    def _path(self, name: str) -> str:
        return str(self._root / name)

    @contextmanager
    def _as_store_errors(self, name: str) -> Iterator[None]:
        """Raise errors of the file system as StoreError."""
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
    """Objects of an S3 bucket below a prefix, without retries: callers try again by themselves."""

    def __init__(self, url: str, timeout: timedelta) -> None:
        # These take a second to import, and a folder doesn't need them.
        import aiohttp
        import botocore.exceptions

        network_environment.proxies(_PROXIES)
        network_environment.certificates(_CERTIFICATES)
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

    def get(self, name: str, max_bytes: int = MAX_OBJECT_BYTES) -> bytes | None:
        """An object's bytes; None where there is none."""
        return self.get_tagged(name, max_bytes)[0]

    def get_tagged(
        self, name: str, max_bytes: int = MAX_OBJECT_BYTES
    ) -> tuple[bytes | None, str | None]:
        """An object's bytes and their ETag, from one response."""
        with self._as_store_errors():
            try:
                return self._run_within_timeout(self._read, name, max_bytes)
            except FileNotFoundError as error:
                if _s3_error_code(error) == "NoSuchKey":
                    return None, None
                raise  # the bucket doesn't exist, or the server isn't S3

    def put(self, name: str, content: bytes) -> None:
        """Write an object; S3's writes are atomic."""
        with self._as_store_errors():
            self._run_within_timeout(self._write, name, content)

    def swap(self, name: str, content: bytes, tag: str | None) -> None:
        """Write an object if its ETag still is `tag`, by a conditional request.

        On a server without conditional requests the tag is compared just before the write, which
        leaves a moment in which another writer's object could be overwritten.

        Raises:
            ConflictError: somebody else has written it since.
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
                entries = self._run_within_timeout(self._s3._ls, self._path(folder), detail=True)
            except FileNotFoundError:
                return []
        listed = []
        for entry in entries:
            if entry["type"] == "file":
                name = entry["name"].rsplit("/", 1)[1]
                listed.append(ListedObject(f"{folder}/{name}", entry["LastModified"]))
        return listed

    def delete(self, name: str) -> None:
        """Delete an object, if it exists."""
        with self._as_store_errors():
            try:
                self._run_within_timeout(self._s3._rm_file, self._path(name))
            except FileNotFoundError:
                return

    def _require_own_content(self, name: str, content: bytes, refused: BaseException) -> None:
        """Accept a refused write whose object is there: the first try succeeded, its response got
        lost, and the retry was refused."""
        if self.get_tagged(name)[0] != content:
            raise _conflict(self._url) from refused

    def _path(self, name: str) -> str:
        if not self._prefix:
            return f"{self._bucket}/{name}"
        return f"{self._bucket}/{self._prefix}/{name}"

    async def _read(self, name: str, max_bytes: int) -> tuple[bytes, str | None]:
        path = self._path(name)
        key = path.removeprefix(f"{self._bucket}/")
        response = await self._s3._call_s3("get_object", Bucket=self._bucket, Key=key)
        content = bytearray()
        async with response["Body"] as body:
            while chunk := await body.read(_CHUNK_BYTES):
                content += chunk
                if len(content) > max_bytes:
                    body.close()  # what is left of it isn't received
                    raise _too_large(f"s3://{path}", max_bytes)
        return bytes(content), response.get("ETag")

    async def _write(self, name: str, content: bytes, **condition: str) -> None:
        path = self._path(name)
        await self._s3._pipe_file(path, content, **condition)

    def _run_within_timeout(
        self, work: Callable[..., Coroutine[Any, Any, _T]], *args: Any, **options: Any
    ) -> _T:
        """Run a coroutine on s3fs's loop and wait for it, at most as long as the timeout: the
        client's own timeouts don't end a request whose server accepts it and never responds."""
        loop = self._s3.loop
        timeout_s = self._timeout_s
        result: _T = fsspec.asyn.sync(
            loop,
            work,
            *args,
            timeout=timeout_s,
            **options,
        )
        return result

    @contextmanager
    def _as_store_errors(self) -> Iterator[None]:
        """Raise errors of the network and of S3 as StoreError."""
        try:
            yield
        except self._transport_errors as error:
            raise StoreError(
                f"{self._url} can't be used: {self._reason(error)}. Check the network, the bucket"
                " and who may use it."
            ) from error

    def _reason(self, error: BaseException) -> str:
        """The error's text and code, without the query of a signed URL, which holds credentials."""
        if isinstance(error, TimeoutError) and not str(error):
            return f"no whole answer within {self._timeout_s:g} s"
        without_queries = re.sub(r"\?\S*", "", str(error))
        text = without_queries.strip() or type(error).__name__
        code = _s3_error_code(error)
        if code and code not in text:
            return f"{text} ({code})"
        return text


def _too_large(where: str, max_bytes: int) -> StoreError:
    return StoreError(
        f"{where} is larger than the {max_bytes:,} bytes that may be read of it; it isn't what"
        " `wearcast refresh` wrote."
    )


def _conflict(where: str) -> ConflictError:
    return ConflictError(
        f"somebody else published to {where} meanwhile; theirs stands, and nothing was overwritten."
        " Run again."
    )


def _s3_error_code(error: BaseException | None) -> str:
    """S3's error code, from the error or from its cause where s3fs raised an OSError instead."""
    cause = getattr(error, "__cause__", None)
    response: Any = getattr(error, "response", None) or getattr(cause, "response", None)
    if not isinstance(response, dict):
        return ""
    return str(response.get("Error", {}).get("Code", ""))
