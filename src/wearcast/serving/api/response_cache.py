"""Answers kept ready: an answer once made is sent again as it is, until the snapshot or its age
changes.

An ASGI middleware around the routes. It knows nothing of weather: an answer that carries an ETag
may be kept, for the same address, language and encoding, as long as the `stamp` stays the same. It
also answers If-None-Match with 304, and HEAD with the headers alone.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

Headers = list[tuple[bytes, bytes]]
_HEADERS_OF_304: Final = {
    b"etag",
    b"cache-control",
    b"vary",
    b"date",
    b"content-location",
    b"expires",
}
_MAX_KEY_LENGTH: Final = 1_000
_OVERHEAD_BYTES: Final = 2_500
"""What an answer takes in memory beside its body: its headers, its key, and Python's objects for
them."""


@dataclass(frozen=True, slots=True)
class CachedResponse:
    """A whole answer."""

    status: int
    headers: Headers
    body: bytes
    etag: bytes

    async def send(self, method: str, if_none_match: bytes, send: Send) -> None:
        """Send it, or as much of it as the method and the condition ask for."""
        if self.etag and if_none_match and _matches(if_none_match, self.etag):
            headers = [
                header
                for header in self.headers
                if header[0] in _HEADERS_OF_304 or header[0].startswith(b"wearcast-")
            ]
            await send({"type": "http.response.start", "status": 304, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": b"" if method == "HEAD" else self.body})


class ResponseCache:
    """Middleware that keeps the answers of GET, up to `max_bytes` of them, the longest unused
    leaving first."""

    def __init__(
        self,
        app: ASGIApp,
        paths: Iterable[str],
        version: Callable[[], Hashable],
        max_bytes: int = 16_000_000,
    ) -> None:
        self._app = app
        self._paths = frozenset(paths)
        self._current_version = version
        self._max_bytes = max_bytes
        self._responses: OrderedDict[Hashable, CachedResponse] = OrderedDict()
        self._total_bytes = 0
        self._version: Hashable = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from what is kept, or let the routes answer and keep that."""
        if (
            scope["type"] != "http"
            or scope["method"] not in ("GET", "HEAD")
            or (path := route_path(scope)) not in self._paths
        ):
            await self._app(scope, receive, send)
            return
        variant = _variant_of(scope["headers"])
        key = (path, scope["query_string"], variant.language, variant.gzip)
        response = self._find(key)
        if response is None:
            response = await self._get_response(
                {**scope, "method": "GET", "headers": variant.canonical_headers(scope["headers"])},
                receive,
            )
            self._store(key, response)
        await response.send(scope["method"], variant.if_none_match, send)

    def _find(self, key: Hashable) -> CachedResponse | None:
        version = self._current_version()
        if version != self._version:
            self._version, self._total_bytes = version, 0
            self._responses.clear()
        response = self._responses.get(key)
        if response is not None:
            self._responses.move_to_end(key)
        return response

    async def _get_response(self, scope: Scope, receive: Receive) -> CachedResponse:
        status, headers, parts = 500, Headers(), list[bytes]()

        async def gather(message: Message) -> None:
            nonlocal status, headers
            if message["type"] == "http.response.start":
                status, headers = message["status"], list(message.get("headers", []))
            elif message["type"] == "http.response.body":
                parts.append(message.get("body", b""))

        await self._app(scope, receive, gather)
        etag = (
            next((value for name, value in headers if name == b"etag"), b"")
            if status == 200
            else b""
        )
        return CachedResponse(status, headers, b"".join(parts), etag)

    def _store(self, key: Hashable, response: CachedResponse) -> None:
        size = _size(response)
        # What was made while the stamp changed may be of either; who asks next makes it again.
        cacheable = (
            response.etag
            and key not in self._responses
            and self._current_version() == self._version
        )
        if not cacheable or size > self._max_bytes // 8 or len(str(key)) > _MAX_KEY_LENGTH:
            return
        self._responses[key] = response
        self._total_bytes += size
        while self._total_bytes > self._max_bytes:
            _, oldest = self._responses.popitem(last=False)
            self._total_bytes -= _size(oldest)


def route_path(scope: Scope) -> str:
    """The path of a request without the prefix that a proxy stripped and the server put back
    (ASGI's `root_path`)."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


def _size(response: CachedResponse) -> int:
    return len(response.body) + _OVERHEAD_BYTES


@dataclass(frozen=True, slots=True)
class _RequestVariant:
    language: bytes
    gzip: bool
    if_none_match: bytes

    def canonical_headers(self, headers: Headers) -> Headers:
        """The headers for the routes: what the kept answers are told apart by, they hear in these
        words and no others."""
        rest = [
            header
            for header in headers
            if header[0] not in (b"accept-language", b"accept-encoding")
        ]
        return [
            *rest,
            (b"accept-language", self.language),
            (b"accept-encoding", b"gzip" if self.gzip else b"identity"),
        ]


def _variant_of(headers: Iterable[tuple[bytes, bytes]]) -> _RequestVariant:
    found: dict[bytes, bytes] = {
        b"accept-language": b"",
        b"accept-encoding": b"",
        b"if-none-match": b"",
    }
    for name, value in headers:
        if name in found:
            # A header in several lines is one list (RFC 9110, 5.3).
            found[name] = found[name] + b"," + value if found[name] else value
    return _RequestVariant(
        found[b"accept-language"], _accepts_gzip(found[b"accept-encoding"]), found[b"if-none-match"]
    )


def _accepts_gzip(accept_encoding: bytes) -> bool:
    """Whether gzip is named, and not with a weight of 0 (RFC 9110, 12.5.3)."""
    if b"gzip" not in accept_encoding or b"q" not in accept_encoding:
        return b"gzip" in accept_encoding
    named = [
        part.replace(b" ", b"").partition(b";") for part in accept_encoding.lower().split(b",")
    ]
    return any(name == b"gzip" and weight.strip(b"0.") != b"q=" for name, _, weight in named)


def _matches(if_none_match: bytes, etag: bytes) -> bool:
    """Whether a condition names the tag, weakly compared (RFC 9110, 13.1.2)."""
    named = [tag.strip().removeprefix(b"W/") for tag in if_none_match.split(b",")]
    return b"*" in named or etag.removeprefix(b"W/") in named
