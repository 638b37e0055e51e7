"""The frame of the page: header, settings, notices, tabs and footer, around whatever there is to show."""

from dataclasses import dataclass
from datetime import datetime

from wearcast.serving.dashboard import settings, wear
from wearcast.serving.dashboard.answers import Answers
from wearcast.serving.dashboard.choices import Choices, Language, Wrong
from wearcast.serving.dashboard.client import Kind
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.panel import Panel
from wearcast.serving.dashboard.words import age, clock, say


@dataclass(frozen=True)
class Fault:
    """What the API answers instead of a forecast, since when, and where it was asked."""

    kind: Kind
    detail: str
    status: int
    since: datetime
    where: str


@dataclass(frozen=True)
class State:
    """All that the page depends on.

    Attributes:
        choices: as the viewer made them.
        preferred: the language, unless one is chosen.
        wrong: choices that can't be met.
        answers: the last good ones.
        about: the second tab, once it was opened.
        fault: why the answers are the last ones.
    """

    choices: Choices
    preferred: Language
    wrong: tuple[Wrong, ...] = ()
    answers: Answers | None = None
    about: Panel | None = None
    fault: Fault | None = None

    @property
    def language(self) -> Language:
        """Of every text."""
        return self.choices.lang or self.preferred


def page(state: State) -> Markup:
    """The whole page."""
    language, choices = state.language, state.choices
    return tag(
        "div",
        tag("a", say(language, "To the content"), href="#content", class_="skip"),
        header(state),
        tag("div", notices(state), class_="notices", role="status"),
        tag(
            "main",
            tag("div", wear.html(state.answers) if state.answers else _nothing(state), id="wear", hidden=choices.tab != "wear"),
            tag("div", state.about.html if state.about else None, id="about", hidden=choices.tab != "about"),
            id="content",
            tabindex="-1",
        ),
        footer(state),
        id="wearcast",
        class_="wearcast",
        lang=language,
    )


def header(state: State) -> Markup:
    """Where one is, the two tabs, the age of what is shown, and the settings."""
    language, choices = state.language, state.choices
    tabs = (("wear", say(language, "What to wear")), ("about", say(language, "How good it is")))
    return tag(
        "header",
        tag("span", "Wearcast", class_="brand"),
        settings.form(state.answers, choices, language),
        tag(
            "nav",
            [
                tag("a", text, href=choices.query(tab=name), id=f"tab-{name}", aria_current="page" if name == choices.tab else None)
                for name, text in tabs
            ],
            aria_label=say(language, "Pages"),
        ),
    )


def notices(state: State) -> list[Markup]:
    """What the viewer ought to know about what is shown."""
    language = state.language
    found = []
    if state.fault:
        found.append(tag("div", tag("p", state.fault.kind), tag("button", say(language, "Try again"), id="again", type="button")))
    found += [tag("p", say(language, "There is no {name} {value}.", name=wrong.name, value=wrong.value)) for wrong in state.wrong]
    return found


def footer(state: State) -> Markup:
    """Where the weather comes from."""
    language = state.language
    if not state.answers:
        return tag("footer")
    forecast = state.answers.forecast
    return tag(
        "footer", tag("p", say(language, "Forecast by model {model} from {source}", model=forecast["model"], source=forecast["source"]))
    )


def _nothing(state: State) -> Markup:
    return tag("p", say(state.language, "There is nothing to show yet."))
