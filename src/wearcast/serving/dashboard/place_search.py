"""The search for a place, a field of the settings' form: what it finds are links, so it works
without JavaScript, too."""

import shlex
from typing import Final

from wearcast.messages import say
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.page_data import JsonObject
from wearcast.serving.dashboard.page_query import MAX_FIND_LENGTH
from wearcast.serving.dashboard.page_state import PageState
from wearcast.serving.dashboard.places_to_ask_for import places_to_ask_for
from wearcast.serving.dashboard.words import named
from wearcast.vocabulary import LANGUAGES, Language

_FIELD: Final = "set-find"


def place_search(state: PageState) -> Markup | None:
    """The field, and what was found; nothing before there are data."""
    if not state.data:
        return None
    language = state.language
    label = tag("label", say(language, "Find a place"), for_=_FIELD)
    field = tag(
        "input",
        type="text",
        name="find",
        id=_FIELD,
        value=state.choices.find,
        placeholder=say(language, "Part of its name"),
        maxlength=str(MAX_FIND_LENGTH),
        inputmode="search",
        enterkeyhint="search",
    )
    found = tag("div", _found(state), role="status", id="found", class_="found", tabindex="-1")
    return tag("div", label, field, found, class_="find")


def _found(state: PageState) -> list[Markup] | None:
    data, language = state.data, state.language
    if data is None or data.found is None:
        return None
    if data.found:
        links = [tag("li", _link(state, station)) for station in data.found]
        return [tag("ul", links)]
    if data.wanted is not None:
        return places_to_ask_for(state, data.wanted)
    nothing = say(language, "No place of that name is forecast here.")
    command = f"wearcast stations add -- {shlex.quote(state.choices.find)}"
    hint = say(language, "If you run it yourself, this adds it: {command}", command=command)
    return [tag("p", nothing, " ", tag("span", hint, class_="command"), class_="hint")]


def _link(state: PageState, station: JsonObject) -> Markup:
    """To the page of a station: its name, and the one in the other language."""
    language = state.language
    others = _other_names(language, station)
    more = tag("span", " · ", " · ".join(others), class_="hint") if others else None
    return tag(
        "a",
        named(language, station),
        more,
        href=state.choices.to_query(station=station["id"], day=None, find="", lang=language),
        id=f"found-{station['id']}",
    )


def _other_names(language: Language, station: JsonObject) -> list[str]:
    shown = named(language, station)
    names = [named(other, station) for other in LANGUAGES]
    return [name for name in dict.fromkeys(names) if name != shown]
