"""Uvicorn's HTTP protocol with bounds that it doesn't have itself: on the time and the size of a
request's head, and on the time of a body that nobody reads."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_TIMEOUT_S: Final = 15.0
"""From the connection, or from the head's first byte, to the head's end."""
LINGER_S: Final = 5.0
"""For a client that is still sending its body when it has been answered: closed at once, it would
lose the answer."""
MAX_HEAD_BYTES: Final = 32_000


class BoundedProtocol(HttpToolsProtocol):
    """A connection that is closed, with 408 or 431, where a request's head takes too long or is too
    large: each such connection takes a descriptor, and would for ever."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._timer: asyncio.TimerHandle | None = None
        self._is_in_head = False
        self._is_in_body = False
        self._head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request's head."""
        super().connection_made(transport)
        self._start_timer(HEAD_TIMEOUT_S, self._refuse_slow_head)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what arrived, unless it is too much of a head."""
        # The first piece, which may hold a body as well, is bounded by what asyncio reads at once.
        if self._is_in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self._refuse(b"431 Request Header Fields Too Large")
                return
        super().data_received(data)
        if self._is_in_head and not self.transport.is_closing():
            self._start_timer(HEAD_TIMEOUT_S, self._refuse_slow_head)

    def on_message_begin(self) -> None:
        """Note that a head begins."""
        super().on_message_begin()
        self._is_in_head = True
        self._head_bytes = 0

    def on_headers_complete(self) -> None:
        """Note that the head is complete."""
        self._is_in_head, self._is_in_body = False, True
        self._stop_timer()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Note that the body is complete."""
        self._is_in_body = False
        self._stop_timer()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Wait a little for the rest of a body that nobody reads any more."""
        super().on_response_complete()
        if self._is_in_body and not self.transport.is_closing():
            self._start_timer(LINGER_S, self.transport.close)

    def _start_timer(self, seconds: float, then: Callable[[], None]) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(seconds, then)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _refuse_slow_head(self) -> None:
        self._refuse(b"408 Request Timeout")

    def _refuse(self, status: bytes) -> None:
        self._stop_timer()
        if not self.transport.is_closing():
            headers = b"content-length: 0\r\nconnection: close\r\n\r\n"
            self.transport.write(b"HTTP/1.1 " + status + b"\r\n" + headers)
            self.transport.close()
