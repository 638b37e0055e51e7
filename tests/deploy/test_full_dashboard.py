"""A dashboard with all its kernels in use answers 503, which is no fault of the release that is
watched. No engine is needed."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from deploy.program import Program
from rollout.errors import Failed
from rollout.watch import Watch

FULL = 503, {"heated": 0, "kernels": 24, "room": 0}
FAILING = 503, {"heated": 0, "kernels": 2, "room": 22}
READY = 200, {"heated": 2, "kernels": 2, "room": 22}
COUNTED = (
    'traefik_service_requests_total{{code="503",method="GET",protocol="http",service="{}-green@file"}}'
    " 50\n"
)


@contextmanager
def site(dashboard: tuple[int, object], counted: str = "") -> Iterator[str]:
    """A proxy's port: its dashboard answers so, and it has counted that."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = dashboard if self.path == "/health/ready" else (200, {})
            said = (
                counted
                if self.path == "/metrics"
                else body
                if isinstance(body, str)
                else json.dumps(body)
            )
            self.send_response(status)
            self.end_headers()
            self.wfile.write(said.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield str(server.server_port)
        server.shutdown()


def watched(program: Program, monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    """Watch the new colour for three looks, with containers that run."""
    program.docker("""  "inspect "*) echo '[{"State": {"Running": true}, "RestartCount": 0}]' ;;""")
    program.settings(f"SITE_HTTP={port}\nSITE_INSIDE={port}\n")
    monkeypatch.setattr(Watch, "PAUSE_S", 0)
    watch = Watch("green", proxied=False)
    for _ in range(3):
        watch.go_on(0.05)


def test_a_full_dashboard_does_not_count(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    with site(FULL, COUNTED.format("dashboard")) as port:
        watched(program, monkeypatch, port)


@pytest.mark.parametrize(
    "answer",
    [FAILING, (503, "no available server"), (503, {"heated": None}), (503, [1]), (500, FULL[1])],
    ids=["its kernels fail", "none is there", "no room is told", "another body", "another status"],
)
def test_one_that_cannot_be_used_for_another_reason_does(
    program: Program,
    monkeypatch: pytest.MonkeyPatch,
    answer: tuple[int, object],
) -> None:
    with (
        site(answer) as port,
        pytest.raises(Failed, match=f"/health/ready answers {answer[0]}"),
    ):
        watched(program, monkeypatch, port)


def test_an_api_that_answers_503_does(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        site(READY, COUNTED.format("service")) as port,
        pytest.raises(Failed, match="too many errors"),
    ):
        watched(program, monkeypatch, port)
