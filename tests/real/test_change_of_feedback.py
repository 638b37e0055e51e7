"""A release that adds a column to the database of votes: the one before writes on beside it, it is
rolled back, and it comes again. No vote is lost or counts twice."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import inspect, text

from feedback_votes import TOKEN
from pipeline.projects import REPOSITORY
from real.processes import wait_until
from real.test_killed_feedback import site
from wearcast.serving.feedback.database import open_engine
from wearcast.serving.feedback.feedback_store import FeedbackStore

pytestmark = pytest.mark.real

VOTES = 30
"""That each writer adds before the next step."""

EXPAND = {
    "votes.py": (
        "    received_at: datetime\n",
        "    received_at: datetime\n    mood: str | None = 'new'\n",
    ),
    "tables.py": (
        '    CheckConstraint(f"verdict IN',
        '    Column("mood", String(8), nullable=True),\n    CheckConstraint(f"verdict IN',
    ),
    "migrations.py": (
        "(Migration(1, 1, _create_votes),)",
        "(Migration(1, 1, _create_votes), Migration(2, 1, lambda connection: connection.execute("
        'text("ALTER TABLE feedback_votes ADD COLUMN mood VARCHAR(8)"))))',
    ),
}
"""What the next release changes in its sources: it adds, reads and writes a column."""

CONTRACT = {
    "migrations.py": (
        'ADD COLUMN mood VARCHAR(8)"))))',
        'ADD COLUMN mood VARCHAR(8)"))), Migration(3, 2, lambda _: None))',
    ),
}
"""And the one after it: nobody who doesn't know the column may use the database any more."""

WRITE = """
import itertools, sys, time
from feedback_votes import made_vote
from wearcast.errors import FeedbackError
from wearcast.serving.feedback.feedback_store import FeedbackStore

store = FeedbackStore(sys.argv[1])
for count in itertools.count():
    token = f"{int(sys.argv[2]):08}-{count // 10:08}-made-for-this-test"
    vote = made_vote(token)
    while True:
        try:
            store.add(vote)
            break
        except FeedbackError:
            time.sleep(0.05)
    print(vote.id, token, flush=True)
"""
"""Of a release's own sources: votes one after the other, each told once it is kept."""


def changed(sources: Path, *changes: dict[str, tuple[str, str]]) -> Path:
    """This checkout's sources with these changes."""
    shutil.copytree(REPOSITORY / "src", sources)
    for change in changes:
        for name, (before, after) in change.items():
            path = sources / "wearcast/serving/feedback" / name
            assert path.read_text().count(before) == 1, name
            path.write_text(path.read_text().replace(before, after))
    return sources


class Writer:
    """A process of a release that adds votes until it is killed."""

    def __init__(self, sources: Path, url: str, folder: Path, number: int) -> None:
        self._told = folder / f"writer {number}"
        with self._told.open("wb") as told:
            self._process = subprocess.Popen(
                [sys.executable, "-c", WRITE, url, str(number)],
                env={**os.environ, "PYTHONPATH": f"{sources}:{REPOSITORY / 'tests'}"},
                stdout=told,
            )
        self.wait()

    def acknowledged(self) -> dict[str, str]:
        """The tokens of the votes that it was told are kept, by their ids."""
        lines = self._told.read_text().splitlines(keepends=True)
        return dict(line.split() for line in lines if line.endswith("\n"))

    def wait(self) -> None:
        """Until it has added some more."""
        before = len(self.acknowledged())
        wait_until(lambda: len(self.acknowledged()) >= before + VOTES, "it writes", 120)

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()


@contextmanager
def writing(*writer: object) -> Iterator[Writer]:
    """One that ends with the test."""
    begun = Writer(*writer)
    try:
        yield begun
    finally:
        begun.kill()


def columns(url: str) -> set[str]:
    """Those of the votes."""
    engine = open_engine(url)
    found = {column["name"] for column in inspect(engine).get_columns("feedback_votes")}
    engine.dispose()
    return found


def moods(url: str) -> set[str | None]:
    """What the new column says."""
    engine = open_engine(url)
    with engine.connect() as connection:
        found = connection.execute(text("SELECT DISTINCT mood FROM feedback_votes")).scalars().all()
    engine.dispose()
    return set(found)


def test_forward_back_and_forward_again_while_people_vote(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/votes.db"
    this, following = REPOSITORY / "src", changed(tmp_path / "next", EXPAND)
    with ExitStack() as stack:

        def start(sources: Path, number: int) -> Writer:
            return stack.enter_context(writing(sources, url, tmp_path, number))

        live = start(this, 1)
        assert "mood" not in columns(url)
        new = start(following, 2)
        assert "mood" in columns(url)
        live.wait()
        new.kill()
        live.wait()
        # Back, by a process that finds the expanded database, and forward again.
        writers = [live, new, start(this, 3), start(following, 4)]
        live.wait()
        for writer in writers:
            writer.kill()
    acknowledged = {id: token for one in writers for id, token in one.acknowledged().items()}
    store = FeedbackStore(url)
    kept = [vote.id for token in set(acknowledged.values()) for vote in store.of_token(token)]
    store.close()
    assert set(acknowledged) <= set(kept)
    assert len(kept) == len(set(kept))
    # What was kept and not told, for the writer was killed.
    assert len(set(kept) - set(acknowledged)) <= len(writers)
    # Each release wrote what it knows.
    assert moods(url) == {"new", None}


def test_one_that_is_too_old_for_the_database_says_so_and_serves_forecasts(tmp_path: Path) -> None:
    """Who contracts too early takes votes away, and nothing else."""
    url = f"sqlite:///{tmp_path}/votes.db"
    with writing(changed(tmp_path / "contracted", EXPAND, CONTRACT), url, tmp_path, 1):
        pass
    with site(tmp_path, url, services=1) as running:
        service = running.services[0]
        headers = {"Authorization": f"Bearer {TOKEN}"}
        votes: httpx.Response = service.ask("GET", "/feedback", headers=headers)
        assert votes.status_code == 503
        assert service.get("/forecast/latest").status_code == 200
        # The log is written by a thread of its own.
        reason = "which only releases that know schema 2 can use"
        wait_until(lambda: reason in service.log.read_text(), "the log says why")
