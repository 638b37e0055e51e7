"""The thread that writes the log: who logs never waits for it and never fails, whatever the log is
written to.

A full disk, a pipe whose reader is gone, and a pipe whose reader stands still would otherwise end
or stop the very tasks that log.
"""

import json
import logging
import os
import select
import threading
import time
from types import TracebackType
from typing import Any, Final, Self, TextIO

_CAPACITY: Final = 10_000
"""Lines that wait to be written; at the rate of a busy service, half a minute of them."""
_BATCH_INTERVAL_S: Final = 0.1
"""Lines of so long a time are written together: a write for each would take as long as the answer
it tells of."""
_CLOSE_WITHIN_S: Final = 2.0
"""At the end, the last lines get so long; a pipe that nobody reads takes for ever."""
_QUEUE_FULL: Final = "they came faster than they could be written"


def log_line(level: str, logger: str, message: str, **more: Any) -> str:
    """A log line without its end, in the form that `wearcast.serving.json_logging.Formatter` gives
    to records."""
    at = time.strftime("%Y-%m-%dT%H:%M:%S+0000", time.gmtime())
    return json.dumps(
        {"at": at, "level": level, "logger": logger, "message": message, **more}, ensure_ascii=False
    )


class LogWriter:
    """Writes lines to a file descriptor in a thread of its own, from `with` to its end.

    Lines that can't be written, or that find the queue full, are lost: counted, and told in the log
    once it can be written again.

    Attributes:
        lost: lines lost so far.
    """

    def __init__(
        self,
        stream: TextIO | None,
        capacity: int = _CAPACITY,
        close_within_s: float = _CLOSE_WITHIN_S,
    ) -> None:
        """Write to the descriptor of a stream; a stream that has none, or is closed, takes the
        lines and keeps nothing."""
        self.lost = 0
        self._descriptor = _descriptor(stream)
        self._capacity = capacity
        self._close_within_s = close_within_s
        self._queue: list[str] = []
        # Reentrant, for a signal handler or a finalizer may log while this thread holds it.
        self._changed = threading.Condition(threading.RLock())
        self._closing = threading.Event()
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
        with self._changed:
            self._changed.notify()
        self._thread.join(self._close_within_s)

    def put(self, text: str) -> None:
        """Take a line, without its end, to be written soon."""
        with self._changed:
            if len(self._queue) >= self._capacity:
                self.lost += 1
                return
            self._queue.append(text)
            if len(self._queue) == 1:
                self._changed.notify()

    def _run(self) -> None:
        while lines := self._take_lines():
            self._write(lines)
            self._closing.wait(_BATCH_INTERVAL_S)

    def _take_lines(self) -> list[str]:
        """All that waits, as soon as something does; nothing where nothing does at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closing.is_set())
            lines, self._queue = self._queue, []
            return lines

    def _write(self, lines: list[str]) -> None:
        lost = self.lost
        if lost > self._reported:
            lines = [self._loss_report(lost - self._reported), *lines]
        content = "".join(f"{text}\n" for text in lines).encode(errors="backslashreplace")
        try:
            self._write_all(b"\n" + content if self._mid_line else content)
        except OSError as error:
            self._loss_reason = error.strerror or type(error).__name__
            with self._changed:
                self.lost += len(lines) - (lost > self._reported)
        else:
            self._reported, self._loss_reason, self._mid_line = lost, _QUEUE_FULL, False

    def _write_all(self, content: bytes) -> None:
        """Write it, however long that takes.

        Raises:
            OSError: it can't be written; a part of it may have been.
        """
        written = 0
        while self._descriptor is not None and written < len(content):
            try:
                written += os.write(self._descriptor, content[written:])
            except BlockingIOError:  # a pipe that somebody made so, and that is full
                select.select([], [self._descriptor], [])
            except OSError:
                if written:
                    self._mid_line = not content[:written].endswith(b"\n")
                raise

    def _loss_report(self, lost: int) -> str:
        message = (
            f"{lost} log lines were lost while the log could not be written: {self._loss_reason}"
        )
        return log_line("WARNING", __name__, message, lost=lost)


class LineHandler(logging.Handler):
    """Hands every record's line to a writer."""

    def __init__(self, writer: LogWriter) -> None:
        super().__init__()
        self._writer = writer

    def emit(self, record: logging.LogRecord) -> None:
        """Format the record here, where the request that it belongs to is known, and leave the rest
        to the writer."""
        try:
            text = self.format(record)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a line must not reach who logs it
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
