"""Files that are made from the API's answers when somebody asks for one: once for all who ask for
the same, and never at others' cost."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from wearcast.serving.dashboard.api_client import ApiError
from wearcast.serving.dashboard_server.static_files import StaticFile
from wearcast.serving.rate_limit import TokenBucket

_MALFORMED_ANSWER: Final = (LookupError, TypeError, ValueError, AttributeError, RuntimeError)

KeyT = TypeVar("KeyT", bound=Hashable)


class CannotMake(Exception):
    """A file that can't be made for a reason other than the API."""


@dataclass(frozen=True)
class MakingLimits:
    """Limits of making files.

    Attributes:
        fresh_for_s: how long a file is sent without asking the API again.
        kept: the most files that are kept.
        at_once: the most files that are made at a time.
        waiting: the most files that are made or wait for their turn.
        within_s: how long somebody waits for one.
        rate_per_s, burst: files that one client, such as a mobile carrier's shared address, may
            have made.
    """

    fresh_for_s: float
    kept: int
    at_once: int
    waiting: int
    within_s: float
    rate_per_s: float
    burst: float


@dataclass(frozen=True)
class _Made:
    """A file, and when it was made, by a monotonic clock."""

    file: StaticFile
    made_s: float


class MadeFiles(Generic[KeyT]):
    """Files by what they depend on.

    Args:
        make: makes the file of a key; an ApiError or a CannotMake of it means that there is none.
        limits: of making.
    """

    def __init__(self, make: Callable[[KeyT], Awaitable[StaticFile]], limits: MakingLimits) -> None:
        self._make_file = make
        self._limits = limits
        self._made: OrderedDict[KeyT, _Made] = OrderedDict()
        self._making: dict[KeyT, asyncio.Task[StaticFile]] = {}
        self._turns = asyncio.Semaphore(limits.at_once)
        self._allowances: dict[str, TokenBucket] = {}

    async def file(self, key: KeyT, client: str) -> StaticFile | None:
        """The file of a key; None where it can't be made now: the API has no answer, or too many
        are being made.

        Args:
            key: what the file depends on.
            client: whose request it is, in limits by client.
        """
        kept = self._made.get(key)
        if kept is not None and time.monotonic() - kept.made_s < self._limits.fresh_for_s:
            self._made.move_to_end(key)
            return kept.file
        making = self._making.get(key)
        if making is None:
            if not self._may_make(client):
                return None
            making = asyncio.ensure_future(self._make(key))
            self._making[key] = making
            making.add_done_callback(lambda _: self._end(key))
        try:
            # Shielded: whoever leaves must not take the file from the others.
            return await asyncio.wait_for(asyncio.shield(making), self._limits.within_s)
        except (TimeoutError, ApiError, CannotMake, *_MALFORMED_ANSWER):
            return None

    def forget_clients(self) -> None:
        """Forget clients who have asked for little of late."""
        self._allowances = {
            client: allowance
            for client, allowance in self._allowances.items()
            if not allowance.is_full
        }

    def _may_make(self, client: str) -> bool:
        if len(self._making) >= self._limits.waiting:
            return False
        fresh = TokenBucket(self._limits.rate_per_s, self._limits.burst)
        return self._allowances.setdefault(client, fresh).take()

    def _end(self, key: KeyT) -> None:
        making = self._making.pop(key)
        if not making.cancelled():
            making.exception()  # looked at, so that nobody warns of it

    async def _make(self, key: KeyT) -> StaticFile:
        async with self._turns:
            file = await self._make_file(key)
        self._made[key] = _Made(file, time.monotonic())
        self._made.move_to_end(key)
        while len(self._made) > self._limits.kept:
            self._made.popitem(last=False)
        return file
