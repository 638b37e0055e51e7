"""Forecasts of several stations in one answer.

It is put together from the answers of single stations, which are computed and kept one by one: so
no turn of a worker takes longer than for one station, and whoever asks for fifty waits in the queue
for each of them.
"""

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Final
from urllib.parse import parse_qsl, urlencode

from starlette.types import Receive, Scope, Send

from wearcast.serving.api.answer import (
    Answer,
    Lasting,
    Moment,
    Response,
    as_private,
    vary_by_encoding,
)
from wearcast.serving.api.asgi import client_group, route_path
from wearcast.serving.api.audience import PRIVATE
from wearcast.serving.api.deflated_parts import GZIP_HEAD, GzipWriter, Part
from wearcast.serving.api.problem_details import ProblemError, problem_response
from wearcast.serving.api.response_cache import (
    CachedAnswers,
    RequestKey,
    request_key,
    send_response,
    with_condition,
)
from wearcast.serving.api.schemas import station_ids
from wearcast.serving.client_address import Network

_JSON: Final = "/forecast/latest"
_CSV: Final = "/forecast/latest.csv"
_SEVERAL: Final = re.compile(rb"(?:^|&)station=[^&]*(?:,|%2C)", re.IGNORECASE)
_MAX_UNDER_WAY: Final = 32
"""Such answers that are put together or sent: each holds 3 MB, which kept answers may share."""
_MAX_UNDER_WAY_PER_CLIENT: Final = 8
_WITHIN_S: Final = 30.0
_SENT_WITHIN_S: Final = 120.0
"""An answer holds its place until all of it is sent."""
_ATTEMPTS: Final = 3
"""To compute all of them from one snapshot: a new one comes once an hour."""
_OF_ONE: Final = frozenset({b"content-encoding", b"content-disposition"})
"""Headers of a single station's answer that aren't those of several."""

_Stretch = list[bytes | Part]
"""What comes from one station's answer, and what is put before it."""


def single_requests(key: RequestKey) -> list[RequestKey]:
    """For a request for several stations, those for each of them; none for any other, or for one
    that the route refuses."""
    if key.path not in (_JSON, _CSV):
        return []
    pairs = parse_qsl(key.query.decode("latin-1"), keep_blank_values=True)
    named = [value for name, value in pairs if name == "station"]
    formats = {value for name, value in pairs if name == "format"}
    if len(named) != 1 or formats - {"json"}:
        return []
    try:
        ids = station_ids(named[0])
    except ValueError:
        return []
    queries = [_query_of(pairs, id) for id in ids]
    if key.path == _CSV:
        without_header = [pair for pair in pairs if pair[0] != "header"] + [("header", "absent")]
        queries[1:] = [_query_of(without_header, id) for id in ids[1:]]
    # Compressed, whoever asks: each is kept once.
    return [key._replace(query=query, gzip=True) for query in queries]


def _query_of(pairs: Sequence[tuple[str, str]], id: str) -> bytes:
    """The query of a single station."""
    single = [(name, id if name == "station" else value) for name, value in pairs]
    return urlencode(single, safe=",").encode()


