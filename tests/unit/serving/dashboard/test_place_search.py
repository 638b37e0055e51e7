"""Places are searched by a part of their names in either language, and what nobody trained on says
so."""

import asyncio
from dataclasses import replace
from urllib.parse import unquote

import pytest

from service.in_process_service import serving
from service.synthetic_snapshots import NEWARK, SEOUL, joined, varied
from unit.serving.dashboard.page_answers import page_of
from unit.serving.dashboard.read_page import Read
from wearcast.config import Station
from wearcast.serving.dashboard import page_data, page_markup
from wearcast.serving.dashboard.api_client import ApiClient
from wearcast.serving.dashboard.page_query import Choices, parse_query
from wearcast.serving.dashboard.page_state import PageState
from wearcast.serving.dashboard.station_search import MOST_FOUND, offered_stations
from wearcast.serving.dashboard.untrained_notice import untrained_notice

SAO_PAULO = Station(
    id="sao-paulo",
    name_en="São Paulo",
    name_ko="상파울루",
    latitude=-23.5475,
    longitude=-46.6361,
    elevation_m=769,
    time_zone="America/Sao_Paulo",
)
EXPECTED = {
    "mae_c": {"1-24": 1.3, "25-72": 2.2, "73-168": 2.9, "all": 2.5},
    "coverage_80": {"1-6": 0.78, "all": 0.8},
}


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    places = [NEWARK, SEOUL, SAO_PAULO]
    snapshot = joined(*[varied(station, "2024-04-09T19") for station in places])
    with serving(tmp_path_factory.mktemp("served"), snapshot) as one:
        yield one


def page(running, query):
    choices, wrong = parse_query(query)
    client = ApiClient(running.client, "here")
    data, also = running.run(page_data.fetch_page_data(client, choices))
    return page_markup.page_markup(PageState(data.chosen, "en", wrong + also, data))


def found(html):
    """The stations that the search shows, by id the text of each link."""
    _, _, rest = html.partition('id="found"')
    part, _, _ = rest.partition("</div>")
    links = part.split("<a ")[1:]
    return {link.partition('id="found-')[2].partition('"')[0]: link for link in links}


@pytest.mark.parametrize("text", ["Seo", "서울", "서", "SEOUL", "108"])
@pytest.mark.parametrize("lang", ["en", "ko"])
def test_a_place_is_found_by_a_part_of_its_name_in_either_language(running, text, lang):
    links = found(page(running, f"?find={text}&lang={lang}"))
    assert list(links) == ["108"]
    first, second = ("Seoul", "서울") if lang == "en" else ("서울", "Seoul")
    assert links["108"].index(first) < links["108"].index(second)


@pytest.mark.parametrize("text", ["sao p", "São Paulo", "saopaulo", "상파울"])
def test_case_accents_and_spaces_do_not_count(running, text):
    assert list(found(page(running, f"?find={text}"))) == ["sao-paulo"]


def test_what_is_found_leads_to_its_page_and_ends_the_search(running):
    html = page(running, "?find=서울&style=sporty&day=2024-04-11")
    link = found(html)["108"]
    query = unquote(link.partition('href="')[2].partition('"')[0]).replace("&amp;", "&")
    choices, _ = parse_query(query)
    assert (choices.station, choices.style, choices.find, choices.day) == (
        "108",
        "sporty",
        "",
        None,
    )


def test_the_box_of_the_settings_is_open_where_a_search_is_asked_for(running):
    assert 'id="settings-box" open' in page(running, "?find=서울")
    assert 'id="settings-box" open' not in page(running, "?lang=ko")


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_where_nothing_is_found_the_operators_command_is_told(running, lang):
    html = page(running, f"?find=강릉<b>&lang={lang}")
    assert found(html) == {}
    assert "wearcast stations add -- &#x27;강릉&lt;b&gt;&#x27;" in html
    Read(html)


def test_without_a_search_nothing_is_told_of_it(running):
    html = page(running, "")
    assert 'id="set-find"' in html
    assert "stations add" not in html


class Paged:
    """An API of many places, as far as the page asks for them."""

    def __init__(self, count):
        names = [f"P{number}" for number in range(count)]
        self.stations = [{"id": id, "name_en": id, "name_ko": id, "days": ["d"]} for id in names]
        self.asked = []

    async def get(self, path, q="", limit="100"):
        self.asked.append((path, q, limit))
        hits = [station for station in self.stations if q in station["id"]]
        return {"stations": hits[: int(limit)], "total": len(hits), "next": None}


def test_of_many_places_the_first_page_and_the_chosen_one_are_listed():

    api = Paged(300)
    offered = asyncio.run(offered_stations(api, "P222", "P29"))
    assert [station["id"] for station in offered.listed][-2:] == ["P99", "P222"]
    assert len(offered.found) == 11
    assert len(api.asked) == 3
    many = asyncio.run(offered_stations(Paged(300), None, "P"))
    assert (len(many.listed), len(many.found)) == (100, MOST_FOUND)
    unknown = asyncio.run(offered_stations(Paged(300), "XYZ", ""))
    assert (len(unknown.listed), unknown.found) == (100, None)


def untrained(language="en", units="metric", **station):
    data = page_of({8: 10.0}, ["tshirt"], language=language, units=units)
    told = {**data.station, "trained": False, "expected": EXPECTED, **station}
    return untrained_notice(replace(data, stations=[told]))


@pytest.mark.parametrize(
    ("language", "units", "told"),
    [
        ("en", "metric", ("Not trained here", "1.3 °C", "2.5 °C", "80 %")),
        ("en", "imperial", ("Not trained here", "2.3 °F", "4.5 °F", "80 %")),
        ("ko", "metric", ("학습하지 않", "1.3°C", "2.5°C", "80%")),
    ],
)
def test_a_place_that_nobody_trained_on_says_so_and_what_to_expect(language, units, told):
    text = " ".join(Read(untrained(language, units)).texts).replace("\u00a0", " ")
    assert [part for part in told if part not in text] == []


def test_where_nothing_is_known_of_its_forecasts_it_says_only_that():
    for expected in (None, {**EXPECTED, "mae_c": {"1-24": None, "all": None}}):
        [text] = Read(untrained(expected=expected)).texts[:1]
        assert text.startswith("Not trained here")
        assert "°C" not in untrained(expected=expected)


@pytest.mark.parametrize(
    ("language", "told"), [("en", "With numerical forecasts"), ("ko", "수치예보를 쓰면")]
)
def test_what_numerical_forecasts_make_of_it_is_told_apart(language, told):
    guided = {"days": 330, "mae_c": {"1-24": 1.1, "all": 2.1}, "coverage_80": {"all": 0.79}}
    expected = {**EXPECTED, "guided": guided}
    text = " ".join(Read(untrained(language, expected=expected)).texts).replace("\u00a0", " ")
    of_past, with_guidance = text.split(told)
    assert "1.3" in of_past
    assert "1.1" in with_guidance
    assert "79" in with_guidance
    assert told not in untrained(language)
    nothing = {**guided, "mae_c": {"1-24": None}}
    assert told not in untrained(language, expected={**EXPECTED, "guided": nothing})


def test_of_a_station_that_was_trained_on_or_an_older_api_nothing_is_said():
    assert untrained(trained=True) is None
    older = page_of({8: 10.0}, ["tshirt"])
    assert "trained" not in older.station
    assert untrained_notice(older) is None


def test_the_choices_hold_no_more_than_an_address_may():
    choices, wrong = parse_query("?find=" + "강" * 41)
    assert (choices, [one.name for one in wrong]) == (Choices(), ["find"])
