"""The address of a Dask scheduler, and whether it may be used.

Whoever reaches a scheduler can have its workers run any code. So connections are encrypted and both
sides show a certificate (tls://), or they stay in a private network (tcp://).
"""

import re
import socket
from ipaddress import ip_address
from typing import Final

from wearcast.errors import ConfigError

_ADDRESS: Final = re.compile(r"(tcp|tls)://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})")


def require_safe(address: str) -> None:
    """Refuse an address that isn't tls://host:port, nor tcp://host:port in a private network.

    Raises:
        ConfigError: it is another one, or its host is unknown.
    """
    match = _ADDRESS.fullmatch(address)
    if not match:
        raise ConfigError(
            f"--cluster {address}: write the scheduler's address as tls://host:8786, or in a"
            " private network as tcp://host:8786."
        )
    scheme, host, port = match.groups()
    if scheme == "tcp" and not _is_private(host.strip("[]"), int(port)):
        raise ConfigError(
            f"--cluster {address}: {host} is no address of a private network, and tcp:// is not"
            " encrypted. Use tls:// with certificates (docs/scale.md)."
        )


def _is_private(host: str, port: int) -> bool:
    """Whether all addresses of a host are private, or this machine's own."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, OverflowError) as error:
        raise ConfigError(f"--cluster: {host} can't be found: {error}.") from error
    addresses = [str(entry[4][0]).partition("%")[0] for entry in found]
    return all(ip_address(one).is_private for one in addresses)
