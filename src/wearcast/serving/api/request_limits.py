"""Limits of requests with a body: how large it is, how long it takes, and how many arrive at once.

A body is read whole before anything is computed from it, so that a slow client takes no place of
those whose answers are being computed.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final, NamedTuple

from starlette.types import Receive, Scope

from wearcast.serving.api.asgi import client_group, first_header, route_path
from wearcast.serving.api.problem_details import ProblemError
from wearcast.serving.client_address import Network

MAX_ARRIVING: Final = 64
"""Bodies that may arrive at once; of the largest kind they take 96 MB."""
MAX_ARRIVING_PER_CLIENT: Final = 8
"""Of one address, behind which there may be many people."""


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
        self._arriving: Counter[str] = Counter()

    async def arrived(self, scope: Scope, receive: Receive) -> bytes | None:
        """The whole body of a request to a path with a limit; None where the client left before it
        was there.

        Raises:
            ProblemError: 413 where it is too large, 422 where it holds too much, 408 where it
                doesn't arrive in time, 429 and 503 where too many arrive at once, from one client
                or in all.
        """
        limit = self._limits[route_path(scope)]
        client = client_group(scope, self._trusted_proxies)
        self._refuse_crowd(client)
        self._arriving[client] += 1
        try:
            async with asyncio.timeout(self._receive_timeout_s):
                body = await _body(scope, receive, limit.max_bytes)
        except TimeoutError as error:
            raise ProblemError(
                408, f"The body didn't arrive within {self._receive_timeout_s:g} s."
            ) from error
        finally:
            self._arriving[client] -= 1
            if not self._arriving[client]:
                del self._arriving[client]
        if body is not None:
            _refuse_crowded(body, limit)
        return body

    def _refuse_crowd(self, client: str) -> None:
        if self._arriving[client] >= MAX_ARRIVING_PER_CLIENT:
            raise ProblemError(
                429,
                f"{MAX_ARRIVING_PER_CLIENT} bodies are on their way from your address already."
                " Send them one after the other.",
                retry_after_s=1,
            )
        if self._arriving.total() >= MAX_ARRIVING:
            raise ProblemError(
                503, "Too many bodies are on their way. Try again in a moment.", retry_after_s=1
            )


async def _body(scope: Scope, receive: Receive, max_bytes: int) -> bytes | None:
    content_length = first_header(scope["headers"], b"content-length")
    # Python parses no number of thousands of digits; thirty are too large already.
    if content_length.isdigit() and int(content_length[:30]) > max_bytes:
        raise _too_large(max_bytes)
    parts, size = list[bytes](), 0
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
