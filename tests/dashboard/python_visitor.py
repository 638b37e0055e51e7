"""A visitor without a browser: the visit, the page and the channel of its kernel, step by step."""

import json
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from dashboard.dashboard_process import DashboardProcess

V1 = "v1.kernel.websocket.jupyter.org"
_METADATA = {"version": "2.1.0"}
"""The version of the widgets' protocol, without which a kernel makes no widget."""
_KERNEL_ID = re.compile(r'"kernelId": ?"([0-9a-f-]{36})"')


@dataclass(frozen=True)
class PythonPage:
    """A page that is connected to its kernel."""

    kernel_id: str
    channel: ClientConnection


@dataclass
class PythonVisitor:
    """A visitor of a dashboard, from an address of this machine."""

    served: DashboardProcess
    address: str = "127.0.0.1"

    @contextmanager
    def visit(self) -> Iterator[ClientConnection]:
        """The WebSocket that brings a ticket."""
        with self.socket("voila/visit") as socket:
            yield socket

    @contextmanager
    def socket(self, path: str, **options: Any) -> Iterator[ClientConnection]:
        """A WebSocket."""
        url = self.served.url.replace("http", "ws", 1) + path
        with connect(
            url, proxy=None, source_address=(self.address, 0), max_size=None, **options
        ) as socket:
            yield socket

    def ticket(self, socket: ClientConnection) -> str:
        """The ticket of a visit."""
        told = json.loads(socket.recv(timeout=60))
        return str(told["ticket"])

    def render(self, ticket: str, query: str = "", within_s: float = 60.0) -> httpx.Response:
        """The page of a ticket."""
        transport = httpx.HTTPTransport(local_address=self.address)
        with httpx.Client(transport=transport, timeout=within_s) as client:
            return client.post(
                f"{self.served.url}voila/render{query}", headers={"X-Visit-Ticket": ticket}
            )

    def kernel_of(self, page: httpx.Response) -> str:
        """The id of the kernel that made a page."""
        found = _KERNEL_ID.search(page.text)
        assert found, page.text[-2_000:]
        return found[1]

    @contextmanager
    def channel(self, kernel_id: str, protocol: str | None = None) -> Iterator[ClientConnection]:
        """The WebSocket to a kernel, in one of Jupyter's two subprotocols."""
        path = f"api/kernels/{kernel_id}/channels?session_id={uuid.uuid4().hex}"
        options = {"subprotocols": [protocol]} if protocol else {}
        with self.socket(path, **options) as socket:
            assert socket.subprotocol == protocol
            yield socket

    @contextmanager
    def page(self, protocol: str | None = None) -> Iterator["PythonPage"]:
        """A page that is connected to its kernel, as a browser has one."""
        with self.visit() as visit:
            kernel_id = self.kernel_of(self.render(self.ticket(visit)))
            with self.channel(kernel_id, protocol) as channel:
                visit.close()
                yield PythonPage(kernel_id, channel)
        httpx.post(f"{self.served.url}voila/api/shutdown/{kernel_id}")


def closing_code(socket: ClientConnection) -> int | None:
    """The code by which the server closes a WebSocket; None where it just ends the connection."""
    try:
        while True:
            socket.recv(timeout=20)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None


def message(kind: str, content: dict[str, Any], channel: str, protocol: str | None) -> str | bytes:
    """A message of Jupyter's protocol, as a page would write it."""
    header = {
        "msg_id": uuid.uuid4().hex,
        "msg_type": kind,
        "username": "visitor",
        "session": uuid.uuid4().hex,
        "date": "2026-01-01T00:00:00Z",
        "version": "5.4",
    }
    if protocol == V1:
        return _binary(channel, [header, {}, _METADATA, content])
    whole = {"header": header, "parent_header": {}, "metadata": _METADATA, "content": content}
    return json.dumps({**whole, "channel": channel, "buffers": []})


def _binary(channel: str, parts: list[dict[str, Any]]) -> bytes:
    pieces = [channel.encode(), *[json.dumps(part).encode() for part in parts]]
    offsets = [8 * (len(pieces) + 2)]
    for piece in pieces:
        offsets.append(offsets[-1] + len(piece))
    numbers = [len(offsets), *offsets]
    return b"".join([*[number.to_bytes(8, "little") for number in numbers], *pieces])


def type_of(raw: str | bytes) -> tuple[str, str]:
    """The type of a message that a page receives, and of the one that it is about."""
    if isinstance(raw, str):
        whole = json.loads(raw)
        return whole["header"]["msg_type"], whole["parent_header"].get("msg_type", "")
    count = int.from_bytes(raw[:8], "little")
    offsets = [int.from_bytes(raw[8 * at : 8 * at + 8], "little") for at in range(1, count + 1)]
    header, parent = (json.loads(raw[offsets[at] : offsets[at + 1]]) for at in (1, 2))
    return header["msg_type"], parent.get("msg_type", "")
