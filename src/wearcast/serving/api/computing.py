"""Computing answers by calling the routes."""

import asyncio
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Scope

from wearcast.serving.api.answer import Answer, Headers, Lasting, Response, lasting_of
from wearcast.serving.api.asgi import first_header, route_path
from wearcast.serving.api.response_cache import Compute, accepts_gzip


def computed_by(app: ASGIApp, is_fixed: Callable[[str], bool]) -> Compute:
    """A function that computes answers by an app in this process.

    Args:
        app: the app with the routes.
        is_fixed: whether the answer of a path never changes while the process runs.
    """

    async def compute(scope: Scope, body: bytes) -> Answer:
        response = await call(app, scope, body)
        lasting: Lasting | None = None
        if scope["method"] == "GET" and response.status == 200:
            always = is_fixed(route_path(scope))
            lasting = Lasting.for_ever(response.body) if always else lasting_of(response)
        accepted = first_header(scope["headers"], b"accept-encoding")
        gzip = accepts_gzip(accepted)
        return Answer.of(response, lasting, gzip)

    return compute


async def call(app: ASGIApp, scope: Scope, body: bytes) -> Response:
    """The response of an app to a request whose body has arrived."""
    status = 500
    headers = Headers()
    parts: list[bytes] = []
    arrived = asyncio.Event()
    arrived.set()

    async def receive() -> Message:
        # A response that streams listens for the client's leaving, which never comes.
        await arrived.wait()
        arrived.clear()
        return {"type": "http.request", "body": body, "more_body": False}

    async def gather(message: Message) -> None:
        nonlocal status, headers
        if message["type"] == "http.response.start":
            status = message["status"]
            headers = list(message.get("headers", []))
        elif message["type"] == "http.response.body":
            parts.append(message.get("body", b""))

    await app(scope, receive, gather)
    return Response(status, headers, b"".join(parts))
