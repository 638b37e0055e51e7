"""Connections whose requests never end, whose heads are too large, or whose clients don't read."""

import asyncio
import contextlib
import gc
import socket
import weakref
from contextlib import asynccontextmanager

import pytest
import uvloop
from uvicorn import Config
from uvicorn.server import ServerState

from wearcast.serving.api import http_protocol
from wearcast.serving.api.http_protocol import BoundedProtocol

WHOLE = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"


class App:
    """Answers without reading the body, and counts what doesn't reach it."""

    def __init__(self, body=b"ok", *, reads=False):
        self.body, self.reads = body, reads
        self.asked, self.refused = 0, []

    async def __call__(self, _scope, receive, send):
        self.asked += 1
        while self.reads and (await receive()).get("more_body"):
            pass
        headers = [(b"content-length", b"%d" % len(self.body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})

    def count_refusal(self, status):
        """Count it."""
        self.refused.append(status)


@asynccontextmanager
async def listening(app):
    """A server's address and its state."""
    config = Config(app, interface="asgi3", lifespan="off", log_config=None, timeout_keep_alive=0.6)
    config.load()
    state = ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: BoundedProtocol(config, state, {}), "127.0.0.1", 0)
    # Little of a response waits in the system's memory.
    server.sockets[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
    try:
        yield server.sockets[0].getsockname(), state
    finally:
        server.close()


@asynccontextmanager
async def connected(app):
    """A connection to a server."""
    async with listening(app) as (address, _):
        reader, writer = await asyncio.open_connection(*address)
        try:
            yield reader, writer
        finally:
            writer.close()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    for name in ("HEAD_TIMEOUT_S", "LINGER_S", "UNREAD_TIMEOUT_S"):
        monkeypatch.setattr(http_protocol, name, 0.2)


def told(pieces, pause_s=0.0, app=None):
    """What the server sends until it closes, for pieces sent with pauses between them."""

    async def talk():
        answers = bytearray()
        async with connected(app or App()) as (reader, writer):

            async def send():
                for piece in pieces:
                    writer.write(piece)
                    await asyncio.sleep(pause_s)

            sending = asyncio.create_task(send())
            # Closed while the client still sends, a connection is reset.
            with contextlib.suppress(ConnectionError):
                async with asyncio.timeout(30):
                    while piece := await reader.read(100_000):
                        answers += piece
            sending.cancel()
        return bytes(answers)

    return asyncio.run(talk())


@pytest.mark.parametrize(
    "pieces", [[], [b"GET / HTTP/1.1\r\nHost: x\r\n"], [b"G"], [b"GET / HTTP/1.1\r\n"] + [b"a"] * 2]
)
def test_half_a_request_is_ended(pieces):
    app = App()
    assert told(pieces, 0.05, app).startswith(b"HTTP/1.1 408 ")
    assert app.refused == [408]


def test_half_a_second_request_is_ended():
    answers = told([WHOLE, b"GET / HTTP/1.1\r\nHost:"], 0.05)
    assert answers.startswith(b"HTTP/1.1 200 ")
    assert b"HTTP/1.1 408 " in answers


@pytest.mark.parametrize("pieces", [[b"\r\n"], [b"\r\n"] * 25])
def test_line_ends_after_an_answer_keep_no_connection(pieces):
    answers = told([WHOLE, *pieces], 0.05)
    assert answers.count(b"HTTP/1.1 ") == 1


def test_the_late_end_of_an_unread_body_keeps_no_connection():
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n"
    assert told([head, b"{", b"}"], 0.05).count(b"HTTP/1.1 ") == 1


LINES = b"X: " + b"x" * 995 + b"\r\n"


@pytest.mark.parametrize(
    "pieces",
    [
        [b"GET / HTTP/1.1\r\n", *[LINES] * 33],
        [b"GET / HTTP/1.1\r\n" + LINES * 33],
        [b"GET / HTTP/1.1\r\n" + LINES * 100 + b"\r\n"],
        [b"GET / HTTP/1.1\r\nX: " + b"x" * 40_000 + b"\r\n\r\n"],
        [b"GET /" + b"x" * 40_000 + b" HTTP/1.1\r\n\r\n"],
        [WHOLE + b"GET / HTTP/1.1\r\n" + LINES * 100],
    ],
)
def test_an_oversized_head_is_refused(pieces):
    app = App()
    told(pieces, 0.001, app)
    assert app.refused == [431]


@pytest.mark.parametrize("trailer", [LINES * 100, b"X: " + b"x" * 100_000, b"2;" + b"x" * 100_000])
@pytest.mark.parametrize("reads", [True, False])
def test_oversized_trailers_are_refused(trailer, reads):
    end = b"" if trailer.startswith(b"2;") else b"0\r\n"
    app = App(reads=reads)
    told([CHUNKED, end + trailer], 0.001, app)
    assert app.refused == [431]


@pytest.mark.parametrize("line", [b"G@T / HTTP/1.1\r\n\r\n", b"\x00"])
def test_what_is_no_request_is_counted(line):
    app = App()
    assert told([line], 0.0, app).startswith(b"HTTP/1.1 400 ")
    assert app.refused == [400]


def test_many_requests_at_once_are_not_all_queued():
    app = App()
    told([WHOLE * 5_000], app=app)
    assert app.asked < 1_500


def test_a_few_requests_at_once_are_answered():
    assert told([WHOLE * 50]).count(b"HTTP/1.1 200 ") == 50


def test_a_client_that_sends_its_body_for_ever_gets_its_answer_and_is_closed():
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"
    answer = told([head], 0.0)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"ok")


