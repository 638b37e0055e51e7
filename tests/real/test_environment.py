"""Refresh and service, each in an environment of its own as its image has it: what its lock names,
file by file, and this checkout, no more."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest
import yaml

from bench.servers import Server, environment, free_port, running
from unit.forecasting.synthetic import built
from unit.serving.refresh_fakes import params, source
from wearcast.forecasting import model_assembly

pytestmark = pytest.mark.real

COLUMNS = (
    "station",
    "valid_at",
    "temp_c",
    "dewpoint_c",
    "wind_ms",
    "wind_dir_deg",
    "pressure_hpa",
    "cloud_pct",
    "precip_mm",
)
OF_THE_PIPELINE = ("torch", "dvc", "papermill", "jupyter_core", "jupyterlab", "IPython")
SHUTDOWN_S = 20


@pytest.fixture(scope="module")
def install(
    tmp_path_factory: pytest.TempPathFactory, repository: Path, real_part
) -> Callable[[str], Path]:
    """Make an environment with one extra; the folder of its programs."""
    uv = Path(sys.executable).with_name("uv")
    real_part("uv (the group `dev` installs it)", uv.exists())
    wheels = (
        {"UV_FIND_LINKS": os.environ["PIP_FIND_LINKS"]} if "PIP_FIND_LINKS" in os.environ else {}
    )

    def run(*command: str | Path) -> None:
        done = subprocess.run(
            [uv, *command],
            cwd=repository,
            env=wheels | os.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def make(extra: str) -> Path:
        programs = tmp_path_factory.mktemp(extra) / "venv/bin"
        run("venv", "--python", sys.executable, programs.parent)
        install = ("pip", "install", "--python", programs / "python")
        run(*install, "--require-hashes", "--requirements", f"requirements/{extra}.txt")
        # Of a folder that it has built before, uv would take that wheel again, whatever has changed
        # since.
        run(*install, "--no-deps", "--refresh-package", "wearcast", ".")
        return programs

    return make


@pytest.fixture(scope="module")
def for_refresh(install: Callable[[str], Path]) -> Path:
    """The programs of refresh's environment."""
    return install("refresh")


