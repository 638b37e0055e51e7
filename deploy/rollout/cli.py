"""Bring a release to users without a dropped request, and back by itself. Runs on the host; needs
Python 3.11, Docker and Compose.

    rollout release SERVICE DASHBOARD REFRESH   three images, each by digest: registry/name@sha256:…
    rollout release --again                     what is live, anew: with the settings as they are
    now rollout back                                to the release before rollout recover
    undo or finish what was broken off; at boot, and every minute (prepare-host) rollout status |
    history

pull → check → start the other colour → ready? → smoke test → shift → watch → refresh → watch →
drain → stop the old one └───────── on any failure: stop the new colour ───────────┘ └───── first
shift back ─────┘ └─ it has proved itself ─┘

A release runs in a process of its own, so that a lost connection doesn't end it. It notes each step
before it takes it; whoever finds a note without a process (killed, rebooted) goes back, or, once
the new colour has proved itself, finishes. Going back needs no space on the disk. Exit codes: 0
done · 1 gone back, or refused · 3 broken off (status) · 75 another one is running.
"""

import argparse
import contextlib
import errno
import fcntl
import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

PACKED_IN = Path(__file__).resolve().parents[1]
HERE = PACKED_IN.parent if PACKED_IN.is_file() else PACKED_IN
"""The folder of this release's programs: where the archive lies, or the checkout's deploy."""
STATE = Path(os.environ.setdefault("ROLLOUT_STATE", "/var/lib/wearcast"))
SETTINGS = Path(os.environ.setdefault("WEARCAST_ENV", "/etc/wearcast/env"))
PROJECT = os.environ.setdefault("COMPOSE_PROJECT_NAME", "wearcast")
PARTS = ("service", "dashboard", "refresh")
PORTS = {"service": 8000, "dashboard": 8501}
OTHER = {"blue": "green", "green": "blue"}
KEPT_IN_HISTORY = 200
KEPT_PROGRAMS = 20
DEPLOY = "deploy"
LABELS = {
    "model": "io.wearcast.model",
    "code": "org.opencontainers.image.revision",
    "schema": "io.wearcast.snapshot-schema",
}
FIRST_SCHEMA = "1"
"""Of images that were built before they said which form of snapshots they write."""
FIRST_LOOK_S = 5
"""Seconds that the new colour is watched before refresh follows it."""
RETURN_S = 60
"""Seconds that the colour which was live may take to be ready again."""
LOG_TIMEOUT_S = 30

PORT = r"[1-9][0-9]{0,4}", "a port from 1 to 65535"
WHOLE = r"[0-9]{1,12}", "a whole number"
DECIMAL = r"[0-9]{1,6}(\.[0-9]+)?", "a number such as 1.5"
NUMBERS = {
    "SITE_HTTP": ("80", PORT),
    "SITE_HTTPS": ("443", PORT),
    "SITE_INSIDE": ("8082", PORT),
    "SITE_RATE": ("100", WHOLE),
    "SITE_BURST": ("400", WHOLE),
    "SITE_CPUS": ("1.5", DECIMAL),
    "ROLLOUT_LEAST_FREE_MB": ("2000", WHOLE),
}
"""The site's settings that are numbers: what each one is where it isn't set, and what it must look
like."""

State = dict[str, Any]
Check = Callable[[], str]
"""What is wrong; empty where nothing is."""


class Failed(Exception):
    """The rollout can't go on; says why, for the operator."""


# What is known and noted.


def read_state() -> State:
    """live and previous: {colour, images, programs, model, code, schema, since}; running: the
    rollout's note, {step, colour, release, …}.

    `programs` is the folder whose compose.yaml and routes came with the images: they go together,
    forward and back. The note's `by` is the folder of the program that rolls out.
    """
    try:
        return dict(json.loads((STATE / "state.json").read_text()))
    except FileNotFoundError:
        return {"live": None, "previous": None, "running": None}


def write_atomically(path: Path, text: str) -> None:
    new = path.with_name(path.name + ".new")
    with new.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def save(state: State) -> None:
    write_atomically(STATE / "state.json", json.dumps(state, indent=1))


def note_history(**what: Any) -> None:
    with contextlib.suppress(OSError):  # a full disk doesn't keep anybody from going back
        path = STATE / "history.jsonl"
        before = path.read_text().splitlines() if path.exists() else []
        write_atomically(
            path, "\n".join([*before[-KEPT_IN_HISTORY:], json.dumps({"at": now(), **what})]) + "\n"
        )


def now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


def say(text: str) -> None:
    """To whoever still listens, and to the log."""
    line = f"{now()} {text}"
    with contextlib.suppress(OSError, UnicodeEncodeError):
        print(line, flush=True)
    with contextlib.suppress(OSError), (STATE / "rollout.log").open("a", encoding="utf-8") as log:
        log.write(line + "\n")


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Nobody else rolls out meanwhile; the kernel lets go of the lock however this process ends."""
    STATE.mkdir(parents=True, exist_ok=True)
    with (STATE / "lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(
                "Another rollout is running; `rollout status` says how far it is.", file=sys.stderr
            )
            sys.exit(os.EX_TEMPFAIL)
        yield


def busy() -> bool:
    try:
        with (STATE / "lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


# The site's settings.

ASSIGNMENT = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?([\w.]+)[ \t]*[=:][ \t]*   # the name
    (?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\n]*))  # its value, in either kind of quotes or in none""",
    re.MULTILINE | re.VERBOSE | re.DOTALL,
)
VARIABLE = re.compile(r"\$(?:(\$)|(\w+)|\{(\w+)(?:(:?-)([^}]*))?\})")


