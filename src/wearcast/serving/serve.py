"""The API as a process: one server, one worker, ended gracefully."""

import contextlib
import ctypes
import signal
import sys
from typing import Any, Final

import uvicorn

from wearcast.serving.api.app import create_app
from wearcast.serving.settings import Deployment
from wearcast.serving.telemetry import logging_to_stderr

_KEEP_ALIVE_S: Final = 65
"""Longer than the proxies in front keep theirs, so that it is they who end an idle connection."""

_M_ARENA_MAX: Final = -8
"""Of glibc's mallopt(3)."""


def serve(settings: Deployment) -> None:
    """Serve until told to end; requests under way are finished first."""
    with logging_to_stderr(settings.log_level) as log:
        _keep_little_memory()
        # The server raises the signal again once it has shut down. To end when told to is no failure.
        signal.signal(signal.SIGTERM, _end)
        uvicorn.run(
            create_app(settings, log=log),
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


def _keep_little_memory() -> None:
    """Let two heaps do for all threads: glibc would give each one of its own, and keep much of what was in it."""
    with contextlib.suppress(OSError, AttributeError, TypeError):  # only glibc has it
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)


def _end(*_: Any) -> None:
    sys.exit(0)
