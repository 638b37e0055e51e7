"""Limits of requests with a body: its size, the time to receive it, and how many at a time."""

import asyncio
from datetime import timedelta
from typing import Final

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wearcast.serving.api import problem_details
from wearcast.serving.api.asgi import first_header

_QUEUE_PER_WORKER: Final = 8
"""How many requests with a body may wait for each one that is being computed."""


class RequestLimits:
    """Middleware for requests with a body: 413 where it is too large, 408 where it doesn't arrive
    in time, 503 where there are too many."""

    def __init__(
        self, app: ASGIApp, max_bytes: int, receive_timeout: timedelta, max_concurrent: int
    ) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._receive_timeout_s = receive_timeout.total_seconds()
        self._max_in_progress = max_concurrent * (1 + _QUEUE_PER_WORKER)
        self._in_progress = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        if self._in_progress >= self._max_in_progress:
            busy = problem_details.problem_response(
                503,
                "Too many forecasts are being made at once. Try again in a moment.",
                {"Retry-After": "1"},
            )
            await busy(scope, receive, send)
            return
        self._in_progress += 1
        try:
            await self._app(scope, self._bounded(scope, receive), send)
        finally:
            self._in_progress -= 1

    def _bounded(self, scope: Scope, receive: Receive) -> Receive:
        remaining_bytes = self._max_bytes
        deadline = asyncio.get_running_loop().time() + self._receive_timeout_s
        arrived = False

        async def bounded() -> Message:
            nonlocal remaining_bytes, arrived
            if arrived:
                return await receive()
            self._refuse_large_content_length(scope)
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError as error:
                raise HTTPException(
                    408, f"The body didn't arrive within {self._receive_timeout_s:g} s."
                ) from error
            remaining_bytes -= len(message.get("body", b""))
            if remaining_bytes < 0:
                raise self._too_large()
            arrived = not message.get("more_body", False)
            return message

        return bounded

    def _refuse_large_content_length(self, scope: Scope) -> None:
        content_length = first_header(scope["headers"], b"content-length")
        # Python parses no number of thousands of digits; thirty are too large already.
        if content_length.isdigit() and int(content_length[:30]) > self._max_bytes:
            raise self._too_large()

    def _too_large(self) -> HTTPException:
        return HTTPException(413, f"The body may have {self._max_bytes} bytes at most.")
