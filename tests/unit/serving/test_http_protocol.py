"""Connections whose requests never end, or whose heads are too large."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from wearcast.serving.api import http_protocol
from wearcast.serving.api.http_protocol import BoundedProtocol


async def unread(_scope, _receive, send):
    """Answer without reading the body."""
    headers = [(b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})


@asynccontextmanager
async def connected():
    """A connection to a server."""
    config = Config(unread, lifespan="off", log_config=None)
    config.load()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: BoundedProtocol(config, ServerState(), {}), "127.0.0.1", 0
    )
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    try:
        yield reader, writer
    finally:
        writer.close()
        server.close()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(http_protocol, "HEAD_TIMEOUT_S", 0.2)
    monkeypatch.setattr(http_protocol, "LINGER_S", 0.2)


def told(pieces, pause_s=0.0):
    """What the server sends until it closes, for pieces sent with pauses between them."""

    async def talk():
        async with connected() as (reader, writer):
            for piece in pieces:
                writer.write(piece)
                await asyncio.sleep(pause_s)
            return await asyncio.wait_for(reader.read(), 5)

    return asyncio.run(talk())


@pytest.mark.parametrize(
    "pieces", [[], [b"GET / HTTP/1.1\r\nHost: x\r\n"], [b"G"], [b"GET / HTTP/1.1\r\n"] + [b"a"] * 2]
)
def test_half_a_request_is_ended(pieces):
    assert told(pieces, 0.05).startswith(b"HTTP/1.1 408 ")


def test_half_a_second_request_is_ended():
    whole = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    answers = told([whole, b"GET / HTTP/1.1\r\nHost:"], 0.05)
    assert answers.startswith(b"HTTP/1.1 200 ")
    assert b"HTTP/1.1 408 " in answers


def test_an_oversized_head_is_refused():
    pieces = [b"GET / HTTP/1.1\r\n", *[b"X: " + b"x" * 995 + b"\r\n"] * 33]
    assert told(pieces, 0.001).startswith(b"HTTP/1.1 431 ")


def test_a_client_that_sends_its_body_for_ever_gets_its_answer_and_is_closed():
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"
    answer = told([head], 0.0)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"ok")


def test_large_bodies_and_kept_connections_are_let_through():
    async def talk():
        async with connected() as (reader, writer):
            for _ in range(3):
                body = b"x" * 100_000
                head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
                writer.write(head + body)
                answer = await asyncio.wait_for(reader.readuntil(b"ok"), 5)
                assert answer.startswith(b"HTTP/1.1 200 ")
                await asyncio.sleep(0.3)

    asyncio.run(talk())
