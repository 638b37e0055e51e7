"""The hours outdoors that the answer is for, and the choice of others: usual ones as links, and a
bar of hours for one's own."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from wearcast.messages import say
from wearcast.outing import MAX_LENGTH, MAX_OUTINGS, Outing, outings_text, read_outings
from wearcast.serving.dashboard.first_screen.steps import span_text, time_text
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.page_data import PageData
from wearcast.vocabulary import USUAL_SLEEP, USUAL_WAKE, Language

_FORM: Final = "settings"
_DAY_H: Final = 24
_HALVES: Final = (range(12), range(12, _DAY_H))
_USUAL: Final = (Outing(USUAL_WAKE, USUAL_SLEEP),)
_PRESETS: Final = {
    "day": _USUAL,
    "work": (Outing(8, 9), Outing(18, 19)),
    "school": (Outing(8, 9), Outing(15, 16)),
    "lunch": (Outing(12, 13),),
    "afternoon": (Outing(14, 17),),
    "evening": (Outing(19, 22),),
}


def outing_chooser(data: PageData) -> Markup:
    """The hours in a few words, which open the choice of others."""
    hours = say(data.language, "Out {hours}", hours=_hours_text(data, _chosen(data)))
    summary = tag("summary", tag("span", hours), id="open-outings")
    panel = tag(
        "div",
        _presets(data),
        _own_outings(data),
        _closing(data),
        class_="panel",
    )
    return tag("details", summary, panel, class_="outings", id="outings-box")


def _chosen(data: PageData) -> tuple[Outing, ...]:
    choices = data.choices
    if choices.out:
        return read_outings(choices.out)
    return (Outing(choices.wake, choices.sleep or _DAY_H),)


def _hours_text(data: PageData, outings: Sequence[Outing]) -> str:
    return ", ".join(_span_text(data, outing) for outing in outings)


def _span_text(data: PageData, outing: Outing) -> str:
    start = _time(data, outing.start)
    return span_text(data, start, start + timedelta(hours=outing.length_h))


def _time(data: PageData, hour: int) -> datetime:
    midnight = datetime.fromisoformat(data.advice["target_date"])
    return midnight + timedelta(hours=hour)


def _query(data: PageData, outings: Sequence[Outing]) -> str:
    """The page's query with these outings; the usual hours are no outings."""
    out = "" if tuple(outings) == _USUAL else outings_text(outings)
    return data.query(out=out, wake=USUAL_WAKE, sleep=USUAL_SLEEP)


def _presets(data: PageData) -> Markup:
    title = say(data.language, "When are you out?")
    links = [tag("li", _preset(data, name)) for name in _PRESETS]
    return tag("div", tag("p", title, id="outings"), tag("ul", links, aria_labelledby="outings"))


def _preset(data: PageData, name: str) -> Markup:
    outings = _PRESETS[name]
    return tag(
        "a",
        tag("b", _preset_name(data.language, name)),
        " ",
        tag("span", _hours_text(data, outings)),
        href=_query(data, outings),
        id=f"out-{name}",
        class_="preset",
        aria_current="true" if outings == _chosen(data) else None,
    )


def _preset_name(language: Language, name: str) -> str:
    return {
        "day": say(language, "All day"),
        "work": say(language, "To work and back"),
        "school": say(language, "To school and back"),
        "lunch": say(language, "Lunch break"),
        "afternoon": say(language, "Afternoon"),
        "evening": say(language, "Evening"),
    }[name]


def _own_outings(data: PageData) -> Markup:
    """The bar, the outings that are chosen, and their text; without a script there is the text
    alone."""
    language = data.language
    hint = say(language, "Or tap your first hour out, then your last.")
    told = say(language, "Out {hours}", hours=_hours_text(data, _chosen(data)))
    return tag(
        "div",
        tag("p", told, role="status", id="outings-told", data_told=told, class_="sr"),
        tag("p", hint, id="hour-bar-hint", class_="scripted"),
        _hour_bar(data),
        _removable(data),
        _text_field(data),
    )


def _hour_bar(data: PageData) -> Markup:
    """24 hours as buttons, of which Tab reaches one and arrows the others; controls.js makes an
    outing of the first and the last."""
    language = data.language
    most = str(MAX_OUTINGS)
    full = say(language, "{most} outings are the most. Remove one first.", most=most)
    # The script puts the hour in.
    then = say(language, "Out from {hour}. Now your last hour out.", hour="{hour}")
    halves = [tag("div", [_hour_button(data, hour) for hour in half]) for half in _HALVES]
    return tag(
        "div",
        halves,
        id="hour-bar",
        class_="scripted",
        role="toolbar",
        aria_labelledby="hour-bar-hint",
        data_most=most,
        data_full=full,
        data_then=then,
    )


def _hour_button(data: PageData, hour: int) -> Markup:
    is_out = any(_covers(outing, hour) for outing in _chosen(data))
    return tag(
        "button",
        str(hour),
        type="button",
        data_hour=str(hour),
        data_time=time_text(data, _time(data, hour)),
        tabindex="0" if hour == _chosen(data)[0].start else "-1",
        aria_label=_span_text(data, Outing(hour, hour + 1)),
        aria_pressed="true" if is_out else "false",
    )


def _covers(outing: Outing, hour: int) -> bool:
    return (hour - outing.start) % _DAY_H < outing.length_h


def _removable(data: PageData) -> Markup:
    """The outings, each with a link to the page without it; none where there are only the hours of
    a whole day."""
    outings = _chosen(data) if data.choices.out else ()
    links = []
    for index, outing in enumerate(outings):
        before = outings[:index]
        after = outings[index + 1 :]
        others = (before + after) or _USUAL
        removal = _removal(data, outing, others, index)
        links.append(tag("li", removal))
    # There even if empty, so that what follows stays the same element, with the focus.
    return tag("ul", links, class_="chosen", hidden=not links)


def _removal(data: PageData, outing: Outing, others: Sequence[Outing], index: int) -> Markup:
    hours = _span_text(data, outing)
    return tag(
        "a",
        hours,
        tag("span", "×", aria_hidden="true"),
        href=_query(data, others),
        id=f"drop-outing-{index}",
        aria_label=say(data.language, "Remove {hours}", hours=hours),
    )


def _text_field(data: PageData) -> Markup:
    """The outings as text, a field of the settings' form though it is outside of it."""
    language = data.language
    field = tag(
        "input",
        type="text",
        name="out",
        id="set-out",
        value=data.choices.out,
        placeholder="8-9, 18-19",
        maxlength=str(MAX_LENGTH),
        form=_FORM,
    )
    label = tag("label", tag("span", say(language, "Or type them")), field)
    show = tag("button", say(language, "Show"), type="submit", form=_FORM)
    return tag("div", label, tag("noscript", show), class_="typed")


def _closing(data: PageData) -> Markup:
    return tag(
        "button", say(data.language, "Done"), type="button", data_close=True, class_="scripted"
    )
