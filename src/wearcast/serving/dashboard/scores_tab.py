"""The second tab, for the curious: how good the forecasts are, how the last ones fared, and what
the model is."""

import asyncio
from typing import Any

from wearcast.serving.dashboard import model_panel, model_scores, recent_scores
from wearcast.serving.dashboard.api_client import Client, Trouble
from wearcast.serving.dashboard.markup import tag
from wearcast.serving.dashboard.page_data import Answers
from wearcast.serving.dashboard.panel import Panel
from wearcast.serving.dashboard.words import say


async def panel(client: Client, answers: Answers) -> Panel:
    """The tab's HTML and figures; asked for when it is opened. What there is no answer to is said
    in its place.

    Raises:
        Trouble: the API has no answer at all.
    """
    station = answers.choices.station
    asked = (
        client.get("/model/verification"),
        client.get("/verification/recent", station=station),
        client.get("/model"),
    )
    found = await asyncio.gather(*asked, return_exceptions=True)
    for one in found:
        if isinstance(one, BaseException) and not isinstance(one, Trouble):
            raise one
    if all(isinstance(one, Trouble) for one in found):
        raise next(one for one in found if isinstance(one, Trouble))
    tested, recent, model = found
    parts = [
        _part(
            answers,
            tested,
            model_scores.panel,
            say(answers.language, "How good are these forecasts?"),
        ),
        _part(
            answers,
            recent,
            recent_scores.panel,
            say(answers.language, "Last week’s forecasts, and what came"),
        ),
        _part(answers, model, model_panel.panel, say(answers.language, "The model")),
    ]
    html = tag("div", [part.html for part in parts], class_="about")
    return Panel(html, {name: figure for part in parts for name, figure in part.figures.items()})


def _part(answers: Answers, found: Any, drawn: Any, title: str) -> Panel:
    """A part of the tab, or its title and why there is nothing below it."""
    if isinstance(found, Trouble):
        why = say(
            answers.language,
            "There is no answer to this at present. The page asks again by itself.",
        )
        return Panel(tag("section", tag("h2", title), tag("p", why, class_="hint"), class_="card"))
    part: Panel = drawn(answers, found, title)
    return part
