"""Uvicorn's HTTP protocol with bounds that it doesn't have itself: on the time and the size of a
request's head, of a body that nobody reads, and of a response that its client doesn't read."""

import asyncio
from collections.abc import Callable
from typing import Any, Final, Protocol, runtime_checkable

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_TIMEOUT_S: Final = 15.0
"""From the connection, or from the head's first byte, to the head's end."""
LINGER_S: Final = 5.0
"""For a client that is still sending its body when it has been answered: closed at once, it would
lose the answer."""
UNREAD_TIMEOUT_S: Final = 30.0
MIN_READ_BYTES: Final = 64_000
"""Of what waits to be sent, a client reads at least so much within `UNREAD_TIMEOUT_S`."""
MAX_HEAD_BYTES: Final = 32_000
"""Of the pieces that hold a head, or a body's trailers, in which there may be other bytes."""
MAX_PIPELINED: Final = 100
"""Requests that wait for the answer to the one before; beyond a piece, which may hold more."""
_PIECE_BYTES: Final = 16_000
"""What arrived is parsed in pieces that are no larger."""


@runtime_checkable
class CountsRefusals(Protocol):
    """An app that counts and logs the requests that don't reach it."""

    def count_refusal(self, status: int) -> None:
        """Count and log a request that was refused with this status."""


class BoundedProtocol(HttpToolsProtocol):
    """A connection that is closed, with 408 or 431, where a request's head takes too long or is too
    large, and without an answer where its client doesn't read: each such connection takes a
    descriptor and memory, and would for ever.

    It is in the way of every request: what an ordinary one passes through is kept short.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._timer: asyncio.TimerHandle | None = None
        self._timer_does: Callable[[], None] | None = None
        self._unread_timer: asyncio.TimerHandle | None = None
        self._bytes_of_head = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request's head."""
        super().connection_made(transport)
        self._start_timer(HEAD_TIMEOUT_S, self._refuse_slow_head)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop all waiting."""
        self._stop_timer()
        self._stop_unread_timer()
        # Uvicorn doesn't where the client reset the connection, and would keep it as long.
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what arrived, unless it is too much of a head."""
        if len(data) > _PIECE_BYTES:
            for start in range(0, len(data), _PIECE_BYTES):
                self.data_received(data[start : start + _PIECE_BYTES])
                if len(self.pipeline) > MAX_PIPELINED:
                    self._close()
                if self.transport.is_closing():
                    return
            return
        self._bytes_of_head += len(data)
        if self._bytes_of_head > MAX_HEAD_BYTES:
            self._refuse(431, b"Request Header Fields Too Large")
            return
        super().data_received(data)
        cycle = self.cycle
        if cycle is None or cycle.scope is not self.scope:
            self._wait_for_head()
        elif cycle.more_body or cycle.response_complete:
            self._wait_for_rest()
        else:
            self._bytes_of_head = 0  # a whole request

    def on_body(self, body: bytes) -> None:
        """Note that this wasn't of a head."""
        self._bytes_of_head = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Stop waiting for the head's or the body's end."""
        if self._timer is not None:
            self._stop_timer()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Wait a little for the rest of a body that nobody reads any more."""
        super().on_response_complete()
        if self.transport.is_closing():
            self._watch_unread()
        elif self.cycle.more_body and self.cycle.response_complete:
            self._start_timer(LINGER_S, self._close)

    def pause_writing(self) -> None:
        """Give the client time to read."""
        super().pause_writing()
        self._watch_unread()

    def resume_writing(self) -> None:
        """Note that the client has read."""
        super().resume_writing()
        self._stop_unread_timer()

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection."""
        self._close()

    def send_400_response(self, msg: str) -> None:
        """Refuse what can't be parsed."""
        super().send_400_response(msg)
        self._count(400)
        self._watch_unread()

    def _wait_for_head(self) -> None:
        if not self.transport.is_closing():
            self._start_timer(HEAD_TIMEOUT_S, self._refuse_slow_head)

    def _wait_for_rest(self) -> None:
        """Wait for the rest of a body, whose time is the app's to bound; or, after the response,
        for the next request: line ends before it aren't its beginning."""
        if not self.cycle.response_complete:
            if self._timer is not None:
                self._stop_timer()
                self._bytes_of_head = 0  # the head is complete
        elif self._timer is None and self.timeout_keep_alive_task is None:
            self._start_timer(self.timeout_keep_alive, self._close)

    def _start_timer(self, seconds: float, then: Callable[[], None]) -> None:
        """Do something in so many seconds, unless that is begun already."""
        if self._timer is None or self._timer_does != then:
            self._stop_timer()
            self._timer_does = then
            self._timer = self.loop.call_later(seconds, then)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = self._timer_does = None

    def _refuse_slow_head(self) -> None:
        self._refuse(408, b"Request Timeout")

    def _refuse(self, status: int, reason: bytes) -> None:
        if self.transport.is_closing():
            return
        headers = b"content-length: 0\r\nconnection: close\r\n\r\n"
        self.transport.write(b"HTTP/1.1 %d %s\r\n%s" % (status, reason, headers))
        self._count(status)
        self._close()

    def _count(self, status: int) -> None:
        app: Any = self.config.app
        if isinstance(app, CountsRefusals):
            app.count_refusal(status)

    def _close(self) -> None:
        self._stop_timer()
        if not self.transport.is_closing():
            self.transport.close()
            self._watch_unread()

    def _watch_unread(self) -> None:
        """Look after a while whether the client has read of what waits to be sent."""
        waiting = self.transport.get_write_buffer_size()
        if waiting and self._unread_timer is None:
            self._unread_timer = self.loop.call_later(
                UNREAD_TIMEOUT_S, self._abort_if_unread, waiting
            )

    def _abort_if_unread(self, before: int) -> None:
        self._unread_timer = None
        read = before - self.transport.get_write_buffer_size()
        if read < MIN_READ_BYTES:
            self.transport.abort()
        else:
            self._watch_unread()

    def _stop_unread_timer(self) -> None:
        if self._unread_timer is not None:
            self._unread_timer.cancel()
            self._unread_timer = None
