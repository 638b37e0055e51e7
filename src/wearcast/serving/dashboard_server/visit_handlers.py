"""The handlers of a visit: a WebSocket that brings a kernel, the page that the kernel makes, and
the page's WebSocket to its kernel."""

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Any, Final

from jupyter_server.auth import IdentityProvider, User
from tornado.ioloop import IOLoop
from tornado.iostream import StreamClosedError
from tornado.web import HTTPError
from tornado.websocket import WebSocketHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from wearcast.serving.client_address import Network
from wearcast.serving.dashboard_server.choices_cookie import remembered_choices
from wearcast.serving.dashboard_server.handlers import (
    PublicHandler,
    client_group,
    refuse_other_sites,
)
from wearcast.serving.dashboard_server.kernel_connection import MAX_WAITING_BYTES
from wearcast.serving.dashboard_server.kernel_pool import NoRoomError, PooledKernel
from wearcast.serving.dashboard_server.visitor_models import VisitorModels
from wearcast.serving.dashboard_server.visits import Visit, Visits

_LOG: Final = logging.getLogger("wearcast.dashboard")
TICKET_HEADER: Final = "X-Visit-Ticket"
"""A header, which pages of other sites can't set."""
TRY_AGAIN_LATER: Final = 1013
_POLICY_VIOLATION, _INTERNAL_ERROR = 1008, 1011
_REDEEM_WITHIN_S: Final = 20.0
_CONNECT_WITHIN_S: Final = 120.0
"""From the visit to the page's connection to its kernel: on a slow phone, 3 MB of JavaScript."""
_RENDER_WITHIN_S: Final = 90.0


class VisitHandler(WebSocketHandler):
    """The WebSocket of a visitor who waits for a page: sends a ticket as soon as there is a kernel,
    which ends with the WebSocket unless the page has connected to it."""

    def initialize(self, visits: Visits, trusted: Sequence[Network]) -> None:
        """Set the visits and the proxies that are trusted."""
        self._visits = visits
        self._trusted = trusted
        self._visit: Visit | None = None
        self._closed = False

    async def open(self) -> None:
        """Send a ticket, or close where there is no room."""
        self._client = client_group(self.request, self._trusted)
        if not self._visits.enter(self._client):
            self.close(TRY_AGAIN_LATER, "full")
            return
        try:
            began = time.monotonic()
            visit = await self._visits.begin(self._client)
            self.settings["telemetry"].observe_kernel_wait(time.monotonic() - began)
        except NoRoomError:
            self.close(TRY_AGAIN_LATER, "full")
            return
        except Exception:  # noqa: BLE001 - whatever it is, the visitor is told
            _LOG.exception("A kernel for a visitor could not be started.")
            self.close(_INTERNAL_ERROR, "no kernel")
            return
        if self._closed:
            await self._visits.end(visit)
            return
        self._visit = visit
        self._close_later(_CONNECT_WITHIN_S)
        IOLoop.current().call_later(_REDEEM_WITHIN_S, self._close_unless_redeemed)
        self.write_message({"ticket": visit.ticket})

    def on_message(self, _: str | bytes) -> None:
        """Close: a visitor has nothing to say here."""
        self.close(_POLICY_VIOLATION, "no messages")

    def on_close(self) -> None:
        """End the visit."""
        self._closed = True
        self._visits.leave(self._client)
        if self._visit:
            IOLoop.current().spawn_callback(self._visits.end, self._visit)

    def write_error(self, status_code: int, **_: Any) -> None:
        """Send the status alone."""
        self.finish(f"{status_code}\n")

    def _close_later(self, after_s: float) -> None:
        IOLoop.current().call_later(after_s, self.close, TRY_AGAIN_LATER, "too late")

    def _close_unless_redeemed(self) -> None:
        if self._visit and not self._visit.is_redeemed:
            self.close(TRY_AGAIN_LATER, "too late")


