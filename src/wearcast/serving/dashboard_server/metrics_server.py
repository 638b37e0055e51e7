"""The server of the dashboard's metrics: on a port of its own, to which no proxy leads."""

import socket
from collections.abc import Iterable
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST
from tornado.web import Application, RequestHandler

from wearcast.serving.dashboard_server.http_server import LimitedServer
from wearcast.serving.dashboard_server.telemetry import Telemetry
from wearcast.serving.rate_limit import TokenBucket

_PER_S, _BURST = 2.0, 20.0
"""Scrapes there may be; each holds the page's requests up for some milliseconds."""
_DESCRIPTORS: Final = 200
"""Few, so that connections here take none from visitors."""


class MetricsHandler(RequestHandler):
    """The metrics."""

    def initialize(self, telemetry: Telemetry, allowance: TokenBucket) -> None:
        """Set the metrics, and how many scrapes there may be."""
        self._telemetry = telemetry
        self._allowance = allowance

    def get(self) -> None:
        """Send all metrics; 429 where they are asked for too often."""
        self.clear_header("Server")
        self.set_header("Cache-Control", "no-store")
        if not self._allowance.take():
            self.set_status(429)
            self.set_header("Retry-After", "1")
            self.finish()
            return
        self.set_header("Content-Type", CONTENT_TYPE_LATEST)
        self.finish(self._telemetry.exposition())

    def compute_etag(self) -> None:
        """Disable Tornado's ETag: metrics are never the same twice."""


def metrics_server(telemetry: Telemetry, sockets: Iterable[socket.socket]) -> LimitedServer:
    """A server of `/metrics` and nothing else, in this thread's event loop."""
    settings = {"telemetry": telemetry, "allowance": TokenBucket(_PER_S, _BURST)}
    app = Application(
        [(r"/metrics", MetricsHandler, settings)],
        compress_response=True,
        log_function=lambda _: None,
    )
    server = LimitedServer(app, trusted=(), max_descriptors=_DESCRIPTORS)
    server.add_sockets(sockets)
    return server
