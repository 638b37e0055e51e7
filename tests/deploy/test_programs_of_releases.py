"""The programs of this release and of the one before on one host: each understands what the other
noted, and the host's timer runs either by the same path. No engine is needed."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from deploy.engine import REPOSITORY
from deploy.program import BLUE, IMAGES, Program
from ports import free_port
from previous_release import checkout
from real.processes import wait_until
from rollout import proxy
from rollout.containers import PORTS
from rollout.releases import Release
from rollout.state import State, read_state

BUNDLE = REPOSITORY / "deploy/bundle"
RELEASE = {**BLUE, "schema": 2}
LABELS = {
    "io.wearcast.model": "m",
    "org.opencontainers.image.revision": "c" * 40,
    "io.wearcast.snapshot-schema": "1",
}


@pytest.fixture(scope="module")
def releases(real_part, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both releases' programs, as `ship` lays them."""
    sources = checkout(tmp_path_factory.mktemp("previous"), real_part)
    releases = tmp_path_factory.mktemp("host") / "releases"
    subprocess.run([BUNDLE, releases / "this"], check=True)
    for name in ("rollout", "compose.yaml", "traefik"):
        copy(sources / "deploy" / name, releases / "previous" / name)
    return releases


def copy(source: Path, target: Path) -> None:
    """A file or a folder."""
    target.parent.mkdir(exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy(source, target)


@pytest.fixture
def home(program: Program, releases: Path, tmp_path: Path) -> Path:
    """A host that has both, and something live."""
    home = tmp_path / "home"
    shutil.copytree(releases, home / "releases")
    program.note(live=BLUE | {"images": dict.fromkeys(IMAGES, "an earlier one")})
    return home


def recover(home: Path) -> int:
    """Do what the timer does; its unit was written by prepare-host when the host was made."""
    unit = (REPOSITORY / "deploy/prepare-host").read_text()
    [command] = re.findall(r"^ExecStart=(/opt/wearcast/.*recover)$", unit, re.MULTILINE)
    program, argument = command.replace("/opt/wearcast", str(home)).split()
    return subprocess.run([program, argument], check=False, capture_output=True).returncode


def release_until_power_cut(program: Program, programs: Path) -> None:
    """Let these programs release something; all their processes die while containers start."""
    program.docker(
        '  "image inspect --format {{.Id}} "*) echo sha256:0 ;;\n'
        f"  *.Config.Labels*) echo '{json.dumps(LABELS)}' ;;\n"
        "  run*) echo m ;;\n"
        '  *"up --detach"*) exec sleep 5 ;;'
    )
    process = subprocess.Popen([programs / "rollout", "release", *IMAGES.values()])
    wait_until(lambda: program.asked("up --detach"), "containers are started")
    noted = program.noted()["running"]
    assert noted["step"] == "start"
    for pid in (process.pid, noted["pid"]):
        os.kill(pid, signal.SIGKILL)
    process.wait()
    program.docker("")


@pytest.mark.parametrize(("new", "proven"), [("this", "previous"), ("previous", "this")])
def test_proven_programs_undo_what_the_other_release_s_broke_off(
    program: Program, home: Path, new: str, proven: str
) -> None:
    (home / "deploy").symlink_to(f"releases/{proven}")
    release_until_power_cut(program, home / "releases" / new)
    assert subprocess.run([home / "deploy/rollout", "status"], check=False).returncode == 3
    assert recover(home) == 1
    assert program.noted()["running"] is None
    assert program.noted()["live"]["colour"] == "blue"
    assert os.readlink(home / "deploy") == f"releases/{proven}"


@pytest.mark.parametrize(("new", "proven"), [("this", "previous"), ("previous", "this")])
def test_proven_programs_finish_what_the_other_release_s_proved(
    program: Program, home: Path, new: str, proven: str
) -> None:
    (home / "deploy").symlink_to(f"releases/{proven}")
    (program.folder / "state/traefik").mkdir()
    live = {**RELEASE, "colour": "green", "programs": str(home / "releases" / new)}
    note = {"step": "drain", "colour": "green", "release": live, "since": "now", "pid": 1}
    program.note(live=live, previous=BLUE, running={**note, "proved": True})
    assert recover(home) == 0
    assert program.noted()["running"] is None
    assert program.noted()["live"]["colour"] == "green"


@contextlib.contextmanager
def answering(address: str, port: int) -> Iterator[None]:
    """Somebody there who is ready, and says that blue is live."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Wearcast-Colour", "blue")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer((address, port), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield
        server.shutdown()


@pytest.mark.parametrize("proven", ["previous", "this"])
def test_proven_programs_undo_a_canary_that_was_broken_off(
    program: Program, home: Path, proven: str
) -> None:
    """Those of the release before know no canary: they put the routes back that were kept."""
    (home / "deploy").symlink_to(f"releases/{proven}")
    proxy.prepare_routes()
    live = {**RELEASE, "programs": str(home / "releases" / proven)}
    proxy.switch_traffic("blue", Release.from_json(live))
    kept = proxy.routes_file().read_text()
    proxy.keep_routes()
    proxy.share_traffic("blue", "green", 5, Release.from_json(RELEASE))
    note = {"step": "canary", "colour": "green", "release": RELEASE, "since": "now", "pid": 1}
    program.note(live=live, running={**note, "shifted": True})
    program.docker(
        """  "inspect wearcast-service-blue-1") echo '[{"State": {"Running": true},"""
        """ "NetworkSettings": {"Networks": {"n": {"IPAddress": "127.0.0.5"}}}}]' ;;"""
    )
    port = free_port()
    program.settings(f"SITE_HTTP={port}\n")
    with answering("127.0.0.5", PORTS["service"]), answering("127.0.0.1", port):
        assert recover(home) == 1
    assert program.noted()["running"] is None
    assert proxy.routes_file().read_text() == kept


