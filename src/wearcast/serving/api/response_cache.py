"""The cache of answers: each is computed and compressed once, and kept until the snapshot changes.

`AnswerCache` keeps answers by path, query, preferred language and encoding. `CachedAnswers` is the
ASGI middleware around the routes: it sends kept answers with their ages as they are now, lets
others be computed, once for all clients who ask for the same at the same time, and responds to
If-None-Match with 304 and to HEAD with the headers alone.
"""

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wearcast.messages import preferred_language
from wearcast.serving.api.answer import Answer, Headers, Response
from wearcast.serving.api.asgi import first_header, route_path
from wearcast.serving.api.audience import PRIVATE
from wearcast.serving.api.present import Present
from wearcast.serving.api.problem_details import ProblemError, problem_response

Compute = Callable[[Scope, bytes], Awaitable[Answer]]
"""Computes the answer to a request and its body."""

_HEADERS_OF_304: Final = {
    b"etag",
    b"cache-control",
    b"vary",
    b"date",
    b"content-location",
    b"expires",
}
_GET_OR_HEAD: Final = frozenset({"GET", "HEAD"})
_MAX_KEY_LENGTH: Final = 1_000
_OVERHEAD_BYTES: Final = 3_500
"""The memory of a kept answer beside its body: headers, key, and Python's objects for them."""
MAX_BYTES: Final = 32_000_000
"""Room for a day's advice at 2,000 stations."""
_MAX_FAILED: Final = 256
_FAILED_FOR_S: Final = 60.0
"""So long, what failed isn't computed again."""


class RequestKey(NamedTuple):
    """What the answer to a GET depends on."""

    path: str
    query: bytes
    language: str
    gzip: bool

    @property
    def length(self) -> int:
        """Of the parts that clients choose freely."""
        return len(self.path) + len(self.query)


class AnswerCache:
    """Kept answers, up to a number of bytes; the least recently used leave first.

    Args:
        max_bytes: of all kept answers.
    """

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self.max_bytes = max_bytes
        self.total_bytes = 0
        self.answers: OrderedDict[RequestKey, Answer] = OrderedDict()
        self._failed: OrderedDict[RequestKey, float] = OrderedDict()
        self._version: Hashable = None
        self._next: tuple[Hashable, dict[RequestKey, Answer]] = (None, {})

    def find(self, key: RequestKey, version: Hashable) -> Answer | None:
        """The answer kept for a key; none of another version."""
        if version != self._version:
            self._begin(version)
        answer = self.answers.get(key)
        if answer is not None:
            self.answers.move_to_end(key)
        return answer

    def keep(self, key: RequestKey, answer: Answer, version: Hashable) -> None:
        """Keep an answer that was asked for while `version` was the current one."""
        if answer.lasting is None or version != self._version or key in self.answers:
            return
        size = answer.size + _OVERHEAD_BYTES
        if size > self.max_bytes // 4 or key.length > _MAX_KEY_LENGTH:
            return
        self.answers[key] = answer
        self.total_bytes += size
        while self.total_bytes > self.max_bytes:
            _, oldest = self.answers.popitem(last=False)
            self.total_bytes -= oldest.size + _OVERHEAD_BYTES

    def note_failure(self, key: RequestKey, version: Hashable) -> None:
        """Note that the answer for a key failed to be computed while `version` was current."""
        if version != self._version or key.length > _MAX_KEY_LENGTH:
            return
        self._failed[key] = time.monotonic()
        while len(self._failed) > _MAX_FAILED:
            self._failed.popitem(last=False)

    def require_computable(self, key: RequestKey) -> None:
        """Refuse a key whose answer failed a moment ago, so that it isn't computed in vain for each
        who asks.

        Raises:
            ProblemError: 503.
        """
        failed_s = self._failed.get(key)
        if failed_s is None:
            return
        left_s = failed_s + _FAILED_FOR_S - time.monotonic()
        if left_s <= 0:
            del self._failed[key]
            return
        raise ProblemError(
            503,
            "This can't be computed from the forecast that is served; the log says why. Other"
            " stations may be well, and the next forecast too.",
            retry_after_s=math.ceil(left_s),
        )

    def prepare(self, answers: dict[RequestKey, Answer], version: Hashable) -> None:
        """Have answers ready for the time when `version` becomes the current one."""
        self._next = (version, answers)

    def recent(self, count: int) -> list[RequestKey]:
        """The keys asked for most recently, the latest first."""
        latest_first = reversed(self.answers)
        return [key for key, _ in zip(latest_first, range(count), strict=False)]

    def _begin(self, version: Hashable) -> None:
        """Drop what is kept, for what is ready for a new version."""
        self._version, self.total_bytes = version, 0
        self.answers.clear()
        self._failed.clear()
        prepared_for, answers = self._next
        if prepared_for == version:
            for key, answer in answers.items():
                self.keep(key, answer, version)
            self._next = (None, {})


