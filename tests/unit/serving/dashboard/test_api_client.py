"""Whatever goes wrong with the API is one kind of error, told apart by what a person can do about
it."""

import asyncio
import contextlib
import socket

import httpx
import pytest

from service.in_process_service import serving
from service.synthetic_snapshots import two_cities
from wearcast.serving.dashboard.api_client import ApiClient, ApiError


def asking(url, path="/stations", timeout=0.5, **query):
    async def ask():
        async with httpx.AsyncClient(base_url=url, timeout=timeout, trust_env=False) as client:
            return await ApiClient(client, url).get(path, **query)

    return asyncio.run(ask())


def answering(content: bytes):
    """What becomes of a question to a server that answers everything with the same bytes; with
    none, it takes a second about it."""
    serving: list[asyncio.Task] = []

    async def serve(reader, writer):
        serving.append(asyncio.current_task())
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0 if content else 1)
        writer.write(content)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    async def ask():
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            async with (
                server,
                httpx.AsyncClient(base_url=url, timeout=0.3, trust_env=False) as client,
            ):
                return await ApiClient(client, url).get("/stations")
        finally:
            await asyncio.gather(*serving)

    return asyncio.run(ask())


def http(status: str, body: bytes) -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (
        status.encode(),
        len(body),
        body,
    )


def test_a_refused_connection_is_gone():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        with pytest.raises(ApiError) as error:
            asking(f"http://127.0.0.1:{probe.getsockname()[1]}")
    assert error.value.kind == "gone"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "slow"),
        (http("502 Bad Gateway", b"<html>Oops<br>\xff"), "broken"),
        (http("200 OK", b"{"), "broken"),
        (http("500 Internal Server Error", b'{"detail": "no"}'), "broken"),
        (http("503 Service Unavailable", b'{"detail": "There is no forecast yet"}'), "empty"),
        (http("404 Not Found", b"[]"), "unknown"),
        (http("429 Too Many Requests", b'{"detail": "wait"}'), "refused"),
        (b"\x00 this is not HTTP\r\n\r\n", "gone"),
    ],
)
def test_each_fault_has_its_kind(content, kind):
    with pytest.raises(ApiError) as error:
        answering(content)
    assert error.value.kind == kind


def test_an_unchanged_response_is_not_sent_again(tmp_path):
    with serving(tmp_path, two_cities()) as running:
        statuses = []

        async def note(answer):
            statuses.append(answer.status_code)

        running.client.event_hooks["response"].append(note)
        client = ApiClient(running.client, "here")
        first = running.run(client.get("/stations"))
        assert running.run(client.get("/stations")) == first
        assert statuses == [200, 304]


def test_an_empty_store_is_reported(tmp_path):
    with serving(tmp_path) as running, pytest.raises(ApiError) as error:
        running.run(ApiClient(running.client, "here").get("/stations"))
    assert error.value.kind == "empty"
