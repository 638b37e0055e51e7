"""The page's address as its visitors know it, from a request."""

import re
from collections.abc import Sequence
from typing import Final

from tornado.httputil import HTTPServerRequest

from wearcast.serving.client_address import Network, is_trusted

_HOST: Final = re.compile(r"(?:[a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?", re.IGNORECASE)


def page_address(request: HTTPServerRequest, trusted: Sequence[Network]) -> str:
    """The address of what is asked for, without its query; empty where the host's name isn't valid.

    Args:
        request: a request to the page.
        trusted: the networks of our own proxies, whose `X-Forwarded-Proto` is believed.
    """
    if not _HOST.fullmatch(request.host):
        return ""
    scheme = request.protocol
    if is_trusted(request.remote_ip or "", trusted):
        scheme = request.headers.get("X-Forwarded-Proto", scheme)
    if scheme not in ("http", "https"):
        return ""
    return f"{scheme}://{request.host}{request.path}"
