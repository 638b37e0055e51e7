"""What a verification noted for the log and the counters. It is told once the verification is
published: where a refresh publishes nothing new, the one before told it already."""

import logging
import traceback
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

_LOG: Final = logging.getLogger(__name__)


class LogLine(NamedTuple):
    """A line of the log: its level, as `logging` has it, and its text."""

    level: int
    text: str


@dataclass(frozen=True)
class VerificationNotes:
    """The notes, in the order in which they came.

    Attributes:
        lines: for the log.
        failures: by name in the live verification, how often scores could not be made.
    """

    lines: list[LogLine] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)

    def add(self, lines: Iterable[LogLine], failures: Mapping[str, int]) -> None:
        """Add what another process noted."""
        self.lines.extend(lines)
        self.failures.update(failures)

    def alarm(self, text: str) -> None:
        """Note that something is wrong with what was observed."""
        self.lines.append(LogLine(logging.WARNING, text))

    def failed(self, name: str, text: str) -> None:
        """Note that scores could not be made, and the error that is being handled.

        Args:
            name: of the scores in the live verification.
            text: what is left out.
        """
        self.failures[name] += 1
        self.lines.append(LogLine(logging.ERROR, f"{text}\n{traceback.format_exc().rstrip()}"))

    def log(self) -> None:
        """Write the lines into the log."""
        for line in self.lines:
            _LOG.log(line.level, "%s", line.text)
