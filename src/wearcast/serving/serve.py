"""The API as a process: one server, one worker, ended gracefully."""

import uvicorn

from wearcast.serving.api.app import create_app
from wearcast.serving.settings import Deployment
from wearcast.serving.telemetry import configure_logging

_KEEP_ALIVE_S = 65
"""Longer than the proxies in front keep theirs, so that it is they who end an idle connection."""


def serve(settings: Deployment) -> None:
    """Serve until told to end; requests under way are finished first."""
    configure_logging(settings.log_level)
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
