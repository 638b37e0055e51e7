"""The log's writer: who logs never waits and never fails, whatever the log is written to, and what
was lost is told."""

import fcntl
import json
import logging
import os
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from wearcast.serving.log_writer import LineHandler, LogWriter

PATIENCE_S = 5.0


def until(found):
    """Wait for it, a few seconds at the most."""
    end = time.monotonic() + PATIENCE_S
    while not found():
        assert time.monotonic() < end
        time.sleep(0.005)


@contextmanager
def small_pipe():
    """A pipe of a page: its reading end, and a stream that writes to it."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    with os.fdopen(reader, "rb", buffering=0) as reading, os.fdopen(writer, "w") as writing:
        yield reading, writing


def test_lines_are_written_in_order_and_the_last_ones_on_closing(tmp_path):
    with (tmp_path / "log").open("w") as stream, LogWriter(stream) as log:
        for number in range(450):
            log.put(f"line {number}")
    assert (tmp_path / "log").read_text().splitlines() == [
        f"line {number}" for number in range(450)
    ]
    assert log.lost == 0


def test_a_line_is_written_soon_not_only_on_closing(tmp_path):
    with (tmp_path / "log").open("w") as stream, LogWriter(stream) as log:
        for number in (1, 2):
            log.put(f"line {number}")
            until(lambda number=number: f"line {number}\n" in (tmp_path / "log").read_text())


def test_on_a_full_disk_lost_lines_are_counted_and_logging_does_not_fail():
    with open("/dev/full", "w") as stream, LogWriter(stream) as log:
        for _ in range(3):
            log.put("lost")
        until(lambda: log.lost == 3)


def test_without_a_reader_of_the_pipe_lines_are_lost_and_logging_does_not_fail():
    with small_pipe() as (reading, writing):
        reading.close()
        with LogWriter(writing) as log:
            log.put("lost")
            until(lambda: log.lost == 1)


@pytest.mark.parametrize("blocking", [True, False])
def test_a_full_pipe_does_not_block_logging_and_the_loss_is_reported_later(blocking):
    with small_pipe() as (reading, writing):
        os.set_blocking(writing.fileno(), blocking)
        with LogWriter(writing, capacity=100) as log:
            began = time.perf_counter()
            log.put("x" * 10_000)
            until(log._queue.empty)
            for number in range(300):
                log.put(f"line {number}")
            assert time.perf_counter() - began < 10
            assert log.lost == 200
            text = b""
            while b"lost while" not in text:
                text += reading.read(65536)
        log_lines = text.decode().splitlines()
        told = json.loads(next(line for line in log_lines if "lost while" in line))
        assert (told["level"], told["lost"]) == ("WARNING", 200)
        assert "200 log lines were lost while the log could not be written" in told["message"]


def test_once_the_disk_has_room_the_loss_is_reported_with_its_reason_and_lines_are_whole(
    tmp_path,
):
    """A disk that fills up within a line; the process may write 1,000 bytes to a file, and then
    more."""
    program = f"""
import resource, signal, time
from wearcast.serving.log_writer import LogWriter
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
with open({str(tmp_path / "log")!r}, "w") as stream, LogWriter(stream) as log:
    for line in ("a" * 800, "b" * 800, "c"):
        log.put(line)
        time.sleep(0.3)
    assert log.lost == 2, log.lost
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    log.put("d" * 800)
"""
    subprocess.run([sys.executable, "-c", program], check=True)
    whole, torn, told, after = (tmp_path / "log").read_text().splitlines()
    assert (whole, after) == ("a" * 800, "d" * 800)
    assert torn == "b" * 199
    assert json.loads(told)["message"].endswith(
        "2 log lines were lost while the log could not be written: File too large"
    )


def test_closing_does_not_wait_for_ever_for_a_full_pipe():
    with small_pipe() as (_, writing):
        began = time.monotonic()
        with LogWriter(writing, close_within_s=0.1) as log:
            log.put("x" * 10_000)
        assert 0.1 < time.monotonic() - began < 4


def test_without_a_standard_error_lines_are_discarded():
    with open(os.devnull, "w") as closed:
        pass
    for stream in (None, closed):
        with LogWriter(stream) as log:
            log.put("line")
        assert log.lost == 0


def test_a_record_that_can_not_be_formatted_is_a_line_that_says_so(tmp_path):
    logger = logging.Logger("tested")
    with (tmp_path / "log").open("w") as stream, LogWriter(stream) as log:
        logger.addHandler(LineHandler(log))
        logger.error("%d", "no number")
    told = json.loads((tmp_path / "log").read_text())
    assert (told["level"], told["logger"]) == ("ERROR", "tested")
    assert "test_log_writer.py" in told["message"]
    assert "can't be formatted: TypeError" in told["message"]