def site_settings() -> dict[str, str]:
    """What stands in the settings' file, as Compose reads it: comments, quotes, escapes and
    variables."""
    try:
        text = SETTINGS.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return {}
    found: dict[str, str] = {}
    for name, double, single, plain in ASSIGNMENT.findall(text):
        if double:
            found[name] = expanded(
                re.sub(
                    r"\\([^$])",
                    lambda escape: {"n": "\n", "r": "\r"}.get(escape[1], escape[1]),
                    double,
                ),
                found,
            )
        else:
            # Only a space begins a comment: 8080#x is a value.
            found[name] = single or expanded(plain.partition(" #")[0].rstrip(), found)
    return found


def expanded(value: str, before: dict[str, str]) -> str:
    """A value with the variables in it replaced: by the environment's, or by those that stand
    before it in the file."""

    def replaced(variable: re.Match[str]) -> str:
        dollar, plain, braced, _, default = variable.groups()
        if dollar:
            return "$"
        name = plain or braced
        return os.environ.get(name, before.get(name, "")) or default or ""

    return VARIABLE.sub(replaced, value)


def site(name: str, default: str) -> str:
    """A setting of the site, from the environment, else from the settings' file; an empty one isn't
    set."""
    return (os.environ[name] if name in os.environ else site_settings().get(name, "")) or default


def number(name: str) -> float:
    """A setting that is a number.

    Raises:
        Failed: it isn't.
    """
    default, (pattern, wanted) = NUMBERS[name]
    value = site(name, default)
    if not re.fullmatch(pattern, value) or (wanted == PORT[1] and int(value) > 65_535):
        raise Failed(
            f"the setting {name} must be {wanted}, but is {value!r} (in the environment or in"
            f" {SETTINGS})"
        )
    return float(value)


def port(name: str) -> int:
    return int(number(name))


def check_settings() -> None:
    for name in NUMBERS:
        number(name)


# Docker.


def run_docker(
    *command: str, timeout_s: float, **environment: str
) -> "subprocess.CompletedProcess[str]":
    """Run it to its end, well or not.

    Raises:
        Failed: it doesn't end in time, or can't be run at all.
    """
    # A container may say anything, text or not.
    how: dict[str, Any] = {
        "capture_output": True,
        "encoding": "utf-8",
        "errors": "replace",
        "env": {**os.environ, **environment},
    }
    try:
        return subprocess.run(["docker", *command], timeout=timeout_s, check=False, **how)
    except subprocess.TimeoutExpired as error:
        raise Failed(f"`docker {' '.join(command)}` took longer than {timeout_s:g} s") from error
    except OSError as error:
        raise Failed(f"`docker {' '.join(command)}` can't be run: {error}") from error


def docker(*command: str, timeout_s: float = 120, **environment: str) -> str:
    done = run_docker(*command, timeout_s=timeout_s, **environment)
    if done.returncode:
        raise Failed(f"`docker {' '.join(command)}`: {' '.join(done.stderr.split())[-400:]}")
    return done.stdout + (done.stderr if command[0] == "compose" else "")


def lead_deploy_to(proved: Path) -> None:
    """Let the link that the recovery's timer and operators use lead to programs that have brought a
    release to users."""
    if not shipped(proved):
        return
    link = proved.parent.parent / DEPLOY
    new = link.with_name(f"{DEPLOY}.new")
    new.unlink(missing_ok=True)
    new.symlink_to(Path(proved.parent.name, proved.name))
    new.replace(link)


def shipped(folder: Path) -> bool:
    """Whether `ship` laid it there; a checkout isn't ours to change."""
    return folder.parent.name == "releases"


def remove_programs(by: Path, *releases: dict[str, Any] | None) -> None:
    """All but the newest, and those that these releases came with."""
    if not shipped(by):
        return
    needed = {by, HERE, *(Path(release["programs"]) for release in releases if release)}
    folders = sorted(by.parent.iterdir(), key=lambda folder: folder.stat().st_mtime, reverse=True)
    for folder in folders[KEPT_PROGRAMS:]:
        if folder not in needed:
            shutil.rmtree(folder)


def programs(release: dict[str, Any]) -> Path:
    """Those that a release came with; ours where they were cleaned away."""
    came_with = Path(release["programs"])
    return came_with if came_with.is_dir() else HERE


def up(release: dict[str, Any], *what: str, **images: str) -> str:
    """Let containers be as the release's compose.yaml has them; one that is so already isn't
    touched."""
    files = [
        "--file",
        str(programs(release) / "compose.yaml"),
        *(["--env-file", str(SETTINGS)] if SETTINGS.exists() else []),
    ]
    return docker(
        "compose",
        "--ansi",
        "never",
        *files,
        "up",
        "--detach",
        "--no-deps",
        *what,
        timeout_s=180,
        **images,
    )


