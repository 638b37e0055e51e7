"""What is kept of a vote, and what is told of many."""

import hashlib
import re
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Final

from wearcast.clothing.personal_offset import Verdict, Vote

TOKEN_PATTERN: Final = r"^[A-Za-z0-9_-]{32,64}$"  # noqa: S105 - what one looks like
"""A person's token: at least 190 random bits, which their own device makes and keeps."""


@dataclass(frozen=True)
class SaidVote:
    """What a person says, of which a vote sent again must be the same.

    Attributes:
        id: a UUID that the client made, so that the same vote sent twice is one.
        owner: the hash of the token whose it is; the token itself is nowhere.
        station: the station's id.
        day: the local date that it is about.
        verdict: what they said.
        piece: the id of the garment that it was for; empty where it was the whole.
        own_clothes: whether they wore what they told of, not what was advised.
    """

    id: str
    owner: str
    station: str
    day: date
    verdict: Verdict
    piece: str
    own_clothes: bool


@dataclass(frozen=True)
class KeptVote(SaidVote):
    """A vote as the database has it: what was said, and what it is worth.

    Attributes:
        offset_c: how much colder than most the advice took them to feel, in °C.
        worn_clo: the insulation of the outfit.
        suits_c: the offset of the person whom it suited on that day.
        per_degree: see `personal_offset.Vote`.
        said_right: the share of hours that the advice said to be right; None of their own clothes.
        model: the version of the model.
        snapshot: the version of the snapshot that the advice was from.
        received_at: UTC.
    """

    offset_c: float
    worn_clo: float
    suits_c: float
    per_degree: float
    said_right: float | None
    model: str
    snapshot: str
    received_at: datetime

    @property
    def said(self) -> SaidVote:
        """What its person said."""
        return SaidVote(*[getattr(self, field.name) for field in fields(SaidVote)])

    @property
    def for_offset(self) -> Vote:
        """What it says of a person's offset."""
        return Vote(self.verdict, self.suits_c, self.per_degree)


@dataclass(frozen=True)
class VoteCounts:
    """How many votes say what."""

    too_cold: int = 0
    right: int = 0
    too_warm: int = 0

    @property
    def votes(self) -> int:
        """All of them."""
        return self.too_cold + self.right + self.too_warm


@dataclass(frozen=True)
class SureCounts:
    """The votes on advice that said to be right for a share of the hours in a range.

    Attributes:
        said_from: of the range.
        said_to: likewise.
        said: the mean share said.
        counts: the votes.
    """

    said_from: float
    said_to: float
    said: float
    counts: VoteCounts


def owner_of(token: str) -> str:
    """The hash under which a token's votes are kept.

    Raises:
        ValueError: it doesn't look like one.
    """
    if not re.fullmatch(TOKEN_PATTERN, token):
        raise ValueError("must be 32 to 64 letters, digits, - and _, made at random")
    # Random enough that a plain hash can't be searched for.
    return hashlib.sha256(token.encode()).hexdigest()
