"""The whole page as HTML: header with the settings, notices, the two tabs, and the footer."""

from wearcast.messages import say
from wearcast.serving.dashboard import outfit_tab
from wearcast.serving.dashboard.attribution_markup import attribution_markup
from wearcast.serving.dashboard.forecast_basis import forecast_basis
from wearcast.serving.dashboard.icon_markup import garment, glyph
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.page_query import Choices, place_query
from wearcast.serving.dashboard.page_state import PageState
from wearcast.serving.dashboard.settings_form import settings_form, station_select
from wearcast.serving.dashboard.status_notices import status_notices
from wearcast.serving.dashboard.words import named


def page_markup(state: PageState) -> Markup:
    """The whole page."""
    language = state.language
    return tag(
        "div",
        tag("div", status_notices(state), class_="notices", role="status"),
        # The answer is read first; style.css shows the header above it.
        _content(state),
        _header(state),
        _footer(state),
        tag("p", id="told", role="status"),
        id="wearcast",
        lang=language,
        data_title=page_title(state),
        data_query=state.query,
        data_day=state.data.choices.day if state.data else None,
        data_usual=Choices().to_query(),
    )


def _content(state: PageState) -> Markup:
    tab = state.choices.tab
    outfit = outfit_tab.html(state.data, state.votes) if state.data else _placeholder(state)
    scores = state.scores_tab.html if state.scores_tab else None
    return tag(
        "main",
        tag("div", outfit, id="wear", hidden=tab != "wear"),
        tag("div", scores, id="about", hidden=tab != "about"),
        id="content",
        tabindex="-1",
    )


def page_title(state: PageState) -> str:
    """The title of its window."""
    if not state.data:
        return "Wearcast"
    return f"{named(state.language, state.data.station)} – Wearcast"


def _header(state: PageState) -> Markup:
    bar = tag(
        "div",
        _brand(state),
        station_select(state),
        _refresh_button(state),
        settings_form(state),
        class_="bar",
    )
    under = tag("div", _tabs(state), _share_button(state), class_="bar under")
    return tag("header", bar, under, class_="top", id="top", tabindex="-1")


def _brand(state: PageState) -> Markup:
    return tag(
        "a",
        garment("tshirt", "base"),
        tag("span", "Wearcast"),
        href=state.choices.to_query(day=None, tab="wear", lang=state.language),
        class_="brand",
        id="home",
        aria_label="Wearcast",
    )


def _refresh_button(state: PageState) -> Markup:
    label = say(state.language, "Look for a newer forecast")
    return tag(
        "button",
        glyph("refresh"),
        type="button",
        id="refresh",
        data_look=True,
        aria_label=label,
        title=label,
    )


def _share_button(state: PageState) -> Markup | None:
    """Shares or copies the address of what is shown: its station and its day."""
    if not state.data:
        return None
    language, choices = state.language, state.data.choices
    label = say(language, "Share this day")
    return tag(
        "button",
        glyph("share"),
        type="button",
        id="share",
        class_="of-device",
        data_share=place_query(choices.station, choices.day),
        data_told=say(language, "The link is copied. It says the place and the day."),
        data_instead=say(language, "The link to this place and day:"),
        aria_label=label,
        title=label,
    )


def _tabs(state: PageState) -> Markup:
    language, choices = state.language, state.choices
    tabs = (("wear", say(language, "What to wear")), ("about", say(language, "How good it is")))
    links = [
        tag(
            "a",
            text,
            href=choices.to_query(tab=name, lang=language),
            id=f"tab-{name}",
            aria_current="page" if name == choices.tab else None,
        )
        for name, text in tabs
    ]
    return tag("nav", links, class_="tabs", aria_label=say(language, "Pages"))


def _placeholder(state: PageState) -> Markup:
    """The content without data; a notice above says why there are none."""
    title = say(state.language, "What to wear")
    text = say(state.language, "There is nothing to show yet.")
    return tag("div", tag("h1", title), tag("p", text), class_="card")


def _footer(state: PageState) -> Markup:
    """The attribution of the weather, which forecast it is, and what it is made from."""
    language, data = state.language, state.data
    if not data:
        return tag("footer", _privacy_link(state))
    issued_at = data.latest["observed"][-1]["local_time"]
    origin = say(
        language,
        "Forecast of {date}, {time}, by model {model}.",
        date=issued_at[:10],
        time=data.clock(issued_at),
        model=data.provenance["model"],
    )
    attribution = attribution_markup(language, data.provenance)
    basis = forecast_basis(data)
    return tag(
        "footer",
        tag("p", attribution),
        tag("p", f"{origin} {basis}".rstrip()),
        _privacy_link(state),
    )


def _privacy_link(state: PageState) -> Markup | None:
    """A link to the site's page about privacy, in the viewer's language."""
    if not state.privacy_url:
        return None
    url = f"{state.privacy_url}#{state.language}"
    link = tag("a", say(state.language, "Privacy"), href=url, id="privacy")
    return tag("p", link)
