"""The environment's proxies and certificates, checked before a client takes them: what can't be
meant is named by its variable. Standard library only."""

import os
import ssl
from collections.abc import Sequence
from importlib.util import find_spec
from ipaddress import ip_address, ip_network
from typing import Final
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies

from wearcast.errors import ConfigError

SCHEMES: Final = ("http", "https", "all")
"""What a proxy may be for: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY."""

CERTIFICATES: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE")
"""The variables that name certificates, the one that counts first."""

_HTTP: Final = ("http", "https")
_SOCKS: Final = ("socks5", "socks5h")
_SOCKS_PACKAGE: Final = "socksio"


def proxies(schemes: Sequence[str] = SCHEMES) -> dict[str, str]:
    """The proxy of each scheme that has one, as a whole address.

    Raises:
        ConfigError: one is no proxy's address; the message doesn't repeat it, since a password may
            stand in it.
    """
    found = getproxies()
    checked = {}
    for scheme in schemes:
        if found.get(scheme):
            checked[scheme] = _proxy(scheme, found[scheme])
    return checked


def no_proxy() -> str:
    """The hosts that are asked without a proxy, as NO_PROXY lists them."""
    return getproxies().get("no", "")


def is_direct(host: str, no_proxy: str) -> bool:
    """Whether `host` is one of the hosts, domains, addresses and networks of NO_PROXY."""
    entries = no_proxy.lower().split(",")
    return any(_matches(entry.strip(), host.lower()) for entry in entries)


def proxy_variable(scheme: str) -> str:
    """The variable that names the proxy of a scheme, in the capitals that it has."""
    usual = f"{scheme}_proxy"
    for name in (usual, usual.upper(), *os.environ):
        if name.lower() == usual and os.environ.get(name):
            return name
    return f"the system's {scheme} proxy"


def certificates(variables: Sequence[str] = CERTIFICATES) -> str | None:
    """The file or folder of certificates that the first of `variables` names; None where none is
    set.

    Raises:
        ConfigError: it isn't there, or holds no certificates.
    """
    for variable in variables:
        path = os.environ.get(variable)
        if path:
            _check_certificates(variable, path)
            return path
    return None


def _check_certificates(variable: str, path: str) -> None:
    what_to_do = "Set it to the file of this machine's certificates, or unset it."
    if not os.path.exists(path):
        raise ConfigError(f"{variable} names {path}, which isn't there. {what_to_do}")
    if os.path.isdir(path):
        return
    try:
        ssl.create_default_context(cafile=path)
    except (OSError, ssl.SSLError) as error:
        reason = "can't be read" if isinstance(error, PermissionError) else "holds no certificates"
        raise ConfigError(f"{variable} names {path}, which {reason}. {what_to_do}") from error


def _proxy(scheme: str, written: str) -> str:
    address = written if "://" in written else f"http://{written}"
    parts = _parts(address)
    variable = proxy_variable(scheme)
    if parts is None or parts.scheme not in (*_HTTP, *_SOCKS):
        raise ConfigError(
            f"{variable} is no address of a proxy. Set it as http://host:port, or unset it."
        )
    if parts.scheme in _SOCKS and find_spec(_SOCKS_PACKAGE) is None:
        raise ConfigError(
            f"{variable} names a SOCKS proxy, which needs the package {_SOCKS_PACKAGE}: install it"
            f" (pip install {_SOCKS_PACKAGE}), or set {variable} to http://host:port."
        )
    return address


def _parts(address: str) -> SplitResult | None:
    """The parts of an address; None where a host or a number of a port is missing."""
    try:
        parts = urlsplit(address)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if has_host else None


def _matches(entry: str, host: str) -> bool:
    if entry in ("", "*"):
        return entry == "*"
    try:
        address = ip_address(host)
    except ValueError:
        domain = entry.partition(":")[0].lstrip("*").lstrip(".")
        return host == domain or host.endswith(f".{domain}")
    try:
        return address in ip_network(_without_port(entry), strict=False)
    except ValueError:
        return False


def _without_port(entry: str) -> str:
    """An address or a network as `ipaddress` reads it: without brackets, and without a port."""
    if entry.startswith("["):
        bare, _, rest = entry[1:].partition("]")
        return bare + rest if rest.startswith("/") else bare
    is_address_with_port = entry.count(":") == 1
    return entry.partition(":")[0] if is_address_with_port else entry
