"""Opening the database of votes: a file of SQLite, or PostgreSQL."""

from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from wearcast.errors import ConfigError

_WAIT_S: Final = 2
"""For a connection, for another writer, or for a statement: whoever voted tries again."""

_CONNECTIONS: Final = 4


def checked_url(url: str) -> URL:
    """The URL of a database of one of the two kinds.

    Raises:
        ConfigError: it is something else; says so without a password.
    """
    form = "it must be sqlite:///a/file.db or postgresql://user:password@host/database"
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigError(f"the database of votes has no valid address: {form}") from None
    if parsed.drivername in ("postgresql", "postgresql+psycopg"):
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername == "sqlite" and parsed.database and parsed.database != ":memory:":
        return parsed
    shown = parsed.render_as_string(hide_password=True)
    raise ConfigError(f"{shown} is no address of a database of votes: {form}")


def open_engine(url: str) -> Engine:
    """An engine that waits seconds at most, and whose commits are on disk before they are told.

    Raises:
        ConfigError: the address is none of a database of votes.
    """
    parsed = checked_url(url)
    if parsed.drivername == "sqlite":
        return _sqlite_engine(parsed)
    options = f"-c statement_timeout={1000 * _WAIT_S} -c lock_timeout={1000 * _WAIT_S}"
    return create_engine(
        parsed,
        pool_size=_CONNECTIONS,
        max_overflow=0,
        pool_timeout=_WAIT_S,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={
            "connect_timeout": _WAIT_S,
            "options": options,
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
