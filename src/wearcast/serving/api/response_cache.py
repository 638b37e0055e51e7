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
_OF_A_304: Final = {b"etag", b"cache-control", b"vary", b"date", b"content-location", b"expires"}
_LONGEST_KEY: Final = 1_000
_BESIDE_BYTES: Final = 2_500
"""What an answer takes in memory beside its body: its headers, its key, and Python's objects for
them."""


@dataclass(frozen=True, slots=True)
class Answer:
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
                if header[0] in _OF_A_304 or header[0].startswith(b"wearcast-")
            ]
            await send({"type": "http.response.start", "status": 304, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": b"" if method == "HEAD" else self.body})


class AnswerCache:
    """Middleware that keeps the answers of GET, up to `max_bytes` of them, the longest unused
    leaving first."""

    def __init__(
        self,
        app: ASGIApp,
        paths: Iterable[str],
        stamp: Callable[[], Hashable],
        max_bytes: int = 16_000_000,
    ) -> None:
        self._app = app
        self._paths = frozenset(paths)
        self._stamp = stamp
        self._max_bytes = max_bytes
        self._kept: OrderedDict[Hashable, Answer] = OrderedDict()
        self._kept_bytes = 0
        self._of: Hashable = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from what is kept, or let the routes answer and keep that."""
        if (
            scope["type"] != "http"
            or scope["method"] not in ("GET", "HEAD")
            or (path := address(scope)) not in self._paths
        ):
            await self._app(scope, receive, send)
            return
        asked = _conditions(scope["headers"])
        key = (path, scope["query_string"], asked.language, asked.gzip)
        answer = self._find(key)
        if answer is None:
            answer = await self._make(
                {**scope, "method": "GET", "headers": asked.only(scope["headers"])}, receive
            )
            self._keep(key, answer)
        await answer.send(scope["method"], asked.if_none_match, send)

    def _find(self, key: Hashable) -> Answer | None:
        stamp = self._stamp()
        if stamp != self._of:
            self._of, self._kept_bytes = stamp, 0
            self._kept.clear()
        answer = self._kept.get(key)
        if answer is not None:
            self._kept.move_to_end(key)
        return answer

    async def _make(self, scope: Scope, receive: Receive) -> Answer:
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
        return Answer(status, headers, b"".join(parts), etag)

    def _keep(self, key: Hashable, answer: Answer) -> None:
        size = _size(answer)
        # What was made while the stamp changed may be of either; who asks next makes it again.
        lasting = answer.etag and key not in self._kept and self._stamp() == self._of
        if not lasting or size > self._max_bytes // 8 or len(str(key)) > _LONGEST_KEY:
            return
        self._kept[key] = answer
        self._kept_bytes += size
        while self._kept_bytes > self._max_bytes:
            _, oldest = self._kept.popitem(last=False)
            self._kept_bytes -= _size(oldest)


def address(scope: Scope) -> str:
    """The path of a request without the prefix that a proxy stripped and the server put back
    (ASGI's `root_path`)."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


def _size(answer: Answer) -> int:
    return len(answer.body) + _BESIDE_BYTES


@dataclass(frozen=True, slots=True)
class _Conditions:
    language: bytes
    gzip: bool
    if_none_match: bytes

    def only(self, headers: Headers) -> Headers:
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


def _conditions(headers: Iterable[tuple[bytes, bytes]]) -> _Conditions:
    found: dict[bytes, bytes] = {
        b"accept-language": b"",
        b"accept-encoding": b"",
        b"if-none-match": b"",
    }
    for name, value in headers:
        if name in found:
            # A header in several lines is one list (RFC 9110, 5.3).
            found[name] = found[name] + b"," + value if found[name] else value
    return _Conditions(
        found[b"accept-language"], _takes_gzip(found[b"accept-encoding"]), found[b"if-none-match"]
    )


def _takes_gzip(accept_encoding: bytes) -> bool:
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
