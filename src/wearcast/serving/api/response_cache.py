"""A cache of whole responses, valid until the snapshot or its age changes.

An ASGI middleware around the routes. A response with an ETag is cached by path, query, language and
encoding, as long as `version` returns the same value. The middleware also answers If-None-Match
with 304, and HEAD with the headers alone.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wearcast.serving.api.asgi import first_header, route_path

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
"""The memory of a cached response beside its body: headers, key, and Python's objects for them."""


@dataclass(frozen=True, slots=True)
class CachedResponse:
    """A whole response."""

    status: int
    headers: Headers
    body: bytes
    etag: bytes

    async def send(self, method: str, if_none_match: bytes, send: Send) -> None:
        """Send it: as 304 where the client's ETag matches, without the body for HEAD."""
        if self.etag and if_none_match and _matches(if_none_match, self.etag):
            await _send(send, 304, self._headers_of_304(), b"")
            return
        body = b"" if method == "HEAD" else self.body
        await _send(send, self.status, self.headers, body)

    def _headers_of_304(self) -> Headers:
        return [
            (name, value)
            for name, value in self.headers
            if name in _HEADERS_OF_304 or name.startswith(b"wearcast-")
        ]


class ResponseCache:
    """Middleware that caches responses to GET, up to `max_bytes`, evicting the least recently used.

    Args:
        app: the app inside.
        paths: the paths whose responses are cached.
        version: returns a value that changes whenever cached responses become invalid.
        max_bytes: of all cached responses.
    """

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
        """Respond from the cache, or from the app, whose response is cached."""
        if not self._is_cacheable(scope):
            await self._app(scope, receive, send)
            return
        variant = _variant_of(scope["headers"])
        key = (route_path(scope), scope["query_string"], variant.language, variant.gzip)
        response = self._find(key)
        if response is None:
            headers = variant.canonical_headers(scope["headers"])
            get_scope = {**scope, "method": "GET", "headers": headers}
            response = await self._get_response(get_scope, receive)
            self._store(key, response)
        await response.send(scope["method"], variant.if_none_match, send)

    def _is_cacheable(self, scope: Scope) -> bool:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            return False
        return route_path(scope) in self._paths

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
        etag = first_header(headers, b"etag") if status == 200 else b""
        return CachedResponse(status, headers, b"".join(parts), etag)

    def _store(self, key: Hashable, response: CachedResponse) -> None:
        if not response.etag or key in self._responses:
            return
        # A response computed while the version changed may be of either version.
        if self._current_version() != self._version:
            return
        size = _size(response)
        if size > self._max_bytes // 8 or len(str(key)) > _MAX_KEY_LENGTH:
            return
        self._responses[key] = response
        self._total_bytes += size
        while self._total_bytes > self._max_bytes:
            _, oldest = self._responses.popitem(last=False)
            self._total_bytes -= _size(oldest)


async def _send(send: Send, status: int, headers: Headers, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _size(response: CachedResponse) -> int:
    return len(response.body) + _OVERHEAD_BYTES


@dataclass(frozen=True, slots=True)
class _RequestVariant:
    """What distinguishes the responses of one path and query, and the condition of the request."""

    language: bytes
    gzip: bool
    if_none_match: bytes

    def canonical_headers(self, headers: Headers) -> Headers:
        """The headers for the app: language and encoding exactly as they are in the cache's key."""
        varying = (b"accept-language", b"accept-encoding")
        canonical = [(name, value) for name, value in headers if name not in varying]
        canonical.append((b"accept-language", self.language))
        canonical.append((b"accept-encoding", b"gzip" if self.gzip else b"identity"))
        return canonical


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
        language=found[b"accept-language"],
        gzip=_accepts_gzip(found[b"accept-encoding"]),
        if_none_match=found[b"if-none-match"],
    )


def _accepts_gzip(accept_encoding: bytes) -> bool:
    """Whether gzip is accepted, not with a weight of 0 (RFC 9110, 12.5.3)."""
    if b"gzip" not in accept_encoding or b"q" not in accept_encoding:
        return b"gzip" in accept_encoding
    for part in accept_encoding.lower().split(b","):
        name, _, weight = part.replace(b" ", b"").partition(b";")
        if name == b"gzip" and weight.strip(b"0.") != b"q=":
            return True
    return False


def _matches(if_none_match: bytes, etag: bytes) -> bool:
    """Whether If-None-Match names the ETag, by weak comparison (RFC 9110, 13.1.2)."""
    parts = if_none_match.split(b",")
    tags = [part.strip().removeprefix(b"W/") for part in parts]
    if b"*" in tags:
        return True
    return etag.removeprefix(b"W/") in tags
