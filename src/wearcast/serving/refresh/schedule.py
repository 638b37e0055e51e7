"""A job repeated at multiples of a period, without drift, until a signal ends it."""

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
"""Sleeps for so many seconds, or until a signal asks to end; whether one did."""


def parse_period(text: str) -> timedelta:
    """The time between two refreshes, as people write it: 30m, 1h.

    Raises:
        ConfigError: it can't be parsed, or is 0.
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
    """Run the job now and at every multiple of `every` from now on, until `wait` returns True.

    A time at which the job is still running is skipped. After a WearcastError, which is logged, the
    job is retried in one minute, then in two, four, …, at most in `every`; after a success the
    original schedule goes on. What the job returns is logged.
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
    """A sleep that SIGTERM and SIGINT end; a signal that comes while the job runs ends the next
    sleep, so that the job finishes."""
    receiver, sender = socket.socketpair()
    sender.setblocking(False)
    # The interpreter writes a signal's number to this socket at once; a Python handler would run
    # only when the main thread wakes up.
    signal.set_wakeup_fd(sender.fileno(), warn_on_full_buffer=False)
    for number in _SIGNALS:
        signal.signal(number, lambda *_: None)

    def wait(seconds: float) -> bool:
        until = time.monotonic() + seconds
        while select.select(
            [receiver],
            [],
            [],
            max(0.0, until - time.monotonic()),
        )[0]:
            number = receiver.recv(1)[0]
            if number in _SIGNALS:
                _LOG.info("ended by %s", signal.Signals(number).name)
                signal.set_wakeup_fd(-1)
                sender.close()
                receiver.close()
                return True
        return False

    return wait
