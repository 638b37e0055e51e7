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

_UNUSED_FAMILY: Final = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}
"""Of an address whose family this machine doesn't use: `localhost` has one of IPv6 too."""


def serve(settings: Deployment) -> NoReturn:
    """Serve until told to end, and end the process; requests under way are finished first.

    Raises:
        ConfigError: the address is taken, or not ours.
    """
    with logging_to_stderr(settings.log_level) as log:
        sockets = listening_sockets(settings.host, settings.port)
        _limit_malloc_arenas()
        # The server raises the signal again once it has shut down. To end when told to is no
        # failure.
        signal.signal(signal.SIGTERM, _exit_normally)
        server = uvicorn.Server(uvicorn_config(settings, create_app(settings, log=log)))
        _LOG.info("listening on %s", ", ".join(_url(one) for one in sockets))
        code = _run_until_ended(server, sockets)
    # A look at the store may still be under way in a thread: where the interpreter's end meets it
    # in a library that isn't written in Python, the process aborts ("exception not rethrown"), and
    # a store that hangs would have to be waited for.
    os._exit(code)


def uvicorn_config(settings: Deployment, app: Any) -> uvicorn.Config:
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


def listening_sockets(host: str, port: int) -> list[socket.socket]:
    """Sockets that listen on every address of the host.

    Raises:
        ConfigError: one of them is taken, or none is ours.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise _cannot_listen(
            host, port, getattr(error, "strerror", None) or "no such host"
        ) from error
    sockets: list[socket.socket] = []
    last_errno = errno.EADDRNOTAVAIL
    # A name may resolve to the same address more than once.
    for family, _, _, _, address in dict.fromkeys(found):
        try:
            sockets.append(socket.create_server(address[:2], family=family, backlog=_BACKLOG))
        except OSError as error:
            # The text of `error` names the address once more.
            number = error.errno or errno.EADDRNOTAVAIL
            if number not in _UNUSED_FAMILY:
                raise _cannot_listen(host, port, os.strerror(number)) from error
            last_errno = number
    if not sockets:
        raise _cannot_listen(host, port, os.strerror(last_errno))
    return sockets


def _cannot_listen(host: str, port: int, why: str) -> ConfigError:
    return ConfigError(f"the API can't listen on {host}:{port}: {why}")


def _run_until_ended(server: uvicorn.Server, sockets: list[socket.socket]) -> int:
    """Serve; the exit code of the process."""
    try:
        server.run(sockets)
    except KeyboardInterrupt:
        return 0
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _limit_malloc_arenas() -> None:
    """Let two heaps do for all threads: glibc would give each one of its own, and keep much of what
    was in it."""
    with contextlib.suppress(OSError, AttributeError, TypeError):  # only glibc has it
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)


def _exit_normally(*_: Any) -> None:
    sys.exit(0)