def start(colour: str, release: dict[str, Any], *how: str) -> None:
    named = {f"{colour.upper()}_{part.upper()}": release["images"][part] for part in PORTS}
    said = up(release, *how, *(f"{part}-{colour}" for part in PORTS), **named)
    for part in PORTS:
        # Compose may end well although the engine refused.
        if not inspect(container(part, colour)):
            raise Failed(f"no container {part}-{colour}: {' '.join(said.split())[-400:]}")


def start_refresh(release: dict[str, Any], schema: str) -> None:
    """With the form of snapshots that it may publish; compose.yaml of an earlier release doesn't
    hand that on."""
    up(
        release,
        "--force-recreate",
        "refresh",
        REFRESH=release["images"]["refresh"],
        SNAPSHOT_SCHEMA=schema,
    )


def schema_for(*readers: dict[str, Any] | None) -> str:
    """The newest form of snapshots that all these releases can read; records of earlier rollouts
    don't name theirs."""
    return str(min(release.get("schema", int(FIRST_SCHEMA)) for release in readers if release))


def check_schemas(
    live: dict[str, Any] | None, previous: dict[str, Any] | None, release: dict[str, Any]
) -> None:
    """Refuse a release that can't write what those before it read: it writes its own form of
    snapshots and the one before.

    Raises:
        Failed: naming both.
    """
    oldest = int(schema_for(live, previous, release))
    if release["schema"] - oldest > 1:
        raise Failed(
            f"its refresh writes snapshots of schema {release['schema'] - 1} and"
            f" {release['schema']}, and a release that may still have to read them knows {oldest}"
            f" alone: bring a release of schema {oldest + 1} to users twice before"
        )


def settle_refresh(live: dict[str, Any], previous: dict[str, Any] | None) -> None:
    """Once nobody else may run any more, let refresh publish what these two can read, anew only if
    it runs with another form."""
    found = inspect(container("refresh"))
    environment = found.get("Config", {}).get("Env") or []
    given = dict(line.split("=", 1) for line in environment if "=" in line).get(
        "WEARCAST_SNAPSHOT_SCHEMA"
    )
    schema = schema_for(live, previous)
    # Whoever was killed while it was started anew left none, or one that never began.
    lost = not found.get("State", {}).get("Running")
    if lost or given not in (None, schema):
        start_refresh(live, schema)
        say(f"refresh was started anew: it may publish snapshots of schema {schema} now")


def stop(colour: str) -> None:
    """The dashboard first: it asks the API to the end."""
    for name in (container("dashboard", colour), container("service", colour)):
        if inspect(name):
            with contextlib.suppress(Failed):
                docker("stop", name)


def container(part: str, colour: str = "") -> str:
    return f"{PROJECT}-{part}-{colour}-1" if colour else f"{PROJECT}-{part}-1"


def inspect(name: str) -> dict[str, Any]:
    try:
        return dict(json.loads(docker("inspect", name))[0])
    except Failed:
        return {}


def trouble_of(part: str, colour: str = "") -> str:
    """What is wrong with a container that should run."""
    name = container(part, colour)
    said = f"{part}-{colour}".rstrip("-")
    found = inspect(name)
    state = found.get("State", {})
    if not state.get("Running") or state.get("Restarting"):
        return f"{said} isn't running (exit {state.get('ExitCode', '?')}): {last_words(name)}"
    if found["RestartCount"]:
        return f"{said} was restarted {found['RestartCount']} times: {last_words(name)}"
    if state.get("Health", {}).get("Status") == "unhealthy":
        return f"{said} is unhealthy"
    return ""


def last_words(name: str) -> str:
    try:
        done = run_docker("logs", "--tail", "3", name, timeout_s=LOG_TIMEOUT_S)
    except Failed as error:
        return f"its log can't be read: {error}"
    return " ".join((done.stdout + done.stderr).split())[-300:] or "it said nothing"


def labels(image: str) -> dict[str, str]:
    return dict(
        json.loads(docker("image", "inspect", "--format", "{{json .Config.Labels}}", image)) or {}
    )


# Asking.


def ask(
    host: str,
    port: int,
    path: str,
    method: str = "GET",
    body: str = "",
    headers: dict[str, str] | None = None,
    tls: str = "",
    timeout_s: float = 5,
) -> tuple[int, str, dict[str, str]]:
    """Status, body and headers of an answer; status 0 where there is none."""
    connection = http.client.HTTPConnection(host, port, timeout=timeout_s)
    try:
        if tls:
            # Who we are asking is certain; whether the certificate has come already isn't.
            context = ssl._create_unverified_context()  # noqa: S323
            connection.sock = context.wrap_socket(
                socket.create_connection((host, port), timeout_s), server_hostname=tls
            )
        sent = {
            **({"Host": tls} if tls else {}),
            **({"Content-Type": "application/json"} if body else {}),
            **(headers or {}),
        }
        connection.request(method, path, body or None, sent)
        answer = connection.getresponse()
        return (
            answer.status,
            answer.read().decode(errors="replace"),
            {name.lower(): value for name, value in answer.getheaders()},
        )
    except (OSError, http.client.HTTPException, ValueError) as error:
        return 0, f"{type(error).__name__}: {error}", {}
    finally:
        connection.close()


