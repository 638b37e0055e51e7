"""What the service is measured against: FastAPI with the same bytes as a plain Response, and
nothing around it.

python tests/bench/bare_app.py PORT FOLDER    serves the folder's files at /NAME, an empty 204 at /
"""

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from fastapi.responses import Response


def bare(bodies: dict[str, bytes]) -> FastAPI:
    """An app with a route for each body."""
    app = FastAPI(openapi_url=None)
    app.get("/")(answering(b"", 204))
    for name, body in bodies.items():
        app.get(f"/{name}")(answering(body, 200))
    return app


def answering(body: bytes, status: int) -> Callable[[], Awaitable[Response]]:
    """A route."""

    async def route() -> Response:
        return Response(body, status, media_type="application/json")

    return route


if __name__ == "__main__":
    kept = {path.name: path.read_bytes() for path in Path(sys.argv[2]).iterdir()}
    # As `wearcast.serving.api.server` has it.
    uvicorn.run(
        bare(kept),
        port=int(sys.argv[1]),
        log_config=None,
        access_log=False,
        server_header=False,
        ws="none",
    )
