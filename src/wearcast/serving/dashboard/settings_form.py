"""The settings, as a form whose fields are the address's query: it works without a script, too."""

from collections.abc import Sequence

from wearcast.messages import activity_title, say, temperature_unit
from wearcast.serving.dashboard.icon_markup import glyph
from wearcast.serving.dashboard.markup import Markup, screen_reader_text, tag
from wearcast.serving.dashboard.page_state import PageState
from wearcast.serving.dashboard.words import hour_of_day, named, sensitivity
from wearcast.vocabulary import (
    LANGUAGE_NAMES,
    SLEEP_HOURS,
    UNITS,
    WAKE_HOURS,
    Activity,
    Sensitivity,
)

_FORM = "settings"


def station_select(state: PageState) -> Markup:
    """The choice of a station, a field of the form though it stands elsewhere."""
    data, language = state.data, state.language
    shown = data.choices.station if data else state.choices.station
    stations = [
        (one["id"], named(language, one)) for one in (data.stations if data else ()) if one["days"]
    ]
    found = [tag("option", text, value=value, selected=value == shown) for value, text in stations]
    select = tag("select", found, name="station", id="set-station", form=_FORM)
    return tag(
        "label",
        glyph("pin"),
        screen_reader_text(say(language, "Station")),
        select,
        class_="station",
    )


def settings_form(state: PageState) -> Markup:
    """All other settings, opened by a button; the day, the style and the tab are links
    elsewhere."""
    choices, language = state.choices, state.language
    kept = {"day": choices.day, "style": choices.style, "tab": choices.tab}
    sensitivities = [(name, sensitivity(language, name)) for name in Sensitivity]
    activities = [(name, activity_title(language, name)) for name in Activity]
    return tag(
        "details",
        tag(
            "summary",
            glyph("settings"),
            tag("span", say(language, "Settings")),
            id="open-settings",
            aria_label=say(language, "Settings"),
        ),
        tag(
            "form",
            [
                tag("input", type="hidden", name=name, value=value)
                for name, value in kept.items()
                if value
            ],
            _radios(
                "sensitivity", say(language, "I feel cold …"), sensitivities, choices.sensitivity
            ),
            _radios("activity", say(language, "What I do outdoors"), activities, choices.activity),
            tag(
                "div",
                _hours("wake", say(language, "Out from"), WAKE_HOURS, choices.wake),
                _hours("sleep", say(language, "Back in at"), SLEEP_HOURS, choices.sleep),
                class_="pair",
            ),
            tag(
                "div",
                _radios(
                    "units",
                    say(language, "Units"),
                    [(units, temperature_unit(units)) for units in UNITS],
                    choices.units,
                ),
                _radios(
                    "lang",
                    say(language, "Language"),
                    list(LANGUAGE_NAMES.items()),
                    language,
                ),
                class_="pair",
            ),
            tag(
                "p",
                say(
                    language, "The address of this page keeps your settings: bookmark or share it."
                ),
                class_="hint",
            ),
            tag("noscript", tag("button", say(language, "Show"), type="submit")),
            id=_FORM,
            method="get",
            autocomplete="off",
        ),
        class_="settings",
        id="settings-box",
    )


def _radios(name: str, legend: str, options: Sequence[tuple[str, str]], chosen: str) -> Markup:
    found = [
        tag(
            "label",
            tag(
                "input",
                type="radio",
                name=name,
                value=value,
                id=f"set-{name}-{value}",
                checked=value == chosen,
            ),
            tag("span", text, lang=value if name == "lang" else None),
        )
        for value, text in options
    ]
    return tag("fieldset", tag("legend", legend), tag("div", found, class_="pills"))


def _hours(name: str, label: str, hours: range, chosen: int) -> Markup:
    found = [
        tag("option", hour_of_day(hour), value=str(hour), selected=hour == chosen) for hour in hours
    ]
    return tag("label", tag("span", label), tag("select", found, name=name, id=f"set-{name}"))
