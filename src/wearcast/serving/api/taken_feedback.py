"""What the routes of feedback share: the votes, the threads that keep them, a client's rate, and
what is counted of them."""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Final, TypeVar

from fastapi import Depends, Request

from wearcast.errors import (
    FeedbackError,
    ModelError,
    NoRoomError,
    TooManyVotesError,
    VoteError,
    VoteIdError,
)
from wearcast.serving.api.bounded_threads import BoundedThreads
from wearcast.serving.api.client_rates import ClientRates, Rate
from wearcast.serving.api.problem_details import ProblemError
from wearcast.serving.feedback.votes_of_people import VotesOfPeople
from wearcast.serving.settings import Deployment

Result = TypeVar("Result")

_LOG: Final = logging.getLogger(__name__)
_RATE: Final = Rate(per_s=0.5, burst=60.0)
_NEAR_RATE: Final = Rate(per_s=10.0, burst=300.0)
_RETRY_AFTER_S: Final = 5
_THREADS: Final = (
    "feedback",
    "Too much feedback is on its way.",
    "The database of votes takes too long.",
)
REFUSALS: Final = ("rate", "busy", "id", "person", "room", "day")
"""Why feedback is refused: an address sends too much, or all do; another vote has the id; there are
too many of a person's, or of all; the day can't be told of."""


@dataclass
class FeedbackCounts:
    """What happened since the start.

    Attributes:
        votes: new ones, by verdict.
        refusals: by one of REFUSALS.
        database_errors: how often the database, or the advice of a day, couldn't be read.
    """

    votes: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    database_errors: int = 0


@dataclass
class TakenFeedback:
    """The votes that the service takes.

    Attributes:
        settings: the deployment's settings.
        votes: None where feedback is off.
        counts: what happened.
    """

    settings: Deployment
    votes: VotesOfPeople | None
    counts: FeedbackCounts = field(init=False, default_factory=FeedbackCounts)
    _threads: BoundedThreads = field(init=False, default_factory=lambda: BoundedThreads(*_THREADS))
    _rates: ClientRates = field(init=False)

    def __post_init__(self) -> None:
        self._rates = ClientRates(_RATE, _NEAR_RATE, self.settings.trusted_proxies)

    async def run(self, request: Request, work: Callable[[VotesOfPeople], Result]) -> Result:
        """The result of work on the votes.

        Raises:
            ProblemError: 404, feedback is off, or the station isn't known; 409, the vote can't be
                taken as it is; 429, there were too many; 503, the database can't be reached; 507,
                there is no room.
        """
        votes = self.taking()
        self._check_rate(request)
        try:
            return await self._threads.run(lambda: work(votes))
        except ModelError as error:
            raise ProblemError(404, str(error)) from error
        except ProblemError:
            self.counts.refusals["busy"] += 1
            raise
        except FeedbackError as error:
            self._count(error)
            raise _problem(error) from error

    def taking(self) -> VotesOfPeople:
        """The votes.

        Raises:
            ProblemError: 404, feedback is off.
        """
        if self.votes is None:
            raise ProblemError(404, "This service takes no feedback: WEARCAST_FEEDBACK is empty.")
        return self.votes

    def close(self) -> None:
        """End the threads, and close the database."""
        self._threads.close()
        if self.votes is not None:
            self.votes.store.close()

    def _check_rate(self, request: Request) -> None:
        if not self._rates.take(request):
            self.counts.refusals["rate"] += 1
            raise ProblemError(
                429, "Too much feedback came from your address. Wait a little.", retry_after_s=2
            )

    def _count(self, error: FeedbackError) -> None:
        reason = _reason(error)
        if reason:
            self.counts.refusals[reason] += 1
        else:
            self.counts.database_errors += 1


def _reason(error: FeedbackError) -> str:
    """One of REFUSALS; empty where the database failed."""
    match error:
        case VoteIdError():
            return "id"
        case TooManyVotesError():
            return "person"
        case NoRoomError():
            return "room"
        case VoteError():
            return "day"
        case _:
            return ""


def _problem(error: FeedbackError) -> ProblemError:
    match error:
        case VoteIdError():
            return ProblemError(409, f"{error}.")
        case TooManyVotesError():
            return ProblemError(429, f"{error}.", retry_after_s=3_600)
        case NoRoomError():
            _LOG.error("%s", error)
            return ProblemError(507, f"{error}.")
        case VoteError():
            return ProblemError(409, f"{error}.")
        case _:
            _LOG.error("%s", error)
            return ProblemError(
                503,
                "Feedback can't be kept or read just now. Send the same again in a moment: a vote"
                " with the same id counts once.",
                retry_after_s=_RETRY_AFTER_S,
            )


async def _taken_feedback(request: Request) -> TakenFeedback:
    feedback: TakenFeedback = request.app.state.feedback
    return feedback


FeedbackDep = Annotated[TakenFeedback, Depends(_taken_feedback)]


async def require_feedback(feedback: FeedbackDep) -> None:
    """Tell whoever asks without a token, too, where feedback is off: a page then shows no buttons.

    Raises:
        ProblemError: 404.
    """
    feedback.taking()
