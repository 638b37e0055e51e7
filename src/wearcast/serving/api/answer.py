"""An answer to a request: whole, or kept with gaps where the ages of forecasts stand."""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from wearcast.serving.api.deflated_parts import GZIP_HEAD, GzipWriter, Part, deflated

Headers = list[tuple[bytes, bytes]]

KEPT_HEADER: Final = b"wearcast-kept"
"""A route's note for this service of what changes while an answer is kept: see `Lasting`."""

MIN_GZIP_BYTES: Final = 1_000
_AGE: Final = re.compile(rb'(?<="age_s":)\d+,"stale":(?:true|false)')
_PUBLIC: Final = b"public"
_PRIVATE: Final = b"private"
_WRITTEN_OUTSIDE: Final = frozenset({KEPT_HEADER, b"content-length"})
_SPLICED: Final = _WRITTEN_OUTSIDE | {b"cache-control", b"etag", b"wearcast-age", b"wearcast-stale"}
"""Headers that are written anew whenever a kept answer is sent."""


class Moment(NamedTuple):
    """What the ages and lifetimes of answers depend on.

    Attributes:
        now_s: the time, in seconds since the epoch.
        known_for_s: how long this process has known the snapshot; no age is less.
        stale_after_s: the age from which a forecast is stale.
        next_refresh_s: seconds until a newer forecast is expected.
    """

    now_s: float
    known_for_s: float
    stale_after_s: float
    next_refresh_s: float

    def age_s(self, since_s: float) -> float:
        """The age of what was issued at a time."""
        return max(self.now_s - since_s, self.known_for_s, 0.0)


@dataclass(frozen=True)
class Lasting:
    """What changes while an answer is kept.

    Attributes:
        since_s: for each age in the body, in its order, the time that it counts from, in seconds
            since the epoch; the first is the header's, too. Empty where nothing ages.
        expires_s: when the answer ends for reasons of its own, in seconds since the epoch.
        tag: the ETag without its quotes.
    """

    since_s: tuple[float, ...]
    expires_s: float
    tag: str

    def as_header(self) -> str:
        """The header's value."""
        # Without infinities, which JSON doesn't have.
        expires_s = None if self.expires_s == float("inf") else self.expires_s
        return json.dumps([self.since_s, expires_s, self.tag])

    @classmethod
    def for_ever(cls, body: bytes) -> "Lasting":
        """Of a body in which nothing ages."""
        return cls((), float("inf"), tag_of(body))

    @classmethod
    def from_header(cls, value: str | bytes) -> "Lasting":
        """What `as_header` wrote."""
        since_s, expires_s, tag = json.loads(value)
        if expires_s is None:
            expires_s = float("inf")
        return cls(tuple(since_s), expires_s, tag)

    def ages_s(self, moment: Moment) -> tuple[int, ...]:
        """The ages at a moment, as they are told."""
        return tuple([int(moment.age_s(since_s)) for since_s in self.since_s])

    def max_age_s(self, moment: Moment) -> int:
        """For how long the answer may be kept from a moment on."""
        until_expiry_s = self.expires_s - moment.now_s
        return max(0, round(min(moment.next_refresh_s, until_expiry_s)))

    def gaps(self, moment: Moment) -> list[bytes]:
        """What stands where the ages are."""
        gaps = []
        for age_s, stale in zip(self.ages_s(moment), self._stales(moment), strict=True):
            gaps.append(b'%d,"stale":%s' % (age_s, _as_json(stale)))
        return gaps

    def headers(self, moment: Moment) -> Headers:
        """The headers that change while the answer is kept."""
        stales = self._stales(moment)
        tag = self.tag + _stale_mark(sum(stales))
        headers = [
            (b"etag", f'W/"{tag}"'.encode()),
            (b"cache-control", b"public, max-age=%d" % self.max_age_s(moment)),
        ]
        if stales:
            headers.append((b"wearcast-age", b"%d" % self.ages_s(moment)[0]))
            headers.append((b"wearcast-stale", _as_json(stales[0])))
        return headers

    def _stales(self, moment: Moment) -> list[bool]:
        # As exact as `Moment.age_s`: an age that is told as 10800 s may be a little more.
        return [moment.age_s(since_s) > moment.stale_after_s for since_s in self.since_s]


@dataclass(frozen=True, slots=True)
class Response:
    """A whole response.

    Attributes:
        status: its status.
        headers: its headers.
        body: its body, or the end of it.
        before: what of the body comes before that, piece by piece as the client reads it.
    """

    status: int
    headers: Headers
    body: bytes
    before: Iterable[bytes] = ()


