"""How often a client may ask: a bucket for each address, the newest of so many addresses."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from fastapi import Request

from wearcast.serving.api.asgi import client_group
from wearcast.serving.client_address import Network, is_private
from wearcast.serving.rate_limit import TokenBucket

_MAX_CLIENTS: Final = 10_000


class Rate(NamedTuple):
    """So many a second on average, and so many at once after a pause."""

    per_s: float
    burst: float


@dataclass
class ClientRates:
    """The rates of all clients.

    Attributes:
        usual: of an address, behind which there may be many people.
        near: of an address in our own network: the dashboard's kernels, behind which are all its
            visitors.
        trusted_proxies: the networks of our own proxies.
    """

    usual: Rate
    near: Rate
    trusted_proxies: Sequence[Network]
    _clients: OrderedDict[str, TokenBucket] = field(init=False, default_factory=OrderedDict)

    def take(self, request: Request) -> bool:
        """Count a request of its client, unless there were too many; whether it is counted."""
        client = client_group(request.scope, self.trusted_proxies)
        bucket = self._clients.pop(client, None) or self._bucket(request)
        self._clients[client] = bucket
        while len(self._clients) > _MAX_CLIENTS:
            self._clients.popitem(last=False)
        return bucket.take()

    def _bucket(self, request: Request) -> TokenBucket:
        """What a client that wasn't seen lately may send."""
        peer = request.client.host if request.client else ""
        is_near = is_private(peer) and "x-forwarded-for" not in request.headers
        return TokenBucket(*(self.near if is_near else self.usual))