class CachedAnswers:
    """Middleware that sends answers, kept ones where there are, and passes other requests on.

    Args:
        app: the app inside, for paths whose answers are of the moment.
        compute: computes the answers of all other paths.
        join: lets an answer that is being computed be computed at another client's turn, too.
        paths: by method, the paths whose answers are computed.
        is_fixed: whether a path's answer never changes, and doesn't depend on the query.
        cache: keeps the answers.
        present: returns what kept answers depend on.
        arrived: returns the body of a POST; None where the client left.
    """

    def __init__(
        self,
        app: ASGIApp,
        compute: Compute,
        join: Callable[[Scope], None],
        paths: Mapping[str, Collection[str]],
        is_fixed: Callable[[str], bool],
        cache: AnswerCache,
        present: Callable[[], Present],
        arrived: Callable[[Scope, Receive], Awaitable[bytes | None]],
    ) -> None:
        self._app = app
        self._compute = compute
        self._join = join
        self._get_paths = frozenset(paths["GET"])
        self._post_paths = frozenset(paths["POST"])
        self._is_fixed = is_fixed
        self._cache = cache
        self.present = present
        self._arrived = arrived
        self._pending: dict[tuple[RequestKey, Hashable], asyncio.Task[Answer]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send a kept answer to an HTTP request, or one that is computed now."""
        path, method = route_path(scope), scope["method"]
        if method in _GET_OR_HEAD and (path in self._get_paths or self._is_fixed(path)):
            responding = self._kept(path, scope)
        elif method == "POST" and path in self._post_paths:
            responding = self._computed_for_one(scope, receive)
        else:
            await self._pass_on(scope, receive, send)
            return
        try:
            response = await responding
        except ProblemError as error:
            refusal = problem_response(error.status, error.detail, error.headers)
            await refusal(scope, receive, send)
            return
        if response is not None:
            await send_response(response, scope, send)

    async def answer(self, key: RequestKey, version: Hashable, scope: Scope) -> Answer:
        """The answer for a key, kept or computed now; of another version, perhaps, than the
        present one by the time that it is there.

        Raises:
            ProblemError: 429 or 503, it can't be computed just now.
        """
        found = self._cache.find(key, version)
        return found or await self._computed_once(key, version, scope)

    async def _kept(self, path: str, scope: Scope) -> Response | None:
        variant = _variant_of(scope["headers"])
        query = scope["query_string"] if path in self._get_paths else b""
        key = RequestKey(path, query, _language(variant.languages), variant.gzip)
        version, moment = self.present()
        answer = self._cache.find(key, version)
        if answer is None:
            answer = await self._computed_once(key, version, scope)
            now = self.present()
            if now.version == version:
                moment = now.moment
            elif moment is not None:
                # It is of the snapshot before: nobody may keep it as long as one of the new.
                moment = moment._replace(next_refresh_s=0.0)
        response = answer.privately_at(moment) if scope.get(PRIVATE) else answer.at(moment)
        if answer.lasting and variant.matches(response):
            return Response(304, _headers_of_304(response.headers), b"")
        return response

    async def _computed_once(self, key: RequestKey, version: Hashable, scope: Scope) -> Answer:
        """The answer for a key, computed for all who wait for it."""
        self._cache.require_computable(key)
        task = self._pending.get((key, version))
        asked = get_scope(key, scope)
        if task is not None:
            self._join(asked)
        else:
            task = asyncio.ensure_future(self._computed(key, version, asked))
            self._pending[key, version] = task
            task.add_done_callback(lambda _: self._pending.pop((key, version), None))
        # Shielded: a client who leaves must not take the answer from the others.
        return await asyncio.shield(task)

    async def _computed(self, key: RequestKey, version: Hashable, scope: Scope) -> Answer:
        answer = await self._compute(scope, b"")
        if answer.status == 500:
            self._cache.note_failure(key, version)
        self._cache.keep(key, answer, version)
        return answer

    async def _computed_for_one(self, scope: Scope, receive: Receive) -> Response | None:
        """The response to a POST; None where the client left before its body was there."""
        body = await self._arrived(scope, receive)
        if body is None:
            return None
        answer = await self._compute(scope, body)
        return answer.at(None)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "HEAD":
            scope, send = {**scope, "method": "GET"}, _without_body(send)
        await self._app(scope, receive, send)


async def send_response(response: Response, scope: Scope, send: Send) -> None:
    """Send a response, of HEAD its head alone."""
    status, headers = response.status, response.headers
    await send({"type": "http.response.start", "status": status, "headers": headers})
    is_head = scope["method"] == "HEAD"
    if response.before and not is_head:
        for piece in response.before:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            await asyncio.sleep(0)  # others' turn, where the client reads faster than that
    await send({"type": "http.response.body", "body": b"" if is_head else response.body})


def request_key(path: str, query: bytes, headers: Headers) -> RequestKey:
    """What the answer to a GET with these headers depends on."""
    variant = _variant_of(headers)
    return RequestKey(path, query, _language(variant.languages), variant.gzip)


def with_condition(response: Response, headers: Headers) -> Response:
    """The response to a request with these headers: 304 where it has that already."""
    if _variant_of(headers).matches(response):
        return Response(304, _headers_of_304(response.headers), b"")
    return response


def get_scope(key: RequestKey, scope: Scope) -> Scope:
    """The scope of a GET that is answered by a key alone; it says whose it is, too."""
    # No other header: one client's Range or If-Modified-Since must not decide what others get.
    headers = [
        (b"accept-language", key.language.encode()),
        (b"accept-encoding", b"gzip" if key.gzip else b"identity"),
        *(pair for pair in scope["headers"] if pair[0] == b"x-forwarded-for"),
    ]
    return {**scope, "method": "GET", "query_string": key.query, "headers": headers}


def _without_body(send: Send) -> Send:
    """A send function that sends the head of a response alone."""

    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return send_head


class _RequestVariant(NamedTuple):
    """What distinguishes the responses of one path and query, and the condition of the request."""

    languages: bytes
    gzip: bool
    if_none_match: bytes

    def matches(self, response: Response) -> bool:
        """Whether If-None-Match names the response's ETag, compared weakly (RFC 9110, 13.1.2)."""
        if not self.if_none_match:
            return False
        parts = self.if_none_match.split(b",")
        tags = [part.strip().removeprefix(b"W/") for part in parts]
        etag = first_header(response.headers, b"etag")
        return b"*" in tags or etag.removeprefix(b"W/") in tags


def _variant_of(headers: Headers) -> _RequestVariant:
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
        languages=found[b"accept-language"][:_MAX_KEY_LENGTH],
        gzip=accepts_gzip(found[b"accept-encoding"]),
        if_none_match=found[b"if-none-match"],
    )


@lru_cache(maxsize=256)
def _language(accept_language: bytes) -> str:
    return preferred_language(accept_language.decode("latin-1"))


def accepts_gzip(accept_encoding: bytes) -> bool:
    """Whether gzip is accepted, not with a weight of 0 (RFC 9110, 12.5.3)."""
    if b"gzip" not in accept_encoding or b";" not in accept_encoding:
        return b"gzip" in accept_encoding
    for part in accept_encoding.lower().split(b","):
        name, _, weight = part.replace(b" ", b"").partition(b";")
        if name == b"gzip" and weight.strip(b"0.") != b"q=":
            return True
    return False


def _headers_of_304(headers: Headers) -> Headers:
    return [
        (name, value)
        for name, value in headers
        if name in _HEADERS_OF_304 or name.startswith(b"wearcast-")
    ]
