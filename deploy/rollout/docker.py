"""The container engine: its commands, and what it says of images and containers."""

import contextlib
import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rollout.errors import Failed
from rollout.settings import compose_project, environment, settings_file

COMPOSE_TIMEOUT_S = 180
LOG_TIMEOUT_S = 30
PULL_TIMEOUT_S = 900

KEPT_LINES, KEPT_CHARACTERS = 1_000, 500_000
"""What is kept at most of the log of a container that is removed."""

Ended = subprocess.CompletedProcess[str]


def run(*command: str, timeout_s: float = 120, **variables: str) -> str:
    """Run a command with these variables in its environment; what it prints.

    Raises:
        Failed: it doesn't end well.
    """
    return _checked(command, timeout_s, variables).stdout


def compose_up(compose_file: Path, *what: str, **variables: str) -> str:
    """Let containers be as the file has them; what Compose says.

    One that is so already isn't touched.

    Args:
        compose_file: a release's.
        what: options and services.
        variables: the images, and what else the file takes from the environment.

    Raises:
        Failed: it doesn't end well.
    """
    command = [*_compose(compose_file), "up", "--detach", *what]
    done = _checked(command, COMPOSE_TIMEOUT_S, variables)
    return done.stdout + done.stderr


def compose_pull(compose_file: Path, *services: str, **variables: str) -> None:
    """Get those of the services' images that the engine doesn't have.

    Raises:
        Failed: one can't be had.
    """
    command = [*_compose(compose_file), "pull", "--quiet", "--policy", "missing", *services]
    _checked(command, PULL_TIMEOUT_S, variables)


def compose_run(compose_file: Path, service: str, *command: str, **variables: str) -> str:
    """What a command prints in a container of its own, which is as the service's but for that.

    None outlives this, or is left of a rollout that was killed meanwhile.

    Raises:
        Failed: it doesn't end well, or not in time.
    """
    name = f"{compose_project()}-{service}-once"
    options = ("--rm", "--name", name, "--no-deps", "-T")
    _end(name)
    try:
        whole = [*_compose(compose_file), "run", *options, service, *command]
        return _checked(whole, COMPOSE_TIMEOUT_S, variables).stdout
    finally:
        _end(name)


def _end(name: str) -> None:
    with contextlib.suppress(Failed):
        run("rm", "--force", name)


def compose_services(compose_file: Path, profile: str) -> set[str]:
    """The services that a file has, those of a profile among them.

    Raises:
        Failed: the file can't be read.
    """
    command = [*_compose(compose_file), "--profile", profile, "config", "--services"]
    return set(_checked(command, COMPOSE_TIMEOUT_S, {}).stdout.split())


def _compose(compose_file: Path) -> list[str]:
    command = ["compose", "--ansi", "never", "--file", str(compose_file)]
    if settings_file().exists():
        command += ["--env-file", str(settings_file())]
    return command


def _checked(command: Sequence[str], timeout_s: float, variables: Mapping[str, str]) -> Ended:
    done = _unchecked(command, timeout_s, variables)
    if done.returncode:
        raise Failed(f"`docker {' '.join(command)}`: {shortened(done.stderr, 400)}")
    return done


def _unchecked(command: Sequence[str], timeout_s: float, variables: Mapping[str, str]) -> Ended:
    """Run a command to its end, well or not.

    Raises:
        Failed: it doesn't end in time, or can't be run at all.
    """
    try:
        return subprocess.run(
            ["docker", *command],
            timeout=timeout_s,
            check=False,
            capture_output=True,
            # A container may say anything, text or not.
            encoding="utf-8",
            errors="replace",
            env={**environment(), **variables},
        )
    except subprocess.TimeoutExpired as error:
        raise Failed(f"`docker {' '.join(command)}` took longer than {timeout_s:g} s") from error
    except OSError as error:
        raise Failed(f"`docker {' '.join(command)}` can't be run: {error}") from error


def has_image(image: str) -> bool:
    """Whether the engine has it: going back asks no registry, and needs no space."""
    try:
        return bool(run("image", "inspect", "--format", "{{.Id}}", image))
    except Failed:
        return False


def pull(image: str) -> None:
    """Get it from its registry."""
    run("pull", "--quiet", image, timeout_s=PULL_TIMEOUT_S)


def labels(image: str) -> dict[str, str]:
    """What an image says of itself."""
    found = run("image", "inspect", "--format", "{{json .Config.Labels}}", image)
    return dict(json.loads(found) or {})


def data_folder() -> str:
    """Where the engine keeps images."""
    return run("info", "--format", "{{.DockerRootDir}}").strip()


def container_name(part: str, colour: str = "") -> str:
    """As Compose names it; the proxy and refresh have no colour."""
    service = f"{part}-{colour}" if colour else part
    return f"{compose_project()}-{service}-1"


def inspect(name: str) -> dict[str, Any]:
    """What the engine knows of a container; nothing where there is none."""
    try:
        return dict(json.loads(run("inspect", name))[0])
    except Failed:
        return {}


def networks(name: str) -> list[str]:
    """The networks that a running container is on, those of a colour's own first."""
    found = inspect(name)
    if not found.get("State", {}).get("Running"):
        return []
    names = found.get("NetworkSettings", {}).get("Networks", {})
    return sorted(names, key=lambda network: network.endswith("_outside"))


def subnet(network: str) -> str:
    """The addresses of one of the project's networks; empty where there is none."""
    name = f"{compose_project()}_{network}"
    try:
        found = run("network", "inspect", "--format", "{{(index .IPAM.Config 0).Subnet}}", name)
    except Failed:
        return ""
    return found.strip()


def container_problem(part: str, colour: str = "") -> str:
    """What is wrong with a container that should run; empty where nothing is."""
    name = container_name(part, colour)
    service = f"{part}-{colour}" if colour else part
    found = inspect(name)
    state = found.get("State", {})
    if not state.get("Running") or state.get("Restarting"):
        return f"{service} isn't running (exit {state.get('ExitCode', '?')}): {last_words(name)}"
    if found["RestartCount"]:
        return f"{service} was restarted {found['RestartCount']} times: {last_words(name)}"
    if state.get("Health", {}).get("Status") == "unhealthy":
        return f"{service} is unhealthy"
    return ""


def end_of_log(name: str) -> str:
    """A container's last lines, with their times."""
    command = ("logs", "--timestamps", "--tail", str(KEPT_LINES), name)
    done = _unchecked(command, LOG_TIMEOUT_S, {})
    return (done.stdout + done.stderr)[-KEPT_CHARACTERS:]


def last_words(name: str) -> str:
    """The end of a container's log."""
    try:
        done = _unchecked(("logs", "--tail", "3", name), LOG_TIMEOUT_S, {})
    except Failed as error:
        return f"its log can't be read: {error}"
    return shortened(done.stdout + done.stderr, 300) or "it said nothing"


def shortened(text: str, characters: int) -> str:
    """The end of a text, in one line."""
    return " ".join(text.split())[-characters:]
