"""The page of the last two weeks says what the live verification says, and is made at no cost of
others'."""

import asyncio
import re
from datetime import date

import httpx
import pytest

from catalogues import untranslated_words
from ports import free_port
from service import made_up_scores
from service.in_process_service import serving
from service.synthetic_snapshots import two_cities
from wearcast.artifacts import to_json
from wearcast.serving.dashboard.api_client import ApiClient
from wearcast.serving.dashboard_server.record_pages import RecordDocument, RecordPages
from wearcast.serving.dashboard_server.static_files import StaticFile, static_file

UNTIL = date(2024, 10, 15)


def document(made: RecordDocument) -> StaticFile:
    return static_file("text/html", f"<title>{made.title}</title>{made.page}".encode())


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    """A service whose first station has scores."""
    recent = {two_cities().stations[0].id: made_up_scores.last_two_weeks(UNTIL)}
    with serving(tmp_path_factory.mktemp("record"), two_cities()) as one:
        one.shelf.publish(two_cities(seed=2), recent=to_json(recent))
        one.reader.poll()
        yield one


def page(running, query, languages="en"):
    pages = RecordPages(ApiClient(running.client, "here"), document)
    made = running.run(pages.page(query, languages, "10.0.0.1"))
    return made.plain.decode().replace("\u2060", "").replace("\xa0", " ")


def cell(html, name):
    found = re.search(rf'data-value="{re.escape(name)}">(.*?)</td>', html)
    return re.sub(r"<[^>]+>", "", found[1])


def test_errors_stand_beside_those_of_simple_methods(scored):
    html = page(scored, "")
    assert [cell(html, f"record.error.{row}.0") for row in range(4)] == [
        "1.4",
        "3.1",
        "2.9",
        "5,040",
    ]
    assert [cell(html, f"record.rain.{row}.2") for row in range(3)] == ["0.080", "0.150", "0.120"]
    # The newest day first.
    assert [cell(html, f"record.day.{row}.0") for row in (0, 13)] == ["2.3", "1.0"]
    assert cell(page(scored, "?units=imperial"), "record.error.0.0") == "2.5"


def test_numerical_models_stand_beside_ours_on_the_same_hours(scored):
    html = page(scored, "")
    assert [cell(html, f"record.models.0.{column}") for column in range(3)] == ["2.0", "1.5", "400"]
    assert cell(html, "record.models.1.0") == "2.2"
    assert ">ECMWF<" in html


def test_the_first_sentence_is_the_mean_over_days(scored):
    assert "off by 1.7 °C on average" in page(scored, "")


def test_how_sure_is_told_by_how_sure_it_was(scored):
    html = page(scored, "")
    rows = re.findall(r'scope="row">(\d\d–\d+\s?%)<', html)
    assert rows == ["60–70 %", "70–80 %", "80–90 %", "90–100 %"]
    days = [cell(html, f"about.certainty.{row}.2") for row in range(4)]
    assert days == ["4", "4", "4", "2"]
    assert [cell(html, f"about.certainty.0.{column}") for column in (0, 1)] == ["90 %", "66 %"]


def test_a_station_without_scores_says_so(scored):
    other = two_cities().stations[1].id
    assert "nothing to compare yet" in page(scored, f"?station={other}")
    assert "nothing to compare yet" not in page(scored, "?station=nowhere")


def test_it_is_whole_in_korean(scored):
    html = page(scored, "", "ko-KR,ko;q=0.9")
    assert '<div id="wearcast" class="alone" lang="ko">' in html
    text = re.sub(r"<[^>]+>", " ", html)
    sentences = re.findall(r"\b[A-Za-z]+ [A-Za-z]+ [A-Za-z]+\b", text)
    translated = [text for text in sentences if not set(text.split()) & untranslated_words("ko")]
    assert translated == []


def test_one_page_is_made_for_all_who_ask_for_the_same(scored):
    pages = RecordPages(ApiClient(scored.client, "here"), document)

    async def asked():
        queries = ("?lang=ko", "?lang=ko&day=2024-10-14&style=sporty&tab=about", "?lang=ko&x=<b>")
        return [await pages.page(query, "en", f"10.0.0.{n}") for n, query in enumerate(queries)]

    first, second, third = scored.run(asked())
    assert first is second is third


def test_without_an_api_there_is_none():
    async def asked():
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{free_port()}") as client:
            return await RecordPages(ApiClient(client, "x"), document).page("", "en", "10.0.0.1")

    assert asyncio.run(asked()) is None
