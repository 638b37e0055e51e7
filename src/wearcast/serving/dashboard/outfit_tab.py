"""The first tab: what to wear, from the days to choose from down to the numbers."""

from collections.abc import Mapping

from wearcast.serving.dashboard.advice_cards import carrying, sureness, tips
from wearcast.serving.dashboard.day_statistics import statistics
from wearcast.serving.dashboard.day_tabs import strip
from wearcast.serving.dashboard.hourly_section import figure, hours
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.outfit_card import headline, outfit
from wearcast.serving.dashboard.page_data import Answers
from wearcast.serving.dashboard.panel import Figure
from wearcast.serving.dashboard.timeline import timeline


def html(answers: Answers) -> Markup:
    """The tab."""
    return tag(
        "div",
        strip(answers),
        tag(
            "div",
            tag("div", headline(answers), outfit(answers), timeline(answers), class_="first"),
            tag(
                "div",
                sureness(answers),
                carrying(answers),
                tips(answers),
                statistics(answers),
                class_="second",
            ),
            class_="columns",
        ),
        hours(answers),
        class_="wear",
    )


def figures(answers: Answers) -> Mapping[str, Figure]:
    """Its figures."""
    return {"hours": figure(answers)}
