"""Asking the parts, the site and its proxy, and waiting until they answer as they should."""

import http.client
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from rollout import docker
from rollout.containers import PORTS
from rollout.errors import Failed
from rollout.settings import port, site_setting

Check = Callable[[], str]
"""What is wrong; empty where nothing is."""


class Answer(NamedTuple):
    """An answer, its headers by their names in small letters; status 0 where there is none."""

    status: int
    body: str
    headers: Mapping[str, str]

    @property
    def is_late(self) -> bool:
        """Whether none came in time."""
        return self.status == 0 and self.body.startswith("TimeoutError")

    @property
    def is_dropped(self) -> bool:
        """Whether the connection was refused, or ended without an answer."""
        return self.status == 0 and not self.is_late


def ask(
    host: str,
    port: int,
    path: str,
    method: str = "GET",
    body: str = "",
    headers: Mapping[str, str] | None = None,
    tls_name: str = "",
    timeout_s: float = 5,
) -> Answer:
    """Ask once; `tls_name` is the site's domain, where it has one."""
    sent = {"Host": tls_name} if tls_name else {}
    if body:
        sent["Content-Type"] = "application/json"
    sent.update(headers or {})
    connection = http.client.HTTPConnection(host, port, timeout=timeout_s)
    try:
        if tls_name:
            connection.sock = _tls_socket(host, port, tls_name, timeout_s)
        connection.request(method, path, body or None, sent)
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, answer.read().decode(errors="replace"), found)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Answer(0, f"{type(error).__name__}: {error}", {})
    finally:
        connection.close()


def _tls_socket(host: str, port: int, name: str, timeout_s: float) -> ssl.SSLSocket:
    # Who we are asking is certain; whether the certificate has come already isn't.
    context = ssl._create_unverified_context()  # noqa: S323
    connected = socket.create_connection((host, port), timeout_s)
    return context.wrap_socket(connected, server_hostname=name)


def ask_part(
    part: str,
    colour: str,
    path: str,
    method: str = "GET",
    body: str = "",
    headers: Mapping[str, str] | None = None,
    timeout_s: float = 5,
) -> Answer:
    """Ask a container, past the proxy."""
    address = part_address(part, colour)
    if not address:
        return Answer(0, "it has no address", {})
    return ask(address, PORTS[part], path, method, body, headers, timeout_s=timeout_s)


def part_address(part: str, colour: str) -> str:
    """A container's address; empty where it has none."""
    container = docker.container_name(part, colour)
    networks = docker.inspect(container).get("NetworkSettings", {}).get("Networks", {})
    for network in networks.values():
        if network["IPAddress"]:
            return str(network["IPAddress"])
    return ""


def ask_site(path: str) -> Answer:
    """Ask as a visitor would, through the proxy."""
    domain = site_setting("SITE_DOMAIN", "")
    return ask("127.0.0.1", port("SITE_HTTPS" if domain else "SITE_HTTP"), path, tls_name=domain)


def ask_proxy(path: str) -> Answer:
    """Ask the proxy about itself."""
    return ask("127.0.0.1", port("SITE_INSIDE"), path)


def wait_until(check: Check, within_s: float, pause_s: float = 0.3) -> None:
    """Wait until nothing is wrong any more.

    Raises:
        Failed: something still is.
    """
    end = time.monotonic() + within_s
    while wrong := check():
        if time.monotonic() > end:
            raise Failed(f"{wrong} (after {within_s:.0f} s)")
        time.sleep(pause_s)
