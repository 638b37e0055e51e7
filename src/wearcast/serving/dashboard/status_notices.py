"""Notices of API failures, stale forecasts and invalid choices, and what to do about them."""

from wearcast.messages import age, has_twelve_hours, say
from wearcast.serving.dashboard.icon_markup import glyph
from wearcast.serving.dashboard.markup import Markup, joined, tag
from wearcast.serving.dashboard.page_data import PageData
from wearcast.serving.dashboard.page_query import InvalidChoice
from wearcast.serving.dashboard.page_state import ApiFault, PageState
from wearcast.serving.dashboard.untrained_notice import untrained_notice
from wearcast.serving.dashboard.words import hour_of_day
from wearcast.vocabulary import Language


def status_notices(state: PageState) -> list[Markup]:
    """The notices, the most serious first."""
    notices = []
    if state.fault:
        notices.append(_fault_notice(state, state.fault))
    elif state.data and state.data.provenance["stale"]:
        notices.append(_stale_notice(state, state.data))
    if state.data and (untrained := untrained_notice(state.data)):
        notices.append(untrained)
    for choice in state.invalid_choices:
        notices.append(_invalid_choice_notice(state, choice))
    return notices


def _fault_notice(state: PageState, fault: ApiFault) -> Markup:
    language = state.language
    what, remedy = _fault_texts(language, fault)
    shown = ""
    if state.data:
        made = age(language, state.data.provenance["age_s"])
        shown = say(language, "What you see is the last forecast, made {age}.", age=made)
    return tag(
        "div",
        glyph("warning"),
        tag(
            "div",
            tag("p", tag("b", what), " ", _since(state, fault)),
            tag("p", remedy, " ", shown),
        ),
        tag("button", say(language, "Try again"), type="button", id="again", data_look=True),
        class_="notice grave",
        data_notice=fault.kind,
    )


def _since(state: PageState, fault: ApiFault) -> Markup:
    """Since when; page.js shows it in the browser's time zone, by the clock of the page."""
    language = state.language
    twelve_hours = has_twelve_hours(language, state.choices.units)
    at = tag(
        "time",
        f"{fault.since:%H:%M} UTC",
        datetime=f"{fault.since:%Y-%m-%dT%H:%M:%SZ}",
        data_local="12" if twelve_hours or language == "ko" else "24",
    )
    before, _, after = say(language, "Since {time}.", time="|").partition("|")
    return tag("span", before, at, after, class_="since")


def _fault_texts(language: Language, fault: ApiFault) -> tuple[str, str | list[Markup]]:
    """What happened, and what to do."""
    remedy = say(language, "This page keeps looking and comes back by itself.")
    match fault.kind:
        case "gone":
            what = say(language, "The forecast service can’t be reached.")
            hint = say(
                language, "If you run it yourself, this starts it: {command}", command="make serve"
            )
            return what, _with_command(remedy, hint)
        case "slow":
            return say(language, "The forecast service takes too long to answer."), remedy
        case "empty":
            what = say(language, "There is no forecast yet.")
            hint = say(
                language,
                "If you run it yourself, this publishes one: {command}",
                command="wearcast refresh",
            )
            return what, _with_command(remedy, hint)
        case "unknown":
            what = say(language, "There is no forecast of what was asked for.")
            return what, say(language, "Choose another station or day.")
        case _:
            what = say(
                language,
                "The forecast service answers with an error ({status}).",
                status=str(fault.status),
            )
            return what, remedy


def _with_command(remedy: str, hint: str) -> list[Markup]:
    """The remedy, and a command line, which phones have no use for."""
    return [joined(f"{remedy} "), tag("span", hint, class_="command")]


def _stale_notice(state: PageState, data: PageData) -> Markup:
    language = state.language
    made = age(language, data.provenance["age_s"])
    what = say(language, "This forecast is old: it was made {age}.", age=made)
    remedy = say(language, "A newer one is late. Trust it less, and look at the sky, too.")
    return tag(
        "div",
        glyph("warning"),
        tag("div", tag("p", tag("b", what)), tag("p", remedy)),
        tag("button", say(language, "Look again"), type="button", id="again", data_look=True),
        class_="notice",
        data_notice="stale",
    )


def _invalid_choice_notice(state: PageState, choice: InvalidChoice) -> Markup:
    return tag(
        "div",
        glyph("info"),
        tag("p", _invalid_choice_text(state, choice)),
        class_="notice quiet",
        data_notice="wrong",
    )


def _has_passed(state: PageState, day: str) -> bool:
    """Whether it is a day before today, and today is shown; the previous release's API doesn't say
    which day is today."""
    if not state.data:
        return False
    today = state.data.station.get("today", "")
    return bool(today) and day < today == state.data.choices.day


def _invalid_choice_text(state: PageState, choice: InvalidChoice) -> str:
    language, value = state.language, choice.value
    shown = state.data.choices if state.data else state.choices
    hours = {
        "wake": hour_of_day(language, shown.units, shown.wake),
        "sleep": hour_of_day(language, shown.units, shown.sleep),
    }
    match choice.name:
        case "station":
            return say(
                language,
                "There is no forecast for a station “{value}”, so you see the usual one.",
                value=value,
            )
        case "day" if _has_passed(state, value):
            return say(language, "That day has passed. Here is today.")
        case "day":
            return say(
                language,
                "There is no forecast for the day {value}, so you see the usual one.",
                value=value,
            )
        case "wake" | "sleep":
            return say(
                language,
                "The link says “{value}”, which isn’t an hour to choose, so you see {wake} to"
                " {sleep}.",
                value=value,
                **hours,
            )
        case "out":
            return say(
                language,
                "“{value}” isn’t a list of outings such as {example}, with hours indoors between"
                " them, so you see {wake} to {sleep}.",
                value=value,
                example="8-9,18-19",
                **hours,
            )
        case "hours":
            return say(
                language,
                "Between going out and coming back there has to be an hour, so you see {wake} to"
                " {sleep}.",
                **hours,
            )
        case _:
            return say(
                language,
                "The link says “{value}”, which isn’t among the choices, so you see the usual one.",
                value=value,
            )
