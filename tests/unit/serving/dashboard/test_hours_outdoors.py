"""The page takes the hours that the API takes, and what it says of them is what it shows."""

import re
from html import unescape

import pytest

from service.in_process_service import serving
from service.synthetic_snapshots import two_cities
from wearcast.serving.dashboard import page_data, page_markup
from wearcast.serving.dashboard.api_client import ApiClient
from wearcast.serving.dashboard.page_query import parse_query
from wearcast.serving.dashboard.page_state import PageState


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("served"), two_cities()) as one:
        yield one


def shown(running, query):
    choices, wrong = parse_query(query)
    found, also = running.run(page_data.fetch_page_data(ApiClient(running.client, "here"), choices))
    return PageState(choices, "en", wrong + also, found)


def test_the_page_takes_exactly_the_hours_that_the_api_takes(running):
    hours = [*range(-1, 26)]
    for wake, sleep in [(wake, sleep) for wake in hours for sleep in (0, 7, 24, 25)] + [
        (wake, wake) for wake in hours
    ]:
        query = f"?wake={wake}&sleep={sleep}"
        taken = running.get(f"/recommendation/by_day{query}").status_code == 200
        assert (parse_query(query)[1] == ()) == taken, query


@pytest.mark.parametrize(
    "out",
    ["8-9", "8-9,18-19", "22-2", "8", "8-8", "8-9,9-10", "20-24,0-2", "8-25", "a-b", "%208-9"],
)
def test_the_page_takes_exactly_the_outings_that_the_api_takes(running, out):
    taken = running.get(f"/recommendation/by_day?out={out}").status_code == 200
    assert (parse_query(f"?out={out}")[1] == ()) == taken


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ("?wake=0&sleep=24", 0, 23),
        ("?wake=7&sleep=0", 7, 23),
        ("?wake=00&sleep=06", 0, 5),
        ("?wake=0&sleep=1", 0, 0),
    ],
)
def test_hours_up_to_midnight_are_shown_as_asked(running, query, first, last):
    state = shown(running, query)
    page = page_markup.page_markup(state)
    assert re.findall(r'<span class="hour">(\d+)</span>', page) == list(
        map(str, range(first, last + 1))
    )
    assert 'data-notice="wrong"' not in page
    for name in ("wake", "sleep"):
        [kept] = re.findall(rf'<input type="hidden" name="{name}" value="(\d+)">', page)
        assert kept == str(getattr(state.choices, name))


@pytest.mark.parametrize(
    "query",
    [
        "?wake=99",
        "?wake=99&sleep=20",
        "?wake=9&sleep=99",
        "?wake=9&sleep=9",
        "?wake=22",
        "?wake=x&sleep=7",
        "?wake=99&sleep=99",
    ],
)
def test_a_notice_names_the_hours_that_are_shown(running, query):
    page = unescape(page_markup.page_markup(shown(running, query)))
    hours = [int(hour) for hour in re.findall(r'<span class="hour">(\d+)</span>', page)]
    told = re.findall(r'data-notice="wrong".*?so you see (\d\d):00 to (\d\d):00', page)
    assert told
    for wake, sleep in told:
        assert (int(wake), int(sleep)) == (hours[0], hours[-1] + 1)
