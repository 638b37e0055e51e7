"""What several middlewares read from an ASGI scope."""

from collections.abc import Iterable, Sequence

from starlette.types import Scope

from wearcast.serving.client_address import Network, address_group, client_address


def route_path(scope: Scope) -> str:
    """The path of a request without ASGI's `root_path`, the prefix that a proxy strips."""
    path: str = scope["path"]
    prefix = scope.get("root_path")
    return path.removeprefix(prefix) if prefix else path


def first_header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes:
    """The value of the first header of this name, in lower case; empty where there is none."""
    for key, value in headers:
        if key == name:
            return value
    return b""


def client_group(scope: Scope, trusted_proxies: Sequence[Network]) -> str:
    """What limits per client count a request to; empty where its connection has no address."""
    client = scope.get("client")
    if not client:
        return ""
    lines = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    forwarded_for = b",".join(lines).decode("latin-1")
    return address_group(client_address(client[0], forwarded_for, trusted_proxies))
