"""The dashboard's second tab says what the API says: scores, last week, the model's card."""

import re

import httpx
import pytest

from catalogues import untranslated_words
from service.in_process_service import serving
from service.synthetic_snapshots import two_cities

about = pytest.importorskip(
    "wearcast.serving.dashboard.scores_tab", reason="the extra `dashboard` isn't installed"
)


def panel(running, query):
    """The tab, drawn from what a service that runs answers."""
    from wearcast.serving.dashboard import page_data, page_query
    from wearcast.serving.dashboard.api_client import ApiClient

    transport = httpx.ASGITransport(running.app)

    async def drawn():
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as asked:
            client = ApiClient(asked, "the test")
            found, _ = await page_data.fetch_page_data(client, page_query.parse_query(query)[0])
            return await about.panel(client, found)

    return running.run(drawn())


def cell(html, name):
    return re.sub(r"<[^>]+>", "", re.search(rf'data-value="{re.escape(name)}">(.*?)</td>', html)[1])


@pytest.fixture(scope="module")
def running(tmp_path_factory, trained, repository, verification):  # noqa: ARG001
    with serving(
        tmp_path_factory.mktemp("about"),
        two_cities(),
        model=trained,
        reports=repository / "reports",
    ) as one:
        yield one


def test_errors_are_those_of_the_api_in_the_units_asked_for(running):
    mae = running.read("/model/verification")["verification"]["temp_c"]["mae"]["network"]["1-24"]
    assert cell(panel(running, "?lang=en").html, "about.error.0.0") == f"{mae:.1f}"
    assert (
        cell(panel(running, "?lang=en&units=imperial").html, "about.error.0.0")
        == f"{1.8 * mae:.1f}"
    )


def test_the_card_is_of_the_model_that_is_served(running):
    assert (
        f'data-value="about.version">{running.read("/model")["version"]}<'
        in panel(running, "?lang=en").html
    )


def test_figures_have_a_slot_each_and_hold_plain_values(running):
    tab = panel(running, "?lang=ko")
    assert {"about-error", "about-reliability"} <= tab.figures.keys()
    for name, figure in tab.figures.items():
        assert f'data-figure="{name}"' in tab.html
        assert figure["layout"]["height"] > 0


def test_korean_holds_no_english_sentence(running):
    text = re.sub(r"<[^>]+>", " ", panel(running, "?lang=ko").html)
    sentences = re.findall(r"\b[A-Za-z]+ [A-Za-z]+ [A-Za-z]+\b", text)
    translated = [text for text in sentences if not set(text.split()) & untranslated_words("ko")]
    assert translated == []


def test_without_a_model_its_part_is_a_hint_and_the_others_are_shown(
    tmp_path,
    repository,
    verification,  # noqa: ARG001
):
    with serving(tmp_path, two_cities(), reports=repository / "reports") as one:
        html = panel(one, "?lang=en").html
    assert "There is no answer to this at present" in html
    assert 'data-value="about.error.0.0"' in html


def test_the_sentence_and_last_week_come_first_and_every_score_table_is_folded(running):
    html = panel(running, "?lang=en").html
    assert html.index("<h1") < html.index('id="about-lately"') < html.index('id="about-clothes"')
    outside = re.sub(r"<details>.*?</details>", "", html)
    assert 'class="grid' in html
    assert 'class="grid' not in outside
