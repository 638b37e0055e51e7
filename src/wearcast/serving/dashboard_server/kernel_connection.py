"""The connection of a page's WebSocket to its kernel: passes on what is allowed, within limits."""

import logging
from typing import Any, Final

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from tornado.iostream import StreamBufferFullError
from tornado.websocket import WebSocketClosedError

from wearcast.serving.dashboard_server.kernel_messages import (
    TO_PAGES,
    MalformedMessage,
    PageMessage,
    parse_page_message,
)
from wearcast.serving.rate_limit import TokenBucket

_LOG: Final = logging.getLogger("wearcast.dashboard")
_MESSAGES_PER_S, _MESSAGE_BURST = 3.0, 200.0
_BYTES_PER_S, _BYTE_BURST = 50_000.0, 500_000.0
"""A page sends a click now and then, and some dozens of messages when it starts; each may keep the
kernel's CPU busy for some 100 ms."""
_MAX_COMMS: Final = 50
"""A page opens one comm each time that it connects."""
MAX_WAITING_BYTES: Final = 8_000_000
"""Of messages that a page hasn't read yet; a whole page has 1 MB."""
_MAX_LOGGED: Final = 2_000
_POLICY_VIOLATION, _UNSUPPORTED_DATA = 1008, 1003
_HEADER, _CONTENT = 1, 4
"""Parts of a message on the kernel's sockets; the first is the signature."""


class PageAllowance:
    """What a page may still send to its kernel, however often it connects."""

    def __init__(self) -> None:
        self._messages = TokenBucket(_MESSAGES_PER_S, _MESSAGE_BURST)
        self._bytes = TokenBucket(_BYTES_PER_S, _BYTE_BURST)
        self._comms = 0

    def admit(self, size_bytes: int) -> bool:
        """Whether a message of this size may come now."""
        return self._messages.take() and self._bytes.take(size_bytes)

    def admit_comm(self) -> bool:
        """Whether one more comm may be opened."""
        self._comms += 1
        return self._comms <= _MAX_COMMS


class KernelConnection(ZMQChannelsWebsocketConnection):  # type: ignore[misc]
    """Jupyter's connection with a wall: allowed messages only, in both directions."""

    def handle_incoming_message(self, incoming_msg: str | bytes) -> None:
        """Pass an allowed message on to the kernel; close the WebSocket of a page that sends too
        much, or what is no message."""
        allowance: PageAllowance = self.multi_kernel_manager.allowance(self.kernel_id)
        if not allowance.admit(len(incoming_msg)):
            self._refuse(_POLICY_VIOLATION, "too many messages")
            return
        try:
            message = parse_page_message(incoming_msg, self.subprotocol)
        except MalformedMessage:
            self._refuse(_UNSUPPORTED_DATA, "not a message")
            return
        if not self.passes(message):
            return
        if message.type == "comm_open" and not allowance.admit_comm():
            self._refuse(_POLICY_VIOLATION, "too many comms")
            return
        super().handle_incoming_message(incoming_msg)

    def passes(self, message: PageMessage) -> bool:
        """Whether a message may reach the kernel."""
        return message.is_allowed

    def handle_outgoing_message(self, stream: Any, outgoing_msg: list[Any]) -> None:
        """Pass an allowed message on to the page; errors and what the kernel prints are for the
        log: they name files and lines."""
        _, parts = self.session.feed_identities(outgoing_msg)
        kind = self.session.unpack(parts[_HEADER])["msg_type"]
        if kind not in TO_PAGES:
            self._log_output(kind, parts)
            return
        try:
            super().handle_outgoing_message(stream, outgoing_msg)
        except StreamBufferFullError:
            _LOG.info("A page doesn't read what its kernel sends; its connection is closed.")
            self.websocket_handler.abort()
        except WebSocketClosedError:
            _LOG.debug("A page closed its connection before a message.")

    def write_stderr(self, error_message: str, parent_header: object) -> None:  # noqa: ARG002
        """Log what Jupyter says about a kernel that sends too much; nothing of it is the page's."""
        _LOG.warning("A kernel sends too much: %s", error_message[:_MAX_LOGGED])

    def _log_output(self, kind: str, parts: list[Any]) -> None:
        if kind not in ("error", "stream"):
            return
        content = self.session.unpack(parts[_CONTENT])
        text = content.get("text") or "\n".join(content.get("traceback", ()))
        if self.multi_kernel_manager.may_log(self.kernel_id):
            _LOG.warning("A kernel wrote: %s", text[-_MAX_LOGGED:])

    def _refuse(self, code: int, reason: str) -> None:
        if self.multi_kernel_manager.may_log(self.kernel_id):
            _LOG.info("The connection of a page to its kernel is closed: %s", reason)
        self.websocket_handler.close(code, reason)
