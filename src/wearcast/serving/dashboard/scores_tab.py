"""The second tab: how good it is in a sentence, last week's hits, the record of the advice, the
scores on the test period, and the model itself."""

import asyncio
from collections.abc import Callable
from typing import Any

from wearcast.messages import say
from wearcast.serving.dashboard import (
    advice_record,
    model_panel,
    model_scores,
    recent_scores,
    verdict,
)
from wearcast.serving.dashboard.api_client import ApiClient, ApiError
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.page_data import JsonObject, PageData
from wearcast.serving.dashboard.panel import Figure, Panel
from wearcast.serving.dashboard.record_page import RECORD

MakePanel = Callable[[PageData, JsonObject, str], Panel]


async def panel(client: ApiClient, data: PageData, has_record: bool = False) -> Panel:
    """The tab's HTML and figures, fetched when the tab is opened; a part whose request fails is
    replaced by a hint.

    Args:
        client: a client of the API.
        data: of the page.
        has_record: whether the page of the last two weeks is served beside this one.

    Raises:
        ApiError: all requests failed.
    """
    station = data.choices.station
    requests = (
        client.get("/model/verification"),
        client.get("/verification/recent", station=station),
        client.get("/model"),
    )
    responses = await asyncio.gather(*requests, return_exceptions=True)
    for response in responses:
        if isinstance(response, BaseException) and not isinstance(response, ApiError):
            raise response
    errors = [response for response in responses if isinstance(response, ApiError)]
    if len(errors) == len(responses):
        raise errors[0]
    verification, recent, model = responses
    return tab(data, verification, recent, model, has_record)


def tab(
    data: PageData, verification: Any, recent: Any, model: Any, has_record: bool = False
) -> Panel:
    """The tab of three answers, each of which may be an ApiError."""
    scores = None
    if not isinstance(verification, ApiError):
        scores = verification["verification"]
    recent_title = say(data.language, "Last week’s forecasts, and what came")
    scores_title = say(data.language, "How far off are the forecasts?")
    model_title = say(data.language, "The model")
    parts = [
        _part(data, recent, recent_scores.panel, recent_title),
        _part(data, verification, model_scores.panel, scores_title),
        _part(data, model, model_panel.panel, model_title),
    ]
    advice = advice_record.advice_section(data, scores) if scores else None
    heading = tag("h1", verdict.verdict(data, scores), class_="verdict")
    html = [heading, parts[0].html, _record_link(data) if has_record else None, advice]
    for part in parts[1:]:
        html.append(part.html)
    figures: dict[str, Figure] = {}
    for part in parts:
        figures |= part.figures
    content = tag("div", html, class_="about")
    return Panel(content, figures)


def _record_link(data: PageData) -> Markup:
    language = data.language
    query = data.query(day=None, tab="wear", lang=language)
    text = say(language, "All of the last two weeks, beside simpler forecasts")
    return tag("p", tag("a", text, href=RECORD + query, id="record"), class_="more")


def _part(data: PageData, response: Any, make_panel: MakePanel, title: str) -> Panel:
    """A part of the tab; where its request failed, its title and a hint."""
    if isinstance(response, ApiError):
        text = say(
            data.language,
            "There is no answer to this at present. The page asks again by itself.",
        )
        hint = tag("p", text, class_="hint")
        return Panel(tag("section", tag("h2", title), hint, class_="card"))
    return make_panel(data, response, title)
