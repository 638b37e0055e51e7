"""The API as a process: one server, one worker, ended gracefully."""

import signal
import sys
from typing import Any

import uvicorn

from wearcast.serving.api.app import create_app
from wearcast.serving.settings import Deployment
from wearcast.serving.telemetry import configure_logging

_KEEP_ALIVE_S = 65
"""Longer than the proxies in front keep theirs, so that it is they who end an idle connection."""


def serve(settings: Deployment) -> None:
    """Serve until told to end; requests under way are finished first."""
    configure_logging(settings.log_level)
    # The server raises the signal again once it has shut down. To end when told to is no failure.
    signal.signal(signal.SIGTERM, _end)
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        root_path=settings.root_path,
        log_config=None,
        access_log=False,
        server_header=False,
        ws="none",
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=round(settings.shutdown_timeout.total_seconds()),
    )


def _end(*_: Any) -> None:
    sys.exit(0)