@dataclass
class Answer:
    """An answer as it is computed once and sent many times.

    Attributes:
        status: its status.
        headers: its headers, without those that change while it is kept.
        parts: its body, cut where the ages stand; a single one where nothing changes.
        is_deflated: whether the parts are compressed.
        lasting: what changes while it is kept; None where it may not be kept.
    """

    status: int
    headers: Headers
    parts: tuple[Part, ...]
    is_deflated: bool = False
    lasting: Lasting | None = None
    _moment: Moment | None = None
    _written_for: tuple[Any, ...] = ()
    _response: Response | None = None
    _private: tuple[Response, Response] | None = None

    @classmethod
    def of(cls, response: Response, lasting: Lasting | None, gzip: bool) -> "Answer":
        """The answer of a route's response.

        Args:
            response: the response.
            lasting: what changes while it is kept; None where it may not be kept.
            gzip: whether the client accepts gzip.
        """
        texts = [response.body]
        if lasting and lasting.since_s:
            texts = _AGE.split(response.body)
        dropped = _SPLICED if lasting else _WRITTEN_OUTSIDE
        headers = [pair for pair in response.headers if pair[0] not in dropped]
        is_large = len(response.body) >= MIN_GZIP_BYTES
        if is_large:
            vary_by_encoding(headers)
        if is_large and gzip:
            headers.append((b"content-encoding", b"gzip"))
            return cls(response.status, headers, deflated(texts), True, lasting)
        parts = tuple(Part.plain(text) for text in texts)
        return cls(response.status, headers, parts, False, lasting)

    @property
    def size(self) -> int:
        """The bytes of its body in memory: its parts, and the whole of it as it was sent last."""
        return 2 * sum(len(part.content) for part in self.parts)

    def at(self, moment: Moment | None) -> Response:
        """The response at a moment; None for an answer that isn't kept."""
        if self._response is not None and moment is self._moment:
            return self._response
        self._moment = moment
        if self.lasting is None or moment is None:
            return self._written((), self.headers)
        written_for = (self.lasting.ages_s(moment), self.lasting.max_age_s(moment))
        if self._response is None or self._written_for != written_for:
            gaps = self.lasting.gaps(moment)[: len(self.parts) - 1]
            headers = [*self.headers, *self.lasting.headers(moment)]
            self._response = self._written(gaps, headers)
            self._written_for = written_for
        return self._response

    def privately_at(self, moment: Moment | None) -> Response:
        """The same for one client alone: no cache may share it."""
        response = self.at(moment)
        if self._private is None or self._private[0] is not response:
            self._private = response, as_private(response)
        return self._private[1]

    def _written(self, gaps: Sequence[bytes], headers: Headers) -> Response:
        if self.is_deflated:
            body = _gzip_file(self.parts, gaps)
        else:
            texts = [part.content for part in self.parts]
            body = b"".join(_alternating(texts, gaps))
        length = (b"content-length", b"%d" % len(body))
        return Response(self.status, [*headers, length], body)


def as_private(response: Response) -> Response:
    """A response that no cache may share."""
    headers = []
    for name, value in response.headers:
        is_shared = name == b"cache-control" and value.startswith(_PUBLIC)
        told = _PRIVATE + value.removeprefix(_PUBLIC) if is_shared else value
        headers.append((name, told))
    return replace(response, headers=headers)


def _stale_mark(count: int) -> str:
    """What the ETag says of stale forecasts. They become so in the order in which they were issued,
    so that their number says which."""
    if not count:
        return ""
    return "-stale" if count == 1 else f"-stale{count}"


def lasting_of(response: Response) -> Lasting | None:
    """What changes while a route's response is kept; None where the route doesn't say so."""
    for name, value in response.headers:
        if name == KEPT_HEADER:
            return Lasting.from_header(value)
    return None


def tag_of(body: bytes) -> str:
    """The ETag of a body, without the quotes; its ages don't count."""
    lasting = _AGE.sub(b"", body)
    digest = hashlib.blake2b(lasting, digest_size=12)
    return digest.hexdigest()


def _gzip_file(parts: Sequence[Part], gaps: Sequence[bytes]) -> bytes:
    """The gzip file of the parts with the gaps filled."""
    writer = GzipWriter()
    pieces = [GZIP_HEAD, writer.part(parts[0])]
    for gap, part in zip(gaps, parts[1:], strict=True):
        pieces += (writer.text(gap), writer.part(part))
    pieces.append(writer.end())
    return b"".join(pieces)


def _as_json(flag: bool) -> bytes:
    return b"true" if flag else b"false"


def _alternating(parts: Sequence[bytes], gaps: Sequence[bytes]) -> Iterable[bytes]:
    """A part, a gap, a part and so on; there is one gap less than parts."""
    yield parts[0]
    for gap, part in zip(gaps, parts[1:], strict=True):
        yield gap
        yield part


def vary_by_encoding(headers: Headers) -> None:
    """Let caches know that the answer depends on Accept-Encoding."""
    varying = [value for name, value in headers if name == b"vary"]
    varying.append(b"Accept-Encoding")
    headers[:] = [pair for pair in headers if pair[0] != b"vary"]
    headers.append((b"vary", b", ".join(varying)))
