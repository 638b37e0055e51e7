"""A fake served by a process of its own, which a test's killing and forking leaves alone."""

import os
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from fakes.open_meteo import FakeOpenMeteo


@contextmanager
def apart(fake: FakeOpenMeteo) -> Iterator[tuple[str, Path]]:
    """The address at which `fake` answers, and a file with a line for each request for weather that
    it answered with 200: its path, days and model."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as listener:
        log = Path(folder, "log")
        log.touch()
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        child = os.fork()
        if child == 0:
            _serve(fake, listener, log)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", log
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _serve(fake: FakeOpenMeteo, listener: socket.socket, log: Path) -> None:
    async def app(scope: object, receive: object, send: object) -> None:
        await fake(scope, receive, send)
        asked = fake.log.pop()
        if "hourly" not in asked.query:
            return
        with log.open("a") as file:
            file.write(
                f"{asked.status} {asked.weight:.3f} {asked.path} {' '.join(asked.days)}"
                f" {asked.query['latitude']} {asked.query.get('models', '')}\n"
            )

    try:
        uvicorn.Server(
            uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", ws="none")
        ).run(sockets=[listener])
    finally:
        os._exit(0)
