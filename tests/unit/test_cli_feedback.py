"""`wearcast feedback`: a report, and a person's own votes."""

from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from feedback_votes import OTHER, TOKEN, made_vote
from wearcast.cli.app import app
from wearcast.clothing.personal_offset import Verdict
from wearcast.errors import ConfigError
from wearcast.serving.feedback.feedback_store import FeedbackStore


@pytest.fixture
def store(tmp_path, monkeypatch):
    url = f"sqlite:///{tmp_path}/votes.db"
    monkeypatch.setenv("WEARCAST_FEEDBACK", url)
    store = FeedbackStore(url)
    yield store
    store.close()


def told(*command: str) -> str:
    result = CliRunner().invoke(app, ["feedback", *command], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_the_report_counts_by_what_was_said_by_model_and_by_piece(store):
    now = datetime.now(UTC)
    assert "No votes on advice" in told("report")
    for verdict in (Verdict.RIGHT, Verdict.RIGHT, Verdict.RIGHT, Verdict.TOO_COLD):
        store.add(made_vote(verdict=verdict, piece="hoodie", received_at=now))
    lines = [line.split() for line in told("report").splitlines() if line]
    assert ["70–80", "%,", "72", "%", "in", "the", "mean", "1", "3", "0", "4", "75", "%"] in lines
    assert ["5136f5f6b779", "1", "3", "0", "4", "75", "%"] in lines
    assert ["hoodie", "1", "3", "0", "4", "75", "%"] in lines


def test_a_person_sees_and_erases_their_own(store):
    store.add(made_vote(piece="hoodie"))
    store.add(made_vote(OTHER))
    said = told("mine", "--token", TOKEN)
    assert "too cold (hoodie), as advised" in said
    assert said.strip().endswith("from one vote.")
    assert "1 votes erased" in told("erase", "--token", TOKEN)
    assert "No votes yet." in told("mine", "--token", TOKEN)
    assert len(store.of_token(OTHER)) == 1


@pytest.mark.usefixtures("store")
def test_a_token_that_is_none_is_refused():
    with pytest.raises(ConfigError, match="--token must be"):
        told("mine", "--token", "short")


def test_without_a_database_it_says_what_to_set(monkeypatch):
    monkeypatch.delenv("WEARCAST_FEEDBACK", raising=False)
    with pytest.raises(ConfigError, match="WEARCAST_FEEDBACK is empty"):
        told("report")
