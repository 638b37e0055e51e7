"""The commands that change what is live: release, back and recover."""

import errno
import os
import sys
from collections.abc import Mapping

from rollout import programs, recovery, telemetry
from rollout.errors import Failed
from rollout.journal import say
from rollout.process import run_detached
from rollout.releases import Candidate
from rollout.state import State, read_state
from rollout.state_folder import locked
from rollout.steps import Durations, Rollout
from rollout.unhealthy import restart_unhealthy

Images = Mapping[str, str]


def release(images: Images | None, again: bool, durations: Durations, steps_back: int = 1) -> int:
    """Release images, in a process of its own; the exit code.

    Args:
        images: each part's; None for those that are live (again), or for a release before.
        again: although they are live, for settings that changed.
        durations: of the steps.
        steps_back: how many releases before the live one it is, where no images are named.
    """
    code = run_detached(lambda: _release(images, again, durations, steps_back))
    broken_off = read_state().running
    if code == os.EX_TEMPFAIL or not broken_off:
        return code
    # Told to end, or killed, after the new release had proved itself, it is live none the less.
    recovered = recover()
    return recovered if broken_off.proved else 1


def recover() -> int:
    """Undo or finish a rollout whose process was killed, else restart what is unhealthy; the exit
    code."""
    telemetry.tell_look()
    with locked():
        state = read_state()
        if not state.running:
            restart_unhealthy(state)
            telemetry.tell(state)
            return 0
        try:
            recovery.recover(state)
        except (Failed, OSError) as error:
            say(f"FAILED: {error}; `rollout recover` tries again")
            return 1
        return 0 if state.running.proved else 1


def _release(images: Images | None, again: bool, durations: Durations, steps_back: int) -> int:
    with locked():
        state = read_state()
        try:
            return _release_from(state, images, again, durations, steps_back)
        except Failed as error:
            say(f"FAILED: {error}")
        except OSError as error:
            is_full = error.errno == errno.ENOSPC
            say(f"FAILED: {error}" + (": `rollout recover` finishes it" if is_full else ""))
        return 1


def _release_from(
    state: State, images: Images | None, again: bool, durations: Durations, steps_back: int
) -> int:
    if state.running:
        state = recovery.recover(state)
    candidate = _candidate(state, images, again, steps_back)
    if not candidate:
        print("There is no release to go to; `rollout status` names those kept.", file=sys.stderr)
        return 1
    if _is_live(state, candidate) and not again:
        if state.deployed.release.programs == programs.OWN_FOLDER:
            # Earlier programs may have finished the rollout and left the link.
            programs.point_link_at(programs.OWN_FOLDER)
        say("it is live already; --again releases it anew, with the settings as they are now")
        return 0
    Rollout(state, candidate, durations).run()
    return 0


def _candidate(
    state: State, images: Images | None, again: bool, steps_back: int
) -> Candidate | None:
    """What is to be released: with our programs, or as it is known."""
    if images:
        return Candidate(images, programs.OWN_FOLDER)
    known = state.live if again else state.steps_back(steps_back)
    return Candidate(known.release.images, known.release.programs) if known else None


def _is_live(state: State, candidate: Candidate) -> bool:
    return state.live is not None and state.live.release.images == candidate.images
