"""An answer to a request: whole, or kept with gaps where the ages of forecasts stand."""

import hashlib
import json
import re
import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

Headers = list[tuple[bytes, bytes]]

KEPT_HEADER: Final = b"wearcast-kept"
"""A route's note for this service of what changes while an answer is kept: see `Lasting`."""

MIN_GZIP_BYTES: Final = 1_000
_AGE: Final = re.compile(rb'(?<="age_s":)\d+,"stale":(?:true|false)')
_GZIP_LEVEL: Final = 6
_PUBLIC: Final = b"public"
_PRIVATE: Final = b"private"
_GZIP_HEAD: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_WRITTEN_OUTSIDE: Final = frozenset({KEPT_HEADER, b"content-length"})
_SPLICED: Final = _WRITTEN_OUTSIDE | {b"cache-control", b"etag", b"wearcast-age", b"wearcast-stale"}
"""Headers that are written anew whenever a kept answer is sent."""


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


@dataclass(frozen=True, slots=True)
class Response:
    """A whole response."""

    status: int
    headers: Headers
    body: bytes


@dataclass
class Answer:
    """An answer as it is computed once and sent many times.

    Attributes:
        status: its status.
        headers: its headers, without those that change while it is kept.
        parts: its body, cut where the ages stand; a single one where nothing changes.
        deflated: the parts as pieces of one deflate stream; empty where it isn't compressed.
        lasting: what changes while it is kept; None where it may not be kept.
    """

    status: int
    headers: Headers
    parts: tuple[bytes, ...]
    deflated: tuple[bytes, ...] = ()
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
        parts: tuple[bytes, ...] = (response.body,)
        if lasting and lasting.since_s:
            parts = tuple(_AGE.split(response.body))
        dropped = _SPLICED if lasting else _WRITTEN_OUTSIDE
        headers = [pair for pair in response.headers if pair[0] not in dropped]
        deflated: tuple[bytes, ...] = ()
        if len(response.body) >= MIN_GZIP_BYTES:
            _vary_by_encoding(headers)
            if gzip:
                deflated = _deflated(parts)
                headers.append((b"content-encoding", b"gzip"))
        return cls(response.status, headers, parts, deflated, lasting)

    @property
    def size(self) -> int:
        """The bytes of its body in memory: its parts, and the whole of it as it was sent last."""
        plain = sum(map(len, self.parts))
        deflated = sum(map(len, self.deflated))
        return plain + deflated + (deflated or plain)

    def at(self, moment: Moment | None) -> Response:
        """The response at a moment; None for an answer that isn't kept."""
        if self._response is not None and moment is self._moment:
            return self._response
        self._moment = moment
        if self.lasting is None or moment is None:
            return self._written((), self.headers)
        ages_s = tuple([int(moment.age_s(since_s)) for since_s in self.lasting.since_s])
        until_expiry_s = self.lasting.expires_s - moment.now_s
        left_s = min(moment.next_refresh_s, until_expiry_s)
        max_age_s = max(0, round(left_s))
        written_for = (ages_s, max_age_s)
        if self._response is None or self._written_for != written_for:
            self._response = self._with_ages(moment, *written_for)
            self._written_for = written_for
        return self._response

    def privately_at(self, moment: Moment | None) -> Response:
        """The same for one client alone: no cache may share it."""
        response = self.at(moment)
        if self._private is None or self._private[0] is not response:
            self._private = response, _as_private(response)
        return self._private[1]

    def _with_ages(self, moment: Moment, ages_s: tuple[int, ...], left_s: int) -> Response:
        assert self.lasting  # noqa: S101 - `at` looked
        # As exact as `Moment.age_s`: an age that is told as 10800 s may be a little more.
        stales = [moment.age_s(since_s) > moment.stale_after_s for since_s in self.lasting.since_s]
        gaps = [
            b'%d,"stale":%s' % (age_s, b"true" if stale else b"false")
            for age_s, stale in zip(ages_s, stales, strict=True)
        ]
        tag = self.lasting.tag + ("-stale" if any(stales) else "")
        headers = [
            *self.headers,
            (b"etag", f'W/"{tag}"'.encode()),
            (b"cache-control", b"public, max-age=%d" % left_s),
        ]
        if ages_s:
            headers.append((b"wearcast-age", b"%d" % ages_s[0]))
            headers.append((b"wearcast-stale", b"true" if stales[0] else b"false"))
        return self._written(gaps[: len(self.parts) - 1], headers)

    def _written(self, gaps: Sequence[bytes], headers: Headers) -> Response:
        if self.deflated:
            body = _gzipped(self.parts, self.deflated, gaps)
        else:
            body = b"".join(_alternating(self.parts, gaps))
        length = (b"content-length", b"%d" % len(body))
        return Response(self.status, [*headers, length], body)


def _as_private(response: Response) -> Response:
    headers = []
    for name, value in response.headers:
        is_shared = name == b"cache-control" and value.startswith(_PUBLIC)
        told = _PRIVATE + value.removeprefix(_PUBLIC) if is_shared else value
        headers.append((name, told))
    return Response(response.status, headers, response.body)


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


def _deflated(parts: Sequence[bytes]) -> tuple[bytes, ...]:
    """The parts as pieces of one deflate stream, each of which begins at a byte and refers to
    nothing before it, so that something can be put between them."""
    packer = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    *before, last = parts
    pieces = []
    for part in before:
        piece = packer.compress(part)
        piece += packer.flush(zlib.Z_FULL_FLUSH)
        pieces.append(piece)
    end = packer.compress(last)
    end += packer.flush(zlib.Z_FINISH)
    return (*pieces, end)


def _gzipped(parts: Sequence[bytes], deflated: Sequence[bytes], gaps: Sequence[bytes]) -> bytes:
    """The gzip file (RFC 1952) of the parts with the gaps filled."""
    stored = []
    for gap in gaps:
        length = len(gap)
        block_header = struct.pack("<BHH", 0, length, 0xFFFF - length)
        stored.append(block_header + gap)
    checksum = 0
    size = 0
    for piece in _alternating(parts, gaps):
        checksum = zlib.crc32(piece, checksum)
        size += len(piece)
    tail = struct.pack("<LL", checksum, size & 0xFFFFFFFF)
    pieces = _alternating(deflated, stored)
    return b"".join([_GZIP_HEAD, *pieces, tail])


def _alternating(parts: Sequence[bytes], gaps: Sequence[bytes]) -> Iterable[bytes]:
    """A part, a gap, a part and so on; there is one gap less than parts."""
    yield parts[0]
    for gap, part in zip(gaps, parts[1:], strict=True):
        yield gap
        yield part


def _vary_by_encoding(headers: Headers) -> None:
    """Let caches know that the answer depends on Accept-Encoding."""
    varying = [value for name, value in headers if name == b"vary"]
    varying.append(b"Accept-Encoding")
    headers[:] = [pair for pair in headers if pair[0] != b"vary"]
    headers.append((b"vary", b", ".join(varying)))
