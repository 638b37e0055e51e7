"""What a search shows where no station has the name: the places that it finds, and a button to ask
for each, where the site lets visitors do so."""

import re
from typing import Final

from wearcast.messages import say
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.page_data import JsonObject
from wearcast.serving.dashboard.page_state import PageState
from wearcast.serving.dashboard.wanted_places import WantedPlaces
from wearcast.serving.dashboard.words import named
from wearcast.vocabulary import Language

_PEOPLE: Final = re.compile(r", [\d,]+ people$")
_MOST: Final = 5
_FIELD: Final = "place-token"
_TOLD: Final = "place-token-told"
"""Of the operator's token."""


def places_to_ask_for(state: PageState, wanted: WantedPlaces) -> list[Markup]:
    """The places, and what may be done."""
    language = state.language
    match wanted.trouble:
        case "token":
            return _token_field(language, is_wrong=False)
        case "other token":
            return _token_field(language, is_wrong=True)
        case "often":
            told = say(language, "Too many names were looked for. Try again in some minutes.")
            return [_hint(told)]
    if wanted.places is None:
        return [_hint(say(language, "Other places can’t be looked up just now."))]
    if not wanted.places:
        return [_hint(say(language, "There is no place of that name."))]
    items = [_item(state, wanted, place) for place in wanted.places[:_MOST]]
    parts: list[Markup] = [tag("ul", items, class_="wanted")]
    told = _room(language, wanted.room)
    if state.has_wish_failed:
        told = say(language, "That didn’t work. Try again in some minutes.")
    owed = say(language, "Places by Open-Meteo.com, from GeoNames, CC BY 4.0")
    return [*parts, *[_hint(text) for text in (told, owed) if text]]


def _item(state: PageState, wanted: WantedPlaces, place: JsonObject) -> Markup:
    language = state.language
    where = _PEOPLE.sub("", place["where"])
    name = tag("b", named(language, place))
    region = tag("span", where, class_="hint")
    return tag("li", tag("div", name, " ", region), _action(state, wanted, place))


def _action(state: PageState, wanted: WantedPlaces, place: JsonObject) -> Markup | None:
    """What can be done about a place, or what became of it."""
    language, name = state.language, named(state.language, place)
    match place["state"]:
        case "forecast":
            query = state.choices.to_query(
                station=place["station"], day=None, find="", lang=language
            )
            return tag("a", say(language, "Show its forecast"), href=query)
        case "waiting":
            text = say(language, "Asked for: one of the next forecasts has it.")
        case "added":
            text = say(language, "Added: the next forecast has it.")
        case "refused":
            text = _refusal(language, place["reason"])
        case _ if wanted.room != "new":
            return None
        case _:
            return tag(
                "button",
                say(language, "Add {place}", place=name),
                type="button",
                data_ask=str(place["number"]),
                data_name=state.choices.find,
            )
    return tag("p", text)


def _refusal(language: Language, reason: str) -> str:
    match reason:
        case "source":
            return say(language, "It can’t be added: too little is known of its past weather.")
        case "model":
            return say(language, "It can’t be added: forecasts for it would be of no use.")
        case "full":
            return say(language, "It can’t be added: there is no room for another place.")
        case _:
            return say(language, "It can’t be added: this site has no weather of other places.")


def _room(language: Language, room: str) -> str:
    match room:
        case "full":
            return say(language, "There is no room for another place here.")
        case "today":
            return say(language, "No more places can be asked for today.")
        case _:
            return ""


def _token_field(language: Language, *, is_wrong: bool) -> list[Markup]:
    """The field for the operator's token: of no form, so that no address ever has it."""
    told = say(language, "No place of that name is forecast here.")
    how = say(language, "With the operator’s token you can ask for it.")
    if is_wrong:
        told, how = say(language, "This isn’t the operator’s token."), ""
    field = tag(
        "input",
        type="password",
        id=_FIELD,
        form="",
        maxlength="64",
        autocomplete="off",
        aria_invalid="true" if is_wrong else None,
        aria_describedby=_TOLD,
    )
    button = tag("button", say(language, "Use the token"), type="button", id="use-place-token")
    return [
        tag("p", f"{told} {how}".rstrip(), id=_TOLD, class_="trouble" if is_wrong else "hint"),
        tag("label", say(language, "Operator’s token"), for_=_FIELD),
        tag("div", field, button, class_="permit"),
        _hint(say(language, "It is kept while this page is open, and nowhere else.")),
    ]


def _hint(text: str) -> Markup:
    return tag("p", text, class_="hint")
