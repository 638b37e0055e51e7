"""The first screen as one section, and its style."""

from datetime import date
from importlib import resources
from typing import Final

from wearcast.messages import long_date, say
from wearcast.serving.dashboard.first_screen.feels_strip import feels_strip
from wearcast.serving.dashboard.first_screen.looks import looks_markup
from wearcast.serving.dashboard.first_screen.outing_chooser import outing_chooser
from wearcast.serving.dashboard.first_screen.precipitation import umbrella_line
from wearcast.serving.dashboard.first_screen.sentence import day_sentence
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.page_data import PageData
from wearcast.serving.dashboard.words import named

_LONG: Final = 130
"""Longer sentences about outings are set in smaller letters, so that the answer stays on the first
screen."""


def first_screen(data: PageData) -> Markup:
    """The answer for the chosen day: the sentence is its heading and comes first."""
    sentence = day_sentence(data)
    is_long = bool(data.choices.out) and len(sentence) > _LONG
    return tag(
        "section",
        tag(
            "div",
            tag("h1", sentence, id="answer", class_="long" if is_long else None),
            tag("a", say(data.language, "To place and settings"), href="#top", class_="skip"),
            tag(
                "div",
                tag("p", _day(data), tag("span", f" · {_place(data)}", class_="place")),
                outing_chooser(data),
                class_="when",
            ),
            class_="words",
        ),
        looks_markup(data),
        tag("div", umbrella_line(data), feels_strip(data), class_="facts"),
        class_="answer",
        aria_labelledby="answer",
    )


def first_screen_style() -> str:
    """The style of the section, of its choice of outings, and of the week."""
    folder = resources.files(__package__)
    names = ("first_screen.css", "outing_chooser.css")
    return "".join((folder / name).read_text("utf-8") for name in names)


def _day(data: PageData) -> str:
    day = data.choices.day or ""
    name = long_date(data.language, date.fromisoformat(day))
    if day == data.station.get("today"):
        return say(data.language, "Today, {date}", date=name)
    return name


def _place(data: PageData) -> str:
    return named(data.language, data.station)
