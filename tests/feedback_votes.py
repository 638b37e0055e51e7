"""Votes made up for tests."""

import uuid
from datetime import UTC, date, datetime
from typing import Any

from wearcast.clothing.personal_offset import Verdict
from wearcast.serving.feedback.votes import KeptVote, owner_of

TOKEN = "one-person-0123456789-0123456789-01"  # noqa: S105 - made up
OTHER = "somebody-else-0123456789-0123456789"
NOW = datetime(2024, 3, 6, 12, tzinfo=UTC)


def made_vote(token: str = TOKEN, **fields: Any) -> KeptVote:
    """A vote with an id of its own."""
    usual = {
        "id": str(uuid.uuid4()),
        "owner": owner_of(token),
        "station": "108",
        "day": date(2024, 3, 6),
        "verdict": Verdict.TOO_COLD,
        "piece": "",
        "own_clothes": False,
        "offset_c": 0.0,
        "worn_clo": 1.1,
        "suits_c": -0.5,
        "per_degree": 1.0,
        "said_right": 0.72,
        "model": "5136f5f6b779",
        "snapshot": "ab" * 32,
        "received_at": NOW,
    }
    return KeptVote(**usual | fields)
