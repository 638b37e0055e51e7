"""The API as a process: one server, one worker, ended gracefully."""

import contextlib
import ctypes
import errno
import logging
import os
import signal
import socket
import sys
from typing import Any, Final, NoReturn

import uvicorn

from wearcast.errors import ConfigError
from wearcast.serving.api.app import create_app
from wearcast.serving.json_logging import logging_to_stderr
from wearcast.serving.settings import Deployment

_LOG: Final = logging.getLogger(__name__)
_BACKLOG: Final = 2048
_KEEP_ALIVE_S: Final = 65
"""Longer than the proxies in front keep theirs, so that it is they who end an idle connection."""

_M_ARENA_MAX: Final = -8
"""Of glibc's mallopt(3)."""

_NOT_HERE: Final = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}
"""Of an address whose family this machine doesn't use: `localhost` has one of IPv6 too."""


def serve(settings: Deployment) -> NoReturn:
    """Serve until told to end, and end the process; requests under way are finished first.

    Raises:
        ConfigError: the address is taken, or not ours.
    """
    with logging_to_stderr(settings.log_level) as log:
        sockets = listening(settings.host, settings.port)
        _keep_little_memory()
        # The server raises the signal again once it has shut down. To end when told to is no
        # failure.
        signal.signal(signal.SIGTERM, _end)
        server = uvicorn.Server(configured(settings, create_app(settings, log=log)))
        _LOG.info("listening on %s", ", ".join(_shown(one) for one in sockets))
        code = _run(server, sockets)
    # A look at the store may still be under way in a thread: where the interpreter's end meets it
    # in a library that isn't written in Python, the process aborts ("exception not rethrown"), and
    # a store that hangs would have to be waited for.
    os._exit(code)


def configured(settings: Deployment, app: Any) -> uvicorn.Config:
    """The server's configuration."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        root_path=settings.root_path,
        log_config=None,
        access_log=False,
        server_header=False,
        ws="none",
        backlog=_BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=round(settings.shutdown_timeout.total_seconds()),
    )


def listening(host: str, port: int) -> list[socket.socket]:
    """Sockets that listen on every address of the host.

    Raises:
        ConfigError: one of them is taken, or none is ours.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise _refused(host, port, getattr(error, "strerror", None) or "no such host") from error
    sockets: list[socket.socket] = []
    not_here = errno.EADDRNOTAVAIL
    # A name may resolve to the same address more than once.
    for family, _, _, _, address in dict.fromkeys(found):
        try:
            sockets.append(socket.create_server(address[:2], family=family, backlog=_BACKLOG))
        except OSError as error:
            # The text of `error` names the address once more.
            number = error.errno or errno.EADDRNOTAVAIL
            if number not in _NOT_HERE:
                raise _refused(host, port, os.strerror(number)) from error
            not_here = number
    if not sockets:
        raise _refused(host, port, os.strerror(not_here))
    return sockets


def _refused(host: str, port: int, why: str) -> ConfigError:
    return ConfigError(f"the API can't listen on {host}:{port}: {why}")


def _run(server: uvicorn.Server, sockets: list[socket.socket]) -> int:
    """Serve; the exit code of the process."""
    try:
        server.run(sockets)
    except KeyboardInterrupt:
        return 0
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def _shown(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _keep_little_memory() -> None:
    """Let two heaps do for all threads: glibc would give each one of its own, and keep much of what
    was in it."""
    with contextlib.suppress(OSError, AttributeError, TypeError):  # only glibc has it
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)


def _end(*_: Any) -> None:
    sys.exit(0)
