"""Raw ASGI requests, header by header and chunk by chunk, which HTTP clients don't send."""

import asyncio
import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from service.in_process_service import RunningService

Lines = Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Sent:
    """The response as raw bytes."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    took_s: float

    def header(self, name: str) -> str | None:
        """A header that comes once at most."""
        found = [value for known, value in self.headers if known == name]
        assert len(found) <= 1
        return found[0] if found else None

    @property
    def problem(self) -> Any:
        """The problem that it is."""
        assert self.header("content-type") == "application/problem+json"
        return json.loads(self.body)


def request(
    service: RunningService,
    method: str,
    url: str,
    headers: Lines = (),
    body: Sequence[bytes] | None = (b"",),
    gone: bool = False,
    **more: Any,
) -> Sent:
    """Send a request. Without a `body`, none may be read; `taken` gets the parts that were; a
    client that is `gone` sends no more."""
    return service.run(_request(service, method, url, headers, body, gone=gone, **more))


def slowly(service: RunningService, url: str, parts: Sequence[bytes], every_s: float = 0.0) -> Sent:
    """Post parts of a body, one after another, and never the end of it."""
    headers = [("content-type", "application/json")]
    return service.run(_request(service, "POST", url, headers, parts, every_s=every_s, ends=False))


async def unfinished(service: RunningService, url: str, client: str, part: bytes = b"{") -> int:
    """Post a body that never ends, from an address; the status of the response."""
    headers = [("content-type", "application/json")]
    sent = await _request(service, "POST", url, headers, [part], ends=False, client=client)
    return sent.status


async def _request(
    service: RunningService,
    method: str,
    url: str,
    headers: Lines,
    body: Sequence[bytes] | None,
    gone: bool = False,
    taken: list[bytes] | None = None,
    every_s: float = 0.0,
    ends: bool = True,
    client: str = "test",
) -> Sent:
    path, _, query = url.partition("?")
    lines = [(name.encode(), value.encode()) for name, value in headers]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
    }
    scope |= {
        "query_string": query.encode(),
        "headers": lines,
        "scheme": "http",
        "server": ("test", 80),
        "client": (client, 1),
    }
    waiting = list(body or ())
    messages: list[Any] = []

    async def receive() -> Any:
        assert body is not None, "nothing may be read"
        await asyncio.sleep(every_s)
        if waiting:
            part = waiting.pop(0)
            if taken is not None:
                taken.append(part)
            return {
                "type": "http.request",
                "body": part,
                "more_body": bool(waiting) or not ends or gone,
            }
        if gone:
            return {"type": "http.disconnect"}
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Any) -> None:
        messages.append(message)

    began = time.perf_counter()
    await service.app({**scope, "root_path": ""}, receive, send)
    took_s = time.perf_counter() - began
    if not messages:
        return Sent(0, [], b"", took_s)
    start, *rest = messages
    found = [(name.decode(), value.decode()) for name, value in start["headers"]]
    return Sent(start["status"], found, b"".join(part.get("body", b"") for part in rest), took_s)
