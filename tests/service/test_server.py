"""Where the API listens: an address that it can't have is an error of ours, before anything is
started."""

import socket

import pytest

from wearcast.errors import ConfigError
from wearcast.serving.api.server import listening_sockets


def test_it_listens_on_every_address_of_the_host():
    sockets = listening_sockets("127.0.0.1", 0)
    try:
        [port] = [one.getsockname()[1] for one in sockets]
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            pass
    finally:
        for one in sockets:
            one.close()


def test_it_listens_on_the_hosts_addresses_that_this_machine_has(
    monkeypatch,
):
    found = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0))
        for address in ("192.0.2.1", "127.0.0.1")
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    [one] = listening_sockets("localhost", 0)
    with one:
        assert one.getsockname()[0] == "127.0.0.1"


def test_a_taken_port_is_reported():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(
            ConfigError,
            match=rf"^the API can't listen on 127\.0\.0\.1:{port}: Address already in use$",
        ):
            listening_sockets("127.0.0.1", port)


@pytest.mark.parametrize(
    ("host", "why"),
    [
        ("192.0.2.1", "Cannot assign requested address"),
        ("nowhere.invalid", "."),
        ("a..b", "no such host"),
    ],
)
def test_a_host_of_another_machine_is_reported(host, why):
    with pytest.raises(ConfigError, match=f"^the API can't listen on {host}:8123: {why}"):
        listening_sockets(host, 8123)
