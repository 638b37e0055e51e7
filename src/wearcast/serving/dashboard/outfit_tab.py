"""The first tab: what to wear on the chosen day, and the weather behind it."""

from collections.abc import Mapping

from wearcast.serving.dashboard.advice_cards import carry_card, certainty_card, tips_card
from wearcast.serving.dashboard.day_reasons import day_reasons
from wearcast.serving.dashboard.day_statistics import day_statistics
from wearcast.serving.dashboard.first_screen import first_screen, week_ahead
from wearcast.serving.dashboard.hourly_section import hourly_figure, hours
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.outfit_card import outfit_card
from wearcast.serving.dashboard.own_votes import OwnVotes
from wearcast.serving.dashboard.page_data import PageData
from wearcast.serving.dashboard.panel import Figure
from wearcast.serving.dashboard.timeline import timeline
from wearcast.serving.dashboard.votes_card import votes_card


def html(data: PageData, votes: OwnVotes | None = None) -> Markup:
    """The tab; with what the viewer said of past advice, where that is asked."""
    return tag(
        "div",
        first_screen(data),
        week_ahead(data),
        tag(
            "div",
            tag("div", outfit_card(data), votes_card(data, votes), timeline(data), class_="first"),
            tag(
                "div",
                day_reasons(data),
                certainty_card(data),
                carry_card(data),
                tips_card(data),
                day_statistics(data),
                class_="second",
            ),
            class_="columns",
        ),
        hours(data),
        class_="wear",
    )


def figures(data: PageData) -> Mapping[str, Figure]:
    """Its figures."""
    return {"hours": hourly_figure(data)}
