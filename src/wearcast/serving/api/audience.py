"""Who an answer is for, where several models are served: each request is handed to the answers of
its model.

A client is known by the id that it sends in a header or a cookie; without one it gets the
champion's answers, which caches may share. Nothing else of a request decides, and no address.
"""

import re
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Final
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
_OF_CLIENTS: Final = frozenset({_CLIENT, _ASKED, _COOKIE})
_ID: Final = re.compile(rb"(?:^|;) *" + CLIENT_COOKIE.encode() + rb"=([A-Za-z0-9_-]+)")
_PARAMETER: Final = MODEL_PARAMETER.encode()
_MOST_SHOWN: Final = 40
_KNOWN_IDS: Final = 4_096


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
        self._champion = apps[CHAMPION]
        self._paths = frozenset(paths)
        self._has_forecast = has_forecast
        self._models: dict[bytes, str] = {}

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Hand a request on."""
        # Written out, and no coroutine: a kept answer is sent in 50 microseconds.
        query = scope["query_string"]
        if not (query and _PARAMETER in query):
            for name, _ in scope["headers"]:
                if name in _OF_CLIENTS:
                    break
            else:
                return self._champion(scope, receive, send)
        if route_path(scope) not in self._paths:
            return self._champion(scope, receive, send)
        client = cookie = b""
        asked: bytes | None = None
        for name, value in scope["headers"]:
            if name == _CLIENT:
                client = value
            elif name == _COOKIE:
                cookie = cookie + b";" + value if cookie else value
            elif name == _ASKED:
                asked = value
        if asked is not None or _PARAMETER in query:
            try:
                named = self._named(scope, asked)
            except ProblemError as error:
                refusal = problem_response(error.status, error.detail, error.headers, error.errors)
                return refusal(scope, receive, send)
            if named:
                return self._handed_on(named, scope, receive, send)
        if cookie and not client:
            found = _ID.search(cookie)
            client = found[1] if found else b""
        model = self._model_of(client) if client else ""
        if not model:
            return self._champion(scope, receive, send)
        scope[PRIVATE] = True
        return self._handed_on(model, scope, receive, send)

    def _handed_on(self, model: str, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if model != CHAMPION and not self._has_forecast(model):
            model = CHAMPION
        scope[MODEL] = model
        return self._apps[model](scope, receive, send)

    def _model_of(self, client: bytes) -> str:
        """The model of a client's id; empty where it is none."""
        model = self._models.get(client)
        if model is None:
            id = client.decode("latin-1")
            if not is_client_id(id):
                return ""
            if len(self._models) >= _KNOWN_IDS:
                self._models.clear()
            model = self._models[client] = self._assignment.model_of(id)
        return model

    def _named(self, scope: Scope, asked: bytes | None) -> str:
        """The model that a tester asks for by its name, which is taken out of the query; empty
        where none is asked for.

        Raises:
            ProblemError: 422, none of this name is served.
        """
        field = f"header.{MODEL_HEADER}"
        name = None if asked is None else asked.decode("latin-1")
        of_query, rest = _without_model(scope["query_string"])
        if of_query is not None:
            field, name = f"query.{MODEL_PARAMETER}", of_query
            scope["query_string"] = rest
        if name is None:
            return ""
        if name not in self._apps:
            known = ", ".join(self._apps)
            shown = name[:_MOST_SHOWN]
            raise invalid_field(field, f"no model is called {shown!r} here; there are: {known}.")
        return name


def _without_model(query: bytes) -> tuple[str | None, bytes]:
    """The model that a query asks for, None where it asks for none, and the query without it."""
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    asked = [value for name, value in pairs if name == MODEL_PARAMETER]
    if not asked:
        return None, query
    rest = [pair for pair in pairs if pair[0] != MODEL_PARAMETER]
    return asked[-1], urlencode(rest).encode()
