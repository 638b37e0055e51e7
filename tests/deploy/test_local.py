"""The images on one's own machine: make build, run, log and clean."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from deploy.engine import BASE, PARTS, REPOSITORY, docker
from real.processes import wait_until

pytestmark = pytest.mark.deploy
PROJECT = f"wearcast-local{os.getpid()}"


@pytest.fixture
def make(engine: None, tmp_path: Path) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:  # noqa: ARG001
    """Run make in a checkout with the tracked model."""
    checkout = tmp_path / "wearcast"
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", REPOSITORY, checkout], check=True)
    shutil.copytree(
        REPOSITORY / "models/forecaster", checkout / "models/forecaster", dirs_exist_ok=True
    )
    scores = "reports/verification.json"
    shutil.copy(REPOSITORY / scores, checkout / scores)
    # An engine in a container can't limit processors, or raise its own limit of descriptors.
    limits = {"SITE_CPUS": "0", "SITE_DESCRIPTORS": "16384"}
    environment = {**os.environ, **limits, "BASE": BASE, "COMPOSE_PROJECT_NAME": PROJECT}

    def started(target: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            ["make", target],
            cwd=checkout,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,
        )

    yield started
    started("clean").communicate(timeout=120)
    docker("volume", "rm", "--force", f"{PROJECT}_data", f"{PROJECT}_acme")


def done(running: "subprocess.Popen[str]") -> None:
    said, _ = running.communicate(timeout=600)
    assert running.returncode == 0, said[-3000:]


def containers() -> list[str]:
    return docker(
        "ps", "--all", "--quiet", "--filter", f"label=com.docker.compose.project={PROJECT}"
    ).split()


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=30, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def test_built_run_looked_at_and_ended(make) -> None:
    done(make("build"))
    for part in PARTS:
        assert docker("image", "inspect", "--format", "{{.Id}}", f"wearcast-{part}:latest")
    done(make("run"))
    for url in (
        "http://127.0.0.1:8000/docs",
        "http://127.0.0.1:8501/",
        "http://127.0.0.1:8000/recommendation/by_day",
    ):
        wait_until(lambda url=url: answers(url), f"{url} answers", 90)
    bindings = [
        json.loads(docker("inspect", "--format", "{{json .HostConfig.PortBindings}}", one))
        for one in containers()
    ]
    assert {
        binding["HostIp"] for ports in bindings for bound in ports.values() for binding in bound
    } == {"127.0.0.1"}

    log = make("log")
    time.sleep(5)
    os.killpg(log.pid, signal.SIGINT)
    said, _ = log.communicate(timeout=30)
    assert "service-blue" in said
    assert "refresh" in said

    done(make("clean"))
    assert containers() == []
    assert f"{PROJECT}_data" in docker("volume", "ls", "--quiet").split()
