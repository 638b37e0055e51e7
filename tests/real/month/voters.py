"""People who vote all month on yesterday's clothes, each again until the vote is taken."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from real.month.timeline import ZONE
from wearcast.serving.feedback.feedback_store import FeedbackStore

VOTES_A_TOKEN = 10
_ADDRESSES = 30
"""A client's rate is that of its address."""

OWN_CLOTHES = {"worn": ["tshirt", "jeans", "canvas_sneakers"], "wake": 8, "sleep": 9}


@dataclass
class Voters:
    """The people.

    Attributes:
        url: of the site.
        acknowledged: the tokens of the votes that were taken, by the votes' ids.
        pending: votes that were not yet.
        later: how often one had to be sent again.
        wrong: what was answered to a vote that was neither taken nor put off.
    """

    url: str
    acknowledged: dict[str, str] = field(default_factory=dict)
    pending: list[Mapping[str, Any]] = field(default_factory=list)
    later: int = 0
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._clients = [_client(self.url, number) for number in range(_ADDRESSES)]
        self._given = 0

    def close(self) -> None:
        """Leave."""
        for client in self._clients:
            client.close()

    def vote(self, now: datetime, is_advised: bool) -> None:
        """Vote on yesterday, on the advice or on one's own clothes, and send again what wasn't
        taken."""
        yesterday = now.astimezone(ZONE).date() - timedelta(days=1)
        id = str(uuid.uuid4())
        vote = {"id": id, "station": "108", "target_date": str(yesterday), "verdict": "too_cold"}
        self.pending.append(vote if is_advised else vote | OWN_CLOTHES)
        self.send()

    def send(self) -> None:
        """Send what wasn't taken yet."""
        self.pending = [vote for vote in self.pending if not self._is_over(vote)]

    def lost_or_doubled(self, database: str) -> list[str]:
        """The acknowledged votes that the database doesn't have exactly once."""
        store = FeedbackStore(database)
        tokens = set(self.acknowledged.values())
        kept = [vote.id for token in tokens for vote in store.of_token(token)]
        store.close()
        return [id for id in {*kept, *self.acknowledged} if kept.count(id) != 1]

    def _is_over(self, vote: Mapping[str, Any]) -> bool:
        """Whether a vote was taken, or never will be."""
        token = f"{self._given // VOTES_A_TOKEN:08}-a-person-made-for-this-month"
        client = self._clients[self._given % _ADDRESSES]
        headers = {"Authorization": f"Bearer {token}"}
        try:
            answer = client.post("/api/feedback", json=vote, headers=headers)
        except httpx.TransportError as error:
            self.wrong.append(repr(error))
            return True
        if answer.status_code in (200, 201):
            self._given += 1
            self.acknowledged[vote["id"]] = token
            return True
        if answer.status_code == 503 and "Retry-After" in answer.headers:
            self.later += 1
            return False
        self.wrong.append(f"{vote}: {answer.status_code} {answer.text[:300]}")
        return True


def _client(url: str, number: int) -> httpx.Client:
    address = f"127.0.1.{number + 1}"
    transport = httpx.HTTPTransport(local_address=address)
    return httpx.Client(base_url=url, transport=transport, timeout=20)
