"""The second tab, for the curious: how good the forecasts are, how the last ones fared, and what
the model is."""

import asyncio
from typing import Any

from wearcast.messages import say
from wearcast.serving.dashboard import model_panel, model_scores, recent_scores
from wearcast.serving.dashboard.api_client import ApiClient, ApiError
from wearcast.serving.dashboard.markup import tag
from wearcast.serving.dashboard.page_data import PageData
from wearcast.serving.dashboard.panel import Panel


async def panel(client: ApiClient, data: PageData) -> Panel:
    """The tab's HTML and figures; asked for when it is opened. What there is no answer to is said
    in its place.

    Raises:
        Trouble: the API has no answer at all.
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
    if all(isinstance(response, ApiError) for response in responses):
        raise next(response for response in responses if isinstance(response, ApiError))
    tested, recent, model = responses
    parts = [
        _part(
            data,
            tested,
            model_scores.panel,
            say(data.language, "How good are these forecasts?"),
        ),
        _part(
            data,
            recent,
            recent_scores.panel,
            say(data.language, "Last week’s forecasts, and what came"),
        ),
        _part(data, model, model_panel.panel, say(data.language, "The model")),
    ]
    html = tag("div", [part.html for part in parts], class_="about")
    return Panel(html, {name: figure for part in parts for name, figure in part.figures.items()})


def _part(data: PageData, responses: Any, make_panel: Any, title: str) -> Panel:
    """A part of the tab, or its title and why there is nothing below it."""
    if isinstance(responses, ApiError):
        why = say(
            data.language,
            "There is no answer to this at present. The page asks again by itself.",
        )
        return Panel(tag("section", tag("h2", title), tag("p", why, class_="hint"), class_="card"))
    part: Panel = make_panel(data, responses, title)
    return part
