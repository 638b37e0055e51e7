"""A process of its own for a release, which a lost connection doesn't end."""

import os
import signal
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

from rollout.journal import say


def run_detached(work: Callable[[], int]) -> int:
    """Do the work in a child that outlives our terminal; its exit code, 1 where it was killed."""
    child = os.fork()
    if child == 0:
        os._exit(_run_as_child(work))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os.kill(child, signal.SIGTERM))
    _, ended = os.waitpid(child, 0)
    if os.WIFSIGNALED(ended):
        say(f"the rollout's process was killed by {signal.Signals(os.WTERMSIG(ended)).name}")
    return os.WEXITSTATUS(ended) if os.WIFEXITED(ended) else 1


def _run_as_child(work: Callable[[], int]) -> int:
    os.setsid()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _interrupt)
    try:
        return work()
    except SystemExit as error:
        return int(error.code or 0)
    except KeyboardInterrupt:
        return 1


def _interrupt(signal_number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001
    raise KeyboardInterrupt