def ask_part(part: str, colour: str, path: str, **how: Any) -> tuple[int, str, dict[str, str]]:
    networks = inspect(container(part, colour)).get("NetworkSettings", {}).get("Networks", {})
    address = next(
        (network["IPAddress"] for network in networks.values() if network["IPAddress"]), ""
    )
    return ask(address, PORTS[part], path, **how) if address else (0, "it has no address", {})


def ask_site(path: str) -> tuple[int, str, dict[str, str]]:
    """As a visitor would, through the proxy."""
    domain = site("SITE_DOMAIN", "")
    return ask("127.0.0.1", port("SITE_HTTPS" if domain else "SITE_HTTP"), path, tls=domain)


def ask_inside(path: str) -> tuple[int, str, dict[str, str]]:
    """The proxy about itself."""
    return ask("127.0.0.1", port("SITE_INSIDE"), path)


def until(check: Check, within_s: float, pause_s: float = 0.3) -> None:
    """Wait until nothing is wrong any more.

    Raises:
        Failed: something still is.
    """
    end = time.monotonic() + within_s
    while wrong := check():
        if time.monotonic() > end:
            raise Failed(f"{wrong} (after {within_s:.0f} s)")
        time.sleep(pause_s)


# The proxy.


def routes() -> Path:
    return STATE / "traefik/routes.yaml"


def lead_to(colour: str, release: dict[str, Any], draining: str = "") -> None:
    """Shift the traffic by one rename; the proxy sees all of it or nothing."""
    said = f'{{{{- $live := "{colour}" }}}}\n{{{{- $draining := "{draining}" }}}}\n'
    write_atomically(routes(), said + (programs(release) / "traefik/routes.yaml").read_text())


def led_to() -> str:
    """The colour that the proxy's file names."""
    with contextlib.suppress(OSError):
        found = re.match(r'\{\{- \$live := "(\w+)" \}\}', routes().read_text())
        return found[1] if found else ""
    return ""


def renew_proxy(release: dict[str, Any]) -> None:
    """Let the proxy have the release's version and flags, and the site's settings as they are now;
    one that has them goes on."""
    before = inspect(container("proxy")).get("Id")
    up(release, "proxy")
    until(lambda: "" if ask_inside("/ping")[0] == 200 else "the proxy doesn't answer", 30)
    if before not in (None, inspect(container("proxy")).get("Id")):
        say(
            "the proxy was started anew, since its version, flags or settings changed: connections"
            " were cut"
        )


def until_led_to(colour: str) -> None:
    def check() -> str:
        status, said, headers = ask_site("/api/health/live")
        found = headers.get("wearcast-colour")
        return (
            ""
            if found == colour and status == 200
            else f"the proxy still leads to {found or said!r} ({status}), not to {colour}"
        )

    until(check, 15, 0.1)


# The checks of a new colour.


def ready(colour: str) -> str:
    for part in PORTS:
        if wrong := trouble_of(part, colour):
            if "isn't running" in wrong or "restarted" in wrong:
                raise Failed(wrong)
            return wrong
        status, said, _ = ask_part(part, colour, "/health/ready")
        if status != 200:
            return f"{part}-{colour} isn't ready: {status} {said[:200]}"
    return ""


def smoke(colour: str, release: dict[str, Any]) -> None:
    """Whether it does what it is for, asked past the proxy: forecast, recommendation, model,
    dashboard with a kernel.

    Raises:
        Failed: it doesn't.
    """

    def get(path: str, **how: Any) -> Any:
        status, said, _ = ask_part("service", colour, path, timeout_s=20, **how)
        if status != 200:
            raise Failed(f"smoke test: {path} answers {status}: {said[:300]}")
        try:
            return json.loads(said)
        except ValueError as error:
            raise Failed(f"smoke test: {path} answers no JSON: {said[:300]}") from error

    def expect(what: str, found: Any, wanted: Any) -> None:
        if found != wanted:
            raise Failed(f"smoke test: {what} is {found!r}, not {wanted!r}")

    expect("the service's model", get("/model")["version"], release["model"])
    expect("the hours of a forecast", len(get("/forecast/latest")["hours"]), 168)
    if not get("/recommendation/by_day").get("outfit"):
        raise Failed("smoke test: the recommendation names no outfit")
    # The document's own example of a client's record: it makes the model compute.
    example = get("/openapi.json")["paths"]["/forecast"]["post"]["requestBody"]["content"][
        "application/json"
    ]["examples"]
    own = get("/forecast", method="POST", body=json.dumps(next(iter(example.values()))["value"]))
    expect("the model of a forecast of one's own", own["forecast"]["model"], release["model"])
    smoke_dashboard(colour)


