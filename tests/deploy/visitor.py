"""A dashboard's visitor, as its page behaves: a kernel's websocket that is talked to, and a new page where the kernel is gone."""

import asyncio
import json
import re
import time
import uuid
from dataclasses import dataclass, field

import httpx
import websockets

_PAUSE_S = 0.3
"""As long as the page waits before it looks what became of its connection."""


@dataclass
class Visit:
    """What a visitor saw.

    Attributes:
        answers: of the kernel.
        pages: loaded in all, the first among them.
        gaps_s: how long the page stood without a kernel, each time.
        trouble: what went wrong and wasn't mended.
    """

    answers: int = 0
    pages: int = 0
    gaps_s: list[float] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)


async def visit(url: str, ended: asyncio.Event) -> Visit:
    """Stay on the page until told to end."""
    seen = Visit()
    async with httpx.AsyncClient(base_url=url, timeout=60, trust_env=False) as client:
        lost_s = 0.0
        while not ended.is_set():
            kernel = await _page(client, seen)
            if not kernel:
                await asyncio.sleep(1)
                continue
            cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in client.cookies.jar)
            address = f"{url.replace('http', 'ws', 1)}/api/kernels/{kernel}/channels"
            try:
                async with websockets.connect(address, additional_headers={"Cookie": cookies}, proxy=None) as socket:
                    while not ended.is_set():
                        await _talk(socket)
                        seen.answers += 1
                        if lost_s:
                            seen.gaps_s.append(time.monotonic() - lost_s)
                            lost_s = 0.0
                        await asyncio.sleep(0.5)
            except (OSError, TimeoutError, websockets.WebSocketException):
                lost_s = lost_s or time.monotonic()
            if not ended.is_set():
                await _until_it_may_reload(client, kernel, seen)
    if lost_s:
        seen.trouble.append("lost at the end")
    return seen


async def _page(client: httpx.AsyncClient, seen: Visit) -> str:
    answer = await client.get("/")
    found = re.search(r'"kernelId": ?"([0-9a-f-]{36})"', answer.text)
    if answer.status_code != 200 or not found:
        seen.trouble.append(f"the page answers {answer.status_code}")
        return ""
    seen.pages += 1
    return found[1]


async def _talk(socket: websockets.ClientConnection) -> None:
    """Ask the kernel something that it answers at once."""
    id = uuid.uuid4().hex
    header = {"msg_id": id, "session": id, "username": "", "version": "5.3", "msg_type": "kernel_info_request"}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": {}, "channel": "shell", "buffers": []}
    await socket.send(json.dumps(message))
    async with asyncio.timeout(10):
        while True:
            said = await socket.recv()
            if id in (said if isinstance(said, str) else said.decode(errors="replace")) and "kernel_info_reply" in str(said):
                return


async def _until_it_may_reload(client: httpx.AsyncClient, kernel: str, seen: Visit) -> None:
    await asyncio.sleep(_PAUSE_S)
    pause_s = 1.0
    while True:
        found = (await client.get(f"/api/kernels/{kernel}")).status_code
        if found == 200:
            return
        if found == 404 and (await client.get("/health/ready")).status_code == 200:
            return
        seen.trouble.append(f"the kernel's state answers {found}")
        await asyncio.sleep(pause_s)
        pause_s *= 2


class Visitors:
    """Several at a time, in a thread of their own."""

    def __init__(self, url: str, count: int) -> None:
        import threading

        self._ended = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self.seen: list[Visit] = []

        def run() -> None:
            self.seen = list(self._loop.run_until_complete(self._all(url, count)))

        self._thread = threading.Thread(target=run)
        self._thread.start()

    async def _all(self, url: str, count: int) -> list[Visit]:
        return list(await asyncio.gather(*(visit(url, self._ended) for _ in range(count))))

    def end(self) -> list[Visit]:
        """What they saw."""
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(60)
        self._loop.close()
        return self.seen
