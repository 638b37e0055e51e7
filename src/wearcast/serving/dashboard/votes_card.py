"""What the viewer says of past advice, and what that has taught: buttons under the outfit, a
sentence, a switch that uses it, and a question to begin with."""

import tomllib
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from importlib import resources
from typing import Any, Final

from wearcast.messages import say, temperature_unit, tenths, unbroken, weekday, with_units
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.own_votes import VERDICTS, OwnVotes
from wearcast.serving.dashboard.page_data import PageData
from wearcast.serving.dashboard.words import hour_of_day, layer
from wearcast.variables import fahrenheit_difference
from wearcast.vocabulary import WAKE_HOURS, Language, Units

_USUALLY_WORN: Final = {
    "base": "tshirt",
    "mid": "",
    "outer": "",
    "legs": "jeans",
    "feet": "canvas_sneakers",
}
"""What is chosen before a viewer says what they wore, by layer; empty for nothing."""
_ASKED_HOUR: Final = 8


def votes_card(data: PageData, votes: OwnVotes | None) -> Markup | None:
    """The card; None where the viewer can't vote."""
    if votes is None:
        return None
    language = data.language
    return tag(
        "section",
        tag("h2", say(language, "Was it right?"), id="votes"),
        _of_the_day(data, votes) if _has_begun(data) else None,
        _told(data, votes),
        _of_yesterday(data, votes),
        _erase(language) if votes.count else None,
        tag("p", _privacy(language), class_="hint"),
        class_="votes card",
        aria_labelledby="votes",
    )


def use_switch(
    language: Language, units: Units, offset: str, *, checked: bool, form: str | None = None
) -> Markup:
    """The switch that lets advice count with an offset: a field of the settings' form, wherever it
    stands."""
    offset_c = float(offset)
    by = abs(fahrenheit_difference(offset_c) if units == "imperial" else offset_c)
    degrees = unbroken(with_units(language, f"{tenths(by)} {temperature_unit(units)}"))
    words = say(language, "Use it: dress me for {degrees} colder", degrees=degrees)
    if offset_c < 0:
        words = say(language, "Use it: dress me for {degrees} warmer", degrees=degrees)
    switch = tag(
        "input",
        type="checkbox",
        role="switch",
        name="offset",
        value=offset,
        id="use-offset",
        form=form,
        checked=checked,
    )
    return tag("label", switch, tag("span", words), class_="use")


def _has_begun(data: PageData) -> bool:
    """Whether the shown day's first hour outdoors was observed already."""
    hours = [step["at"][:16] for step in data.advice["timeline"]]
    return bool(hours) and min(hours) <= _last_observed(data)[:16]


def _last_observed(data: PageData) -> str:
    local_time: str = data.latest["observed"][-1]["local_time"]
    return local_time


def _of_the_day(data: PageData, votes: OwnVotes) -> Markup:
    """The question about the outfit above."""
    language, shown = data.language, data.choices
    day = weekday(language, date.fromisoformat(shown.day or ""))
    pieces = {"": say(language, "all of it")}
    pieces |= {piece["id"]: piece["name"] for piece in data.advice["outfit"]["pieces"]}
    said = votes.last.get((str(shown.station), str(shown.day)), "")
    which = _select(say(language, "Because of"), "piece", pieces, "")
    return tag(
        "fieldset",
        tag("legend", say(language, "On {day} the clothes above were", day=day)),
        _buttons(language, "day", said),
        which,
        class_="question",
        data_votes=shown.station,
        data_day=shown.day,
    )


