"""Who an answer is for, where several models are served: each request is handed to the answers of
its model.

A client is known by the id that it sends in a header or a cookie; without one it gets the
champion's answers, which caches may share. Nothing else of a request decides, and no address.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, urlencode

from starlette.types import ASGIApp, Receive, Scope, Send

from wearcast.serving.api.asgi import route_path
from wearcast.serving.api.problem_details import ProblemError, invalid_field, problem_response
from wearcast.serving.experiment.assignment import (
    CLIENT_COOKIE,
    CLIENT_HEADER,
    MODEL_HEADER,
    MODEL_PARAMETER,
    Assignment,
    is_client_id,
)
from wearcast.serving.experiment.variants import CHAMPION

MODEL: Final = "wearcast.model"
"""In a scope, the name of the model that the answer comes from; absent without an experiment."""
PRIVATE: Final = "wearcast.private"
"""In a scope, whether the answer depends on who asks."""
VARY: Final = f"{CLIENT_HEADER}, {MODEL_HEADER}, Cookie"

_CLIENT: Final = CLIENT_HEADER.lower().encode()
_ASKED: Final = MODEL_HEADER.lower().encode()
_COOKIE: Final = b"cookie"
_READ: Final = frozenset({_CLIENT, _ASKED, _COOKIE})
_COOKIE_START: Final = f"{CLIENT_COOKIE}=".encode()
_PARAMETER: Final = MODEL_PARAMETER.encode()
_MOST_SHOWN: Final = 40


class _Choice(NamedTuple):
    """The model of an answer, whether it depends on who asks, and the rest of the query."""

    model: str
    is_private: bool
    query: bytes


class Audience:
    """An app that hands requests to the app of their model.

    Args:
        assignment: of clients to models.
        apps: by model, what answers from it; the champion's answers all that has no model, too.
        paths: those whose answers come from a model.
        has_forecast: whether a model has a forecast that isn't stale; where it hasn't, its clients
            get the champion's.
    """

    def __init__(
        self,
        assignment: Assignment,
        apps: Mapping[str, ASGIApp],
        paths: Collection[str],
        has_forecast: Callable[[str], bool],
    ) -> None:
        self._assignment = assignment
        self._apps = apps
        self._paths = frozenset(paths)
        self._has_forecast = has_forecast

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on."""
        if route_path(scope) not in self._paths:
            await self._apps[CHAMPION](scope, receive, send)
            return
        try:
            choice = self._choice(scope)
        except ProblemError as error:
            refusal = problem_response(error.status, error.detail, error.headers, error.errors)
            await refusal(scope, receive, send)
            return
        chosen = {MODEL: choice.model, PRIVATE: choice.is_private, "query_string": choice.query}
        await self._apps[choice.model]({**scope, **chosen}, receive, send)

    def _choice(self, scope: Scope) -> _Choice:
        found: dict[bytes, bytes] = {}
        for name, value in scope["headers"]:
            if name in _READ:
                found[name] = found[name] + b"; " + value if name in found else value
        query = scope["query_string"]
        if _PARAMETER in query:
            asked, query = _without_model(query)
            if asked is not None:
                return _Choice(self._named(asked, f"query.{MODEL_PARAMETER}"), False, query)
        if _ASKED in found:
            asked = found[_ASKED].decode("latin-1")
            return _Choice(self._named(asked, f"header.{MODEL_HEADER}"), False, query)
        client = _client_id(found)
        if not client:
            return _Choice(CHAMPION, False, query)
        return _Choice(self._usable(self._assignment.model_of(client)), True, query)

    def _named(self, asked: str, field: str) -> str:
        """The model that a tester asks for by its name.

        Raises:
            ProblemError: 422, none of this name is served.
        """
        if asked not in self._apps:
            known = ", ".join(self._apps)
            shown = asked[:_MOST_SHOWN]
            raise invalid_field(field, f"no model is called {shown!r} here; there are: {known}.")
        return self._usable(asked)

    def _usable(self, model: str) -> str:
        if model == CHAMPION or self._has_forecast(model):
            return model
        return CHAMPION


def _client_id(found: Mapping[bytes, bytes]) -> str:
    """The client's id, of the header or else the cookie; empty where it is none."""
    client = found.get(_CLIENT, b"")
    if not client:
        for part in found.get(_COOKIE, b"").split(b";"):
            pair = part.strip()
            if pair.startswith(_COOKIE_START):
                client = pair.removeprefix(_COOKIE_START)
    text = client.decode("latin-1")
    return text if is_client_id(text) else ""


def _without_model(query: bytes) -> tuple[str | None, bytes]:
    """The model that a query asks for, None where it asks for none, and the query without it."""
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    asked = [value for name, value in pairs if name == MODEL_PARAMETER]
    if not asked:
        return None, query
    rest = [pair for pair in pairs if pair[0] != MODEL_PARAMETER]
    return asked[-1], urlencode(rest).encode()
