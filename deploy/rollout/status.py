"""The commands that tell an operator what serves, and what happened."""

from rollout import docker, proxy
from rollout.containers import PORTS
from rollout.errors import Failed
from rollout.http_client import ask_site
from rollout.journal import read_history
from rollout.releases import OTHER, Deployment
from rollout.state import Progress, read_state
from rollout.state_folder import is_locked

BROKEN_OFF = 3


def status() -> int:
    """Print what our notes, the proxy's file, the proxy itself and Docker say; the exit code."""
    state, runs = read_state(), is_locked()
    print(f"live      {_described(state.live)}")
    print(f"before    {_described(state.previous)}")
    for steps, deployment in enumerate(state.earlier, 2):
        print(f"before {steps}  {_described(deployment)}")
    print(f"proxy     its file leads to {proxy.active_colour() or 'nothing'}{_proxy_answer()}")
    _print_containers()
    if not state.running:
        return 0
    if runs:
        _print_running(state.running)
        return 0
    _print_broken_off(state.running)
    return BROKEN_OFF


def history() -> int:
    """Print what happened, oldest first; the exit code."""
    for entry in read_history():
        if "reason" in entry:
            how = f" at {entry['at_step']}: {entry['reason']}"
        else:
            how = f" in {entry['seconds']} s"
        code, model = str(entry.get("code"))[:12], entry.get("model")
        print(f"{entry['at']} {entry['what']} code {code} model {model}{how}")
    return 0


def _described(deployment: Deployment | None) -> str:
    if not deployment:
        return "nothing"
    release = deployment.release
    return (
        f"{deployment.colour}, code {release.code[:12]}, model {release.model},"
        f" since {deployment.since}"
    )


def _proxy_answer() -> str:
    try:
        answer = ask_site("/api/health/live")
    except Failed as error:
        return f"; it can't be asked: {error}"
    return f", it leads to {answer.headers.get('wearcast-colour', 'nothing')}"


def _print_containers() -> None:
    names = [docker.container_name(part, colour) for colour in OTHER for part in PORTS]
    names += [docker.container_name("refresh"), docker.container_name("proxy")]
    for name in names:
        if found := docker.inspect(name):
            state = found["State"]
            health = state.get("Health", {}).get("Status", "")
            print(f"container {name}: {state['Status']} {health} {found['Config']['Image'][-12:]}")


def _print_running(progress: Progress) -> None:
    print(
        f"running   to {progress.colour}, at {progress.step} since {progress.since}"
        f" (process {progress.pid})"
    )


def _print_broken_off(progress: Progress) -> None:
    does = "finishes" if progress.proved else "goes back from"
    print(
        f"BROKEN OFF at {progress.step} to {progress.colour}, since {progress.since};"
        f" `rollout recover` {does} it"
    )
