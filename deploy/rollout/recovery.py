"""Going back to what was live, and finishing what has proved itself.

Both start from the notes alone: whoever finds a rollout broken off does what its own process would
have done.
"""

import contextlib
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from rollout import containers, docker, monitoring, programs, proxy, telemetry
from rollout.errors import Failed, reason_of
from rollout.http_client import ask_part, wait_until
from rollout.images import remove_images
from rollout.journal import add_to_history, say
from rollout.releases import OTHER, Colour, Deployment
from rollout.schemas import readable_by_all
from rollout.state import Progress, State, save

RETURN_S = 60
"""Seconds that the colour which was live may take to be ready again."""

LAST_REQUESTS_S = 2
"""Seconds that a failed colour may take for the requests that it still has."""


def recover(state: State) -> State:
    """Finish a rollout that was broken off, where it had proved itself, or go back.

    Raises:
        Failed: neither can be done yet.
    """
    progress = state.progress
    say(f"found a rollout that was broken off at {progress.step}")
    if progress.proved:
        return finish(state)
    return go_back(state, progress.reason or "the rollout's process ended in the middle")


def finish(state: State) -> State:
    """Leave the new colour alone, and remove what nobody would go back to."""
    live, by = state.deployed, state.progress.by
    proxy.switch_traffic(live.colour, live.release)
    containers.stop(OTHER[live.colour])
    attempt(f"{programs.LINK} still leads to other programs", lambda: programs.point_link_at(by))
    containers.settle_refresh(live, state.previous)
    kept = [deployment.release for deployment in state.known]
    remove_images([retired.release for retired in state.retired], kept)
    attempt("monitoring", lambda: monitoring.settle(live.release))
    attempt(
        "removing old programs",
        lambda: programs.remove_old(by, [release.programs for release in kept]),
    )
    finished = state.with_no_rollout()
    save(finished)
    telemetry.tell(finished)
    say(f"{live.colour} is live, code {live.release.code[:12]}, model {live.release.model}")
    return finished


def go_back(state: State, reason: str) -> State:
    """Go back to what was live before, from wherever the rollout stands.

    Nothing here may be interrupted, or needs space.

    Raises:
        Failed: visitors can't be led back yet; the note stays, with the reason, and the new colour
            goes on.
    """
    with _signals_ignored():
        return _go_back(state, reason)


def _go_back(state: State, reason: str) -> State:
    progress, live = replace(state.progress, reason=reason), state.live
    say(f"GOING BACK at {progress.step}: {reason}")
    attempt("the note of the reason", lambda: save(replace(state, running=progress)))
    if live:
        _restore(live, state.previous, progress)
    else:
        attempt("the routes", lambda: proxy.routes_file().unlink(missing_ok=True))
        attempt("refresh", containers.stop_refresh)
    attempt(f"ending {progress.colour}", lambda: containers.stop(progress.colour))
    attempt("what is left of the failed release", lambda: _remove_failed(state))
    add_to_history(
        what="went back",
        at_step=progress.step,
        reason=reason,
        still_live=live.colour if live else None,
        **progress.release.to_json(),
    )
    gone_back = state.with_no_rollout()
    try:
        save(gone_back)
    except OSError as error:
        say(f"{error}: the note stays; `rollout recover` clears it once there is space")
    telemetry.tell(gone_back)
    say(f"{live.colour} is live, model {live.release.model}" if live else "nothing is live")
    return gone_back


def attempt(what: str, step: Callable[[], object]) -> bool:
    """Take a step; whether it went well.

    Where it didn't, that is said, and whoever has further steps to take takes them.
    """
    try:
        step()
    # Half a way back is worse than anything that can go wrong on it.
    except Exception as error:  # noqa: BLE001
        say(f"{what}: {reason_of(error)}")
        return False
    return True


def _remove_failed(state: State) -> None:
    """Give back the space of the release that failed; the next one may need it."""
    progress = state.progress
    containers.remove(progress.colour, progress.release)
    remove_images([progress.release], [deployment.release for deployment in state.known])


def _restore(live: Deployment, previous: Deployment | None, progress: Progress) -> None:
    """Let everything be as it was.

    Raises:
        Failed: visitors can't be led back yet.
    """
    led_back = not progress.shifted or attempt("leading back", lambda: _switch_back(live))
    if progress.proxied:
        attempt("the proxy", lambda: proxy.renew(live.release))
    if progress.refreshed:
        schema = readable_by_all(live, previous)
        attempt(
            "refresh is still the failed release's",
            lambda: containers.start_refresh(live.release, schema),
        )
    if not led_back:
        raise Failed(
            f"{progress.reason}; {live.colour} can't be gone back to yet,"
            f" so {progress.colour} goes on"
        )
    if progress.shifted:
        attempt("the last requests", lambda: _let_requests_end(live.colour, progress.colour))


def _switch_back(live: Deployment) -> None:
    if return_problem(live.colour):
        containers.start(live.colour, live.release)
        wait_until(lambda: return_problem(live.colour), RETURN_S)
    if proxy.active_colour() == live.colour:
        return
    try:
        proxy.restore_routes()
    except FileNotFoundError:
        proxy.switch_traffic(live.colour, live.release)


def return_problem(colour: Colour) -> str:
    """Why visitors can't be led back to a colour; empty where they can."""
    answer = ask_part("service", colour, "/health/ready")
    if answer.status == 200:
        return ""
    return f"service-{colour}, which was live, isn't ready: {answer.status} {answer.body[:200]}"


def _let_requests_end(live: Colour, failed: Colour) -> None:
    proxy.wait_until_active(live)
    if not docker.container_problem("service", failed):
        time.sleep(LAST_REQUESTS_S)


@contextlib.contextmanager
def _signals_ignored() -> Iterator[None]:
    """Let nobody tell this process to end meanwhile."""
    before = {
        number: signal.signal(number, signal.SIG_IGN)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
