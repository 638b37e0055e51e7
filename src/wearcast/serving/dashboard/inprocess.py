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
"""Kept, lest they be collected while they run."""


async def in_process_client() -> httpx.AsyncClient:
    """A client of an API that runs on this loop from now on, with the settings of this process."""
    from wearcast.serving.api.app import create_app
    from wearcast.serving.settings import deployment_settings

    # A page has no place for a service's log; what a viewer has to know, the answers say.
    logging.getLogger("wearcast").addHandler(logging.NullHandler())
    discard = Path(os.devnull).open("w")  # noqa: SIM115 - the service's log keeps it
    with contextlib.redirect_stderr(discard):
        app = create_app(deployment_settings())
    begun = asyncio.Event()

    async def live() -> None:
        async with app.router.lifespan_context(app):
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
    """Wait for the service's first look at its store, whatever it finds."""
    for _ in range(100):
        if (await client.get("/health/ready")).status_code == 200:
            return
        await asyncio.sleep(0.05)