@pytest.fixture(scope="module")
def for_service(install: Callable[[str], Path]) -> Path:
    """The programs of the service's environment."""
    return install("service")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A host's folder: params.yaml, the tracked model, and a file of observations of two made-up
    stations."""
    root = tmp_path_factory.mktemp("host")
    rows = source().rows
    rows[rows["valid_at"] >= "2013-07-01"][list(COLUMNS)].to_csv(root / "own.csv", index=False)
    content = params("files").model_dump(mode="json")
    content["ingest"]["files"] = {"path": "own.csv", "columns": {name: name for name in COLUMNS}}
    (root / "params.yaml").write_text(yaml.safe_dump(content))
    model = built()
    model_assembly.save(root / "models/forecaster", model.onnx, model.manifest)
    return root


@pytest.fixture(scope="module")
def settings(project: Path) -> Mapping[str, str]:
    """What both processes are told."""
    return environment(
        project, WEARCAST_OLDEST_OBSERVATION="36500d", WEARCAST_SHUTDOWN_TIMEOUT=f"{SHUTDOWN_S}s"
    )


@pytest.fixture(scope="module")
def refreshed(for_refresh: Path, project: Path, settings: Mapping[str, str]) -> str:
    """What `wearcast refresh` says when it has published."""
    done = subprocess.run(
        [for_refresh / "wearcast", "refresh"],
        cwd=project,
        env=settings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def served(
    for_service: Path, project: Path, settings: Mapping[str, str], refreshed: str
) -> Iterator[Server]:
    """The service over what was published."""
    assert refreshed
    port = free_port()
    command = [for_service / "wearcast", "serve", "--port", str(port)]
    with running(
        command, port, "/health/ready", project / "serve.log", project, settings
    ) as server:
        yield server


def importable(programs: Path, *names: str) -> list[str]:
    """Those of the modules that are there."""
    code = (
        "import importlib.util, sys; print(*(name for name in sys.argv[1:] if"
        " importlib.util.find_spec(name)))"
    )
    done = subprocess.run(
        [programs / "python", "-c", code, *names], capture_output=True, text=True, check=True
    )
    return done.stdout.split()


def history(hours: int) -> bytes:
    """A history to forecast from."""
    observed = [
        {"temp_c": 10 + hour % 24 / 4, "dewpoint_c": 5.0, "wind_ms": 3.0} for hour in range(hours)
    ]
    return json.dumps(
        {"station": "AAA", "first": "2013-01-01T00:00:00Z", "hours": observed}
    ).encode()


def test_refresh_has_no_training_libraries(for_refresh):
    assert importable(for_refresh, *OF_THE_PIPELINE, "fastapi", "uvicorn") == []
    assert importable(for_refresh, "pandas", "onnxruntime", "wearcast") == [
        "pandas",
        "onnxruntime",
        "wearcast",
    ]


def test_the_service_has_no_libraries_of_training_or_refresh(for_service):
    assert importable(for_service, *OF_THE_PIPELINE, "pandas", "pandera", "pyarrow") == []
    assert importable(for_service, "fastapi", "onnxruntime", "wearcast") == [
        "fastapi",
        "onnxruntime",
        "wearcast",
    ]


def test_refresh_publishes_from_its_own_environment(for_refresh, refreshed):
    asked = subprocess.run(
        [for_refresh / "wearcast", "refresh", "--help"], capture_output=True, text=True, check=True
    )
    assert "Exit codes" in asked.stdout
    assert refreshed.startswith("published ")


def test_the_service_answers_from_its_own_environment(served):
    latest = served.ask("GET", "/forecast/latest")
    assert (latest.status, len(json.loads(latest.body)["hours"])) == (200, 168)
    advice = served.ask("GET", "/recommendation/by_day?station=BBB&lang=ko")
    assert (advice.status, json.loads(advice.body)["station"]) == (200, "BBB")
    own = served.ask("POST", "/forecast", {"Content-Type": "application/json"}, history(168))
    assert (own.status, len(json.loads(own.body)["hours"])) == (200, 168)
    print(f"ready in {served.ready_s:.2f} s, {served.rss_mb:.0f} MB")  # noqa: T201 - for `pytest -s`; benchmarks have the bars
    assert served.ready_s < 60
    assert served.rss_mb < 400


def test_the_documentation_loads_nothing_from_other_hosts(served):
    page = served.ask("GET", "/docs")
    assert page.status == 200
    assets = re.findall(r'(?:src|href)="([^"]+)"', page.body.decode())
    assert len(assets) >= 2
    for asset in assets:
        assert asset.startswith("/")
        assert served.ask("GET", asset).status == 200


def test_requests_in_progress_are_finished_on_sigterm(served):
    body = history(9_600)
    halves = body[: len(body) // 2], body[len(body) // 2 :]
    under_way = [HTTPConnection("127.0.0.1", served.port, timeout=SHUTDOWN_S) for _ in range(4)]
    for connection in under_way:
        connection.putrequest("POST", "/forecast")
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(halves[0])
    assert served.ask("GET", "/health/live").status == 200
    served.process.send_signal(signal.SIGTERM)
    wait_until_nobody_listens(served.port)
    for connection in under_way:
        with closing(connection):
            connection.send(halves[1])
            answer = connection.getresponse()
            assert answer.status == 200
            assert len(json.loads(answer.read())["hours"]) == 168
    assert served.process.wait(SHUTDOWN_S) == 0


def test_a_client_that_never_finishes_does_not_block_the_shutdown(
    for_service, project, settings, refreshed
):
    assert refreshed
    port = free_port()
    command = [for_service / "wearcast", "serve", "--port", str(port)]
    hurried = {**settings, "WEARCAST_SHUTDOWN_TIMEOUT": "2s", "WEARCAST_RECEIVE_TIMEOUT": "5m"}
    with (
        running(command, port, "/health/ready", project / "serve.log", project, hurried) as server,
        closing(HTTPConnection("127.0.0.1", port)) as connection,
    ):
        connection.putrequest("POST", "/forecast")
        connection.putheader("Content-Length", "1000")
        connection.endheaders(b"{")
        assert server.ask("GET", "/health/live").status == 200
        assert server.end() == 0


def wait_until_nobody_listens(port: int) -> None:
    """It has heard that it shall end once it takes no more connections."""
    until = time.monotonic() + SHUTDOWN_S
    while time.monotonic() < until:
        with closing(HTTPConnection("127.0.0.1", port, timeout=1)) as connection:
            try:
                connection.connect()
            except OSError:
                return
        time.sleep(0.05)
    raise AssertionError("it goes on listening")
