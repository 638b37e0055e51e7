"""Bounds on what a client may send: how many bytes, in what time, and how many at once."""

import asyncio
from datetime import timedelta
from typing import Final

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wearcast.serving.api import problem_details

_QUEUE_PER_WORKER: Final = 8
"""Requests with a body that may wait for each one that is being worked on."""


class RequestLimits:
    """Middleware for requests with a body: 413 where it is too large, 408 where it doesn't come,
    503 where too many do."""

    def __init__(
        self, app: ASGIApp, max_bytes: int, receive_timeout: timedelta, max_concurrent: int
    ) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._receive_timeout_s = receive_timeout.total_seconds()
        self._max_in_progress = max_concurrent * (1 + _QUEUE_PER_WORKER)
        self._in_progress = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
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
        content_length = next(
            (value for name, value in scope["headers"] if name == b"content-length"), b"0"
        )
        # Python reads no number of thousands of digits; so many of them are too large already.
        if content_length.isdigit() and int(content_length[:30]) > self._max_bytes:
            raise self._too_large()

    def _too_large(self) -> HTTPException:
        return HTTPException(413, f"The body may have {self._max_bytes} bytes at most.")
