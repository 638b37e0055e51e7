"""The API as a process: one server before its workers, and a graceful shutdown."""

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
from wearcast.serving.api.http_protocol import BoundedProtocol
from wearcast.serving.api.started_workers import StartedProcess
from wearcast.serving.descriptors import raise_descriptor_limit
from wearcast.serving.freed_memory import return_freed_memory
from wearcast.serving.json_logging import logging_to_stderr
from wearcast.serving.settings import Deployment

_LOG: Final = logging.getLogger(__name__)
_BACKLOG: Final = 2048
_KEEP_ALIVE_S: Final = 65
"""Longer than the proxies' own, so that they close idle connections, not this server."""

_UNUSED_FAMILY: Final = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}
"""Errors of an address whose family this machine doesn't use: `localhost` may resolve to IPv6."""


def serve(settings: Deployment, started: list[StartedProcess]) -> NoReturn:
    """Serve until a signal, finish the requests in progress, and end the process.

    Args:
        settings: the deployment's settings.
        started: processes for its workers, which are taken out of the list.

    Raises:
        ConfigError: the address is taken, or isn't this machine's.
    """
    with logging_to_stderr(settings.log_level) as log:
        sockets = listening_sockets(settings.host, settings.port)
        return_freed_memory()
        raise_descriptor_limit()
        # Uvicorn raises the signal again after its shutdown; ending on a signal is no failure.
        signal.signal(signal.SIGTERM, _exit_normally)
        app = create_app(settings, log=log, in_workers=True, started=started, keeps_last_good=True)
        server = uvicorn.Server(uvicorn_config(settings, app))
        _LOG.info("listening on %s", ", ".join(_url(one) for one in sockets))
        code = _run_until_ended(server, sockets)
    # A thread may still poll the store: if the interpreter ended while it is in a C library, the
    # process would abort ("exception not rethrown"); a store that hangs would delay the end.
    os._exit(code)


def uvicorn_config(settings: Deployment, app: Any) -> uvicorn.Config:
    """Uvicorn's configuration."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        root_path=settings.root_path,
        log_config=None,
        access_log=False,
        http=BoundedProtocol,
        # Clients' addresses are found where they are needed: `client_group`.
        proxy_headers=False,
        server_header=False,
        ws="none",
        backlog=_BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=round(settings.shutdown_timeout.total_seconds()),
    )


def listening_sockets(host: str, port: int) -> list[socket.socket]:
    """Sockets that listen on every address of the host.

    Raises:
        ConfigError: one of them is taken, or none is this machine's.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "no such host"
        raise _cannot_listen(host, port, reason) from error
    sockets: list[socket.socket] = []
    last_errno = errno.EADDRNOTAVAIL
    # A name may resolve to the same address more than once.
    for family, _, _, _, address in dict.fromkeys(found):
        try:
            sockets.append(socket.create_server(address[:2], family=family, backlog=_BACKLOG))
        except OSError as error:
            # strerror alone: the text of `error` repeats the address.
            number = error.errno or errno.EADDRNOTAVAIL
            if number not in _UNUSED_FAMILY:
                raise _cannot_listen(host, port, os.strerror(number)) from error
            last_errno = number
    if not sockets:
        raise _cannot_listen(host, port, os.strerror(last_errno))
    return sockets


def _cannot_listen(host: str, port: int, reason: str) -> ConfigError:
    message = f"the API can't listen on {host}:{port}: {reason}"
    return ConfigError(message)


def _run_until_ended(server: uvicorn.Server, sockets: list[socket.socket]) -> int:
    """Run the server; the exit code of the process."""
    try:
        server.run(sockets)
    except KeyboardInterrupt:
        return 0
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    if ":" in host:
        host = f"[{host}]"
    return f"http://{host}:{port}"


def _exit_normally(*_: Any) -> None:
    sys.exit(0)