class SeveralStations:
    """Middleware that answers requests for several stations, and hands on all others.

    Args:
        cached: answers those for single stations.
        trusted_proxies: the networks of our own proxies.
    """

    def __init__(self, cached: CachedAnswers, trusted_proxies: Sequence[Network]) -> None:
        self._app = cached
        self._trusted_proxies = trusted_proxies
        self._under_way: list[str] = []

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer a request, or hand it on."""
        # No coroutine of its own: a kept answer is sent in 50 microseconds.
        if scope["method"] in ("GET", "HEAD") and _SEVERAL.search(scope["query_string"]):
            key = request_key(route_path(scope), scope["query_string"], scope["headers"])
            singles = single_requests(key)
            if singles:
                return self._answer(key, singles, scope, receive, send)
        return self._app(scope, receive, send)

    async def _answer(
        self,
        key: RequestKey,
        singles: Sequence[RequestKey],
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        try:
            with self._counted(scope):
                answers, moment = await self._answers(singles, scope)
                if answers[-1].status == 200 and moment is not None:
                    response = _joined(key, answers, moment)
                    if scope.get(PRIVATE):
                        response = as_private(response)
                    conditional = with_condition(response, scope["headers"])
                    async with asyncio.timeout(_SENT_WITHIN_S):
                        await send_response(conditional, scope, send)
                    return
        except ProblemError as error:
            refusal = problem_response(error.status, error.detail, error.headers)
            await refusal(scope, receive, send)
            return
        refused = singles[len(answers) - 1]
        await self._app({**scope, "query_string": refused.query}, receive, send)

    @contextmanager
    def _counted(self, scope: Scope) -> Iterator[None]:
        """Count an answer until it is sent.

        Raises:
            ProblemError: 429 or 503, there are too many.
        """
        client = client_group(scope, self._trusted_proxies)
        if self._under_way.count(client) >= _MAX_UNDER_WAY_PER_CLIENT:
            detail = "Answers of several stations are on their way to your address already."
            raise ProblemError(429, f"{detail} Ask for one after the other.", retry_after_s=1)
        if len(self._under_way) >= _MAX_UNDER_WAY:
            detail = "Too many answers of several stations are on their way. Try again in a moment."
            raise ProblemError(503, detail, retry_after_s=1)
        self._under_way.append(client)
        try:
            yield
        finally:
            self._under_way.remove(client)

    async def _answers(
        self, singles: Sequence[RequestKey], scope: Scope
    ) -> tuple[list[Answer], Moment | None]:
        """The answers of one snapshot, up to the first that is none, and the moment.

        Raises:
            ProblemError: 429 or 503, they can't be computed just now.
        """
        try:
            async with asyncio.timeout(_WITHIN_S):
                for _ in range(_ATTEMPTS):
                    version = self._app.present().version
                    answers = await self._answers_of(version, singles, scope)
                    now = self._app.present()
                    if answers[-1].status != 200 or now.version == version:
                        return answers, now.moment
        except TimeoutError as error:
            raise _later("The answer couldn't be computed in time.") from error
        raise _later("The forecasts changed while the answer was computed.")

    async def _answers_of(
        self, version: Hashable, singles: Sequence[RequestKey], scope: Scope
    ) -> list[Answer]:
        answers: list[Answer] = []
        for single in singles:
            if answers and self._app.present().version != version:
                # All of them are asked for again; what is kept of the new version stays kept.
                break
            answer = await self._app.answer(single, version, scope)
            answers.append(answer)
            if answer.status != 200:
                break
        return answers


def _later(detail: str) -> ProblemError:
    return ProblemError(503, f"{detail} Try again in a moment.", retry_after_s=1)


def _joined(key: RequestKey, answers: Sequence[Answer], moment: Moment) -> Response:
    """The answer of all."""
    stretches = _stretches(key.path, answers, moment)
    headers = [pair for pair in answers[0].headers if pair[0] not in _OF_ONE]
    if not answers[0].is_deflated:
        vary_by_encoding(headers)
    if key.path == _CSV:
        headers.append((b"content-disposition", b'attachment; filename="wearcast.csv"'))
    headers += _lasting(answers).headers(moment)
    if key.gzip:
        headers.append((b"content-encoding", b"gzip"))
        *before, last = _gzipped(stretches)
        size = sum(map(len, before)) + len(last)
        headers.append((b"content-length", b"%d" % size))
        return Response(200, headers, last, before)
    size = sum(map(_size, chain.from_iterable(stretches)))
    headers.append((b"content-length", b"%d" % size))
    return Response(200, headers, b"", map(_plain, stretches))


def _stretches(path: str, answers: Sequence[Answer], moment: Moment) -> list[_Stretch]:
    """The whole body, in a stretch a station and what closes it."""
    opening, between, closing = (
        (b"", b"", b"") if path == _CSV else (b'{"forecasts":[', b",", b"]}")
    )
    stretches: list[_Stretch] = []
    for answer in answers:
        stretch: _Stretch = [between if stretches else opening]
        gaps = _lasting([answer]).gaps(moment)
        for number, part in enumerate(answer.parts):
            if number:
                stretch.append(gaps[number - 1])
            stretch.append(part if answer.is_deflated else part.content)
        stretches.append(stretch)
    stretches.append([closing])
    return stretches


def _gzipped(stretches: Iterable[_Stretch]) -> list[bytes]:
    """A gzip file in pieces."""
    writer = GzipWriter()
    pieces = [GZIP_HEAD]
    for stretch in stretches:
        for piece in stretch:
            pieces.append(writer.part(piece) if isinstance(piece, Part) else writer.text(piece))
    pieces.append(writer.end())
    return pieces


def _plain(stretch: _Stretch) -> bytes:
    return b"".join([piece.text() if isinstance(piece, Part) else piece for piece in stretch])


def _size(piece: bytes | Part) -> int:
    return piece.size if isinstance(piece, Part) else len(piece)


def _lasting(answers: Iterable[Answer]) -> Lasting:
    """What changes while all of several answers are kept."""
    of_all = [answer.lasting for answer in answers if answer.lasting]
    tags = "".join([lasting.tag for lasting in of_all])
    return Lasting(
        since_s=tuple(chain.from_iterable(lasting.since_s for lasting in of_all)),
        expires_s=min(lasting.expires_s for lasting in of_all),
        tag=hashlib.blake2b(tags.encode(), digest_size=12).hexdigest(),
    )
