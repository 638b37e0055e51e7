"""Taking a person's vote, and telling them what theirs say."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from wearcast.clothing.comfort import COLDER_C
from wearcast.clothing.personal_offset import PersonalOffset, Verdict, personal_offset
from wearcast.clothing.settings import Settings
from wearcast.clothing.wardrobe import Garment
from wearcast.errors import FeedbackError, StoreError
from wearcast.serving.feedback.evidence import (
    Evidence,
    PastAdvice,
    ToldDay,
    of_advice,
    of_own_clothes,
)
from wearcast.serving.feedback.votes import KeptVote, SaidVote, owner_of
from wearcast.serving.store.current_snapshot import ServedSnapshot
from wearcast.vocabulary import MAX_OFFSET_C, Sensitivity

if TYPE_CHECKING:
    from wearcast.serving.feedback.feedback_store import FeedbackStore


@dataclass(frozen=True)
class GivenVote:
    """A vote as a person gives it.

    Attributes:
        id: a UUID of the client's.
        token: the person's.
        station: the station's id.
        day: the local date that it is about.
        verdict: what they say.
        settings: the person's, as they were advised; of their own clothes, when they were out.
        piece: the id of the garment that it is for; empty where it is the whole.
        worn: their own clothes, where they didn't wear what was advised.
    """

    id: str
    token: str
    station: str
    day: date
    verdict: Verdict
    settings: Settings
    piece: str = ""
    worn: tuple[Garment, ...] = ()

    @property
    def said(self) -> SaidVote:
        """What is to be the same where it is sent again."""
        return SaidVote(
            self.id,
            owner_of(self.token),
            self.station,
            self.day,
            self.verdict,
            self.piece,
            own_clothes=bool(self.worn),
        )


@dataclass(frozen=True)
class History:
    """A person's votes, the oldest first, and the offset that they say."""

    votes: Sequence[KeptVote]
    offset: PersonalOffset = field(init=False)

    def __post_init__(self) -> None:
        counting = [vote.for_offset for vote in _last_of_each_day(self.votes)]
        object.__setattr__(self, "offset", personal_offset(counting))

    def offset_beside(self, sensitivity: Sensitivity) -> float:
        """What of the offset a sensitivity doesn't say yet, in °C: the `offset_c` of `Settings`
        with that sensitivity, within what these take."""
        more_c = self.offset.mean_c - COLDER_C[sensitivity]
        return min(max(more_c, -MAX_OFFSET_C), MAX_OFFSET_C)


class VotesOfPeople:
    """The votes that a service takes.

    Args:
        store: keeps them.
        past: the advice that they are about, by the name of the model.
        now: the current time, with its zone.
    """

    def __init__(
        self,
        store: "FeedbackStore",
        past: Mapping[str, PastAdvice],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.store = store
        self._past = past
        self._now = now

    def give(self, given: GivenVote, current: ServedSnapshot, model: str) -> tuple[bool, History]:
        """Keep a vote; whether it is new, and the person's votes with it.

        Args:
            given: the vote.
            current: the snapshot that is served to the person.
            model: the name of the model that it is from.

        Raises:
            ModelError: the station isn't in the snapshot.
            VoteError: it can't be taken.
            FeedbackError: the database or the snapshots can't be reached.
        """
        said = given.said
        if self.store.is_kept(said):
            return False, self.history(given.token)
        try:
            evidence = self._evidence(given, current, model)
        except StoreError as error:
            raise FeedbackError(f"the advice of that day can't be read: {error}") from error
        worn = evidence.day
        vote = KeptVote(
            **vars(said),
            offset_c=worn.offset_c,
            worn_clo=worn.clo,
            suits_c=worn.suited.offset_c,
            per_degree=worn.suited.per_degree,
            said_right=worn.said_right,
            model=evidence.record.model,
            snapshot=evidence.record.version,
            received_at=self._now(),
        )
        is_new = self.store.add(vote)
        return is_new, self.history(given.token)

    def history(self, token: str) -> History:
        """The votes of a token.

        Raises:
            ValueError: it doesn't look like a token.
            FeedbackError: the database can't be reached.
        """
        return History(self.store.of_token(token))

    def _evidence(self, given: GivenVote, current: ServedSnapshot, model: str) -> Evidence:
        told = ToldDay(given.station, given.day, given.settings, self._now())
        if given.worn:
            return of_own_clothes(current, told, given.worn)
        return of_advice(self._past[model], current, told)


def _last_of_each_day(votes: Sequence[KeptVote]) -> Sequence[KeptVote]:
    """A person's last word on each day; earlier ones are kept, and count no more."""
    last = {(vote.station, vote.day, vote.own_clothes): vote for vote in votes}
    return list(last.values())
