"""The API in this process, for a notebook that is opened where no service runs."""

import asyncio
import contextlib
import logging
import os
from pathlib import Path
from typing import Final

import httpx

_STARTS_WITHIN_S: Final = 20.0
_TASKS: Final[set[asyncio.Task[None]]] = set()
"""References to running tasks, which would be garbage-collected without them."""


async def in_process_client() -> httpx.AsyncClient:
    """Start an API on this event loop, with the settings of this process; a client of it."""
    from wearcast.serving.api.app import create_app
    from wearcast.serving.settings import deployment_settings

    # The page has no place for a service's log.
    logging.getLogger("wearcast").addHandler(logging.NullHandler())
    discard = Path(os.devnull).open("w")  # noqa: SIM115 - the service's log keeps it open
    with contextlib.redirect_stderr(discard):
        app = create_app(deployment_settings())
    begun = asyncio.Event()

    async def live() -> None:
        async with app.fastapi.router.lifespan_context(app.fastapi):
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(live())
    _TASKS.add(task)
    await asyncio.wait_for(begun.wait(), _STARTS_WITHIN_S)
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=False),
        base_url="http://wearcast",
        timeout=10.0,
    )
    await _wait_until_ready(client)
    return client


async def _wait_until_ready(client: httpx.AsyncClient) -> None:
    """Wait until the service is ready, at most 5 s."""
    for _ in range(100):
        if (await client.get("/health/ready")).status_code == 200:
            return
        await asyncio.sleep(0.05)
