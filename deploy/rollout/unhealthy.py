"""Restarting containers that run and do nothing: the engine only restarts those that end."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from rollout import docker
from rollout.containers import PORTS
from rollout.errors import Failed
from rollout.journal import TIME_FORMAT, add_to_history, read_history, say
from rollout.state import State

FIRST_PAUSE = timedelta(minutes=10)
LONGEST_PAUSE = timedelta(hours=6)
"""After a restart; each further one within a day doubles the pause."""


def restart_unhealthy(state: State) -> None:
    """Restart what is live and unhealthy, where it wasn't restarted a short while ago."""
    if not state.live:
        return
    parts = [(part, str(state.live.colour)) for part in PORTS]
    for part, colour in [*parts, ("refresh", ""), ("proxy", "")]:
        name = docker.container_name(part, colour)
        found = docker.inspect(name).get("State", {})
        is_unhealthy = found.get("Health", {}).get("Status") == "unhealthy"
        service = f"{part}-{colour}" if colour else part
        # On a full disk no restart is noted: the engine tells when the last one was, too.
        if is_unhealthy and not _is_new(found.get("StartedAt", "")) and _may_restart(service):
            _restart(state, service, name)


def _restart(state: State, service: str, name: str) -> None:
    reason = f"it was unhealthy: {docker.last_words(name)}"
    add_to_history(
        what=f"restarted {service}",
        at_step="recover",
        reason=reason,
        **state.deployed.release.to_json(),
    )
    say(f"restarting {service}: {reason}")
    try:
        docker.run("restart", name)
    except Failed as error:
        say(f"{service} can't be restarted: {error}")


def _is_new(started_at: str) -> bool:
    """Whether it was started a short while ago; `started_at` is the engine's, in UTC."""
    try:
        started = datetime.strptime(started_at[:19] + "Z", TIME_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return False
    return datetime.now(UTC) - started < FIRST_PAUSE


def _may_restart(service: str) -> bool:
    now = datetime.now(UTC)
    recent = [at for at in _restarts(service) if now - at < timedelta(days=1)]
    if not recent:
        return True
    pause = min(FIRST_PAUSE * (1 << (len(recent) - 1)), LONGEST_PAUSE)
    return now - max(recent) >= pause


def _restarts(service: str) -> Iterator[datetime]:
    for entry in read_history():
        if entry["what"] == f"restarted {service}":
            yield datetime.strptime(entry["at"], TIME_FORMAT).replace(tzinfo=UTC)
