"""The real proxy on this machine's loopback, with compose.yaml's flags and the real routes, in
front of whatever stands in for the parts."""

import contextlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import yaml

from deploy.engine import REPOSITORY
from ports import free_port
from real.processes import wait_until

COMPOSE = REPOSITORY / "deploy/compose.yaml"
NOTICES = REPOSITORY / "deploy/notices/server.py"
ROUTES = REPOSITORY / "deploy/traefik/routes.yaml"
ADDRESSES = {
    "service": "service-{{ $colour }}:8000",
    "dashboard": "dashboard-{{ $colour }}:8501",
    "notices": "notices:8080",
}


def traefik_program() -> str | None:
    """Where the program is, if it is anywhere."""
    return shutil.which(
        "traefik", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    )


@dataclass(frozen=True)
class BareProxy:
    """A proxy that runs.

    Attributes:
        port: where visitors come in.
        inside: where it tells what it counts.
        log: its access log.
        pid: its process.
    """

    port: int
    inside: int
    log: Path
    pid: int

    @property
    def url(self) -> str:
        """What a visitor types."""
        return f"http://127.0.0.1:{self.port}"

    def logged(self) -> list[dict[str, Any]]:
        """The lines of its access log."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@contextlib.contextmanager
def bare_proxy(
    folder: Path,
    parts: Mapping[str, int],
    flags: Mapping[str, str] | None = None,
    **settings: str,
) -> Iterator[BareProxy]:
    """Run it until it isn't needed any more.

    Args:
        folder: for its file and its log.
        parts: the ports of `service`, `dashboard` and `notices`.
        flags: other values of these flags.
        settings: the site's (SITE_RATE and others).
    """
    (folder / "dynamic").mkdir(parents=True)
    names = '{{- $live := "blue" }}\n{{- $draining := "" }}\n'
    (folder / "dynamic/routes.yaml").write_text(names + routes_to(parts))
    port, inside = free_port(), free_port()
    log = folder / "access.log"
    with (folder / "traefik.log").open("wb") as said:
        process = subprocess.Popen(
            [str(traefik_program()), *_flags(folder, port, inside, flags or {})],
            stdout=said,
            stderr=said,
            env={**os.environ, **settings},
        )
    try:
        wait_until(lambda: _is_led_on(port), "the proxy leads on", 10)
        # It puts together what its providers say once more, and forgets what it counted.
        time.sleep(1)
        log.write_text("")
        yield BareProxy(port, inside, log, process.pid)
    finally:
        # Told to end, it would wait for open connections.
        process.kill()
        process.wait()


def routes_to(parts: Mapping[str, int]) -> str:
    """The real routes, to these ports; a part of both colours is at one, or `blue` and `green` have
    their own (`service-green`)."""
    routes = ROUTES.read_text()
    for part, address in ADDRESSES.items():
        assert address in routes
        colours = [parts.get(f"{part}-{colour}") for colour in ("blue", "green")]
        port = str(parts[part]) if part in parts else _PORT_BY_COLOUR.format(*colours)
        routes = routes.replace(address, f"127.0.0.1:{port}")
    return routes


_PORT_BY_COLOUR = '{{{{ if eq $colour "blue" }}}}{}{{{{ else }}}}{}{{{{ end }}}}'


def _is_led_on(port: int) -> bool:
    """Whether the proxy has read its routes; asked as a client that no test is."""
    connection = http.client.HTTPConnection("127.0.0.1", port, source_address=("127.0.0.9", 0))
    with contextlib.closing(connection), contextlib.suppress(OSError):
        connection.request("GET", "/")
        return connection.getresponse().status != 404
    return False


def _flags(folder: Path, port: int, inside: int, changed: Mapping[str, str]) -> list[str]:
    """compose.yaml's, but for where it listens, what it reads and writes, and these."""
    ours = {
        "--entrypoints.web.address": f":{port}",
        "--entrypoints.websecure.address": f"127.0.0.1:{free_port()}",
        "--entrypoints.inside.address": f"127.0.0.1:{inside}",
        "--providers.file.directory": f"{folder}/dynamic",
        "--accesslog.filepath": f"{folder}/access.log",
        "--certificatesresolvers.acme.acme.storage": f"{folder}/acme.json",
        "--certificatesresolvers.acme.acme.email": "",
    }
    flags = dict(
        flag.split("=", 1)
        for flag in yaml.safe_load(COMPOSE.read_text())["services"]["proxy"]["command"]
        if "=" in flag
    )
    return [f"{name}={value}" for name, value in {**flags, **ours, **changed}.items()]


class Part(ThreadingHTTPServer):
    """A part's server, which doesn't mind whoever hangs up."""

    def handle_error(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def part(name: str) -> Iterator[int]:
    """The port of a part that answers with its name, the path and the headers that it was asked
    with; late or with 500, where the path says so."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            self.rfile.read(length)
            if "/slow" in self.path:
                time.sleep(2)
            headers = {key.lower(): value for key, value in self.headers.items()}
            body = json.dumps({"part": name, "path": self.path, "headers": headers}).encode()
            self.send_response(500 if "/fails" in self.path else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = answer

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with Part(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server.server_port
        server.shutdown()


@contextlib.contextmanager
def notices() -> Iterator[int]:
    """The port of the real notices."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-I", NOTICES, str(port)])
    try:
        wait_until(lambda: is_open(port), "the notices are served", 10)
        yield port
    finally:
        process.terminate()
        process.wait()


def is_open(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
