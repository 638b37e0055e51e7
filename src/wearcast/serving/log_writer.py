"""A thread that writes the log, so that logging never blocks and never fails, whatever the log is
written to.

A full disk, a pipe without a reader, and a pipe whose reader hangs would otherwise end or block the
tasks that log.
"""

import json
import logging
import os
import select
import threading
import time
from functools import lru_cache
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Final, Self, TextIO

_CAPACITY: Final = 10_000
"""Lines in the queue at most; a busy service logs as many in half a minute."""
_BATCH_INTERVAL_S: Final = 0.1
"""Lines are written in batches: a write for each would take as long as answering the request."""
_CLOSE_WITHIN_S: Final = 2.0
"""How long closing waits for the last lines; a pipe that nobody reads would block for ever."""
_QUEUE_FULL: Final = "they came faster than they could be written"


@lru_cache(maxsize=2)
def timestamp(now_s: int) -> str:
    """A time, in whole seconds since the epoch, as log lines have it."""
    return time.strftime("%Y-%m-%dT%H:%M:%S+0000", time.gmtime(now_s))


def log_line(level: str, logger: str, message: str, **more: Any) -> str:
    """A log line without its newline, as `wearcast.serving.json_logging.Formatter` writes one."""
    fields = {
        "at": timestamp(int(time.time())),
        "level": level,
        "logger": logger,
        "message": message,
        **more,
    }
    return json.dumps(fields, ensure_ascii=False)


class LogWriter:
    """A context manager whose thread writes lines to a file descriptor.

    Lines that can't be written, or that find the queue full, are dropped and counted; the log says
    how many once it can be written again.

    Attributes:
        lost: how many lines were dropped so far.
    """

    def __init__(
        self,
        stream: TextIO | None,
        capacity: int = _CAPACITY,
        close_within_s: float = _CLOSE_WITHIN_S,
    ) -> None:
        """Write to the descriptor of a stream; lines for a stream without one, or a closed one, are
        discarded."""
        self.lost = 0
        self._descriptor = _descriptor(stream)
        self._capacity = capacity
        self._close_within_s = close_within_s
        # Reentrant, as a lock of ours wouldn't be: a signal handler or a finalizer may log while
        # this thread does. None says that the writer closes.
        self._queue: SimpleQueue[str | None] = SimpleQueue()
        self._closing = threading.Event()
        self._losing = threading.RLock()
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._reported = 0
        self._loss_reason = _QUEUE_FULL
        self._mid_line = False

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._queue.put(None)
        self._thread.join(self._close_within_s)

    def put(self, text: str) -> None:
        """Queue a line, without its newline."""
        if self._queue.qsize() < self._capacity:
            self._queue.put(text)
        else:
            self._lose(1)

    def _run(self) -> None:
        while lines := self._take_lines():
            self._write(lines)
            self._closing.wait(_BATCH_INTERVAL_S)

    def _take_lines(self) -> list[str]:
        """Wait for lines and take them all; none once the writer closes and the queue is empty."""
        taken = [self._queue.get()]
        taken += [self._queue.get() for _ in range(self._queue.qsize())]
        lines = [text for text in taken if text is not None]
        if len(lines) < len(taken) and lines:
            self._queue.put(None)
        return lines

    def _write(self, lines: list[str]) -> None:
        lost = self.lost
        if lost > self._reported:
            lines = [self._loss_report(lost - self._reported), *lines]
        text = "".join(f"{line}\n" for line in lines)
        content = text.encode(errors="backslashreplace")
        if self._mid_line:
            content = b"\n" + content
        try:
            self._write_all(content)
        except OSError as error:
            self._loss_reason = error.strerror or type(error).__name__
            self._lose(len(lines) - (lost > self._reported))
        else:
            self._reported = lost
            self._loss_reason = _QUEUE_FULL
            self._mid_line = False

    def _write_all(self, content: bytes) -> None:
        """Write all bytes, however long that takes.

        Raises:
            OSError: they can't be written; a part of them may have been.
        """
        written = 0
        while self._descriptor is not None and written < len(content):
            try:
                written += os.write(self._descriptor, content[written:])
            except BlockingIOError:  # a full pipe that somebody made non-blocking
                select.select([], [self._descriptor], [])
            except OSError:
                if written:
                    self._mid_line = not content[:written].endswith(b"\n")
                raise

    def _lose(self, count: int) -> None:
        with self._losing:
            self.lost += count

    def _loss_report(self, lost: int) -> str:
        message = (
            f"{lost} log lines were lost while the log could not be written: {self._loss_reason}"
        )
        return log_line("WARNING", __name__, message, lost=lost)


class LineHandler(logging.Handler):
    """A logging handler that hands every record's line to a `LogWriter`."""

    def __init__(self, writer: LogWriter) -> None:
        super().__init__()
        self._writer = writer

    def emit(self, record: logging.LogRecord) -> None:
        """Format the record in this thread, where the request's id is known, and queue the line."""
        try:
            text = self.format(record)
        except Exception as error:  # noqa: BLE001 - must not reach the code that logs
            text = log_line(
                "ERROR",
                record.name,
                f"a log line of {record.pathname}:{record.lineno} can't be formatted:"
                f" {type(error).__name__}",
            )
        self._writer.put(text)


def _descriptor(stream: TextIO | None) -> int | None:
    try:
        return None if stream is None else stream.fileno()
    except (OSError, ValueError):
        return None
