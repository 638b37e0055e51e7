"""The limits of connections."""

import asyncio
import errno
import logging
import socket

import pytest

http_server = pytest.importorskip(
    "wearcast.serving.dashboard_server.http_server",
    reason="the extra `dashboard` isn't installed",
)


class WithoutDescriptors(http_server.LimitedServer):
    """A server that can't accept anything."""

    tries = 0

    def _accept_all(self, _: socket.socket) -> None:
        self.tries += 1
        raise OSError(errno.EMFILE, "Too many open files")


def connected(server, count: int, seconds: float) -> int:
    """How many of so many clients a server still serves after so long."""

    async def run() -> int:
        listening = socket.create_server(("127.0.0.1", 0))
        listening.setblocking(False)
        server.add_sockets([listening])
        clients = [socket.create_connection(listening.getsockname()) for _ in range(count)]
        await asyncio.sleep(seconds)
        server.stop()
        still_open = [client for client in clients if is_open(client)]
        for client in clients:
            client.close()
        await server.close_all_connections()
        return len(still_open)

    return asyncio.run(run())


class Stream:
    """A connection that counts how often the server looks at it."""

    looks = 0

    def closed(self) -> bool:
        Stream.looks += 1
        return False


def is_open(client: socket.socket) -> bool:
    client.setblocking(False)
    try:
        return client.recv(1) != b""
    except BlockingIOError:
        return True
    except ConnectionError:
        return False


def test_without_descriptors_it_neither_spins_nor_fills_the_log(caplog):
    server = WithoutDescriptors(None, trusted=(), max_descriptors=1_000)
    with caplog.at_level(logging.WARNING):
        connected(server, 1, seconds=0.3)
    assert server.tries == 1
    assert caplog.messages == ["No connection can be accepted: Too many open files"]


def test_a_client_has_so_many_connections_and_no_more(monkeypatch):
    monkeypatch.setattr(http_server, "_MAX_PER_CLIENT", 5)
    server = http_server.LimitedServer(lambda _: None, trusted=(), max_descriptors=1_000)
    assert connected(server, 8, seconds=0.2) == 5


def test_a_connection_beyond_the_limit_is_refused_without_looking_at_all_others():
    server = http_server.LimitedServer(lambda _: None, trusted=(), max_descriptors=1_000)
    admitted = [server._admit(Stream(), str(at)) for at in range(1_500)]
    assert sum(admitted) == 500
    assert Stream.looks <= 2 * 500
