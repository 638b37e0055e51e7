"""Opening the database of votes: a file of SQLite, or PostgreSQL."""

from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from wearcast.errors import ConfigError
from wearcast.serving.feedback_url import checked_url

_WAIT_S: Final = 2
"""For a connection, for another writer, or for a statement: whoever voted tries again."""

_CONNECTIONS: Final = 4


def open_engine(url: str) -> Engine:
    """An engine that waits seconds at most, and whose commits are on disk before they are told.

    Raises:
        ConfigError: the address is none of a database of votes.
    """
    try:
        parsed = make_url(checked_url(url))
    except (ArgumentError, ValueError):
        # Neither the cause nor the address is told: they may hold a password.
        raise ConfigError("the address of the database of votes can't be read") from None
    if parsed.drivername == "sqlite":
        return _sqlite_engine(parsed)
    options = f"-c statement_timeout={1000 * _WAIT_S} -c lock_timeout={1000 * _WAIT_S}"
    return create_engine(
        parsed.set(drivername="postgresql+psycopg"),
        pool_size=_CONNECTIONS,
        max_overflow=0,
        pool_timeout=_WAIT_S,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={
            "connect_timeout": _WAIT_S,
            "options": options,
            # A machine that fails after it has received a question closes no connection.
            "keepalives_idle": _WAIT_S,
            "keepalives_interval": _WAIT_S,
            "keepalives_count": 2,
            "tcp_user_timeout": 1000 * 2 * _WAIT_S,
        },
    )


def _sqlite_engine(url: URL) -> Engine:
    folder = Path(url.database or "").parent
    engine = create_engine(
        url,
        pool_size=_CONNECTIONS,
        max_overflow=0,
        pool_timeout=_WAIT_S,
        hide_parameters=True,
        connect_args={"timeout": _WAIT_S},
    )

    @event.listens_for(engine, "do_connect")
    def make_folder(*_: Any) -> None:
        folder.mkdir(parents=True, exist_ok=True)

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _: Any) -> None:
        # Transactions begin as `begin` below says, not where the driver thinks that they should.
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode = WAL")
        # What is committed outlives a machine that fails, too.
        connection.execute("PRAGMA synchronous = FULL")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        # Writers wait for each other here, rather than fail when a reader turns into one.
        reads = connection.get_execution_options().get("reads")
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine
