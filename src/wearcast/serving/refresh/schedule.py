"""Doing something every so often, on a schedule that doesn't drift, until a signal ends it."""

import logging
import select
import signal
import socket
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from wearcast.errors import ConfigError, WearcastError
from wearcast.serving.settings import duration

_LOG: Final = logging.getLogger(__name__)
_FIRST_RETRY_S: Final = 60.0
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)

Wait = Callable[[float], bool]
"""Sleeps so many seconds, or until it is time to end; whether it is."""


def parse_period(text: str) -> timedelta:
    """The time between two refreshes, as people write it: 30m, 1h.

    Raises:
        ConfigError: it is none, or no time at all.
    """
    try:
        every: timedelta = duration(text)
    except ValueError as error:
        raise ConfigError(f"--every: {error}.") from error
    if not every:
        raise ConfigError(f"--every {text}: give at least a second, such as 30m or 1h.")
    return every


def repeat(
    job: Callable[[], str],
    every: timedelta,
    wait: Wait,
    monotonic_s: Callable[[], float] = time.monotonic,
) -> None:
    """Do the job, which says what came of it, now and at every multiple of `every` from now on,
    until `wait` says that it is time to end.

    A time that comes while the job is still at it is left out. After an error of ours, which is
    logged, the job is done again in a minute, then in two, four, …, at most in `every`; once it
    succeeds, the schedule is the old one.
    """
    started_s, every_s, failures = monotonic_s(), every.total_seconds(), 0
    while True:
        try:
            _LOG.info("%s", job())
            failures = 0
            pause_s = every_s - (monotonic_s() - started_s) % every_s
        except WearcastError as error:
            pause_s = min(every_s, _FIRST_RETRY_S * 2.0 ** min(failures, 60))
            failures += 1
            _LOG.error(
                "%s",
                error,
                extra={"error": type(error).__name__, "failures": failures, "again_in_s": pause_s},
            )
        if wait(pause_s):
            return


def interruptible_wait() -> Wait:
    """A sleep that SIGTERM and SIGINT end. One that comes while the process is at work ends the
    next sleep: work is finished."""
    receiver, sender = socket.socketpair()
    sender.setblocking(False)
    # Whichever thread a signal comes to writes its number there at once; a handler in Python waits
    # until the main thread wakes up.
    signal.set_wakeup_fd(sender.fileno(), warn_on_full_buffer=False)
    for number in _SIGNALS:
        signal.signal(number, lambda *_: None)

    def wait(seconds: float) -> bool:
        until = time.monotonic() + seconds
        while select.select([receiver], [], [], max(0.0, until - time.monotonic()))[0]:
            number = receiver.recv(1)[0]
            if number in _SIGNALS:
                _LOG.info("ended by %s", signal.Signals(number).name)
                signal.set_wakeup_fd(-1)
                sender.close()
                receiver.close()
                return True
        return False

    return wait
