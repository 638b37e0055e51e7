"""Static files: compressed once, kept in memory, and for as long as they can't change in the
browser."""

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from tornado.web import HTTPError, RequestHandler

_HASHED: Final = re.compile(r"[._-][0-9a-f]{8,}\.\w+$|^[0-9a-f]{16,}\.\w+$")
"""Names that hold a hash of the content."""
_FOREVER: Final = "public, max-age=31536000, immutable"
_FOR_A_DAY: Final = "public, max-age=86400"
_GZIPPED_TYPES: Final = (
    "text/",
    "application/javascript",
    "application/json",
    "image/svg+xml",
    "application/vnd.ms-fontobject",
)


@dataclass(frozen=True)
class StaticFile:
    """A file as it is sent."""

    type: str
    plain: bytes
    gzipped: bytes | None
    etag: str


@lru_cache(maxsize=1_024)
def load_static_file(path: Path, changed_ns: int) -> StaticFile:  # noqa: ARG001 - a change makes it another content
    """A file's content, packed where that helps."""
    plain = path.read_bytes()
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    # A table of the machine may say text/javascript or application/javascript.
    gzipped = (
        gzip.compress(plain, 6, mtime=0)
        if kind.startswith(_GZIPPED_TYPES) and len(plain) > 500
        else None
    )
    return StaticFile(kind, plain, gzipped, f'"{hashlib.sha256(plain).hexdigest()[:32]}"')


class StaticFileHandler(RequestHandler):
    """Files from the first of several folders that has them."""

    def initialize(self, folders: Sequence[str]) -> None:
        """Take the folders, in order."""
        self._folders = [Path(folder).resolve() for folder in folders]

    def get(self, name: str) -> None:
        """Send one, unless the browser has it."""
        path = self._find(name)
        found = load_static_file(path, path.stat().st_mtime_ns)
        self.set_header("Content-Type", found.type)
        self.set_header("Vary", "Accept-Encoding")
        self.set_header(
            "Cache-Control",
            _FOREVER if self.get_argument("v", "") or _HASHED.search(path.name) else _FOR_A_DAY,
        )
        self.set_header("ETag", found.etag)
        if found.etag in self.request.headers.get("If-None-Match", ""):
            self.set_status(304)
        elif found.gzipped is not None and "gzip" in self.request.headers.get(
            "Accept-Encoding", ""
        ):
            self.set_header("Content-Encoding", "gzip")
            self.finish(found.gzipped)
        else:
            self.finish(found.plain)

    def set_default_headers(self) -> None:
        """Say nothing of the server, and let nobody guess a type."""
        self.clear_header("Server")
        self.set_header("X-Content-Type-Options", "nosniff")

    def compute_etag(self) -> None:
        """None: it is known already."""

    def _find(self, name: str) -> Path:
        for folder in self._folders:
            path = (folder / name).resolve()
            if path.is_relative_to(folder) and path.is_file():
                return path
        raise HTTPError(404)
