"""A page whose API fails says so, keeps what it showed, and is well again as soon as the API is."""

import asyncio
from html import unescape

import httpx
import pytest

from service.in_process_service import serving
from service.synthetic_snapshots import two_cities
from wearcast.messages import say
from wearcast.serving.dashboard.api_client import ApiClient
from wearcast.serving.dashboard.page import POLL_INTERVAL_S, Page
from wearcast.serving.dashboard.voila_request import PageRequest


class Disturbed(httpx.AsyncBaseTransport):
    """The way to a real service, on which answers can be replaced."""

    def __init__(self, service):
        self.service, self.instead = service, None

    async def handle_async_request(self, request):
        if self.instead is None:
            return await self.service.handle_async_request(request)
        return httpx.Response(200, content=self.instead, request=request)


@pytest.mark.parametrize(
    "rubbish", [b"[]", b"{}", b'{"stations": [{}]}', b'{"stations": 3}', b"null"]
)
def test_malformed_responses_keep_the_last_page_and_show_a_fault(tmp_path, rubbish):
    with serving(tmp_path, two_cities()) as running:
        way = Disturbed(running.client._transport)
        client = httpx.AsyncClient(transport=way, base_url="http://test")

        async def shown_page():
            page = Page(ApiClient(client, "here"), PageRequest("?lang=en"))
            await page.load()
            shown, way.instead = page.document(), rubbish
            await page.load()
            failed, soon, way.instead = page.document(), page.look_s, None
            await page.load()
            return shown, failed, soon, page.document(), page.look_s

        shown, failed, soon, again, later = running.run(shown_page())
    assert 'data-notice="broken"' not in shown
    assert 'data-notice="broken"' in failed
    assert failed.count('data-value="piece"') == shown.count('data-value="piece"') > 0
    assert soon < later == POLL_INTERVAL_S
    assert 'data-notice="broken"' not in again


def test_a_page_without_data_polls_ever_more_slowly():
    async def shown_page():
        async with httpx.AsyncClient(base_url="http://127.0.0.1:9", trust_env=False) as client:
            page = Page(ApiClient(client, "here"), PageRequest("?lang=ko"))
            waits = []
            for _ in range(6):
                await page.load()
                waits.append(page.look_s)
            return page.document(), waits

    html, waits = asyncio.run(shown_page())
    assert 'data-notice="gone"' in html
    assert say("ko", "The forecast service can’t be reached.") in unescape(html)
    assert waits == [5, 10, 20, 40, 40, 40]
