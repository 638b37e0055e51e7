"""A real S3 server on this machine, which checks signatures and can be killed; a small model, and
where processes leave what they say."""

import importlib.util
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import botocore.config
import botocore.exceptions
import botocore.session
import pytest

from real.processes import dying_with_us

# Without Playwright, which only the group `real` installs, it can't be imported; test_parts asks
# whether it is there.
collect_ignore = [] if importlib.util.find_spec("playwright") else ["test_releases.py"]

BUCKET = "wearcast"
KEYS = {
    "AWS_ACCESS_KEY_ID": "THEACCESSKEYOFTHETESTS",
    "AWS_SECRET_ACCESS_KEY": "a secret of the tests/+=",
}
OWNER = {
    "AWS_ACCESS_KEY_ID": "THEOWNEROFTHESERVER",
    "AWS_SECRET_ACCESS_KEY": "known to nobody else",
}


class Server:
    """SeaweedFS with one bucket, its data in `folder`, from start to start the same.

    Attributes:
        endpoint: its address.
        client: a client with keys of its own, which stay valid whatever becomes of `KEYS`.
    """

    def __init__(self, folder: Path, program: str, bind: str = "127.0.0.1") -> None:
        self._folder = folder
        self._bind = bind
        self._program = program
        self._ports = _free_ports(4)
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "data").mkdir()
        self.endpoint = f"http://127.0.0.1:{self._ports[3]}"
        quick = botocore.config.Config(
            retries={"max_attempts": 1}, connect_timeout=2, read_timeout=10
        )
        self.client = botocore.session.get_session().create_client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=OWNER["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=OWNER["AWS_SECRET_ACCESS_KEY"],
            config=quick,
        )

    @property
    def port(self) -> int:
        """Where it speaks S3."""
        return self._ports[3]

    def start(self, keys: dict[str, str] = KEYS) -> None:
        """Start it, and wait until it answers; `keys` are the ones that may use it."""
        self._let_in(OWNER, keys)
        master, volume, filer, s3 = self._ports
        command = [
            self._program,
            "-logtostderr=true",
            "server",
            "-ip=127.0.0.1",
            f"-ip.bind={self._bind}",
        ]
        command += [f"-dir={self._folder / 'data'}", "-volume.max=50"]
        command += [
            f"-master.port={master}",
            f"-volume.port={volume}",
            f"-filer.port={filer}",
            "-s3",
            f"-s3.port={s3}",
        ]
        command += [
            f"-s3.config={self._folder / 's3.json'}",
            f"-filer.localSocket={self._folder / 'filer.sock'}",
        ]
        # What listens at a port that is the same for every server would let only one run.
        command += ["-s3.port.iceberg=0", "-s3.port.lance=0", "-master.telemetry=false"]
        # After a kill it waits for other masters that there might be.
        command += ["-master.electionTimeout=300ms", "-master.heartbeatInterval=50ms"]
        # Keys in its environment would be let in too.
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("AWS_")
        }
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self._folder,
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=dying_with_us,
            )
        self._wait()

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self._process:
            self._signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def hang(self) -> None:
        """Let it stand still: it takes connections, and answers none."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on where it stood."""
        self._signal(signal.SIGCONT)

    def keys(self, prefix: str) -> list[str]:
        """The names of all objects that begin with `prefix`."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def _log_tail(self) -> str:
        return "SeaweedFS ended: " + (self._folder / "log").read_text(errors="replace")[-2000:]

    def _signal(self, number: int) -> None:
        assert self._process, "it isn't running"
        os.killpg(self._process.pid, number)

    def _let_in(self, *keys: dict[str, str]) -> None:
        identities = [
            {
                "name": f"tests {number}",
                "credentials": [
                    {
                        "accessKey": pair["AWS_ACCESS_KEY_ID"],
                        "secretKey": pair["AWS_SECRET_ACCESS_KEY"],
                    }
                ],
                "actions": ["Admin", "Read", "Write", "List"],
            }
            for number, pair in enumerate(keys)
        ]
        (self._folder / "s3.json").write_text(json.dumps({"identities": identities}))

    def _wait(self) -> None:
        """It answers requests long before it can store anything, so store something."""
        until = time.monotonic() + 60
        while True:
            try:
                if BUCKET not in [
                    bucket["Name"] for bucket in self.client.list_buckets()["Buckets"]
                ]:
                    self.client.create_bucket(Bucket=BUCKET)
                self.client.put_object(Bucket=BUCKET, Key="ready", Body=b"yes")
            except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError):
                assert self._process is None or self._process.poll() is None, self._log_tail()
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)
            else:
                return


def _free_ports(count: int) -> list[int]:
    """Ports that are free, and free 10,000 higher too, where SeaweedFS listens for its own kind.

    All of them lie below Linux's ephemeral ports, 32768 and more, any of which may become the near
    end of somebody's connection before the server takes it.
    """
    found: list[int] = []
    # From anywhere on, since others may look at the same time.
    for port in range(10_000 + secrets.randbelow(10_000), 22_000):
        if _free(port) and _free(port + 10_000):
            found.append(port)
        if len(found) == count:
            return found
    raise RuntimeError("no free ports")


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory, real_part) -> Iterator[Server]:
    """A running S3 server; the environment holds its credentials, as AWS's own tools expect
    them."""
    program = shutil.which(
        "weed", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    )
    real_part("SeaweedFS (the group `real` installs it)", program)
    server = Server(tmp_path_factory.mktemp("s3"), str(program))
    try:
        server.start()
        with pytest.MonkeyPatch.context() as patch:
            for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
                patch.delenv(name, raising=False)
            for name, value in {**KEYS, "AWS_DEFAULT_REGION": "us-east-1"}.items():
                patch.setenv(name, value)
            yield server
    finally:
        server.kill()


@pytest.fixture(scope="session")
def small_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small project whose model may replay the sample."""
    from real.small_project import project

    return project(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="session")
def said(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder where every process of Wearcast leaves what it says."""
    return tmp_path_factory.mktemp("said")
