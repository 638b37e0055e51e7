"""What an operator does besides releasing, and what the proxy lets through."""

import contextlib
import http.client
import os
import signal
import subprocess
import time

import httpx
import pytest

from deploy.engine import Images
from deploy.host import Host, Load, release_command
from real.conftest import KEYS

pytestmark = pytest.mark.deploy


def test_a_lost_connection_does_not_end_a_release(host: Host, images: Images) -> None:
    program = host.begin(*release_command(images.release("connection-lost")))
    host.wait_for("ready")
    began = host.noted()["running"]["release"]["code"]
    assert program.stdout
    program.stdout.close()
    os.kill(program.pid, signal.SIGHUP)
    program.wait()
    until = time.monotonic() + 120
    while host.noted()["running"]:
        assert time.monotonic() < until
        time.sleep(0.5)
    assert host.noted()["live"]["code"] == began


@pytest.mark.full
def test_told_to_end_after_it_has_proved_itself_it_is_live_none_the_less(
    host: Host, images: Images
) -> None:
    release = images.release("told-to-end-late")
    program = host.begin(*release_command(release, watch_s=3, drain_s=60))
    host.wait_for("drain")
    program.terminate()
    said, _ = program.communicate(timeout=60)
    assert program.returncode == 0, said
    assert host.noted()["live"]["code"] == release.code
    assert host.noted()["running"] is None
    assert len(host.running()) == 4


def test_two_at_once_are_one_too_many(host: Host, images: Images) -> None:
    live = host.noted()["live"]
    program = host.begin(*release_command(images.release("killed"), watch_s=60))
    host.wait_for("start")
    second = host.rollout(*release_command(images.release("killed")))
    assert second.returncode == 75
    assert "Another rollout is running" in second.stderr
    told = host.rollout("status")
    assert told.returncode == 0
    assert "running   to" in told.stdout
    program.terminate()
    program.communicate(timeout=60)
    assert host.noted()["live"] == live


@pytest.mark.full
def test_the_same_anew_keeps_what_one_would_go_back_to(host: Host) -> None:
    before = host.noted()
    done = host.rollout("release", "--again", "--watch", "3", "--drain", "0")
    assert done.returncode == 0, done.stdout
    after = host.noted()
    assert after["live"]["images"] == before["live"]["images"]
    assert after["live"]["colour"] != before["live"]["colour"]
    assert after["previous"]["images"] == before["previous"]["images"]
    assert len(host.running()) == 4


def test_back_is_one_command_and_needs_no_space(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = host.noted()
    monkeypatch.setitem(host.environment, "ROLLOUT_LEAST_FREE_MB", "1000000000")
    load = Load(host.url)
    try:
        done = host.rollout("back", "--watch", "5", "--drain", "5")
    finally:
        went = load.end()
    assert done.returncode == 0, done.stdout
    after = host.noted()
    assert after["live"]["images"] == before["previous"]["images"]
    assert after["previous"]["images"] == before["live"]["images"]
    assert went.failed == 0
    told = host.rollout("history").stdout.splitlines()[-1]
    assert "released" in told
    assert after["live"]["code"][:12] in told


@pytest.mark.full
def test_back_by_two_steps_leads_to_what_was_live_then(host: Host, images: Images) -> None:
    for name in ("two-back", "one-back", "newest"):
        done = host.release(images.release(name), watch_s=2, drain_s=0)
        assert done.returncode == 0, done.stdout
    assert "before 2 " in host.rollout("status").stdout
    done = host.rollout("back", "--steps", "2", "--watch", "2", "--drain", "0")
    assert done.returncode == 0, done.stdout
    noted = host.noted()
    codes = [one["code"] for one in (noted["live"], noted["previous"], *noted["earlier"])]
    assert codes[:3] == ["two-back", "newest", "one-back"]


@pytest.mark.parametrize(
    ("path", "status", "holds"),
    [
        ("/", 200, "else visit();"),
        ("/forecast/latest", 200, '"forecast"'),
        ("/recommendation/by_day", 200, '"outfit"'),
        ("/api/forecast/latest", 200, '"forecast"'),
        ("/api/docs", 200, "/api/openapi.json"),
        ("/api/openapi.json", 200, '"paths"'),
        ("/health/ready", 200, "heated"),
        ("/api/health/ready", 200, "snapshot"),
        ("/metrics", 404, ""),
        ("/api/metrics", 404, ""),
        ("/api//metrics", 404, ""),
        ("/api/./metrics", 404, ""),
        ("/api/%6Detrics", 404, ""),
        ("/api/metric%73", 404, ""),
        ("/api/forecast/..%2fmetrics", 404, ""),
        ("/forecast/..%2fmetrics", 404, ""),
        ("/forecast/%2e%2e/metrics", 404, ""),
        ("/stations", 404, ""),
    ],
)
def test_routes(host: Host, path: str, status: int, holds: str) -> None:
    with contextlib.closing(
        http.client.HTTPConnection("127.0.0.1", host.port, timeout=30)
    ) as connection:
        connection.request("GET", path)  # as it stands, with all its dots
        answer = connection.getresponse()
        content = answer.read().decode()
    assert holds in content
    assert "wearcast_http_requests_total" not in content
    if status == 404:
        assert answer.status in (301, 308, 400, 404)
        return
    assert answer.status == status
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Server"] is None


def test_a_body_that_is_too_large_is_refused(host: Host) -> None:
    answer = httpx.post(
        f"{host.url}/api/forecast", content=b"x" * 6_000_000, trust_env=False, timeout=30
    )
    assert answer.status_code == 413


def test_answers_are_compressed(host: Host) -> None:
    answer = httpx.get(
        f"{host.url}/forecast/latest", headers={"Accept-Encoding": "gzip"}, trust_env=False
    )
    assert answer.headers["Content-Encoding"] == "gzip"


def test_no_secret_is_in_the_logs(host: Host) -> None:
    for part in host.running():
        said = subprocess.run(
            ["docker", "logs", host.container(part)], capture_output=True, text=True, check=True
        )
        assert KEYS["AWS_SECRET_ACCESS_KEY"] not in said.stdout + said.stderr
    for path in host.state.rglob("*"):
        if path.is_file():
            assert KEYS["AWS_SECRET_ACCESS_KEY"] not in path.read_text()
