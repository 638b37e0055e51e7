"""The share pictures that the server hands out: made once for all, and none without an API."""

import asyncio

import httpx
import pytest

from ports import free_port
from service.synthetic_snapshots import two_cities
from wearcast.serving.dashboard.api_client import ApiClient
from wearcast.serving.dashboard_server import share_pictures
from wearcast.serving.dashboard_server.share_pictures import SharePictures


@pytest.fixture
def service(serve):
    return serve(two_cities())


@pytest.fixture
def drawn(monkeypatch):
    """The drawings that are made PNGs."""
    drawings = []

    async def png_of_svg(svg):
        drawings.append(svg)
        return svg.encode()

    monkeypatch.setattr(share_pictures, "png_of_svg", png_of_svg)
    return drawings


def test_the_same_drawing_is_made_a_png_once(service, drawn):
    pictures = SharePictures(ApiClient(service.client, "here"))

    async def asked():
        first = await pictures.picture("?lang=en", "ko", "10.0.0.1")
        again = await pictures.picture("?lang=en&station=none&tab=about", "ko", "10.0.0.2")
        return first, again, await pictures.picture("", "ko", "10.0.0.3")

    english, again, korean = service.run(asked())
    assert english is again
    assert english.type == "image/png"
    assert korean.plain != english.plain
    assert len(drawn) == 2


def test_without_an_api_there_is_none():
    async def asked():
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{free_port()}") as client:
            return await SharePictures(ApiClient(client, "nowhere")).picture("", "en", "10.0.0.1")

    assert asyncio.run(asked()) is None
