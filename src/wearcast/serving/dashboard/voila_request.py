"""The viewer's request for the page; a kernel of the dashboard's server waits here until there is
one."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class PageRequest:
    """A viewer's request.

    Attributes:
        query: of the page's address.
        remembered: the choices that the viewer's device remembers, as a query.
        languages: the Accept-Language header; empty where it isn't known.
        address: whether the page has an address of its own: under Voilà, not in JupyterLab.
        privacy_url: of the site's page about privacy; empty where it has none.
        api_client: the id by which the API knows whose answers these are; empty for none.
    """

    query: str = ""
    remembered: str = ""
    languages: str = ""
    address: bool = False
    privacy_url: str = ""
    api_client: str = ""


async def page_request() -> PageRequest:
    """The viewer's request, for which a kernel of the dashboard's server waits; there is none
    without a server, as in JupyterLab."""
    variables: Mapping[str, str | None] = {}
    if os.environ.get("VOILA_PREHEAT") == "True":
        variables = await _request()
    return PageRequest(
        query=variables.get("QUERY_STRING") or "",
        remembered=variables.get("REMEMBERED_CHOICES") or "",
        languages=variables.get("HTTP_ACCEPT_LANGUAGE") or "",
        address=(variables.get("SERVER_SOFTWARE") or "").startswith("voila"),
        privacy_url=variables.get("PRIVACY_URL") or "",
        api_client=variables.get("API_CLIENT") or "",
    )


async def _request() -> Mapping[str, str | None]:
    """The variables of the request that the server assigned to this kernel, which proves by its
    secret that it is the one.

    voila.utils.wait_for_request does nearly the same, but importing it takes 50 MB and more than a
    second in each kernel.
    """
    from websockets.asyncio.client import connect
    from websockets.exceptions import WebSocketException

    url = _request_url(os.environ)
    headers = {"Authorization": f"Bearer {os.environ.get('VOILA_QUERY_SECRET', '')}"}
    # No ping timeout: a kernel may wait for hours before there is a viewer.
    options: Any = {"open_timeout": 5, "ping_timeout": None, "proxy": None}
    try:
        async with connect(url, additional_headers=headers, **options) as socket:
            request: dict[str, str | None] = json.loads(await socket.recv())
            return request
    except (OSError, TimeoutError, WebSocketException):
        # The server is shutting down, and its kernels with it.
        return {}


def _request_url(variables: Mapping[str, str]) -> str:
    host = variables.get("VOILA_APP_IP", "127.0.0.1")
    port = variables.get("VOILA_APP_PORT", "8866")
    protocol = variables.get("VOILA_WS_PROTOCOL", "ws")
    base = variables.get("VOILA_WS_BASE_URL") or variables.get("VOILA_SERVER_URL", "/")
    kernel = variables.get("VOILA_KERNEL_ID", "")
    return f"{protocol}://{host}:{port}{base}voila/query/{kernel}"
