"""Serve the pages that need nothing else: server.py PORT.

What the proxy says when no colour answers or an address is too long, and what is kept of visitors.

The standard library alone, so that it runs in any image with Python.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

RETRY_AFTER_S = 30
LONGEST_PATH = 512
"""As in routes.yaml."""

FOLDER = Path(__file__).parent
HTML = "text/html; charset=utf-8"
PROBLEM = json.dumps(
    {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "detail": f"The API can't be reached at the moment; try again in {RETRY_AFTER_S} s.",
    }
).encode()


class Handler(BaseHTTPRequestHandler):
    """Answers any request of the proxy's."""

    timeout = 10
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        """Send the page that the path names, or the page or problem of an outage."""
        path = self.path.partition("?")[0]
        if len(path) > LONGEST_PATH:
            self._send(414, "text/plain", b"The address's path is too long.")
            return
        match path:
            case "/health/live":
                self._send(200, "text/plain", b"ok")
            case "/privacy":
                self._send(200, HTML, (FOLDER / "privacy.html").read_bytes())
            case "/nowhere":
                self._send(404, "text/plain", b"Not found.")
            case "/" | "/outage.html":
                self._send(503, HTML, (FOLDER / "outage.html").read_bytes())
            case _:
                self._send(503, "application/problem+json", PROBLEM)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        # A request's own body is never read.
        self.send_header("Connection", "close")
        if status == 503:
            self.send_header("Retry-After", str(RETRY_AFTER_S))
            self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the proxy logs requests."""


if __name__ == "__main__":
    ThreadingHTTPServer(("", int(sys.argv[1])), Handler).serve_forever()