class RenderHandler(PublicHandler):
    """The page, made by the kernel of a visit; without a visit's ticket nothing is done."""

    def initialize(
        self, visits: Visits, kernels: Any, models: VisitorModels, privacy_url: str
    ) -> None:
        """Set the visits, the kernel manager, the visitors' models, and the page about privacy that
        pages link to."""
        self._models = models
        self._visits = visits
        self._kernels = kernels
        self._privacy_url = privacy_url

    async def post(self) -> None:
        """Send the page as it is made.

        Raises:
            HTTPError: 403, the ticket isn't a visit's, or was used; 410, the visit ended before its
                page began; 503, the kernel made nothing.
        """
        refuse_other_sites(self.request)
        request = {
            "QUERY_STRING": self.request.query,
            "REMEMBERED_CHOICES": remembered_choices(self).to_query(),
            "HTTP_ACCEPT_LANGUAGE": self.request.headers.get("Accept-Language", ""),
            "SERVER_SOFTWARE": "voila",
            "PRIVACY_URL": self._privacy_url,
            "API_CLIENT": self._models.client_of(self),
        }
        kernel = self._visits.redeem(self.request.headers.get(TICKET_HEADER, ""), request)
        if kernel is None:
            raise HTTPError(403)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        outcome = await self._send_page(kernel)
        self.settings["telemetry"].count_page(outcome)
        if not self._headers_written:
            raise HTTPError(503 if outcome == "late" else 410)

    async def _send_page(self, kernel: PooledKernel) -> str:
        """Send the page as it is made; how that ended, as it is counted."""
        try:
            async with asyncio.timeout(_RENDER_WITHIN_S):
                async for snippet in kernel.snippets():
                    await self._send(snippet)
        except StreamClosedError:
            _LOG.debug("A visitor left while the page was made.")
            return "left"
        except TimeoutError:
            _LOG.warning("A kernel didn't make its page within %.0f s.", _RENDER_WITHIN_S)
            kernel.rendering.cancel()
            await self._kernels.end(kernel.kernel_id)
            return "late"
        if kernel.rendering.cancelled() or not self._headers_written:
            return "ended"
        return "made"

    async def _send(self, snippet: str) -> None:
        """Send a part of the page; an empty one would send a status before it is known."""
        if snippet:
            self.write(snippet)
            await self.flush()


class NoIdentity(IdentityProvider):  # type: ignore[misc]
    """Every visitor is the same to Jupyter, which would give each a name in a cookie."""

    def get_user(self, handler: Any) -> User:  # noqa: ARG002 - Jupyter's signature
        """Nobody in particular."""
        return User("visitor")


class KernelChannelHandler(VoilaKernelWebsocketHandler):  # type: ignore[misc]
    """The WebSocket between a page and its kernel."""

    def initialize(self, visits: Visits, trusted: Sequence[Network]) -> None:
        """Set the visits and the proxies that are trusted."""
        self._visits = visits
        self._client = client_group(self.request, trusted)
        self._is_counted = self._is_admitted = False

    async def get(self, kernel_id: str) -> None:
        """Connect to the kernel of a page.

        Raises:
            HTTPError: 404, there is no such kernel.
        """
        if not self.kernel_manager.is_of_a_page(kernel_id):
            raise HTTPError(404)
        await super().get(kernel_id=kernel_id)

    async def open(self, kernel_id: str) -> None:
        """Connect, unless the client has too many WebSockets."""
        self.ws_connection.stream.max_write_buffer_size = MAX_WAITING_BYTES
        self._is_counted = True
        if not self._visits.enter(self._client):
            self.close(TRY_AGAIN_LATER, "full")
            return
        self._is_admitted = True
        await super().open(kernel_id)

    def on_message(self, ws_message: str | bytes) -> None:
        """Hand a message to the kernel's connection."""
        if self._is_admitted and self.connection is not None:
            super().on_message(ws_message)

    def on_close(self) -> None:
        """Disconnect."""
        if self._is_counted:
            self._visits.leave(self._client)
        if self._is_admitted:
            super().on_close()

    def abort(self) -> None:
        """Close the connection without waiting for the page to read what it was sent."""
        if self.ws_connection is not None:
            self.ws_connection.stream.close()

    def write_error(self, status_code: int, **_: Any) -> None:
        """Send the status alone: no browser shows this response."""
        self.finish(f"{status_code}\n")
