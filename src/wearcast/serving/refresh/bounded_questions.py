"""Questions to a service that are answered within a time, or not at all."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from wearcast.errors import WearcastError

_LOG: Final = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True)
class Question(Generic[T]):
    """A question.

    Attributes:
        what: what is missing without its answer, for the log.
        ask: gives the answer, or raises WearcastError.
    """

    what: str
    ask: Callable[[], T]


def answers(questions: Sequence[Question[T]], most_s: float) -> list[T]:
    """The answers that come within the time, in the order of the questions; what doesn't come is
    told in the log, and so is an error of any kind, which is of its question alone.

    They are asked one after the other by a thread of their own. One that is under way when the time
    is over goes on there, and its answer is thrown away.
    """
    until_s = time.monotonic() + most_s
    found: list[T] = []
    told: list[str] = []

    def ask_all() -> None:
        for question in questions:
            if time.monotonic() > until_s:
                return
            try:
                found.append(question.ask())
            except WearcastError as error:
                _LOG.warning("%s: %s", question.what, error)
            # Whatever a service answers, the questions after it are asked.
            except Exception:  # noqa: BLE001 - logged, and of its question alone
                _LOG.exception("%s", question.what)
            told.append(question.what)

    thread = threading.Thread(target=ask_all, name="guidance", daemon=True)
    thread.start()
    thread.join(most_s)
    come = list(found)
    left = questions[len(told) :]
    if left:
        others = f" and {len(left) - 1} more" if len(left) > 1 else ""
        _LOG.warning("%s%s: no answer came within %.3g s", left[0].what, others, most_s)
    return come
