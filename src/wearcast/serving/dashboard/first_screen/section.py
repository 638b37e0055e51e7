"""The first screen as one section, and its style."""

from datetime import date
from importlib import resources

from wearcast.messages import long_date, say
from wearcast.serving.dashboard.first_screen.feels_strip import feels_strip
from wearcast.serving.dashboard.first_screen.looks import looks_markup
from wearcast.serving.dashboard.first_screen.precipitation import umbrella_line
from wearcast.serving.dashboard.first_screen.sentence import day_sentence
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.page_data import PageData
from wearcast.serving.dashboard.words import named


def first_screen(data: PageData) -> Markup:
    """The answer for the chosen day: the sentence is its heading and comes first."""
    return tag(
        "section",
        tag(
            "div",
            tag("h1", day_sentence(data), id="answer"),
            tag("p", _where_and_when(data), class_="when"),
            class_="words",
        ),
        looks_markup(data),
        tag("div", umbrella_line(data), feels_strip(data), class_="facts"),
        class_="answer",
        aria_labelledby="answer",
    )


def first_screen_style() -> str:
    """The style of the section and of the week."""
    return (resources.files(__package__) / "first_screen.css").read_text("utf-8")


def _where_and_when(data: PageData) -> str:
    language, station = data.language, data.station
    day = data.choices.day or ""
    name = long_date(language, date.fromisoformat(day))
    if day == station.get("today"):
        name = say(language, "Today, {date}", date=name)
    place = named(language, station)
    return f"{name} · {place}"
