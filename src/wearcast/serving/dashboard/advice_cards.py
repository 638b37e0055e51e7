"""Beside the outfit: how sure it is in words that a person understands, what to carry, and the
tips."""

from wearcast.serving.dashboard.icon_markup import carried, glyph
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.page_data import Answers
from wearcast.serving.dashboard.words import percent, say, tied

_SURE, _FAIRLY = 0.75, 0.5
_PARTS = ("too_cold", "fits", "too_warm")


def sureness(answers: Answers) -> Markup:
    """How sure the outfit is, and the other one that the forecast leaves room for."""
    language, certainty = answers.language, answers.advice["certainty"]
    bar = [tag("span", class_=name, style=f"flex-grow:{certainty[name]:.3f}") for name in _PARTS]
    names = {
        "too_cold": say(language, "Too cold"),
        "fits": say(language, "Just right"),
        "too_warm": say(language, "Too warm"),
    }
    parts = [
        tag(
            "div",
            tag("dt", names[name]),
            tag("dd", percent(certainty[name]), data_value=f"certainty.{name}"),
            class_=name,
        )
        for name in _PARTS
    ]
    second = tied(certainty["second_text"])
    return tag(
        "section",
        tag("h2", say(language, "How sure"), id="sure"),
        tag("p", _in_words(answers), class_="verdict"),
        tag("div", bar, class_="bar", aria_hidden="true"),
        tag("dl", parts, class_="parts"),
        tag("p", second, class_="hint", data_value="second") if second else None,
        class_="sure card",
        aria_labelledby="sure",
    )


def _in_words(answers: Answers) -> str:
    language, certainty = answers.language, answers.advice["certainty"]
    if certainty["fits"] >= _SURE:
        return say(language, "You can rely on it.")
    if certainty["fits"] >= _FAIRLY:
        return say(language, "It will most likely do.")
    if certainty["too_cold"] > certainty["too_warm"]:
        return say(language, "Hard to tell: have something warmer at hand.")
    return say(language, "Hard to tell: wear what you can take off.")


def carrying(answers: Answers) -> Markup:
    """What to have along."""
    language = answers.language
    things = [
        tag(
            "li",
            tag("span", carried(thing["item"]), class_="picture"),
            tag(
                "div",
                tag("h3", thing["name"], data_value="carry"),
                tag("p", tied(thing["reason"]), data_value="carry.reason"),
            ),
            data_id=thing["item"],
        )
        for thing in answers.advice["carry"]
    ]
    nothing = tag("p", say(language, "Nothing special is needed."), class_="hint")
    return tag(
        "section",
        tag("h2", say(language, "What to carry"), id="carry"),
        tag("ul", things) if things else nothing,
        class_="carry card",
        aria_labelledby="carry",
    )


def tips(answers: Answers) -> Markup:
    """When a layer may go, and what if one does something else."""
    language, told = answers.language, answers.advice["recommendations"]
    return tag(
        "section",
        tag("h2", say(language, "Tips"), id="tips"),
        tag(
            "ul",
            tag(
                "li",
                glyph("layers"),
                tag("span", tied(told["layering_tip"]), data_value="tip.layering"),
            ),
            tag(
                "li",
                glyph("clock"),
                tag("span", tied(told["activity_tip"]), data_value="tip.activity"),
            ),
        ),
        class_="tips card",
        aria_labelledby="tips",
    )
