"""The cards beside the outfit: its certainty, what to carry, and tips."""

from wearcast.messages import say, unbroken
from wearcast.serving.dashboard.icon_markup import carried, glyph
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.page_data import JsonObject, PageData
from wearcast.serving.dashboard.words import percent_or_missing

_SURE_FROM, _LIKELY_FROM = 0.75, 0.5
_PARTS = ("too_cold", "fits", "too_warm")


def certainty_card(data: PageData) -> Markup:
    """The outfit's certainty, and the second outfit that the forecast leaves possible."""
    language, certainty = data.language, data.advice["certainty"]
    bar = [tag("span", class_=name, style=f"flex-grow:{certainty[name]:.3f}") for name in _PARTS]
    names = {
        "too_cold": say(language, "Too cold"),
        "fits": say(language, "Just right"),
        "too_warm": say(language, "Too warm"),
    }
    parts = []
    for name in _PARTS:
        chance = percent_or_missing(language, certainty[name])
        number = tag("dd", chance, data_value=f"certainty.{name}")
        parts.append(tag("div", tag("dt", names[name]), number, class_=name))
    second = unbroken(certainty["second_text"])
    return tag(
        "section",
        tag("h2", say(language, "How sure"), id="sure"),
        tag("p", _verdict(data), class_="verdict"),
        tag("p", unbroken(certainty["text"]), data_value="certainty.text"),
        tag("div", bar, class_="bar", aria_hidden="true"),
        tag("dl", parts, class_="parts"),
        tag("p", second, class_="hint", data_value="second") if second else None,
        class_="sure card",
        aria_labelledby="sure",
    )


def _verdict(data: PageData) -> str:
    language, certainty = data.language, data.advice["certainty"]
    if certainty["fits"] >= _SURE_FROM:
        return say(language, "You can rely on it.")
    if certainty["fits"] >= _LIKELY_FROM:
        return say(language, "It will most likely do.")
    if certainty["too_cold"] > certainty["too_warm"]:
        return say(language, "Hard to tell: have something warmer at hand.")
    return say(language, "Hard to tell: wear what you can take off.")


def carry_card(data: PageData) -> Markup:
    """What to carry."""
    language = data.language
    items = [_item(thing) for thing in data.advice["carry"]]
    nothing = tag("p", say(language, "Nothing special is needed."), class_="hint")
    return tag(
        "section",
        tag("h2", say(language, "What to carry"), id="carry"),
        tag("ul", items) if items else nothing,
        class_="carry card",
        aria_labelledby="carry",
    )


def _item(thing: JsonObject) -> Markup:
    item = thing["item"]
    icon = tag("span", carried(item), class_="picture")
    name = tag("h3", thing["name"], data_value="carry")
    reason = tag("p", unbroken(thing["reason"]), data_value="carry.reason")
    text = tag("div", name, reason)
    return tag("li", icon, text, data_id=item)


def tips_card(data: PageData) -> Markup:
    """Tips on layers and on other activities."""
    tips = data.advice["recommendations"]
    layering = tag("span", unbroken(tips["layering_tip"]), data_value="tip.layering")
    activity = tag("span", unbroken(tips["activity_tip"]), data_value="tip.activity")
    return tag(
        "section",
        tag("h2", say(data.language, "Tips"), id="tips"),
        tag("ul", tag("li", glyph("layers"), layering), tag("li", glyph("clock"), activity)),
        class_="tips card",
        aria_labelledby="tips",
    )
