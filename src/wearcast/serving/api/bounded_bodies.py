"""Bodies within limits, for routes that are asked without the cache before them."""

from collections.abc import Collection

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wearcast.serving.api.asgi import route_path
from wearcast.serving.api.problem_details import ProblemError, problem_response
from wearcast.serving.api.request_limits import RequestBodies


class BoundedBodies:
    """Middleware that passes a POST on once its body has arrived, within the limits of its path.

    Args:
        app: the app inside.
        bodies: receives bodies.
        paths: those with a limit.
    """

    def __init__(self, app: ASGIApp, bodies: RequestBodies, paths: Collection[str]) -> None:
        self._app = app
        self._bodies = bodies
        self._paths = frozenset(paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse its body."""
        if scope["method"] != "POST" or route_path(scope) not in self._paths:
            await self._app(scope, receive, send)
            return
        try:
            body = await self._bodies.arrived(scope, receive)
        except ProblemError as error:
            refusal = problem_response(error.status, error.detail, error.headers)
            await refusal(scope, receive, send)
            return
        if body is not None:
            await self._app(scope, _received(body, receive), send)


def _received(body: bytes, receive: Receive) -> Receive:
    """Receives a body that is there, and then what comes after it."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return messages.pop() if messages else await receive()

    return next_message
