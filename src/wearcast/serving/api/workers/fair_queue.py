"""A queue that is fair to clients: each of those who wait is served in turn, however much one of
them asks for."""

import asyncio
from collections import OrderedDict, deque
from typing import Generic, TypeVar

T = TypeVar("T")


class FairQueue(Generic[T]):
    """A bounded queue of items by client, for any number of consumers on one event loop.

    Args:
        capacity: of all clients' items.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._size = 0
        self._by_client: OrderedDict[str, deque[T]] = OrderedDict()
        self._filled = asyncio.Event()

    def __len__(self) -> int:
        return self._size

    def put(self, client: str, item: T) -> T | None:
        """Queue an item; where the queue is full, the newest item of the client that has most of
        them leaves and is returned, which may be this one."""
        self._by_client.setdefault(client, deque()).append(item)
        self._size += 1
        self._filled.set()
        if self._size <= self._capacity:
            return None
        # Of several, the one whose turn is furthest away.
        clients = reversed(self._by_client)
        busiest = max(clients, key=lambda one: len(self._by_client[one]))
        return self._take(busiest, newest=True)

    async def get(self) -> T:
        """Wait for the oldest item of the client whose turn it is."""
        while not self._size:
            self._filled.clear()
            await self._filled.wait()
        client = next(iter(self._by_client))
        item = self._take(client, newest=False)
        if client in self._by_client:
            self._by_client.move_to_end(client)
        return item

    def _take(self, client: str, newest: bool) -> T:
        waiting = self._by_client[client]
        item = waiting.pop() if newest else waiting.popleft()
        self._size -= 1
        if not waiting:
            del self._by_client[client]
        return item
