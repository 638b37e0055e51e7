"""`wearcast refresh`, often: a process that has imported all it needs forks into one refresh after
the other, and kills it if told so.

A refresh spends most of its time on imports, which touch nothing. So they are done once, and each
fork is a process of its own that runs the very command and may be killed with SIGKILL at any moment
of what is left of it. It is told by lines of JSON on its standard
input: `null` to let one run to its end, or `{"since": "start" | "publish", "after_s": 0.1}` to kill
it that long after it began, or after it began to publish.
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from real.processes import bounded, of_the_tests


@dataclass(frozen=True)
class Ran:
    """How a refresh went: its exit code, None where it was killed, how long it ran, and how long it
    published if it came to an end."""

    code: int | None
    ran_s: float
    publish_s: float


class Refreshes:
    """The process, as a test uses it."""

    def __init__(self, root: Path, log: Path, settings: Mapping[str, str]) -> None:
        command = [sys.executable, "-m", "real.forked_refreshes", str(log)]
        self._process = subprocess.Popen(
            command,
            cwd=root,
            env=of_the_tests(settings),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.log = log

    def run(self, kill: Mapping[str, Any] | None = None) -> Ran:
        """Refresh once."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{json.dumps(kill)}\n")
        self._process.stdin.flush()
        with bounded(self._process):
            line = self._process.stdout.readline()
        assert line, f"it ended with {self._process.wait()}:\n{self.log.read_text()[-2_000:]}"
        return Ran(**json.loads(line))

    def close(self) -> None:
        """Kill it, and a refresh that may be running."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()


def main(log: str) -> None:
    """Refresh as often as told, and tell how each went."""
    _import()
    for line in sys.stdin:
        ran = _run(Path(log), json.loads(line))
        sys.stdout.write(f"{json.dumps(asdict(ran))}\n")
        sys.stdout.flush()


def _import() -> None:
    """Everything that a refresh imports on its way; nothing is opened yet, so that every fork
    begins anew."""
    import aiobotocore.session
    import onnxruntime
    import pandera.backends.pandas.register
    import pandera.strategies.pandas_strategies
    import pyarrow.parquet
    import s3fs

    import wearcast.cli.app
    import wearcast.serving.json_logging
    import wearcast.serving.refresh.run
    import wearcast.serving.refresh.schedule

    _ = aiobotocore, onnxruntime, pandera, pyarrow, s3fs, wearcast


def _run(log: Path, kill: Mapping[str, Any] | None) -> Ran:
    announced, announce = os.pipe()
    began = time.monotonic()
    pid = os.fork()
    if not pid:
        _refresh(log, announce)
    os.close(announce)
    ended = os.pidfd_open(pid)
    try:
        publish_s = 0.0
        # Either it is announced, or the pipe closes with the process.
        if (kill is None or kill["since"] == "publish") and os.read(announced, 1):
            publishing = time.monotonic()
            if kill is None and os.read(announced, 1):
                publish_s = time.monotonic() - publishing
        if kill is not None:
            select.select([ended], [], [], kill["after_s"])
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
    finally:
        os.close(announced)
        os.close(ended)
    code = None if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
    return Ran(code, time.monotonic() - began, publish_s)


def _refresh(log: Path, announce: int) -> None:
    """The command, in the forked process."""
    from wearcast.cli import app
    from wearcast.serving.store.snapshot_store import SnapshotStore

    code = 99
    try:
        said = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(said, 1)
        os.dup2(said, 2)
        publish = SnapshotStore.publish

        def announced(*given: Any) -> Any:
            os.write(announce, b"(")
            published = publish(*given)
            os.write(announce, b")")
            return published

        SnapshotStore.publish = announced  # type: ignore[method-assign]
        sys.argv = ["wearcast", "refresh"]
        app.main()
    except SystemExit as ended:
        code = int(ended.code or 0)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main(sys.argv[1])
