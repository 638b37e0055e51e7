"""Votes are kept each once, bounded, and deleted for their owner alone."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from feedback_votes import NOW, OTHER, TOKEN, made_vote
from wearcast.clothing.personal_offset import Verdict
from wearcast.errors import (
    ConfigError,
    FeedbackError,
    NoRoomError,
    TooManyVotesError,
    VoteIdError,
)
from wearcast.serving.feedback import feedback_store
from wearcast.serving.feedback.database import open_engine
from wearcast.serving.feedback.feedback_store import FeedbackStore
from wearcast.serving.feedback.migrations import MIGRATIONS, Migration, migrate
from wearcast.serving.feedback.votes import VoteCounts


def url_in(folder: Path) -> str:
    return f"sqlite:///{folder}/new folder/votes.db"


@pytest.fixture
def store(tmp_path):
    store = FeedbackStore(url_in(tmp_path), now=lambda: NOW)
    yield store
    store.close()


def test_a_vote_comes_back_as_it_was_given(store):
    vote = made_vote(piece="hoodie", said_right=None, own_clothes=True)
    assert store.add(vote)
    assert store.of_token(TOKEN) == [vote]


def test_the_same_vote_again_counts_once(store):
    vote = made_vote()
    later = replace(vote, received_at=NOW + timedelta(minutes=1), suits_c=1.0)
    assert [store.add(vote), store.add(vote), store.add(later)] == [True, False, False]
    assert store.of_token(TOKEN) == [vote]


@pytest.mark.parametrize("other", [{"verdict": Verdict.RIGHT}, {"token": OTHER}])
def test_another_vote_of_the_same_id_is_refused(store, other):
    vote = made_vote()
    store.add(vote)
    with pytest.raises(VoteIdError, match=vote.id):
        store.add(made_vote(**other, id=vote.id))
    assert store.of_token(TOKEN) == [vote]


def test_who_erases_erases_their_own(store):
    mine, theirs = made_vote(), made_vote(OTHER)
    for vote in (mine, theirs):
        store.add(vote)
    assert store.erase(TOKEN) == 1
    assert store.of_token(TOKEN) == []
    assert store.of_token(OTHER) == [theirs]


def test_the_token_is_nowhere_in_the_database(store, tmp_path):
    store.add(made_vote())
    store.close()
    [folder] = tmp_path.iterdir()
    for file in folder.iterdir():
        assert TOKEN.encode() not in file.read_bytes()


def test_a_token_may_give_so_many_votes_a_day(tmp_path, monkeypatch):
    now = [NOW]
    store = FeedbackStore(url_in(tmp_path), now=lambda: now[0])
    for _ in range(feedback_store.MAX_VOTES_A_DAY):
        store.add(made_vote())
    with pytest.raises(TooManyVotesError, match="tomorrow"):
        store.add(made_vote())
    assert store.add(made_vote(OTHER))
    now[0] += timedelta(days=1, seconds=1)
    monkeypatch.setattr(feedback_store, "MAX_VOTES_A_TOKEN", feedback_store.MAX_VOTES_A_DAY + 1)
    assert store.add(made_vote(received_at=now[0]))
    with pytest.raises(TooManyVotesError, match="erase"):
        store.add(made_vote(received_at=now[0]))
    store.close()


def test_a_full_database_takes_no_more_and_says_so(tmp_path):
    store = FeedbackStore(url_in(tmp_path), max_votes=2, now=lambda: NOW)
    kept = made_vote()
    store.add(kept)
    store.add(made_vote(OTHER))
    with pytest.raises(NoRoomError, match="2 votes"):
        store.add(made_vote())
    assert not store.add(kept)
    store.erase(OTHER)
    assert store.add(made_vote())
    store.close()


def test_reports_count_advice_and_not_own_clothes(store):
    for verdict, said_right, model in [
        (Verdict.RIGHT, 0.95, "new"),
        (Verdict.RIGHT, 0.91, "new"),
        (Verdict.TOO_WARM, 1.0, "old"),
        (Verdict.TOO_COLD, 0.55, "old"),
    ]:
        store.add(made_vote(verdict=verdict, said_right=said_right, model=model, piece="hoodie"))
    store.add(made_vote(own_clothes=True, said_right=None))
    store.add(made_vote(received_at=NOW - timedelta(days=30)))
    since = NOW - timedelta(days=7)
    assert store.votes_by_model(since) == {
        "new": VoteCounts(right=2),
        "old": VoteCounts(too_cold=1, too_warm=1),
    }
    low, high = store.by_said_right(since)
    assert (low.said_from, low.counts) == (0.5, VoteCounts(too_cold=1))
    assert high.counts == VoteCounts(right=2, too_warm=1)
    assert high.said == pytest.approx((0.95 + 0.91 + 1.0) / 3)
    assert store.by_piece(since) == {"hoodie": VoteCounts(1, 2, 1)}


# The database


@pytest.mark.parametrize(
    "url",
    ["", "mysql://u:secret@h/d", "sqlite://", "sqlite:///:memory:", "postgresql+asyncpg://h/d"],
)
def test_an_address_of_another_kind_is_refused_without_its_password(url):
    with pytest.raises(ConfigError, match="sqlite:///a/file") as told:
        open_engine(url)
    assert "secret" not in str(told.value)


def test_a_database_that_is_not_there_is_told_without_its_password():
    store = FeedbackStore("postgresql://me:secret@127.0.0.1:9/votes")
    with pytest.raises(FeedbackError, match="can't be reached") as told:
        store.of_token(TOKEN)
    assert "secret" not in str(told.value)
    assert "secret" not in repr(store._engine)
    store.close()


def add_column(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE feedback_votes ADD COLUMN mood VARCHAR(8)"))


def test_this_release_uses_a_database_that_the_next_one_has_expanded(store, tmp_path):
    vote = made_vote()
    store.add(vote)
    engine = open_engine(url_in(tmp_path))
    migrate(engine, [*MIGRATIONS, Migration(2, 1, add_column)])
    migrate(engine, [*MIGRATIONS, Migration(2, 1, add_column)])
    engine.dispose()
    again = FeedbackStore(url_in(tmp_path), now=lambda: NOW)
    assert again.add(made_vote())
    assert vote in again.of_token(TOKEN)
    again.close()


def test_this_release_refuses_a_database_that_a_later_one_has_contracted(tmp_path):
    engine = open_engine(url_in(tmp_path))
    migrate(engine, [*MIGRATIONS, Migration(2, 1, add_column), Migration(3, 2, lambda _: None)])
    engine.dispose()
    store = FeedbackStore(url_in(tmp_path))
    with pytest.raises(FeedbackError, match="Deploy a newer release"):
        store.add(made_vote())
    store.close()
