"""The settings as a form whose fields are the page's query, which works without JavaScript, too."""

from collections.abc import Sequence

from wearcast.messages import activity_title, say, temperature_unit
from wearcast.serving.dashboard.icon_markup import glyph
from wearcast.serving.dashboard.markup import Markup, screen_reader_text, tag
from wearcast.serving.dashboard.page_state import PageState
from wearcast.serving.dashboard.place_search import place_search
from wearcast.serving.dashboard.votes_card import use_switch
from wearcast.serving.dashboard.words import exposure, named, sensitivity
from wearcast.vocabulary import (
    LANGUAGE_NAMES,
    UNITS,
    Activity,
    Exposure,
    Language,
    Sensitivity,
)

_FORM = "settings"


def station_select(state: PageState) -> Markup:
    """The choice of a station, a field of the form though it is outside of it."""
    language = state.language
    options = []
    if state.data:
        chosen = state.data.choices.station
        for station in state.data.stations:
            if station["days"]:
                id, name = station["id"], named(language, station)
                options.append(tag("option", name, value=id, selected=id == chosen))
    select = tag("select", options, name="station", id="set-station", form=_FORM)
    label = screen_reader_text(say(language, "Station"))
    return tag("label", glyph("pin"), label, select, class_="station")


def settings_form(state: PageState) -> Markup:
    """All other settings, opened by a button; the day, the style and the tab are links
    elsewhere."""
    title = say(state.language, "Settings")
    summary = tag(
        "summary", glyph("settings"), tag("span", title), id="open-settings", aria_label=title
    )
    return tag(
        "details",
        summary,
        _form(state),
        class_="settings",
        id="settings-box",
        open=bool(state.choices.find),
    )


def _form(state: PageState) -> Markup:
    language = state.language
    return tag(
        "form",
        _hidden_inputs(state),
        place_search(state),
        _person(state),
        _units_and_language(state),
        _remembered(language),
        tag("noscript", tag("button", say(language, "Show"), type="submit")),
        id=_FORM,
        method="get",
        autocomplete="off",
    )


def _remembered(language: Language) -> Markup:
    """What the viewer's device remembers, and a button to forget it."""
    hint = say(
        language,
        "This device remembers your choices for a year after your last visit. A shared link says"
        " only the place and the day.",
    )
    button = tag(
        "button",
        say(language, "Forget my choices"),
        type="button",
        id="forget",
        data_forget=True,
        data_told=say(language, "Your choices are forgotten."),
    )
    return tag("div", tag("p", hint, class_="hint"), button, class_="of-device")


def _hidden_inputs(state: PageState) -> list[Markup]:
    """The choices that are made elsewhere, so that the form's query has them, too."""
    choices = state.choices
    values = {
        "day": choices.day,
        "style": choices.style,
        "wake": str(choices.wake),
        "sleep": str(choices.sleep),
        "tab": choices.tab,
    }
    if not state.data:
        values["station"] = choices.station
        values["out"] = choices.out  # else it is the field of the outings' own choice
    return [
        tag("input", type="hidden", name=name, value=value)
        for name, value in values.items()
        if value
    ]


def _person(state: PageState) -> list[Markup | None]:
    language, choices = state.language, state.choices
    sensitivities = [(name, sensitivity(language, name)) for name in Sensitivity]
    activities = [(name, activity_title(language, name)) for name in Activity]
    feels_cold = say(language, "I feel cold …")
    does = say(language, "What I do outdoors")
    exposures = [(name, exposure(language, name)) for name in Exposure]
    is_out = say(language, "When I go out")
    return [
        _radios("sensitivity", feels_cold, sensitivities, choices.sensitivity),
        _learned(state),
        _radios("activity", does, activities, choices.activity),
        _radios("exposure", is_out, exposures, choices.exposure),
    ]


def _learned(state: PageState) -> Markup | None:
    """What counts instead of how easily the viewer says to feel cold, where they chose so; the
    switch is here where the votes' own card isn't."""
    language, choices = state.language, state.choices
    if not choices.offset:
        return None
    hint = say(language, "Instead, what your votes taught counts.")
    switch = None
    if state.votes is None or not state.data:
        switch = use_switch(language, choices.units, choices.offset, checked=True)
    return tag("div", tag("p", hint, class_="hint"), switch)


def _units_and_language(state: PageState) -> Markup:
    language = state.language
    units = [(units, temperature_unit(units)) for units in UNITS]
    languages = list(LANGUAGE_NAMES.items())
    return tag(
        "div",
        _radios("units", say(language, "Units"), units, state.choices.units),
        _radios("lang", say(language, "Language"), languages, language),
        class_="pair",
    )


def _radios(name: str, legend: str, options: Sequence[tuple[str, str]], chosen: str) -> Markup:
    radios = []
    for value, text in options:
        radios.append(_radio(name, value, text, value == chosen))
    pills = tag("div", radios, class_="pills")
    return tag("fieldset", tag("legend", legend), pills)


def _radio(name: str, value: str, text: str, checked: bool) -> Markup:
    id = f"set-{name}-{value}"
    radio = tag("input", type="radio", name=name, value=value, id=id, checked=checked)
    label = tag("span", text, lang=value if name == "lang" else None)
    return tag("label", radio, label)
