"""The tables of the database of votes, in the newest form."""

from typing import Final

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
)

from wearcast.clothing.personal_offset import Verdict

METADATA: Final = MetaData()
_VERDICTS: Final = ", ".join(repr(verdict.value) for verdict in Verdict)

VERSIONS: Final = Table(
    "feedback_schema",
    METADATA,
    Column("version", Integer, primary_key=True),
    Column("readable_from", Integer, nullable=False),
)
"""A row a migration that has run: the schema's version since then, and the oldest version that a
release must know to use it."""

VOTES: Final = Table(
    "feedback_votes",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("station", String(32), nullable=False),
    Column("day", Date, nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("piece", String(40), nullable=False),
    Column("own_clothes", Boolean, nullable=False),
    Column("offset_c", Float, nullable=False),
    Column("worn_clo", Float, nullable=False),
    Column("suits_c", Float, nullable=False),
    Column("per_degree", Float, nullable=False),
    Column("said_right", Float, nullable=True),
    Column("model", String(64), nullable=False),
    Column("snapshot", String(64), nullable=False),
    Column("received_at", DateTime(timezone=False), nullable=False),
    CheckConstraint(f"verdict IN ({_VERDICTS})", "verdict_known"),
    Index("feedback_votes_of_owner", "owner", "received_at"),
    Index("feedback_votes_by_time", "received_at"),
)
"""A row a vote: rows are added, never changed, and deleted only for the person whose they are."""
