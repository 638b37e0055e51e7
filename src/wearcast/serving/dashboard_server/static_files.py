"""Static files: compressed once and cached in memory, cacheable for a day or, by hash, for ever."""

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from tornado.web import HTTPError, RequestHandler

_HASHED: Final = re.compile(r"[._-][0-9a-f]{8,}\.\w+$|^[0-9a-f]{16,}\.\w+$")
"""Names with a hash of the content."""
_FOREVER: Final = "public, max-age=31536000, immutable"
_FOR_A_DAY: Final = "public, max-age=86400"
_MIN_GZIP_BYTES: Final = 500
_GZIPPED_TYPES: Final = (
    "text/",
    "application/javascript",
    "application/json",
    "image/svg+xml",
    "application/vnd.ms-fontobject",
)


@dataclass(frozen=True)
class StaticFile:
    """A static file in memory.

    Attributes:
        type: its media type.
        plain: its content.
        gzipped: its content compressed; None where that isn't worth it.
        etag: its ETag.
    """

    type: str
    plain: bytes
    gzipped: bytes | None
    etag: str


@lru_cache(maxsize=1_024)
def load_static_file(path: Path, changed_ns: int) -> StaticFile:  # noqa: ARG001 - in the cache key
    """Read a file."""
    # The machine's table may have text/javascript or application/javascript.
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return static_file(media_type, path.read_bytes())


def static_file(media_type: str, plain: bytes) -> StaticFile:
    """A file of these bytes, compressed where that helps."""
    gzipped = None
    if media_type.startswith(_GZIPPED_TYPES) and len(plain) > _MIN_GZIP_BYTES:
        gzipped = gzip.compress(plain, 6, mtime=0)
    digest = hashlib.sha256(plain).hexdigest()
    return StaticFile(media_type, plain, gzipped, f'"{digest[:32]}"')


class StaticFileHandler(RequestHandler):
    """Serves a file from the first of several folders that has it."""

    def initialize(self, folders: Sequence[str]) -> None:
        """Set the folders, in the order of their precedence."""
        paths = map(Path, folders)
        self._folders = [path.resolve() for path in paths]

    def get(self, name: str) -> None:
        """Send a file; 304 where the browser has it."""
        path = self._find(name)
        file = load_static_file(path, path.stat().st_mtime_ns)
        immutable = self.get_argument("v", "") or _HASHED.search(path.name)
        self.set_header("Cache-Control", _FOREVER if immutable else _FOR_A_DAY)
        send_static_file(self, file)

    def head(self, name: str) -> None:
        """Do as GET does."""
        self.get(name)

    def set_default_headers(self) -> None:
        """Hide the server's name, and forbid browsers to guess the type."""
        self.clear_header("Server")
        self.set_header("X-Content-Type-Options", "nosniff")

    def compute_etag(self) -> None:
        """Disable Tornado's ETag: `get` sets one."""

    def write_error(self, status_code: int, **_: Any) -> None:
        """Send the status alone."""
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"{status_code}\n")

    def _find(self, name: str) -> Path:
        for folder in self._folders:
            path = _file_in(folder, name)
            if path is not None:
                return path
        raise HTTPError(404)


def _file_in(folder: Path, name: str) -> Path | None:
    """The file of this name in a folder; None where there is none, or no file can have the name."""
    try:
        path = (folder / name).resolve()
        found = path.is_relative_to(folder) and path.is_file()
    except (OSError, ValueError):
        return None
    return path if found else None


def send_static_file(
    handler: RequestHandler, file: StaticFile, vary: str = "Accept-Encoding"
) -> None:
    """Send a file, compressed where the browser takes that; 304 where it has it."""
    headers = handler.request.headers
    handler.set_header("Content-Type", file.type)
    handler.set_header("Vary", vary)
    handler.set_header("ETag", file.etag)
    if file.etag in headers.get("If-None-Match", ""):
        handler.set_status(304)
        handler.finish()
        return
    content = file.plain
    if file.gzipped is not None and "gzip" in headers.get("Accept-Encoding", ""):
        handler.set_header("Content-Encoding", "gzip")
        content = file.gzipped
    handler.set_header("Content-Length", str(len(content)))
    # Headers first: Tornado would copy the content behind them, for each browser that reads slowly.
    handler.flush()
    handler.finish(content)