def smoke_dashboard(colour: str) -> None:
    status, page, _ = ask_part("dashboard", colour, "/", timeout_s=60)
    kernel = re.search(r'"kernelId": ?"([0-9a-f-]{36})"', page)
    if status != 200 or not kernel:
        raise Failed(
            f"smoke test: the dashboard's page answers {status}, {'with' if kernel else 'without'}"
            f" a kernel: {page[:200]}"
        )
    if (
        "application/vnd.voila.cell-output+json" not in page
        or "application/vnd.jupyter.stderr" in page
    ):
        raise Failed("smoke test: the dashboard's kernel shows nothing, or an error")
    key = {"Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "d2VhcmNhc3Qgcm9sbG91dA=="}
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", **key}
    status, said, _ = ask_part(
        "dashboard", colour, f"/api/kernels/{kernel[1]}/channels", headers=upgrade, timeout_s=3
    )
    if status != 101:
        raise Failed(
            f"smoke test: the dashboard's kernel can't be talked to: {status} {said[:200]}"
        )
    ask_part("dashboard", colour, f"/voila/api/shutdown/{kernel[1]}", method="POST")


def check_refresh(release: dict[str, Any]) -> None:
    """Whether refresh's model loads, its hashes are right, and it is the one that the label
    says."""
    load = "from pathlib import Path; from wearcast.forecasting.forecaster import Forecaster; "
    load += "print(Forecaster.load(Path('models/forecaster')).manifest.version)"
    tmp = "/tmp"  # noqa: S108 - the container's own
    alone = ("--rm", "--read-only", "--network", "none", "--tmpfs", tmp)
    found = docker("run", *alone, release["images"]["refresh"], "python", "-c", load)
    if found.strip() != release["model"]:
        raise Failed(f"refresh's model is {found.strip()}, not {release['model']}")


# The watch.


def full(status: int, said: str) -> bool:
    """Whether a dashboard isn't ready only because all its kernels are in use, as its health tells
    since the first release."""
    if status != 503:
        return False
    try:
        found = json.loads(said)
        return found["kernels"] > 0 and (found["heated"], found["room"]) == (0, 0)
    except (ValueError, TypeError, KeyError):
        return False


class Watch:
    """What the proxy counts of the new colour since the shift, its containers, and what a visitor
    of our own sees every second."""

    SLOW = "1.2"
    """Seconds, one of the bounds that Traefik counts by."""
    PAUSE_S = 1

    def __init__(self, colour: str, proxied: bool) -> None:
        """Begin to count; `proxied` says whether there is a proxy already, to have counted
        anything."""
        self.colour = colour
        self.parts = [(part, colour) for part in PORTS]
        self.before = self._counted() if proxied else (0.0, 0.0, 0.0)
        self.bad_visits = 0

    def go_on(self, seconds: float) -> None:
        """Look for some seconds.

        Raises:
            Failed: something is wrong.
        """
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if wrong := self._trouble():
                raise Failed(wrong)
            time.sleep(self.PAUSE_S)

    def _trouble(self) -> str:
        for part, colour in self.parts:
            if wrong := trouble_of(part, colour):
                return wrong
        return self._errors() or self._visit()

    def told(self) -> str:
        requests, errors, slow = self._since()
        return f"{requests:.0f} requests, {errors:.0f} errors, {slow:.0f} slower than {self.SLOW} s"

    def _visit(self) -> str:
        for path in ("/api/forecast/latest", "/recommendation/by_day", "/health/ready"):
            status, said, _ = ask_site(path)
            if status != 200 and not full(status, said):
                self.bad_visits += 1
                return (
                    f"{path} answers {status} through the proxy: {said[:200]}"
                    if self.bad_visits >= 2
                    else ""
                )
        return ""

    def _errors(self) -> str:
        requests, errors, slow = self._since()
        if errors >= 5 and errors > 0.01 * requests:
            return f"too many errors: {self.told()}"
        if slow >= 20 and slow > 0.05 * requests:
            return f"too slow: {self.told()}"
        return ""

    def _since(self) -> tuple[float, float, float]:
        requests, errors, slow = (
            after - before for after, before in zip(self._counted(), self.before, strict=True)
        )
        return requests, errors, slow

    def _counted(self) -> tuple[float, float, float]:
        """Requests and errors of both parts, and how many of the API's answers were slow."""
        status, page, _ = ask_inside("/metrics")
        if status != 200:
            raise Failed(f"the proxy doesn't say what it counted: {status} {page[:200]}")
        requests = errors = timed = quick = 0.0
        for name, labels_, value in re.findall(
            r"^traefik_service_(\w+)\{(.*)\} (\S+)$", page, re.MULTILINE
        ):
            found = dict(re.findall(r'(\w+)="([^"]*)"', labels_))
            part = found["service"].removesuffix(f"-{self.colour}@file")
            if part not in PORTS:
                continue
            # A dashboard that is full says so by 503, and rightly; where it says 503 for another
            # reason, our own visit sees it.
            if name == "requests_total":
                requests += float(value)
                errors += float(value) * (
                    found["code"] >= "500" and (part, found["code"]) != ("dashboard", "503")
                )
            elif part == "service" and name == "request_duration_seconds_count":
                timed += float(value)
            elif (
                part == "service"
                and name == "request_duration_seconds_bucket"
                and found["le"] == self.SLOW
            ):
                quick += float(value)
        return requests, errors, timed - quick


# The rollout.


def read_release(images: dict[str, str], came_with: str) -> dict[str, Any]:
    """Pull the images that aren't here, and read on them what they are."""
    for image in images.values():
        if not re.search(r"(^|@)sha256:[0-9a-f]{64}$", image):
            raise Failed(
                f"{image} isn't named by its digest (…@sha256:…): a tag may be another image"
                " tomorrow"
            )
    missing = [image for image in images.values() if not at_hand(image)]
    if missing:
        require_space()
    for image in missing:
        docker("pull", "--quiet", image, timeout_s=900)
    found = {part: labels(image) for part, image in images.items()}
    release: dict[str, Any] = {"images": images, "programs": came_with}
    for what, label in LABELS.items():
        values = {}
        for part in PARTS:
            value = found[part].get(label, FIRST_SCHEMA if what == "schema" else None)
            if value is None:
                raise Failed(
                    f"the {part}'s image has no label {label}: `deploy/build` makes images that say"
                    " what they are of"
                )
            values[part] = value
        if len(set(values.values())) > 1:
            raise Failed(f"the images aren't of one release: {label} is {values}")
        release[what] = values[PARTS[0]]
    if not re.fullmatch(r"[1-9][0-9]{0,8}", release["schema"]):
        raise Failed(
            f"the images' label {LABELS['schema']} must be a whole number from 1 on, but is"
            f" {release['schema']!r}"
        )
    return {**release, "schema": int(release["schema"])}


def at_hand(image: str) -> bool:
    """Whether the engine has it: going back asks no registry, and needs no space."""
    try:
        return bool(docker("image", "inspect", "--format", "{{.Id}}", image))
    except Failed:
        return False


def require_space() -> None:
    least_mb = number("ROLLOUT_LEAST_FREE_MB")
    for folder in {str(STATE), docker("info", "--format", "{{.DockerRootDir}}").strip()}:
        with contextlib.suppress(FileNotFoundError):
            free_mb = shutil.disk_usage(folder).free / 1e6
            if free_mb < least_mb:
                raise Failed(
                    f"{folder} has {free_mb:.0f} MB free, less than the {least_mb:.0f} MB that a"
                    " release may take"
                )


def roll(
    state: State,
    images: dict[str, str],
    came_with: str,
    watch_s: float,
    drain_s: float,
    ready_s: float,
) -> None:
    """The whole way.

    Raises:
        Failed: it went back.
    """
    live = state["live"]
    colour = OTHER[live["colour"]] if live else "blue"
    release: dict[str, Any] = {"images": images, "programs": came_with}
    began = time.monotonic()

    def step(name: str, **more: Any) -> None:
        note = {
            "step": name,
            "colour": colour,
            "release": release,
            "since": now(),
            "pid": os.getpid(),
            "by": str(HERE),
        }
        state["running"] = {**(state["running"] or {}), **note, **more}
        save(state)
        say(name)

    try:
        step("pull")
        check_settings()
        release = read_release(images, came_with)
        check_schemas(live, state["previous"], release)
        step("check")
        check_refresh(release)
        step("start")
        # New containers: what happened to those that bore the names before is none of theirs.
        start(colour, release, "--force-recreate")
        readers = (live, state["previous"], release)
        if not live:
            start_refresh(release, schema_for(*readers))
        step("ready")
        until(lambda: ready(colour), ready_s)
        say(f"ready; code {release['code'][:12]}, model {release['model']}")
        step("smoke")
        smoke(colour, release)
        if live:
            step("proxy", proxied=True)
            renew_proxy(release)
        watch = Watch(colour, proxied=bool(live))
        shift(state, step, colour, release)
        step("watch")
        watch.go_on(min(FIRST_LOOK_S, watch_s))
        if live:
            step("refresh", refreshed=True)
            start_refresh(release, schema_for(*readers))
            step("watch")
        watch.parts.append(("refresh", ""))
        watch.go_on(max(1, watch_s - FIRST_LOOK_S))
        say(f"watched {watch_s:.0f} s: {watch.told()}")
        prove(state, colour, release)
    # Whatever it is, a fault of this program too: visitors are led back now, not by the recovery's
    # timer.
    except BaseException as error:
        if state["running"].get("proved"):
            raise  # it is live, and is finished by whoever cleans up after us
        reason = reason_of(error)
        if not isinstance(error, Failed | OSError | KeyboardInterrupt):
            say("".join(traceback.format_exception(error)))
        go_back(state, reason)
        raise Failed(reason) from error

    note_history(what="released", colour=colour, seconds=round(time.monotonic() - began), **release)
    time.sleep(drain_s if live else 0)
    finish(state)


def prove(state: State, colour: str, release: dict[str, Any]) -> None:
    """The new release has proved itself; it is live as soon as that is noted, and not before."""
    live, previous, retired = state["live"], state["previous"], state.get("retired", [])
    if not (
        live and live["images"] == release["images"]
    ):  # the same anew leaves what one would go back to
        retired = [*retired, *([previous] if previous else [])]
        previous = live
    running = {**state["running"], "step": "drain", "since": now(), "proved": True}
    proved = {
        "live": {"colour": colour, "since": now(), **release},
        "previous": previous,
        "retired": retired,
        "running": running,
    }
    save({**state, **proved})
    state.update(proved)
    say("drain")


def reason_of(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt):
        return "it was told to end"
    if isinstance(error, Failed | OSError):
        return str(error) or type(error).__name__
    return f"{type(error).__name__}: {error}"


def shift(state: State, step: Callable[..., None], colour: str, release: dict[str, Any]) -> None:
    """From here on visitors see it."""
    live = state["live"]
    (STATE / "traefik").mkdir(exist_ok=True)
    if live:
        # What going back needs is there before anything is shifted.
        shutil.copyfile(routes(), STATE / "traefik/back")
    else:
        lead_to(colour, release)
        renew_proxy(release)
    step("shift", shifted=True)
    lead_to(colour, release, live["colour"] if live else "")
    until_led_to(colour)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Nobody tells us to end meanwhile."""
    before = {
        number: signal.signal(number, signal.SIG_IGN)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def go_back(state: State, reason: str) -> None:
    """To what was live before, from wherever the rollout stands. Nothing here may be interrupted,
    or needs space.

    Raises:
        Failed: visitors can't be led back yet; the note stays, with the reason, and the new colour
            goes on.
    """
    with undisturbed():
        _go_back(state, reason)


def _go_back(state: State, reason: str) -> None:
    running, live = state["running"], state["live"]
    say(f"GOING BACK at {running['step']}: {reason}")
    running["reason"] = reason
    tried("the note of the reason", lambda: save(state))
    if live:
        led_back = go_back_to(live, state["previous"], running)
    else:
        tried("the routes", lambda: routes().unlink(missing_ok=True))
        tried("refresh", stop_refresh)
        led_back = True
    if not led_back:
        raise Failed(
            f"{reason}; {live['colour']} can't be gone back to yet, so {running['colour']} goes on"
        )
    tried(f"ending {running['colour']}", lambda: stop(running["colour"]))
    note_history(
        what="went back",
        at_step=running["step"],
        reason=reason,
        still_live=live and live["colour"],
        **running["release"],
    )
    state["running"] = None
    try:
        save(state)
    except OSError as error:
        say(f"{error}: the note stays; `rollout recover` clears it once there is space")
    say(f"{live['colour']} is live, model {live['model']}" if live else "nothing is live")


def tried(what: str, step: Callable[[], object]) -> bool:
    """Whether a step went well; where it didn't, that is said, and whoever has further steps to
    take takes them."""
    try:
        step()
    except Exception as error:  # noqa: BLE001 - half a way back is worse than anything that can go wrong on it
        say(f"{what}: {reason_of(error)}")
        return False
    return True


def go_back_to(
    live: dict[str, Any], previous: dict[str, Any] | None, running: dict[str, Any]
) -> bool:
    """Let everything be as it was; whether visitors are led there."""
    shifted = running.get("shifted")
    led_back = not shifted or tried("leading back", lambda: lead_back(live))
    if running.get("proxied"):
        tried("the proxy", lambda: renew_proxy(live))
    if running.get("refreshed"):
        tried(
            "refresh is still the failed release's",
            lambda: start_refresh(live, schema_for(live, previous)),
        )
    if shifted and led_back:
        tried("the last requests", lambda: let_requests_end(live, running["colour"]))
    return led_back


def let_requests_end(live: dict[str, Any], failed_colour: str) -> None:
    until_led_to(live["colour"])
    if not trouble_of("service", failed_colour):
        time.sleep(2)


def lead_back(live: dict[str, Any]) -> None:
    if ready_to_return(live["colour"]):
        start(live["colour"], live)
        until(lambda: ready_to_return(live["colour"]), RETURN_S)
    if led_to() == live["colour"]:
        return
    try:
        # A rename: it works on a full disk. The file before is whole, with routes that the live
        # release came with.
        (STATE / "traefik/back").replace(routes())
    except FileNotFoundError:
        lead_to(live["colour"], live)


def stop_refresh() -> None:
    if inspect(container("refresh")):
        docker("stop", container("refresh"))


def ready_to_return(colour: str) -> str:
    status, said, _ = ask_part("service", colour, "/health/ready")
    return (
        ""
        if status == 200
        else f"service-{colour}, which was live, isn't ready: {status} {said[:200]}"
    )


def finish(state: State) -> None:
    """The new colour is alone; what nobody would go back to is removed."""
    live, previous = state["live"], state["previous"]
    lead_to(live["colour"], live)
    stop(OTHER[live["colour"]])
    by = Path(state["running"].get("by", HERE))
    tried(f"{DEPLOY} still leads to other programs", lambda: lead_deploy_to(by))
    settle_refresh(live, previous)
    kept = {
        image for release in (live, previous) if release for image in release["images"].values()
    }
    for release in state.pop("retired", []):
        for image in set(release["images"].values()) - kept:
            with contextlib.suppress(Failed):
                docker("image", "rm", image)
    tried("removing old programs", lambda: remove_programs(by, live, previous))
    state["running"] = None
    save(state)
    say(f"{live['colour']} is live, code {live['code'][:12]}, model {live['model']}")


# The commands.


def recover() -> int:
    """Undo, or finish, what somebody's death broke off."""
    with alone():
        state = read_state()
        if not state["running"]:
            return 0
        try:
            return 0 if mend(state) else 1
        except (Failed, OSError) as error:
            say(f"FAILED: {error}; `rollout recover` tries again")
        return 1


def mend(state: State) -> bool:
    """Finish what was broken off, where it had proved itself, or go back; whether it was
    finished."""
    say(f"found a rollout that was broken off at {state['running']['step']}")
    if state["running"].get("proved"):
        finish(state)
        return True
    go_back(state, state["running"].get("reason", "the rollout's process ended in the middle"))
    return False


def detached(work: Callable[[], int]) -> int:
    """Do the work in a child that outlives our terminal; where it breaks off, clean up after it."""
    child = os.fork()
    if child == 0:
        os.setsid()
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _interrupt)
        try:
            code = work()
        except SystemExit as error:
            code = int(error.code or 0)
        except KeyboardInterrupt:
            code = 1
        os._exit(code)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os.kill(child, signal.SIGTERM))
    _, ended = os.waitpid(child, 0)
    if os.WIFSIGNALED(ended):
        say(f"the rollout's process was killed by {signal.Signals(os.WTERMSIG(ended)).name}")
    code = os.WEXITSTATUS(ended) if os.WIFEXITED(ended) else 1
    broken_off = read_state()["running"]
    if code != os.EX_TEMPFAIL and broken_off:
        # Told to end, or killed, after the new release had proved itself, it is live none the less.
        recovered = recover()
        return recovered if broken_off.get("proved") else 1
    return code


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def release(images: dict[str, str] | None, options: argparse.Namespace) -> int:
    """Release these images; None for what is live, anew, or for the release before."""
    with alone():
        state = read_state()
        try:
            if state["running"]:
                mend(state)
            known = state["live"] if options.again else state["previous"]
            if images is None and not known:
                print("There is no release to go to.", file=sys.stderr)
                return 1
            came_with = str(HERE) if images else known["programs"]
            images = images or known["images"]
            if state["live"] and state["live"]["images"] == images and not options.again:
                if state["live"]["programs"] == str(HERE):
                    # Earlier programs may have finished the rollout and left the link.
                    lead_deploy_to(HERE)
                say(
                    "it is live already; --again releases it anew, with the settings as they"
                    " are now"
                )
                return 0
            roll(state, images, came_with, options.watch, options.drain, options.ready)
        except Failed as error:
            say(f"FAILED: {error}")
            return 1
        except OSError as error:
            say(
                f"FAILED: {error}"
                + (": `rollout recover` finishes it" if error.errno == errno.ENOSPC else "")
            )
            return 1
        return 0


