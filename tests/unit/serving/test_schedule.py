"""Doing something every so often: on time for ever, again after an error, until it is told to
end."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wearcast.errors import BusyError, ConfigError, StoreError
from wearcast.serving.refresh.schedule import interruptible_wait, parse_period, repeat

AT_WORK = """
import sys, time
from datetime import timedelta
from wearcast.serving.refresh.schedule import interruptible_wait, repeat

def job():
    print("began", flush=True)
    time.sleep(float(sys.argv[1]))
    print("done", flush=True)
    return ""

repeat(job, timedelta(hours=1), interruptible_wait())
print("ended", flush=True)
"""


class Clock:
    """Time that passes only while somebody works or waits."""

    def __init__(self, works_s: list[float | Exception]) -> None:
        self.works_s = works_s
        self.at_s = 1000.0
        self.began: list[float] = []

    def job(self) -> str:
        self.began.append(self.at_s - 1000.0)
        work = self.works_s[len(self.began) - 1]
        if isinstance(work, Exception):
            raise work
        self.at_s += work
        return f"took {work}"

    def wait(self, seconds: float) -> bool:
        self.at_s += seconds
        return len(self.began) == len(self.works_s)

    def run(self, every_s: float) -> list[float]:
        repeat(self.job, timedelta(seconds=every_s), self.wait, lambda: self.at_s)
        return self.began


def test_it_begins_at_once_and_does_not_drift():
    assert Clock([3.0, 1.0, 59.0, 0.0, 0.1]).run(60) == pytest.approx([0, 60, 120, 180, 240])


def test_a_time_at_which_the_job_still_runs_is_skipped():
    assert Clock([61.0, 60.0, 150.0, 1.0]).run(60) == pytest.approx([0, 120, 240, 420])


@given(st.lists(st.floats(0, 500), min_size=1, max_size=20), st.integers(1, 300))
def test_a_job_starts_at_a_multiple_of_the_period_however_long_it_takes(works_s, every_s):
    began = Clock(works_s).run(every_s)
    assert all(abs(at / every_s - round(at / every_s)) < 1e-6 for at in began)
    assert all(later > before for before, later in pairwise(began))


def test_after_errors_it_tries_again_in_one_two_four_minutes_and_at_most_in_the_period(caplog):
    failing = [StoreError("gone")] * 8
    began = Clock([*failing, 1.0, 1.0]).run(3600)
    assert [later - before for before, later in pairwise(began)][:8] == [
        60,
        120,
        240,
        480,
        960,
        1920,
        3600,
        3600,
    ]
    assert (began[-1] / 3600) % 1 == 0
    assert caplog.messages[0] == "gone"
    assert (caplog.records[1].error, caplog.records[1].failures, caplog.records[1].again_in_s) == (
        "StoreError",
        2,
        120.0,
    )


def test_a_success_resets_the_retries():
    began = Clock([BusyError(""), BusyError(""), 0.0, BusyError(""), 0.0]).run(600)
    assert began == [0, 60, 180, 600, 660]


def test_it_never_waits_longer_than_the_period_however_often_it_failed():
    assert Clock([StoreError("gone")] * 2000).run(5)[-1] == 5 * 1999


def test_an_unexpected_error_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        Clock([ZeroDivisionError()]).run(60)


def test_the_jobs_result_is_logged(caplog):
    caplog.set_level("INFO")
    Clock([2.0]).run(60)
    assert caplog.messages == ["took 2.0"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_that_came_before_the_sleep_ends_it_too(number, caplog):
    caplog.set_level("INFO")
    before = {n: signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT)}
    try:
        wait = interruptible_wait()
        assert not wait(0.01)
        signal.raise_signal(number)
        assert wait(60)
    finally:
        for n, handler in before.items():
            signal.signal(n, handler)
    assert caplog.messages == [f"ended by {number.name}"]


def ended_by(
    number: int, works_s: float, when: Callable[[subprocess.Popen[str]], None]
) -> tuple[str, float, int]:
    """What a process printed, how long it lived on after the signal, and its exit code."""
    process = subprocess.Popen(
        [sys.executable, "-c", AT_WORK, str(works_s)], stdout=subprocess.PIPE, text=True
    )
    when(process)
    process.send_signal(number)
    began = time.perf_counter()
    rest, _ = process.communicate(timeout=60)
    return rest, time.perf_counter() - began, process.returncode


def lines(count: int) -> Callable[[subprocess.Popen[str]], None]:
    def read(process: subprocess.Popen[str]) -> None:
        for _ in range(count):
            assert process.stdout
            process.stdout.readline()

    return read


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_while_it_sleeps_a_signal_ends_it_at_once(number):
    rest, seconds, code = ended_by(number, 0, lines(2))
    assert (rest, code) == ("ended\n", 0)
    assert seconds < 20


def test_while_it_works_a_signal_lets_it_finish():
    rest, _, code = ended_by(signal.SIGTERM, 0.5, lines(1))
    assert (rest, code) == ("done\nended\n", 0)


@pytest.mark.parametrize(
    ("text", "every"), [("1h", timedelta(hours=1)), ("90s", timedelta(seconds=90))]
)
def test_the_period_is_written_as_settings_are(text, every):
    assert parse_period(text) == every


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hourly", "--every: 'hourly' is no length of time; write it as 15s, 90m, 1h or 7d."),
        ("0m", "--every 0m: give at least a second, such as 30m or 1h."),
    ],
)
def test_an_invalid_period_is_refused(text, said):
    with pytest.raises(ConfigError) as refused:
        parse_period(text)
    assert str(refused.value) == said
