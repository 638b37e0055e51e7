"""The address of a request's client, behind proxies or not, and its group in limits per client."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

Network = IPv4Network | IPv6Network
_IPV6_PREFIX: Final = 64
"""The smallest network that a provider gives a customer, who may use any address in it."""


def client_address(peer: str, forwarded_for: str, trusted: Sequence[Network]) -> str:
    """The client's address: the right-most of `X-Forwarded-For` that isn't a trusted proxy's, where
    the connection's peer is one; otherwise, and where the header isn't valid, the peer's.

    `forwarded_for` is the header's value, several headers joined by commas; empty without one. What
    stands left of the address is the client's own claim and isn't looked at. Where every address is
    a trusted proxy's, the left-most is the client.
    """
    client = _parse(peer)
    if client is None:
        return peer
    for claimed in reversed(forwarded_for.split(",") if forwarded_for else []):
        if not _is_in(client, trusted):
            break
        address = _parse(claimed.strip())
        if address is None:
            return str(_parse(peer))
        client = address
    return str(client)


def address_group(address: str) -> str:
    """What limits per client count as one: an IPv4 address, or the /64 network of an IPv6 one; what
    is no address stands for itself."""
    parsed = _parse(address)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((int(parsed), _IPV6_PREFIX), strict=False))
    return address if parsed is None else str(parsed)


def is_trusted(peer: str, trusted: Sequence[Network]) -> bool:
    """Whether a connection's peer is one of our proxies."""
    parsed = _parse(peer)
    return parsed is not None and _is_in(parsed, trusted)


def is_private(peer: str) -> bool:
    """Whether a connection's peer is this machine, or one in a private network."""
    parsed = _parse(peer)
    return parsed is not None and parsed.is_private


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    """An address; one of IPv4 in the form of IPv6, as a socket for both has it, becomes IPv4."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        return address.ipv4_mapped or IPv6Address(int(address))
    return address


def _is_in(address: IPv4Address | IPv6Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)
