"""Questions to a service that are answered within a time, or not at all."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from wearcast.errors import PassingError, QuotaError, WearcastError
from wearcast.serving.store.refresh_totals import error_name
from wearcast.weather.reachability import Reachability

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


@dataclass
class BoundedQuestions:
    """Asks a service one question after the other, all of them together within a time; not any more
    once the time is over, nor once the service can't be reached.

    Attributes:
        most_s: how long all may take, in seconds.
        spent_s: how long they have taken so far.
        reach: whether the service can be reached.
    """

    most_s: float
    spent_s: float = 0.0
    reach: Reachability = field(default_factory=Reachability)

    @property
    def left_s(self) -> float:
        """How long those that are still to be asked may take."""
        return max(0.0, self.most_s - self.spent_s)

    def answers(self, questions: Sequence[Question[T]], failures: Counter[str]) -> list[T]:
        """The answers that come within the time, in the order of the questions; what doesn't come
        is told in the log, and so is an error of any kind, which is of its question alone.

        They are asked by a thread of their own. One that is under way when the time is over goes on
        there, and its answer is thrown away.

        Args:
            questions: the questions.
            failures: those without an answer are added to it, by the error's class, `UNEXPECTED` or
                `LATE`.
        """
        if not questions:
            return []
        began_s = time.monotonic()
        asked = _Asked(questions, began_s + self.left_s, self.reach)
        if asked.left_s:
            thread = threading.Thread(target=asked.ask, name="guidance", daemon=True)
            thread.start()
            thread.join(asked.left_s)
        found = asked.answers_so_far(failures)
        self.spent_s += time.monotonic() - began_s
        return found


class _Asked(Generic[T]):
    """Questions that are asked together, until a time of `time.monotonic`."""

    def __init__(
        self, questions: Sequence[Question[T]], until_s: float, reach: Reachability
    ) -> None:
        self._questions = questions
        self._until_s = until_s
        self._most_s = self.left_s
        self._reach = reach
        self._found: list[T] = []
        self._failures: list[str] = []
        """What became of those that were asked: the error's class, or nothing."""

    @property
    def left_s(self) -> float:
        """How much time is left."""
        return max(0.0, self._until_s - time.monotonic())

    def ask(self) -> None:
        """Ask them, as long as there is time left."""
        for question in self._questions:
            if not self.left_s:
                return
            if error := self._reach.gave_up:
                self._give_up(error)
                return
            failure = self._failure_of(question)
            self._failures.append(failure)

    def answers_so_far(self, failures: Counter[str]) -> list[T]:
        """The answers; those that have none by now are told and counted."""
        found = list(self._found)
        ended = list(self._failures)
        failures.update(failure for failure in ended if failure)
        late = self._questions[len(ended) :]
        if late:
            failures[LATE] += len(late)
            _LOG.warning("%s: no answer came within %.3g s", _in_words(late), self._most_s)
        return found

    def _failure_of(self, question: Question[T]) -> str:
        """Ask a question; why there is no answer, empty where there is one."""
        try:
            self._found.append(question.ask())
        except (PassingError, QuotaError) as error:
            self._reach.failed(error)
            _LOG.warning("%s: %s", question.what, error)
            return error_name(error)
        except WearcastError as error:
            _LOG.warning("%s: %s", question.what, error)
            return error_name(error)
        # Whatever a service answers, the questions after it are asked.
        except Exception:  # noqa: BLE001 - logged, and of its question alone
            _LOG.exception("%s", question.what)
            return UNEXPECTED
        self._reach.was_reached()
        return ""

    def _give_up(self, error: WearcastError) -> None:
        """Count those that aren't asked any more as those that were."""
        left = self._questions[len(self._failures) :]
        _LOG.warning("%s: not asked for any more: %s", _in_words(left), error)
        self._failures += [error_name(error)] * len(left)


def _in_words(questions: Sequence[Question[T]]) -> str:
    others = f" and {len(questions) - 1} more" if len(questions) > 1 else ""
    return f"{questions[0].what}{others}"