def status() -> int:
    """What is true: by our notes, by the proxy's file, by the proxy itself, by Docker."""
    state, answering = read_state(), busy()
    live, running = state["live"], state["running"]
    print(f"live      {told(live)}")
    print(f"before    {told(state['previous'])}")
    try:
        _, _, headers = ask_site("/api/health/live")
        print(
            f"proxy     its file leads to {led_to() or 'nothing'}, it leads to"
            f" {headers.get('wearcast-colour', 'nothing')}"
        )
    except Failed as error:
        print(f"proxy     its file leads to {led_to() or 'nothing'}; it can't be asked: {error}")
    for name in [container(part, colour) for colour in OTHER for part in PORTS] + [
        container("refresh"),
        container("proxy"),
    ]:
        found = inspect(name)
        if found:
            health = found["State"].get("Health", {}).get("Status", "")
            print(
                f"container {name}: {found['State']['Status']} {health}"
                f" {found['Config']['Image'][-12:]}"
            )
    if not running:
        return 0
    if answering:
        print(
            f"running   to {running['colour']}, at {running['step']} since {running['since']}"
            f" (process {running['pid']})"
        )
        return 0
    what = "finishes" if running.get("proved") else "goes back from"
    print(
        f"BROKEN OFF at {running['step']} to {running['colour']}, since {running['since']};"
        f" `rollout recover` {what} it"
    )
    return 3


