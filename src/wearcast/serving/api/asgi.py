"""What several middlewares read from an ASGI scope."""

from collections.abc import Iterable

from starlette.types import Scope


def route_path(scope: Scope) -> str:
    """The path of a request without ASGI's `root_path`, the prefix that a proxy strips."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


def first_header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes:
    """The value of the first header of this name, in lower case; empty where there is none."""
    for key, value in headers:
        if key == name:
            return value
    return b""
