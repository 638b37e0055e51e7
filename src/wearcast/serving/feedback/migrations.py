"""The form of the database of votes: expand, deploy, contract.

A migration first only adds what older releases can leave alone; `readable_from` then stays. What
they read is taken away only once no release that reads it runs: `readable_from` rises with it, and
a release that knows less says so instead of reading what it doesn't understand.

A new database gets the newest form at once, by the first migration; the others change what an older
release has made.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine, func, inspect, select, text

from wearcast.errors import FeedbackError
from wearcast.serving.feedback.tables import VERSIONS, VOTES

_LOCK: Final = 5_031_999
"""Any number, the same in every release: who holds it in PostgreSQL migrates."""


@dataclass(frozen=True)
class Migration:
    """A step to the next version.

    Attributes:
        version: the schema's version after it.
        readable_from: the oldest version that a release must know to use the schema after it.
        run: changes the schema, in a transaction.
    """

    version: int
    readable_from: int
    run: Callable[[Connection], None]


def _create_votes(connection: Connection) -> None:
    VOTES.create(connection)


MIGRATIONS: Final[Sequence[Migration]] = (Migration(1, 1, _create_votes),)


def migrate(engine: Engine, known: Sequence[Migration] = MIGRATIONS) -> None:
    """Run the migrations that a database lacks, one process at a time.

    Raises:
        FeedbackError: a later release has changed it so that this one can't use it.
    """
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        if not inspect(connection).has_table(VERSIONS.name):
            VERSIONS.create(connection)
        version, readable_from = _state(connection)
        newest = known[-1].version
        if readable_from > newest:
            raise FeedbackError(
                f"the database of votes has schema {version}, which only releases that know schema"
                f" {readable_from} can use; this one knows {newest}. Deploy a newer release."
            )
        for migration in known:
            if migration.version > version:
                if version or migration is known[0]:
                    migration.run(connection)
                connection.execute(
                    VERSIONS.insert().values(
                        version=migration.version, readable_from=migration.readable_from
                    )
                )


def _state(connection: Connection) -> tuple[int, int]:
    """The schema's version, and the oldest one that a release must know; 0 of a new database."""
    newest = select(func.max(VERSIONS.c.version), func.max(VERSIONS.c.readable_from))
    version, readable_from = connection.execute(newest).one()
    return version or 0, readable_from or 0
