"""The store of votes: they are added, each once, and deleted only for the person whose they are."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, case, delete, func, insert, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from wearcast.clothing.personal_offset import Verdict
from wearcast.errors import FeedbackError, NoRoomError, TooManyVotesError, VoteIdError
from wearcast.serving.feedback.database import open_engine
from wearcast.serving.feedback.migrations import migrate
from wearcast.serving.feedback.tables import VOTES
from wearcast.serving.feedback.votes import (
    KeptVote,
    SaidVote,
    SureCounts,
    VoteCounts,
    owner_of,
)

MAX_VOTES: Final = 1_000_000
"""In a database, of about 0.5 kB each."""

MAX_VOTES_A_DAY: Final = 20
"""With one token; a person has few days to tell of."""

MAX_VOTES_A_TOKEN: Final = 2_000
"""Of a person: votes of years."""

_COUNTED_EVERY_S: Final = 60.0
"""How often all rows are counted: that takes long where there are many."""

_SURE_EDGES: Final = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


class FeedbackStore:
    """The votes in a database, which is opened, and brought up to date, at the first use.

    Args:
        url: of the database: sqlite:///a/file.db, or postgresql://user:password@host/database.
        max_votes: how many votes it may hold.
        now: the current time, with its zone.
    """

    def __init__(
        self,
        url: str,
        max_votes: int = MAX_VOTES,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._engine = open_engine(url)
        self._max_votes = max_votes
        self._now = now
        self._migrated = False
        self._migrating = threading.Lock()
        self._votes, self._counted_s = 0, -float("inf")

    def close(self) -> None:
        """Close its connections."""
        self._engine.dispose()

    def is_kept(self, said: SaidVote) -> bool:
        """Whether a vote is kept already, before it is worked out what it is worth.

        Raises:
            VoteIdError: another vote has its id.
            TooManyVotesError: it isn't, and its token may have no more.
            FeedbackError: the database can't be reached.
        """
        with self._reading() as connection:
            kept = _find(connection, said.id)
            if kept is None:
                self._check_token(connection, said.owner)
                return False
        _require_same(kept, said)
        return True

    def add(self, vote: KeptVote) -> bool:
        """Keep a vote; whether it is new, and not one that is kept already.

        Raises:
            VoteIdError: another vote has its id.
            TooManyVotesError, NoRoomError: there may be no more.
            FeedbackError: the database can't be reached; perhaps the vote is kept, perhaps not.
        """
        try:
            with self._transaction() as connection:
                kept = _find(connection, vote.id)
                if kept is None:
                    self._check_token(connection, vote.owner)
                    self._check_room(connection)
                    connection.execute(insert(VOTES).values(**_as_row(vote)))
                    self._votes += 1
        except IntegrityError:
            # Another process has added it since this one looked.
            with self._transaction() as connection:
                kept = _find(connection, vote.id)
        if kept is None:
            return True
        _require_same(kept, vote.said)
        return False

    def of_token(self, token: str) -> Sequence[KeptVote]:
        """The votes of a token, the oldest first.

        Raises:
            ValueError: it doesn't look like a token.
            FeedbackError: the database can't be reached.
        """
        of_owner = select(VOTES).where(VOTES.c.owner == owner_of(token))
        oldest_first = of_owner.order_by(VOTES.c.received_at, VOTES.c.id)
        with self._reading() as connection:
            rows = connection.execute(oldest_first).all()
        return [_vote(row) for row in rows]

    def erase(self, token: str) -> int:
        """Delete all votes of a token; how many there were.

        Raises:
            ValueError: it doesn't look like a token.
            FeedbackError: the database can't be reached.
        """
        with self._transaction() as connection:
            erased = connection.execute(delete(VOTES).where(VOTES.c.owner == owner_of(token)))
        self._votes -= erased.rowcount
        return erased.rowcount

    def votes_by_model(self, since: datetime) -> dict[str, VoteCounts]:
        """The counts of votes on advice received since a time, given with its zone, by the version
        of the model that it was from.

        Raises:
            FeedbackError: the database can't be reached.
        """
        return self._counted_by(VOTES.c.model, _on_advice(since))

    def by_said_right(self, since: datetime) -> Sequence[SureCounts]:
        """The counts of the same votes by the share of hours that the advice said to be right.

        Raises:
            FeedbackError: the database can't be reached.
        """
        found = []
        with self._reading() as connection:
            for low, high in pairwise(_SURE_EDGES):
                said = VOTES.c.said_right
                below = said <= high if high == _SURE_EDGES[-1] else said < high
                counted = select(func.avg(said), *_counts())
                in_range = counted.where(*_on_advice(since), said >= low, below)
                mean, *counts = connection.execute(in_range).one()
                if mean is not None:
                    of_range = SureCounts(low, high, mean, _vote_counts(counts))
                    found.append(of_range)
        return found

    def by_piece(self, since: datetime) -> dict[str, VoteCounts]:
        """The counts of votes that name a piece, received since a time, by the piece's id.

        Raises:
            FeedbackError: the database can't be reached.
        """
        names_a_piece = VOTES.c.piece != ""
        return self._counted_by(VOTES.c.piece, [*_on_advice(since), names_a_piece])

    def _counted_by(
        self, column: ColumnElement[str], conditions: Iterable[ColumnElement[bool]]
    ) -> dict[str, VoteCounts]:
        """The counts of the votes that meet the conditions, by what a column says."""
        counted = select(column, *_counts()).where(*conditions)
        by_value = counted.group_by(column)
        with self._reading() as connection:
            rows = connection.execute(by_value).all()
        return {value: _vote_counts(counts) for value, *counts in rows}

    def _check_token(self, connection: Connection, owner: str) -> None:
        """Refuse a vote of a token that has given as many as it may.

        Raises:
            TooManyVotesError: it has.
        """
        a_day_ago = _stored_time(self._now() - timedelta(days=1))
        of_owner = VOTES.c.owner == owner
        today = func.sum(case((VOTES.c.received_at > a_day_ago, 1), else_=0))
        every, lately = connection.execute(select(func.count(), today).where(of_owner)).one()
        if every >= MAX_VOTES_A_TOKEN:
            raise TooManyVotesError(
                f"{MAX_VOTES_A_TOKEN} votes are kept with this token, and it may have no more;"
                " erase them to begin anew"
            )
        if (lately or 0) >= MAX_VOTES_A_DAY:
            raise TooManyVotesError(
                f"{MAX_VOTES_A_DAY} votes came with this token within a day; come again tomorrow"
            )

    def _check_room(self, connection: Connection) -> None:
        """Refuse a vote for which there is no room.

        Raises:
            NoRoomError: there is none.
        """
        if self._room(connection) <= 0:
            raise NoRoomError(
                f"the database holds {self._max_votes:,} votes, and may hold no more. Whoever runs"
                " this service can move them elsewhere"
            )

    def _room(self, connection: Connection) -> int:
        """How many votes more may be kept, by a count that is a minute old at most."""
        now_s = time.monotonic()
        is_old = now_s - self._counted_s > _COUNTED_EVERY_S
        if is_old or self._votes >= self._max_votes:
            count = select(func.count()).select_from(VOTES)
            self._votes = connection.execute(count).scalar_one()
            self._counted_s = now_s
        return self._max_votes - self._votes

    def _reading(self) -> AbstractContextManager[Connection]:
        """A transaction that keeps no writer waiting."""
        return self._transaction(reads=True)

    @contextmanager
    def _transaction(self, *, reads: bool = False) -> Iterator[Connection]:
        try:
            self._bring_up_to_date()
            with self._engine.execution_options(reads=reads).begin() as connection:
                yield connection
        except IntegrityError:
            raise
        except (SQLAlchemyError, OSError) as error:
            raise FeedbackError(
                f"the database of votes can't be reached: {_reason(error)}"
            ) from error

    def _bring_up_to_date(self) -> None:
        if self._migrated:
            return
        with self._migrating:
            if not self._migrated:
                migrate(self._engine)
                self._migrated = True


def _find(connection: Connection, id: str) -> KeptVote | None:
    row = connection.execute(select(VOTES).where(VOTES.c.id == id)).one_or_none()
    return None if row is None else _vote(row)


def _require_same(kept: KeptVote, said: SaidVote) -> None:
    """Refuse what a kept vote doesn't say.

    Raises:
        VoteIdError: it says something else.
    """
    if kept.said != said:
        raise VoteIdError(f"another vote has the id {said.id}; make a new one for each vote")


def _vote(row: Row[Any]) -> KeptVote:
    fields = dict(row._mapping)
    fields["verdict"] = Verdict(fields["verdict"])
    fields["received_at"] = fields["received_at"].replace(tzinfo=UTC)
    return KeptVote(**fields)


def _as_row(vote: KeptVote) -> dict[str, Any]:
    return asdict(vote) | {
        "verdict": vote.verdict.value,
        "received_at": _stored_time(vote.received_at),
    }


def _stored_time(at: datetime) -> datetime:
    """As the database has it: UTC without a zone, which SQLite doesn't keep."""
    return at.astimezone(UTC).replace(tzinfo=None)


def _counts() -> list[Any]:
    """How many of the selected votes say what, in the order of `VoteCounts`."""
    counts = []
    for verdict in Verdict:
        says_so = VOTES.c.verdict == verdict.value
        number = func.sum(case((says_so, 1), else_=0))
        counts.append(func.coalesce(number, 0))
    return counts


def _vote_counts(counts: Iterable[Any]) -> VoteCounts:
    """What the database says of `_counts`."""
    return VoteCounts(*map(int, counts))


def _on_advice(since: datetime) -> list[Any]:
    return [VOTES.c.own_clothes.is_(False), VOTES.c.received_at >= _stored_time(since)]


def _reason(error: Exception) -> str:
    """The first line of what the driver says, which names no password."""
    said = str(getattr(error, "orig", None) or error)
    return said.strip().splitlines()[0] if said.strip() else type(error).__name__
