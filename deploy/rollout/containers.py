"""Starting and stopping the two colours and refresh."""

import contextlib
from pathlib import Path
from typing import Any

from rollout import docker
from rollout.errors import Failed
from rollout.journal import say
from rollout.programs import folder_or_own
from rollout.releases import Candidate, Colour, Deployment
from rollout.schemas import readable_by_all
from rollout.settings import dashboard_mb, state_folder
from rollout.state_folder import write_atomically

PORTS = {"service": 8000, "dashboard": 8501}
"""The parts that a colour consists of, and where they listen."""


def compose_file(release: Candidate) -> Path:
    """The one that a release came with."""
    return folder_or_own(release.programs) / "compose.yaml"


def start(colour: Colour, release: Candidate, *options: str) -> None:
    """Let a colour run with a release's images.

    Raises:
        Failed: a container isn't there.
    """
    services = [f"{part}-{colour}" for part in PORTS]
    variables = {f"{colour}_{part}".upper(): release.images[part] for part in PORTS}
    variables["DASHBOARD_MB"] = str(dashboard_mb())
    said = docker.compose_up(compose_file(release), *options, *services, **variables)
    for part in PORTS:
        # Compose may end well although the engine refused.
        if not docker.inspect(docker.container_name(part, colour)):
            raise Failed(f"no container {part}-{colour}: {docker.shortened(said, 400)}")


def stop(colour: Colour) -> None:
    """The dashboard first: it asks the API to the end."""
    for part in ("dashboard", "service"):
        name = docker.container_name(part, colour)
        if docker.inspect(name):
            with contextlib.suppress(Failed):
                docker.run("stop", name)


def remove(colour: Colour, release: Candidate) -> None:
    """Remove a release's containers, which don't run any more, and keep the end of their logs.

    A colour's may be those of an earlier release, where this one's weren't started.
    """
    names = {part: docker.container_name(part, colour) for part in PORTS}
    names["refresh"] = docker.container_name("refresh")
    for part, name in names.items():
        found = docker.inspect(name)
        is_ours = found.get("Config", {}).get("Image") == release.images[part]
        if is_ours and not found["State"]["Running"]:
            _keep_log(name)
            docker.run("rm", name)


def _keep_log(name: str) -> None:
    folder = state_folder() / "failed"
    # On a full disk its space is worth more.
    with contextlib.suppress(OSError):
        folder.mkdir(exist_ok=True)
        write_atomically(folder / f"{name}.log", docker.end_of_log(name))


def start_refresh(release: Candidate, schema: int) -> None:
    """Start refresh anew, with the snapshot schema that it may publish.

    compose.yaml of an earlier release doesn't hand the schema on.
    """
    docker.compose_up(
        compose_file(release),
        "--force-recreate",
        "refresh",
        REFRESH=release.images["refresh"],
        SNAPSHOT_SCHEMA=str(schema),
    )


def stop_refresh() -> None:
    """Stop it, where there is one."""
    name = docker.container_name("refresh")
    if docker.inspect(name):
        docker.run("stop", name)


def settle_refresh(live: Deployment, previous: Deployment | None) -> None:
    """Let refresh publish what these two can read, once no other release may run any more.

    It is started anew only if it doesn't run, or runs with another schema.
    """
    found = docker.inspect(docker.container_name("refresh"))
    schema = readable_by_all(live, previous)
    given = _environment_of(found).get("WEARCAST_SNAPSHOT_SCHEMA")
    # A rollout killed while it started refresh anew left no container, or one never started.
    is_lost = not found.get("State", {}).get("Running")
    if is_lost or given not in (None, str(schema)):
        start_refresh(live.release, schema)
        say(f"refresh was started anew: it may publish snapshots of schema {schema} now")


def _environment_of(container: dict[str, Any]) -> dict[str, str]:
    lines = container.get("Config", {}).get("Env") or []
    return dict(line.split("=", 1) for line in lines if "=" in line)