@pytest.mark.usefixtures("program")
def test_the_archive_needs_nothing_but_the_standard_library(tmp_path: Path) -> None:
    subprocess.run([BUNDLE, tmp_path / "programs"], check=True)
    command = ["python3", "-I", "-S", tmp_path / "programs/rollout", "status"]
    assert subprocess.run(command, check=False).returncode == 0


def test_what_the_release_before_noted_is_read(program: Program) -> None:
    """Its records name no schema, and not the programs that roll out."""
    note = {"step": "pull", "colour": "green", "release": {"images": IMAGES, "programs": "/p"}}
    program.note(live=BLUE, previous=BLUE, running={**note, "since": "now", "pid": 1})
    state = read_state()
    assert state.deployed.release.schema == 1
    assert state.progress.by == REPOSITORY / "deploy"


NOTE = {
    "step": "drain",
    "colour": "green",
    "release": {name: RELEASE[name] for name in ("images", "programs", "model", "code", "schema")},
    "since": "now",
    "pid": 1,
    "by": "/opt/wearcast/releases/new",
}
LIVE = {"colour": "blue", "since": "now", **NOTE["release"]}
CANDIDATE = {"images": IMAGES, "programs": "/opt/wearcast/releases/new"}
HAPPENED = {"proxied": True, "shifted": True, "refreshed": True, "proved": True}


@pytest.mark.parametrize(
    "noted",
    [
        {"live": None, "previous": None, "running": None},
        {"live": LIVE, "previous": None, "running": None},
        {"live": LIVE, "previous": LIVE, "running": {**NOTE, "release": CANDIDATE}},
        {"live": LIVE, "previous": LIVE, "running": {**NOTE, "shifted": True, "reason": "slow"}},
        {"live": LIVE, "previous": LIVE, "running": {**NOTE, **HAPPENED}, "retired": [LIVE]},
        {"live": LIVE, "previous": LIVE, "running": {**NOTE, **HAPPENED}, "retired": []},
        {"live": LIVE, "previous": LIVE, "running": None, "earlier": [LIVE, LIVE]},
    ],
    ids=["new host", "live", "pull", "going back", "drain", "drain, nothing to remove", "several"],
)
def test_notes_keep_their_form(noted: dict[str, object]) -> None:
    assert json.dumps(State.from_json(noted).to_json()) == json.dumps(noted)


def test_fields_of_a_later_release_are_passed_over() -> None:
    later = {**LIVE, "later": 1}
    noted = {"live": later, "previous": None, "running": {**NOTE, "later": 1}, "later": 1}
    state = State.from_json(noted)
    assert state.to_json() == {"live": LIVE, "previous": None, "running": NOTE}
