"""Who opened the page, and at which address. A kernel that Voilà heated before anybody came waits
here for its viewer."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class PageRequest:
    """A viewer's request.

    Attributes:
        query: of the page's address.
        languages: that the browser prefers, as in Accept-Language; empty where it isn't told.
        address: whether the page has an address of its own, as under Voilà; in JupyterLab it
            hasn't.
    """

    query: str = ""
    languages: str = ""
    address: bool = False


async def page_request() -> PageRequest:
    """The viewer's request, once there is one; where nobody has to be waited for, at once."""
    variables: Mapping[str, str | None] = os.environ
    if os.environ.get("VOILA_PREHEAT") == "True":
        variables = {**os.environ, **await _request()}
    return PageRequest(
        query=variables.get("QUERY_STRING") or "",
        languages=variables.get("HTTP_ACCEPT_LANGUAGE") or "",
        address=(variables.get("SERVER_SOFTWARE") or "").startswith("voila"),
    )


async def _request() -> Mapping[str, str | None]:
    """What Voilà tells a heated kernel of the request that it is for.

    voila.utils.wait_for_request does the same, but importing it takes 50 MB and more than a second
    in each kernel.
    """
    from websockets.asyncio.client import connect
    from websockets.exceptions import WebSocketException

    variables = os.environ
    base = variables.get("VOILA_WS_BASE_URL") or variables.get("VOILA_SERVER_URL", "/")
    host = f"{variables.get('VOILA_APP_IP', '127.0.0.1')}:{variables.get('VOILA_APP_PORT', '8866')}"
    protocol = variables.get("VOILA_WS_PROTOCOL", "ws")
    kernel = variables.get("VOILA_KERNEL_ID", "")
    url = f"{protocol}://{host}{base}voila/query/{kernel}"
    try:
        # Whoever waits through a night without traffic is still there in the morning.
        async with connect(url, open_timeout=5, ping_timeout=None, proxy=None) as socket:
            request: dict[str, str | None] = json.loads(await socket.recv())
            return request
    except (OSError, TimeoutError, WebSocketException):
        # The server is going away, and its kernels with it.
        return {}
