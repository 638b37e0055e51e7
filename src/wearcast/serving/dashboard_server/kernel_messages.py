"""The Jupyter messages that may pass between a page and its kernel, in either direction.

A page shows what a kernel sends and sends back choices; nothing that it may send makes the kernel
run code of the page's. Everything that isn't listed here is dropped.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from jupyter_server.services.kernels.connection.base import (
    deserialize_binary_message,
    deserialize_msg_from_ws_v1,
)

V1_PROTOCOL: Final = "v1.kernel.websocket.jupyter.org"
FROM_PAGES: Final = frozenset(
    {"comm_open", "comm_msg", "comm_close", "comm_info_request", "kernel_info_request"}
)
PAGE_CHANNEL: Final = "shell"
"""The only channel that a page writes to."""
PAGE_COMM_TARGET: Final = "jupyter.widget.control"
"""The only comm that a page opens: by it the widgets' loader asks for the state of all widgets."""
_MAX_PARTS: Final = 64
TO_PAGES: Final = frozenset(
    {
        "status",
        "comm_open",
        "comm_msg",
        "comm_close",
        "comm_info_reply",
        "kernel_info_reply",
        "display_data",
        "update_display_data",
        "clear_output",
    }
)


class MalformedMessage(ValueError):
    """What a page sent is no message of Jupyter's."""


@dataclass(frozen=True)
class PageMessage:
    """What decides whether a message of a page may pass.

    Attributes:
        channel: that it is for.
        type: of the message.
        target: of the comm that it opens; empty in all other messages.
    """

    channel: str
    type: str
    target: str = ""

    @property
    def is_allowed(self) -> bool:
        """Whether it may reach the kernel."""
        if self.channel != PAGE_CHANNEL or self.type not in FROM_PAGES:
            return False
        return self.type != "comm_open" or self.target == PAGE_COMM_TARGET


def parse_page_message(raw: str | bytes, protocol: str | None) -> PageMessage:
    """The message of a WebSocket with this subprotocol, read by the functions that read it when it
    is passed on.

    Raises:
        MalformedMessage: it isn't one.
    """
    try:
        _check_part_count(raw, protocol)
        if protocol == V1_PROTOCOL:
            channel, parts = deserialize_msg_from_ws_v1(raw)
            header = json.loads(parts[0])
            content = json.loads(parts[3])
        else:
            message = deserialize_binary_message(raw) if isinstance(raw, bytes) else json.loads(raw)
            channel = message["channel"]
            header = message["header"]
            content = message["content"]
        return _page_message(channel, header, content)
    # The parsers raise whatever the bytes lead them to.
    except Exception as error:
        raise MalformedMessage(f"not a message: {type(error).__name__}") from error


def _check_part_count(raw: str | bytes, protocol: str | None) -> None:
    """Raise ValueError unless a binary message has a likely number of parts: Jupyter's parsers
    believe any, and would make a list of 2 to the power of 64."""
    if isinstance(raw, str):
        if protocol == V1_PROTOCOL:
            raise ValueError("text in a binary protocol")
        return
    count = (
        int.from_bytes(raw[:8], "little")
        if protocol == V1_PROTOCOL
        else int.from_bytes(raw[:4], "big")
    )
    if not 1 <= count <= _MAX_PARTS:
        raise ValueError(f"{count} parts")


def _page_message(
    channel: object, header: Mapping[str, Any], content: Mapping[str, Any]
) -> PageMessage:
    kind = header["msg_type"]
    target = content.get("target_name", "") if kind == "comm_open" else ""
    if not all(isinstance(text, str) for text in (channel, kind, target)):
        raise TypeError("channel, type and target are texts")
    return PageMessage(str(channel), kind, target)
