"""The page's days are the API's, also where the API is the previous release's."""

import json
import re
from datetime import UTC, datetime

import httpx
import pytest

from service.in_process_service import serving
from service.synthetic_snapshots import NEWARK, SEOUL, varied
from wearcast.serving.dashboard import page_data, page_markup
from wearcast.serving.dashboard.api_client import ApiClient
from wearcast.serving.dashboard.page import Page
from wearcast.serving.dashboard.page_query import parse_query
from wearcast.serving.dashboard.page_state import PageState
from wearcast.serving.dashboard.voila_request import PageRequest

LAST_HOUR = {"108": "2024-04-09T14", "EWR": "2024-04-10T03"}
"""23:00 on 9 April by the station's clocks."""


class Previous(httpx.AsyncBaseTransport):
    """The way to a service that doesn't say which day is today."""

    def __init__(self, service):
        self.service = service

    async def handle_async_request(self, request):
        answer = await self.service.handle_async_request(request)
        content = json.loads(await answer.aread())
        for station in content.get("stations", ()):
            del station["today"]
        return httpx.Response(answer.status_code, json=content, request=request)


def shown(running, query="", client=None):
    choices, wrong = parse_query(query)
    found, also = running.run(
        page_data.fetch_page_data(ApiClient(client or running.client, "here"), choices)
    )
    return PageState(choices, "en", wrong + also, found)


def at_0040(station):
    return lambda: datetime(2024, 4, 10, 0, 40, tzinfo=station.zone).astimezone(UTC)


def words_of_days(page):
    return re.findall(r'<span class="weekday" aria-hidden="true">(\w+)</span>', page)


@pytest.mark.parametrize("station", [SEOUL, NEWARK], ids=["Seoul", "Newark"])
def test_at_0040_the_first_day_is_the_new_date_and_is_called_today(tmp_path, station):
    with serving(tmp_path, varied(station, LAST_HOUR[station.id]), now=at_0040(station)) as running:
        state = shown(running)
    page = page_markup.page_markup(state)
    assert state.data.choices.day == "2024-04-10"
    assert re.findall(r'id="day-([0-9-]+)"', page) == [f"2024-04-{day}" for day in range(10, 17)]
    assert words_of_days(page) == ["Today", "Thu", "Fri", "Sat", "Sun", "Mon", "Tue"]


@pytest.mark.parametrize("query", ["", "?wake=22&sleep=6", "?wake=5&sleep=9", "?sleep=24"])
@pytest.mark.parametrize("hour", [7, 21, 23])
def test_the_default_day_is_the_apis(tmp_path, query, hour):
    now = datetime(2024, 4, 10, hour, 40, tzinfo=SEOUL.zone).astimezone(UTC)
    with serving(tmp_path, varied(SEOUL, LAST_HOUR["108"]), now=lambda: now) as running:
        state = shown(running, query)
        told = running.get(f"/recommendation/by_day{query}").json()
    assert state.data.choices.day == told["target_date"]
    assert state.data.advice["why"] == told["why"]


def test_no_day_of_an_old_forecast_is_marked_as_today(tmp_path):
    with serving(
        tmp_path, varied(SEOUL, LAST_HOUR["108"]), now=lambda: datetime(2024, 6, 1, tzinfo=UTC)
    ) as running:
        page = page_markup.page_markup(shown(running))
    assert words_of_days(page) == ["Wed", "Thu", "Fri", "Sat", "Sun", "Mon", "Tue"]
    assert 'data-notice="stale"' in page


def test_the_page_of_the_previous_releases_api_marks_no_day_as_today(tmp_path):
    with serving(tmp_path, varied(SEOUL, LAST_HOUR["108"]), now=at_0040(SEOUL)) as running:
        client = httpx.AsyncClient(
            transport=Previous(running.client._transport), base_url="http://test"
        )
        page = page_markup.page_markup(shown(running, client=client))
    assert words_of_days(page) == ["Wed", "Thu", "Fri", "Sat", "Sun", "Mon", "Tue"]


@pytest.mark.parametrize(
    ("query", "hour"), [("", 20), ("?day=2024-04-09", 23)], ids=["usual day", "chosen day"]
)
def test_an_open_page_goes_on_to_the_new_day_without_a_word(tmp_path, query, hour):
    evening = datetime(2024, 4, 9, hour, 40, tzinfo=SEOUL.zone).astimezone(UTC)
    times = [evening, at_0040(SEOUL)()]
    with serving(tmp_path, varied(SEOUL, LAST_HOUR["108"]), now=lambda: times[0]) as running:
        page = Page(ApiClient(running.client, "here"), PageRequest(query))
        running.run(page.load())
        assert re.findall(r'id="day-([0-9-]+)" aria-current', page.document()) == ["2024-04-09"]
        del times[0]
        running.run(page.load())
    assert re.findall(r'id="day-([0-9-]+)" aria-current', page.document()) == ["2024-04-10"]
    assert 'data-notice="wrong"' not in page.document()


@pytest.mark.parametrize(("hour", "follows"), [(8, True), (23, False)])
def test_a_page_on_the_day_that_is_usual_at_the_hour_names_no_day(tmp_path, hour, follows):
    now = datetime(2024, 4, 9, hour, 40, tzinfo=SEOUL.zone).astimezone(UTC)
    with serving(tmp_path, varied(SEOUL, "2024-04-08T23"), now=lambda: now) as running:
        state = shown(running, "?day=2024-04-09")
    assert state.data.choices.day == "2024-04-09"
    assert ("day=" not in state.query) == follows


def test_a_link_to_a_day_that_has_passed_says_so(tmp_path):
    with serving(tmp_path, varied(SEOUL, LAST_HOUR["108"]), now=at_0040(SEOUL)) as running:
        page = page_markup.page_markup(shown(running, "?day=2024-04-09"))
        other = page_markup.page_markup(shown(running, "?day=2024-05-09"))
    assert "That day has passed. Here is today." in page
    assert "That day has passed." not in other
    assert 'data-notice="wrong"' in other
