"""Questions to a service that are answered within a time, or not at all."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from wearcast.errors import WearcastError
from wearcast.serving.store.refresh_totals import error_name

_LOG: Final = logging.getLogger(__name__)
T = TypeVar("T")

UNEXPECTED: Final = "unexpected"
LATE: Final = "late"
"""What failures are counted as whose error isn't a WearcastError, and that didn't come in time."""


@dataclass(frozen=True)
class Question(Generic[T]):
    """A question.

    Attributes:
        what: what is missing without its answer, for the log.
        ask: gives the answer, or raises WearcastError.
    """

    what: str
    ask: Callable[[], T]


def answers(questions: Sequence[Question[T]], most_s: float, failures: Counter[str]) -> list[T]:
    """The answers that come within the time, in the order of the questions; what doesn't come is
    told in the log, and so is an error of any kind, which is of its question alone.

    They are asked one after the other by a thread of their own. One that is under way when the time
    is over goes on there, and its answer is thrown away.

    Args:
        questions: the questions.
        most_s: how long all may take, in seconds.
        failures: those without an answer are added to it, by the error's class, `UNEXPECTED` or
            `LATE`.
    """
    until_s = time.monotonic() + most_s
    found: list[T] = []
    told: list[str] = []
    """What became of those that were asked: the error's class, or nothing."""

    def ask_all() -> None:
        for question in questions:
            if time.monotonic() > until_s:
                return
            failure = ""
            try:
                found.append(question.ask())
            except WearcastError as error:
                failure = error_name(error)
                _LOG.warning("%s: %s", question.what, error)
            # Whatever a service answers, the questions after it are asked.
            except Exception:  # noqa: BLE001 - logged, and of its question alone
                failure = UNEXPECTED
                _LOG.exception("%s", question.what)
            told.append(failure)

    thread = threading.Thread(target=ask_all, name="guidance", daemon=True)
    thread.start()
    thread.join(most_s)
    come = list(found)
    ended = list(told)
    failures.update(failure for failure in ended if failure)
    left = questions[len(ended) :]
    if left:
        failures[LATE] += len(left)
        others = f" and {len(left) - 1} more" if len(left) > 1 else ""
        _LOG.warning("%s%s: no answer came within %.3g s", left[0].what, others, most_s)
    return come
