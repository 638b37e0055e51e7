"""Which model a visitor's page is made from, where several are served: by a cookie with a random
number, which the first visit brings.

Towards the API a visitor is the example client of their model, the same for all of a group, so that
pictures are shared and no visitor's number leaves this server. A picture holds it too, and its page
sends it with whatever it asks for later: a page is of one model from its first picture to its last
widget, also on a device that keeps no cookies, or that opens an older page that it has kept.
"""

from typing import Final

from tornado.web import RequestHandler

from wearcast.serving.dashboard_server.choices_cookie import is_encrypted
from wearcast.serving.experiment.assignment import (
    CLIENT_COOKIE,
    CLIENT_HEADER,
    Assignment,
    is_client_id,
    new_client_id,
)

_KEPT_FOR_S: Final = 90 * 24 * 3600


class VisitorModels:
    """The models of visitors.

    Args:
        assignment: of clients to models.
    """

    def __init__(self, assignment: Assignment) -> None:
        self._assignment = assignment
        self._examples = {}
        if len(assignment.served) > 1:
            self._examples = {name: assignment.example_client(name) for name in assignment.served}

    def client_of(self, handler: RequestHandler) -> str:
        """The example client of the visitor's model; empty where there is no experiment, or the
        visitor has no number, and gets the champion's page."""
        of_page = handler.request.headers.get(CLIENT_HEADER, "")
        if of_page in self._examples.values():
            return of_page
        number = _number(handler)
        return self._examples.get(self._assignment.model_of(number), "") if number else ""

    def client_of_visit(self, handler: RequestHandler) -> str:
        """The same where a browser opens the page: whoever has no number yet gets one.

        Crawlers and whatever else doesn't say that it opens a page get none, nor do browsers that
        ask not to be tracked (Global Privacy Control). Without an experiment the cookie is deleted.
        """
        if handler.request.headers.get("Sec-Fetch-Mode") != "navigate":
            return self.client_of(handler)
        number = _number(handler)
        if not self._examples:
            if number:
                _set_cookie(handler, "", 0)
            return ""
        if handler.request.headers.get("Sec-GPC") == "1":
            return ""
        number = number or new_client_id()
        _set_cookie(handler, number, _KEPT_FOR_S)
        return self._examples.get(self._assignment.model_of(number), "")


def _number(handler: RequestHandler) -> str:
    number = handler.get_cookie(CLIENT_COOKIE) or ""
    return number if is_client_id(number) else ""


def _set_cookie(handler: RequestHandler, value: str, max_age_s: int) -> None:
    path = handler.request.path
    cookie = f"{CLIENT_COOKIE}={value}; Max-Age={max_age_s}; Path={path}; HttpOnly; SameSite=Lax"
    handler.add_header("Set-Cookie", cookie + ("; Secure" if is_encrypted(handler) else ""))
