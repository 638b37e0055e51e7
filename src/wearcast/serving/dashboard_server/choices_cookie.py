"""The cookie in which a viewer's device remembers choices: choices.js writes it, the server reads
it and lets it live on."""

import re
from typing import Final

from tornado.web import RequestHandler

from wearcast.serving.dashboard.page_query import Choices, parse_cookie

_NAME: Final = "wearcast-choices"
"""As in choices.js; the proxy has a cookie called `wearcast`."""
_KEPT_FOR_S: Final = 365 * 24 * 3600
_QUERY: Final = re.compile(r"[A-Za-z0-9%=&+._*-]{1,1000}")


def remembered_choices(handler: RequestHandler) -> Choices:
    """The choices that the viewer's device remembers; default values where it remembers none."""
    return parse_cookie(_value(handler))


def renew_cookie(handler: RequestHandler) -> None:
    """Let the device remember for another year, whenever its viewer opens the page: Safari keeps
    what a script writes for a week only.

    What a page asks for later isn't answered so: it could undo a choice made meanwhile.
    """
    value = _value(handler)
    if value and handler.request.headers.get("Sec-Fetch-Mode") == "navigate":
        path = handler.request.path
        cookie = f"{_NAME}={value}; Max-Age={_KEPT_FOR_S}; Path={path}; SameSite=Lax"
        handler.set_header("Set-Cookie", cookie + ("; Secure" if is_encrypted(handler) else ""))


def _value(handler: RequestHandler) -> str:
    value = handler.get_cookie(_NAME) or ""
    return value if _QUERY.fullmatch(value) else ""


def is_encrypted(handler: RequestHandler) -> bool:
    """Whether the viewer's connection is, maybe to a proxy."""
    forwarded = handler.request.headers.get("X-Forwarded-Proto", "")
    return "https" in (forwarded, handler.request.protocol)
