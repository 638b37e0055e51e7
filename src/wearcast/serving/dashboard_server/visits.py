"""Visits: who may have a kernel, and the ticket by which a page is made by the visitor's own."""

import logging
import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from wearcast.serving.dashboard_server.kernel_pool import KernelPool, NoRoomError, PooledKernel
from wearcast.serving.rate_limit import TokenBucket

_LOG: Final = logging.getLogger("wearcast.dashboard")
_PAGES_PER_S, _PAGE_BURST = 0.5, 30.0
"""Pages that one client, such as a mobile carrier's shared address, may have made."""
_MAX_SOCKETS: Final = 40
"""WebSockets that one client may have open; a page has one."""


REFUSALS: Final = ("full", "kernels", "pages", "websockets", "failed")
"""Why a visitor gets no kernel: all are taken, its client has enough, or none can be started."""


@dataclass(eq=False)
class Visit:
    """A visitor with a kernel.

    Attributes:
        client: the group of the client's address.
        kernel: that makes the page.
        ticket: with which the page is made, once.
        is_redeemed: whether it was.
    """

    client: str
    kernel: PooledKernel
    ticket: str
    is_redeemed: bool = False


class Visits:
    """All visits, and the limits of each client.

    Attributes:
        refused: how many visitors got no kernel, by why.
    """

    def __init__(self, pool: KernelPool, kernels: Any) -> None:
        self._pool = pool
        self._kernels = kernels
        self._by_ticket: dict[str, Visit] = {}
        self._clients: dict[str, str] = {}
        self._starting: Counter[str] = Counter()
        self._sockets: Counter[str] = Counter()
        self._pages: dict[str, TokenBucket] = {}
        self._log_allowance = TokenBucket(0.1, 10)
        self.refused = Counter[str]()

    @property
    def kernels_per_client(self) -> int:
        """How many kernels one client may have at a time: half of all."""
        return max(1, int(self._kernels.limit) // 2)

    @property
    def open_sockets(self) -> int:
        """How many WebSockets of visits and pages are open."""
        return self._sockets.total()

    def enter(self, client: str) -> bool:
        """Count a client's WebSocket; whether it is one too many."""
        self._sockets[client] += 1
        is_admitted = self._sockets[client] <= _MAX_SOCKETS
        if not is_admitted:
            self.refused["websockets"] += 1
        return is_admitted

    def leave(self, client: str) -> None:
        """Count a client's WebSocket no more."""
        self._sockets[client] -= 1
        if not self._sockets[client]:
            del self._sockets[client]

    async def begin(self, client: str) -> Visit:
        """Reserve a kernel for a visitor, who may have to wait until it has started.

        Raises:
            NoRoomError: there is none, or this client has had enough.
        """
        # First, so that a client that is refused anyway costs nobody a kernel.
        if not self._bucket(client).has():
            self._refuse("pages", "A client has had as many pages as it may have.")
        await self._make_room(client)
        if self._has_enough(client):
            self._refuse("kernels", "A client has as many kernels as it may have.")
        self._starting[client] += 1
        try:
            kernel = await self._pool.take()
        except NoRoomError:
            self.refused["full"] += 1
            raise
        except Exception:
            self.refused["failed"] += 1
            raise
        finally:
            self._starting[client] -= 1
        visit = Visit(client, kernel, secrets.token_urlsafe())
        self._by_ticket[visit.ticket] = visit
        self._clients[kernel.kernel_id] = client
        return visit

    def redeem(self, ticket: str, request: Mapping[str, str]) -> PooledKernel | None:
        """The kernel that now makes the page of this request; None where no such ticket is left, or
        its kernel has ended."""
        visit = self._by_ticket.get(ticket)
        if visit is None or visit.kernel.kernel_id not in self._kernels:
            return None
        del self._by_ticket[ticket]
        visit.is_redeemed = True
        self._bucket(visit.client).take()
        self._pool.hand_over(visit.kernel, request)
        return visit.kernel

    async def end(self, visit: Visit) -> None:
        """End a visit: the kernel stays where a page is connected to it; one that has made no page
        waits for the next visitor."""
        kernel = visit.kernel
        if not visit.is_redeemed:
            del self._by_ticket[visit.ticket]
            self._clients.pop(kernel.kernel_id, None)
            self._pool.give_back(kernel)
        elif not self._kernels.was_connected(kernel.kernel_id):
            kernel.rendering.cancel()
            await self._kernels.end(kernel.kernel_id)

    def forget_ended(self) -> None:
        """Forget clients whose kernels have ended and whose limits are untouched."""
        ended = [kernel_id for kernel_id in self._clients if kernel_id not in self._kernels]
        for kernel_id in ended:
            del self._clients[kernel_id]
        untouched = [client for client, bucket in self._pages.items() if bucket.is_full]
        for client in untouched:
            del self._pages[client]
        self._starting = +self._starting

    async def _make_room(self, client: str) -> None:
        """End a kernel whose visitor has left, where there is no room for a new one."""
        if self._has_enough(client):
            await self._kernels.end_longest_left(self._kernels_of(client))
        elif not self._pool.has_room:
            await self._kernels.end_longest_left(list(self._clients))

    def _has_enough(self, client: str) -> bool:
        kernels = len(self._kernels_of(client)) + self._starting[client]
        return kernels >= self.kernels_per_client

    def _refuse(self, reason: str, why: str) -> NoReturn:
        """Raise NoRoomError, count it, and log why now and then."""
        self.refused[reason] += 1
        if self._log_allowance.take():
            _LOG.info("%s", why)
        raise NoRoomError

    def _kernels_of(self, client: str) -> list[str]:
        return [
            kernel_id
            for kernel_id, owner in self._clients.items()
            if owner == client and kernel_id in self._kernels
        ]

    def _bucket(self, client: str) -> TokenBucket:
        return self._pages.setdefault(client, TokenBucket(_PAGES_PER_S, _PAGE_BURST))
