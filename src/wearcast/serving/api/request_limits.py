"""Limits of requests with a body: how large it is, how long it takes, and how much arrives at once.

A body is read whole before anything is computed from it, so that a slow client takes no place of
those whose answers are being computed.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final, NamedTuple

from starlette.types import Receive, Scope

from wearcast.serving.api.asgi import client_group, first_header, route_path
from wearcast.serving.api.problem_details import ProblemError
from wearcast.serving.client_address import Network

MAX_ARRIVING_PER_CLIENT: Final = 8
"""Bodies of one address, behind which there may be many people."""
MAX_ARRIVING_BYTES: Final = 48_000_000
"""Of all bodies that are arriving, each of which takes `_OVERHEAD_BYTES` more."""
_OVERHEAD_BYTES: Final = 32_000


class BodyLimit(NamedTuple):
    """How much a body may hold, looked at before anything is built from it.

    Attributes:
        max_bytes: its size.
        max_containers: objects and lists in it; a bracket in a text counts as one.
        max_values: values in it; a comma in a text counts as one.
    """

    max_bytes: int
    max_containers: int
    max_values: int


class RequestBodies:
    """Receives the bodies of requests within limits.

    While all that arrive take too much memory, the client who takes most loses a body: many
    addresses that send slowly don't keep others from sending.

    Args:
        limits: of the body, by path.
        receive_timeout: how long a body may take.
        trusted_proxies: the networks of our own proxies.
    """

    def __init__(
        self,
        limits: Mapping[str, BodyLimit],
        receive_timeout: timedelta,
        trusted_proxies: Sequence[Network],
    ) -> None:
        self._limits = dict(limits)
        self._receive_timeout_s = receive_timeout.total_seconds()
        self._trusted_proxies = trusted_proxies
        self._arriving: dict[str, list[_Arriving]] = {}
        self._arriving_bytes = 0

    async def arrived(self, scope: Scope, receive: Receive) -> bytes | None:
        """The whole body of a request to a path with a limit; None where the client left before it
        was there.

        Raises:
            ProblemError: 413 where it is too large, 422 where it holds too much, 408 where it
                doesn't arrive in time, 429 where too many of one client arrive at once, 503 where
                all that arrive take too much memory, and this client's most of it.
        """
        limit = self._limits[route_path(scope)]
        _refuse_declared(scope, limit.max_bytes)
        client = client_group(scope, self._trusted_proxies)
        of_client = self._arriving.setdefault(client, [])
        if len(of_client) >= MAX_ARRIVING_PER_CLIENT:
            raise _too_many()
        arriving = _Arriving(asyncio.timeout(self._receive_timeout_s))
        of_client.append(arriving)
        try:
            async with arriving.timeout:
                body = await self._received(receive, arriving, limit.max_bytes)
        except TimeoutError as error:
            raise (_overload() if arriving.is_dropped else self._too_slow()) from error
        finally:
            self._forget(client, arriving)
        if body is not None:
            _refuse_crowded(body, limit)
        return body

    async def _received(
        self, receive: Receive, arriving: "_Arriving", max_bytes: int
    ) -> bytes | None:
        parts, size = list[bytes](), 0
        self._take(arriving, _OVERHEAD_BYTES)
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > max_bytes:
                raise _too_large(max_bytes)
            if not message.get("more_body", False):
                return b"".join(parts)
            self._take(arriving, len(parts[-1]))

    def _take(self, arriving: "_Arriving", count: int) -> None:
        """Count bytes, and drop a body of the client who takes most while there are too many."""
        if arriving.is_dropped:
            return
        arriving.bytes += count
        self._arriving_bytes += count
        if self._arriving_bytes > MAX_ARRIVING_BYTES:
            most = max(self._arriving.values(), key=lambda bodies: sum(one.bytes for one in bodies))
            largest = max(most, key=lambda one: one.bytes)
            self._arriving_bytes -= largest.bytes
            largest.drop()

    def _forget(self, client: str, arriving: "_Arriving") -> None:
        self._arriving_bytes -= arriving.bytes
        self._arriving[client].remove(arriving)
        if not self._arriving[client]:
            del self._arriving[client]

    def _too_slow(self) -> ProblemError:
        return ProblemError(408, f"The body didn't arrive within {self._receive_timeout_s:g} s.")


class _Arriving:
    """A body that is arriving.

    Attributes:
        timeout: ends it.
        bytes: what it takes.
        is_dropped: whether it was ended for those of others.
    """

    def __init__(self, timeout: asyncio.Timeout) -> None:
        self.timeout = timeout
        self.bytes = 0
        self.is_dropped = False

    def drop(self) -> None:
        """End it."""
        self.is_dropped, self.bytes = True, 0
        self.timeout.reschedule(asyncio.get_running_loop().time())


def _refuse_declared(scope: Scope, max_bytes: int) -> None:
    """Refuse a body that its header says is too large."""
    content_length = first_header(scope["headers"], b"content-length")
    # Python parses no number of thousands of digits; thirty are too large already.
    if content_length.isdigit() and int(content_length[:30]) > max_bytes:
        raise _too_large(max_bytes)


def _refuse_crowded(body: bytes, limit: BodyLimit) -> None:
    """Refuse a body that holds too much."""
    containers = body.count(b"{") + body.count(b"[")
    if containers > limit.max_containers:
        raise ProblemError(
            422,
            f"The body has {containers} objects and lists; it may have {limit.max_containers}.",
        )
    values = body.count(b",")
    if values > limit.max_values:
        raise ProblemError(422, f"The body has {values} values; it may have {limit.max_values}.")


def _too_large(max_bytes: int) -> ProblemError:
    return ProblemError(413, f"The body may have {max_bytes} bytes at most.")


def _too_many() -> ProblemError:
    return ProblemError(
        429,
        f"{MAX_ARRIVING_PER_CLIENT} bodies are on their way from your address already."
        " Send them one after the other.",
        retry_after_s=1,
    )


def _overload() -> ProblemError:
    return ProblemError(
        503, "Too many bodies are on their way. Try again in a moment.", retry_after_s=1
    )
