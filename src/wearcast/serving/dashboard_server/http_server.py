"""Tornado's HTTP server with limits: connections, per client and in all, and the time that a
request may take to arrive."""

import errno
import logging
import socket
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from typing import Any, Final

from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.iostream import IOStream

from wearcast.serving.client_address import Network, address_group, is_trusted
from wearcast.serving.rate_limit import TokenBucket

_LOG: Final = logging.getLogger("wearcast.dashboard")
_MAX_BODY_BYTES: Final = 64_000
_MAX_HEADER_BYTES: Final = 32_000
_CLIENT_TIMEOUT_S: Final = 20.0
"""How long a request may take to arrive, and a connection may wait for the next one."""
_PROXY_TIMEOUT_S: Final = 120.0
"""The same for a proxy, which keeps its connections for the next visitors."""
_MAX_PER_CLIENT: Final = 200
_DESCRIPTORS_FOR_KERNELS: Final = 0.5
"""The share of all descriptors that connections leave to kernels, files and the log."""
_ACCEPTED_AT_ONCE: Final = 128
_PAUSE_S: Final = 0.5
_OUT_OF_RESOURCES: Final = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


class LimitedServer(HTTPServer):
    """An HTTP server that refuses connections beyond its limits rather than fail.

    Args:
        app: the Tornado application.
        trusted: the networks of our proxies, which hold connections of many clients.
        max_descriptors: the process's limit.

    Attributes:
        refused: how many connections were refused.
    """

    def initialize(  # type: ignore[override]
        self, app: Any, trusted: Sequence[Network], max_descriptors: int
    ) -> None:
        """Set the limits."""
        super().initialize(
            app,
            max_body_size=_MAX_BODY_BYTES,
            max_header_size=_MAX_HEADER_BYTES,
            idle_connection_timeout=_PROXY_TIMEOUT_S,
            body_timeout=_CLIENT_TIMEOUT_S,
        )
        self._proxy_params = self.conn_params
        self._client_params = copy(self.conn_params)
        self._client_params.header_timeout = _CLIENT_TIMEOUT_S
        self._trusted = trusted
        self._max_connections = max(100, int(max_descriptors * (1 - _DESCRIPTORS_FOR_KERNELS)))
        self._streams: dict[str, list[IOStream]] = {}
        self._count = 0
        self.refused = 0
        self._log_allowance = TokenBucket(1 / 60, 3)
        self._look_allowance = TokenBucket(1, 1)

    @property
    def connections(self) -> int:
        """How many connections there are, and that closed since they were last looked at."""
        return self._count

    def add_sockets(self, sockets: Iterable[socket.socket]) -> None:
        """Accept connections on these sockets; where the system has no descriptors left, pause
        instead of trying again at once and logging each failure, as Tornado does."""
        for listening in sockets:
            self._sockets[listening.fileno()] = listening
            self._handlers[listening.fileno()] = self._accept_on(listening)

    def handle_stream(self, stream: IOStream, address: tuple[Any, ...]) -> None:
        """Serve a connection, unless its client has too many."""
        peer = str(address[0])
        is_proxy = is_trusted(peer, self._trusted)
        if not self._admit(stream, "" if is_proxy else address_group(peer)):
            self.refused += 1
            stream.close()
            return
        self.conn_params = self._proxy_params if is_proxy else self._client_params
        super().handle_stream(stream, address)

    def forget_closed(self) -> None:
        """Forget closed connections; it looks at each one."""
        for client in list(self._streams):
            self._forget_closed_of(client)

    def _forget_closed_of(self, client: str) -> None:
        streams = self._streams.pop(client, [])
        still_open = [one for one in streams if not one.closed()]
        self._count -= len(streams) - len(still_open)
        if still_open:
            self._streams[client] = still_open

    def _admit(self, stream: IOStream, client: str) -> bool:
        """Whether there may be one more connection; a proxy's client has no name."""
        if client and len(self._streams.get(client, ())) >= _MAX_PER_CLIENT:
            self._forget_closed_of(client)
            if len(self._streams.get(client, ())) >= _MAX_PER_CLIENT:
                self._warn(
                    "A client has %d connections; more are refused.", _MAX_PER_CLIENT, client
                )
                return False
        if self._count >= self._max_connections:
            # Once a second: one look at thousands for each connection refused would be an attack.
            if self._look_allowance.take():
                self.forget_closed()
            if self._count >= self._max_connections:
                self._warn("There are %d connections; more are refused.", self._max_connections)
                return False
        self._streams.setdefault(client, []).append(stream)
        self._count += 1
        return True

    def _accept_on(self, listening: socket.socket) -> Callable[[], None]:
        """Start accepting; the function that ends it."""
        loop = IOLoop.current()
        stopped = False

        def start() -> None:
            if not stopped:
                loop.add_handler(listening, accept, IOLoop.READ)

        def accept(_: Any, __: int) -> None:
            try:
                self._accept_all(listening)
            except OSError as error:
                if error.errno not in _OUT_OF_RESOURCES:
                    raise
                self._warn("No connection can be accepted: %s", error.strerror)
                loop.remove_handler(listening)
                loop.call_later(_PAUSE_S, start)

        def stop() -> None:
            nonlocal stopped
            stopped = True
            loop.remove_handler(listening)

        start()
        return stop

    def _accept_all(self, listening: socket.socket) -> None:
        for _ in range(_ACCEPTED_AT_ONCE):
            try:
                connection, address = listening.accept()
            except BlockingIOError:
                return
            except ConnectionAbortedError:
                continue
            self._handle_connection(connection, address)

    def _warn(self, message: str, what: object, client: str = "") -> None:
        """Log at most once a minute."""
        if self._log_allowance.take():
            _LOG.warning(message, what, extra={"client": client} if client else None)
