"""A queue that is fair to clients: each of those who wait is served in turn, however much one of
them asks for."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class FairQueue(Generic[T]):
    """A bounded queue of different items by client, for any number of consumers on one event loop.

    Args:
        capacity: of all clients' items.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._by_client: OrderedDict[str, dict[T, None]] = OrderedDict()
        """The items that each client waits for, the oldest first; the next client first."""
        self._askers: dict[T, set[str]] = {}
        self._own: deque[T] = deque()
        self._is_own_turn = True
        self._filled = asyncio.Event()

    def __len__(self) -> int:
        return len(self._askers) + len(self._own)

    def put(self, client: str, item: T) -> T | None:
        """Queue an item; where the queue is full, an item leaves and is returned, which may be this
        one: the newest of the client that has most of those that nobody else waits for."""
        self._askers[item] = set()
        self.join(client, item)
        self._filled.set()
        if len(self._askers) <= self._capacity:
            return None
        refused = self._newest_of_busiest()
        self.remove(refused)
        return refused

    def put_own(self, item: T) -> None:
        """Queue an item of the server itself: it isn't refused, and every other turn is for one."""
        self._own.append(item)
        self._filled.set()

    def join(self, client: str, item: T) -> None:
        """Let a client's item be served at another client's turn, too, if it still waits."""
        askers = self._askers.get(item)
        if askers is not None and client not in askers:
            askers.add(client)
            self._by_client.setdefault(client, {})[item] = None

    def remove(self, item: T) -> None:
        """Take a client's item out, if it still waits."""
        for client in self._askers.pop(item, ()):
            waiting = self._by_client[client]
            del waiting[item]
            if not waiting:
                del self._by_client[client]

    async def get(self) -> T:
        """Wait for the oldest item of the client whose turn it is."""
        while not len(self):
            self._filled.clear()
            await self._filled.wait()
        if self._own and (self._is_own_turn or not self._by_client):
            self._is_own_turn = False
            return self._own.popleft()
        self._is_own_turn = True
        client, waiting = next(iter(self._by_client.items()))
        item = next(iter(waiting))
        self._by_client.move_to_end(client)
        self.remove(item)
        return item

    def _newest_of_busiest(self) -> T:
        most: list[T] = []
        # Of several, the one whose turn is furthest away.
        for waiting in reversed(self._by_client.values()):
            alone = [item for item in waiting if len(self._askers[item]) == 1]
            most = max(most, alone, key=len)
        return most[-1]
