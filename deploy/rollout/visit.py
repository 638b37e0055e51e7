"""A visit of the dashboard, as its page makes one: a WebSocket on which a ticket comes."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from rollout.containers import PORTS
from rollout.errors import Failed
from rollout.http_client import part_address
from rollout.releases import Colour

TICKET_HEADER = "X-Visit-Ticket"
UPGRADE_TO_WEBSOCKET = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "d2VhcmNhc3Qgcm9sbG91dA==",
}
_FINAL_TEXT = 0x81
"""The first byte of a WebSocket's frame with a whole text."""


@contextmanager
def visit(colour: Colour, timeout_s: float) -> Iterator[str]:
    """The ticket of a visit, which lasts as long as the block.

    Raises:
        Failed: the dashboard gives none.
    """
    address = (part_address("dashboard", colour), PORTS["dashboard"])
    try:
        connected = socket.create_connection(address, timeout_s)
    except OSError as error:
        raise Failed(f"smoke test: the dashboard doesn't answer: {error}") from error
    with connected:
        yield _ticket(connected, f"{address[0]}:{address[1]}")


def _ticket(connected: socket.socket, host: str) -> str:
    """Ask for a WebSocket, and read the ticket that is its first message."""
    headers = {"Host": host, **UPGRADE_TO_WEBSOCKET}
    lines = ["GET /voila/visit HTTP/1.1", *[f"{name}: {headers[name]}" for name in headers]]
    try:
        connected.sendall("\r\n".join([*lines, "", ""]).encode())
        return _read_ticket(connected.makefile("rb"))
    except (OSError, ValueError, LookupError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise Failed(f"smoke test: the dashboard has no kernel for a visitor: {reason}") from error


def _read_ticket(answer: BinaryIO) -> str:
    status = answer.readline().decode(errors="replace").strip()
    if " 101 " not in status:
        raise ValueError(status or "no answer")
    while answer.readline().strip():
        pass
    kind, size = answer.read(2)
    content = answer.read(size)
    if kind != _FINAL_TEXT:
        raise ValueError(f"it closes: {content[2:].decode(errors='replace')}")
    return str(json.loads(content)["ticket"])