def _of_yesterday(data: PageData, votes: OwnVotes) -> Markup:
    """The question about the day before, with which a viewer can begin."""
    language, station = data.language, str(data.choices.station)
    # The previous release's API doesn't say which day is today.
    today = data.station.get("today") or _last_observed(data)[:10]
    day = date.fromisoformat(today) - timedelta(days=1)
    said = votes.last.get((station, str(day)), "")
    clothes = [
        _select(layer(language, name), "worn", _garments(language, name), worn)
        for name, worn in _USUALLY_WORN.items()
    ]
    question = say(language, "What did you wear yesterday at 8, and was it right?")
    when = say(language, "Yesterday, {day}", day=weekday(language, day))
    form = tag(
        "fieldset",
        tag("legend", when),
        tag("div", _occasions(data), clothes, class_="worn"),
        _buttons(language, "yesterday", said),
        class_="question",
        data_votes=station,
        data_day=str(day),
    )
    return tag("details", tag("summary", question), form, id="yesterday-box")


def _occasions(data: PageData) -> Markup:
    """Whether the viewer wore clothes of their own, and when, or what was advised."""
    language, units = data.language, data.choices.units
    occasions = {"": say(language, "what was advised")}
    for hour in WAKE_HOURS:
        time = hour_of_day(language, units, hour)
        occasions[str(hour)] = say(language, "my own clothes, at {time}", time=time)
    return _select(say(language, "I wore"), "hour", occasions, str(_ASKED_HOUR))


def _buttons(language: Language, of: str, said: str) -> Markup:
    words = {
        "too_cold": say(language, "too cold"),
        "right": say(language, "right"),
        "too_warm": say(language, "too warm"),
    }
    buttons = [
        tag(
            "button",
            words[verdict],
            type="button",
            id=f"vote-{of}-{verdict}",
            data_verdict=verdict,
            aria_pressed="true" if verdict == said else "false",
        )
        for verdict in VERDICTS
    ]
    return tag("div", buttons, class_="verdicts")


def _select(label: str, name: str, options: Mapping[str, str], chosen: str) -> Markup:
    """A choice that stays as the viewer left it while the page changes."""
    shown = [
        tag("option", text, value=value, selected=value == chosen)
        for value, text in options.items()
    ]
    return tag("label", tag("span", label), tag("select", shown, data_vote=name))


def _told(data: PageData, votes: OwnVotes) -> Markup:
    """What the votes say, and what became of the last one."""
    language, choices = data.language, data.choices
    trouble = {
        "later": say(language, "Your vote couldn’t be kept just now. Press again in a moment."),
        "passed": say(language, "That can’t be kept: the advice or weather of then isn’t known."),
        "many": say(language, "Too many votes for now. Press again later."),
        "erasure": say(
            language, "Your votes couldn’t be erased just now. Press again in a moment."
        ),
        "full": say(language, "There is no room for more votes at present."),
    }.get(votes.trouble)
    offset = votes.offset or choices.offset
    switch = None
    if offset and (choices.offset or float(offset)):
        used = bool(choices.offset)
        switch = use_switch(language, choices.units, offset, checked=used, form="settings")
    return tag(
        "div",
        tag(
            "div",
            tag("p", votes.words, id="own-offset") if votes.words else None,
            tag("p", trouble, class_="trouble") if trouble else None,
            role="status",
        ),
        switch,
        class_="learned",
    )


def _erase(language: Language) -> Markup:
    return tag(
        "button",
        say(language, "Erase my votes"),
        type="button",
        id="erase-votes",
        data_sure=say(language, "Erase all your votes, and what they taught?"),
    )


def _privacy(language: Language) -> str:
    return say(
        language,
        "Votes have no name. The key to yours is a random number on this device, and nowhere else.",
    )


def _garments(language: Language, layer: str) -> Mapping[str, str]:
    """The names of a layer's garments by their ids."""
    key = f"name_{language}"
    garments = {id: one[key] for id, one in _wardrobe().items() if one["layer"] == layer}
    # Without any, a vote would be on what was advised.
    none = {} if layer == "base" else {"": say(language, "nothing")}
    return none | garments


@cache
def _wardrobe() -> Mapping[str, Mapping[str, Any]]:
    """The garments as the file has them: the room that reads it needs more than a kernel has."""
    file = resources.files("wearcast") / "clothing/wardrobe.toml"
    garments: Mapping[str, Mapping[str, Any]] = tomllib.loads(file.read_text("utf-8"))["garments"]
    return garments
