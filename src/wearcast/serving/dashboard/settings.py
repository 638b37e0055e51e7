"""The settings, as a form whose fields are the address's query: without a script it still works."""

from wearcast.serving.dashboard.answers import Answers
from wearcast.serving.dashboard.choices import ACTIVITIES, LANGUAGES, SENSITIVITIES, UNITS, Choices, Language
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.words import activity, hour_of_day, named, say, sensitivity


def form(answers: Answers | None, choices: Choices, language: Language) -> Markup:
    """The form of all settings but the day, the style and the tab, which are links."""
    kept = {"day": choices.day, "style": choices.style, "tab": choices.tab}
    shown = answers.choices.station if answers else choices.station
    stations = [(s["id"], named(language, s)) for s in (answers.stations if answers else ()) if s["days"]]
    return tag(
        "form",
        [tag("input", type="hidden", name=name, value=value) for name, value in kept.items() if value],
        _select("station", say(language, "Station"), stations, shown or ""),
        _select("sensitivity", say(language, "I feel cold"), [(s, sensitivity(language, s)) for s in SENSITIVITIES], choices.sensitivity),
        _select("activity", say(language, "Activity"), [(a, activity(language, a)) for a in ACTIVITIES], choices.activity),
        _select("wake", say(language, "Out from"), [(str(h), hour_of_day(h)) for h in range(24)], str(choices.wake)),
        _select("sleep", say(language, "In from"), [(str(h), hour_of_day(h)) for h in range(25)], str(choices.sleep)),
        _select("units", say(language, "Units"), list(zip(UNITS, ("°C", "°F"), strict=True)), choices.units),
        _select("lang", say(language, "Language"), list(zip(LANGUAGES, ("English", "한국어"), strict=True)), language),
        id="settings",
        method="get",
    )


def _select(name: str, label: str, options: list[tuple[str, str]], chosen: str) -> Markup:
    found = [tag("option", text, value=value, selected=value == chosen) for value, text in options]
    return tag("label", tag("span", label), tag("select", found, name=name, id=f"set-{name}"))
