"""Where `wearcast serve` can't listen, it says so in a line and ends with 1, before anything is
started."""

import ctypes
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from real.processes import environment

pytestmark = pytest.mark.real
_LIBC = ctypes.CDLL(None)
_PR_CAPBSET_DROP, _CAP_NET_BIND_SERVICE = 24, 10
_FIRST_FOR_EVERYBODY = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")


def refused(root: Path, host: str, port: int) -> str:
    """What it says."""
    command = [sys.executable, "-m", "wearcast", "serve", "--host", host, "--port", str(port)]
    done = subprocess.run(
        command,
        cwd=root,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        preexec_fn=_not_as_root,
    )
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    return done.stderr


def _not_as_root() -> None:
    """Let root be refused the ports that only root may have, from the next program on."""
    _LIBC.prctl(_PR_CAPBSET_DROP, _CAP_NET_BIND_SERVICE, 0, 0, 0)


def test_a_port_that_is_taken(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert (
            refused(tmp_path, "127.0.0.1", port)
            == f"Error: the API can't listen on 127.0.0.1:{port}: Address already in use\n"
        )


def test_a_port_that_only_root_may_have(tmp_path, real_part: Callable[[str, object], None]):
    real_part("ports that only root may have", int(_FIRST_FOR_EVERYBODY.read_text()) > 80)
    assert (
        refused(tmp_path, "127.0.0.1", 80)
        == "Error: the API can't listen on 127.0.0.1:80: Permission denied\n"
    )


def test_an_address_of_another_machine(tmp_path):
    assert (
        refused(tmp_path, "192.0.2.1", 8123)
        == "Error: the API can't listen on 192.0.2.1:8123: Cannot assign requested address\n"
    )