@pytest.mark.parametrize("reads", [True, False])
@pytest.mark.parametrize("size", [100_000, 2_000_000])
def test_large_bodies_and_kept_connections_are_let_through(reads, size):
    async def talk():
        async with connected(App(reads=reads)) as (reader, writer):
            for extra in (b"", b"", LINES * 14):
                head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n" % size
                writer.write(head + extra + b"\r\n")
                await asyncio.sleep(0.01 if extra else 0)
                writer.write(b"x" * size)
                answer = await asyncio.wait_for(reader.readuntil(b"ok"), 5)
                assert answer.startswith(b"HTTP/1.1 200 ")
                await asyncio.sleep(0.3)

    asyncio.run(talk())


def test_chunked_bodies_with_trailers_are_let_through():
    end = b"2\r\n{}\r\n" * 20_000 + b"0\r\nX: y\r\n\r\n"
    assert told([CHUNKED + end], app=App(reads=True)).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
@pytest.mark.parametrize(
    "lines", [b"", b"Connection: close\r\n"], ids=["keep-alive", "Connection: close"]
)
@pytest.mark.parametrize("size", [60_000, 20_000_000])
def test_a_client_that_never_reads_is_gone_and_its_memory_with_it(new_loop, lines, size):
    async def unread():
        async with listening(App(b"x" * size)) as (address, state):
            client = socket.socket()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            with client:
                client.setblocking(False)
                await asyncio.get_running_loop().sock_connect(client, address)
                client.send(b"GET / HTTP/1.1\r\nHost: x\r\n" + lines + b"\r\n")
                await asyncio.sleep(0.1)
                [connection] = state.connections
                gone = weakref.ref(connection)
                del connection
                async with asyncio.timeout(30):
                    while state.connections:
                        await asyncio.sleep(0.05)
            await asyncio.sleep(0.05)
        gc.collect()
        return gone()

    with asyncio.Runner(loop_factory=new_loop) as runner:
        assert runner.run(unread()) is None


def test_a_client_that_reads_slowly_gets_it_all(monkeypatch):
    monkeypatch.setattr(http_protocol, "MIN_READ_BYTES", 1_000)

    async def slowly():
        async with connected(App(b"x" * 1_000_000)) as (reader, writer):
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            size = 0
            while piece := await reader.read(100_000):
                size += len(piece)
                await asyncio.sleep(0.05)
            return size

    assert asyncio.run(slowly()) > 1_000_000


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_connection_that_its_client_reset_is_not_kept(new_loop):
    async def reset():
        async with listening(App()) as (address, state):
            reader, writer = await asyncio.open_connection(*address)
            writer.write(WHOLE)
            await reader.readuntil(b"ok")
            [connection] = state.connections
            gone = weakref.ref(connection)
            del connection
            linger = b"\x01\x00\x00\x00" + b"\x00" * 4
            raw = writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()
            async with asyncio.timeout(30):
                while state.connections:
                    await asyncio.sleep(0.01)
            await asyncio.sleep(0.05)
            gc.collect()
            return gone()

    with asyncio.Runner(loop_factory=new_loop) as runner:
        assert runner.run(reset()) is None