def told(release: dict[str, Any] | None) -> str:
    if not release:
        return "nothing"
    return (
        f"{release['colour']}, code {release['code'][:12]}, model {release['model']}, since"
        f" {release['since']}"
    )


def history() -> int:
    with contextlib.suppress(FileNotFoundError):
        for line in (STATE / "history.jsonl").read_text().splitlines():
            entry = json.loads(line)
            why = (
                f" at {entry['at_step']}: {entry['reason']}"
                if "reason" in entry
                else f" in {entry['seconds']} s"
            )
            print(
                f"{entry['at']} {entry['what']} code {str(entry.get('code'))[:12]} model"
                f" {entry.get('model')}{why}"
            )
    return 0


def main() -> NoReturn:
    """Do what the command line says, and end with its exit code."""
    sys.exit(run())


def run() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("release", "back"):
        command = commands.add_parser(name)
        command.add_argument(
            "--watch",
            type=float,
            default=60,
            help="seconds to watch the new colour under its traffic",
        )
        command.add_argument(
            "--drain",
            type=float,
            default=60,
            help="seconds that open dashboards keep the old colour",
        )
        command.add_argument(
            "--ready",
            type=float,
            default=120,
            help="seconds that the new colour may take to be ready",
        )
        command.set_defaults(again=False, **dict.fromkeys(PARTS))
        if name == "release":
            command.add_argument(
                "--again",
                action="store_true",
                help="although it is live: for settings that changed",
            )
            for part in PARTS:
                command.add_argument(
                    part,
                    nargs="?",
                    help="its image by digest; with --again, what is live needn't be named",
                )
    for name in ("status", "history", "recover"):
        commands.add_parser(name)
    options = parser.parse_args()
    match options.command:
        case "release":
            images = {part: getattr(options, part) for part in PARTS}
            if not all(images.values()) and (any(images.values()) or not options.again):
                parser.error("release wants three images: service, dashboard, refresh")
            return detached(lambda: release(images if any(images.values()) else None, options))
        case "back":
            return detached(lambda: release(None, options))
        case "recover":
            return recover()
        case "status":
            return status()
        case _:
            return history()
