"""The way of a page's request to its kernel, which waits for it on a WebSocket."""

import json
import secrets
from collections.abc import Mapping
from typing import Any, Final

from tornado.web import HTTPError
from tornado.websocket import WebSocketHandler

SECRET_VARIABLE: Final = "VOILA_QUERY_SECRET"  # noqa: S105 - a name
"""The environment variable by which a kernel knows the secret that only it has."""
_POLICY_VIOLATION: Final = 1008


class PageRequests:
    """The kernels that wait for a page's request, and the requests that no kernel has taken yet."""

    def __init__(self) -> None:
        self._secrets: dict[str, str] = {}
        self._waiters: dict[str, PageRequestHandler] = {}
        self._requests: dict[str, Mapping[str, str]] = {}

    def expect(self, kernel_id: str, secret: str) -> None:
        """Let the kernel with this secret wait."""
        self._secrets[kernel_id] = secret

    def forget(self, kernel_id: str) -> None:
        """Forget a kernel that has ended."""
        self._secrets.pop(kernel_id, None)
        self._requests.pop(kernel_id, None)

    def is_waiting(self, kernel_id: str) -> bool:
        """Whether the kernel waits for its request."""
        return kernel_id in self._waiters

    def send(self, kernel_id: str, request: Mapping[str, str]) -> None:
        """Send the kernel its request, now or as soon as it waits."""
        self._requests[kernel_id] = request
        self._deliver(kernel_id)

    def knows(self, kernel_id: str, secret: str) -> bool:
        """Whether it is the kernel itself that asks."""
        known = self._secrets.get(kernel_id)
        if not known:
            return False
        return secrets.compare_digest(known.encode(), secret.encode())

    def add(self, kernel_id: str, waiter: "PageRequestHandler") -> bool:
        """Let a kernel wait on this WebSocket; whether it is the only one."""
        if kernel_id in self._waiters:
            return False
        self._waiters[kernel_id] = waiter
        self._deliver(kernel_id)
        return True

    def remove(self, kernel_id: str, waiter: "PageRequestHandler") -> None:
        """Let a kernel wait no longer, if it is on this WebSocket that it waits."""
        if self._waiters.get(kernel_id) is waiter:
            del self._waiters[kernel_id]

    def _deliver(self, kernel_id: str) -> None:
        waiter = self._waiters.get(kernel_id)
        if waiter is not None and kernel_id in self._requests:
            waiter.write_message(json.dumps(self._requests.pop(kernel_id)))


class PageRequestHandler(WebSocketHandler):
    """The WebSocket on which a kernel waits; for kernels of this server alone."""

    def initialize(self, requests: PageRequests) -> None:
        """Set the requests."""
        self._requests = requests

    async def get(self, kernel_id: str) -> None:
        """Accept the kernel that has the secret; 404 for everybody else.

        Raises:
            HTTPError: it isn't a kernel that asks.
        """
        secret = self.request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not self._is_local() or not self._requests.knows(kernel_id, secret):
            raise HTTPError(404)
        await super().get(kernel_id)

    def open(self, kernel_id: str) -> None:
        """Let the kernel wait."""
        self._kernel_id = kernel_id
        if not self._requests.add(kernel_id, self):
            self.close(_POLICY_VIOLATION, "already waiting")

    def on_message(self, _: str | bytes) -> None:
        """Ignore it: a kernel has nothing to say here."""

    def on_close(self) -> None:
        """Let the kernel wait no longer."""
        self._requests.remove(self._kernel_id, self)

    def write_error(self, status_code: int, **_: Any) -> None:
        """Send the status alone."""
        self.finish(f"{status_code}\n")

    def _is_local(self) -> bool:
        """Whether the peer is this machine, and no proxy on it."""
        connection = self.request.connection
        stream = getattr(connection, "stream", None)
        if stream is None or "X-Forwarded-For" in self.request.headers:
            return False
        return bool(stream.socket.getsockname()[0] == self.request.remote_ip)
