"""The days to choose from: weather, lowest and highest temperature, and the outfit in miniature."""

from datetime import date
from typing import Any

from wearcast.serving.dashboard.icon_markup import garment, sky_of_day
from wearcast.serving.dashboard.markup import Markup, hidden, tag
from wearcast.serving.dashboard.page_data import Answers
from wearcast.serving.dashboard.words import degrees, long_date, say, weekday_short

_TOPS = ("outer", "mid", "base")


def strip(answers: Answers) -> Markup:
    """A link for each day."""
    days = [tag("li", _day(answers, day)) for day in answers.latest["days"]]
    return tag("nav", tag("ol", days), class_="strip", aria_label=say(answers.language, "Days"))


def _day(answers: Answers, day: Any) -> Markup:
    language, letter, on = answers.language, answers.letter, date.fromisoformat(day["date"])
    low, high = day[f"temp_min_{letter}"]["p50"], day[f"temp_max_{letter}"]["p50"]
    # The previous release's API doesn't say which day is today.
    today = day["date"] == answers.station.get("today")
    return tag(
        "a",
        tag(
            "span",
            say(language, "Today") if today else weekday_short(language, on),
            class_="weekday",
            aria_hidden="true",
        ),
        hidden(long_date(language, on)),
        tag("span", f"{on.month}/{on.day}", class_="date", aria_hidden="true"),
        tag("span", sky_of_day(answers, day), class_="sky"),
        tag(
            "span",
            tag(
                "span",
                hidden(say(language, "highest")),
                _value(high, "temp_max", day["date"]),
                class_="high",
            ),
            tag(
                "span",
                hidden(say(language, "lowest")),
                _value(low, "temp_min", day["date"]),
                class_="low",
            ),
            class_="range",
        ),
        tag("span", _miniature(answers, day["date"]), class_="miniature"),
        href=answers.choices.query(day=day["date"]),
        id=f"day-{day['date']}",
        aria_current="date" if day["date"] == answers.choices.day else None,
    )


def _value(value: float, name: str, on: str) -> Markup:
    return tag("span", degrees(value), data_value=name, data_date=on)


def _miniature(answers: Answers, on: str) -> list[Markup]:
    """What others see of the outfit: the outermost piece, the legs, the shoes; all of it for those
    who listen."""
    advice = answers.week.get(on)
    if advice is None:
        return []
    pieces = advice["outfit"]["pieces"]
    layers = {piece["layer"]: piece for piece in reversed(pieces)}
    top = next((layers[layer] for layer in _TOPS if layer in layers), None)
    seen = [piece for piece in (top, layers.get("legs"), layers.get("feet")) if piece]
    names = ", ".join(piece["name"] for piece in pieces)
    return [*(garment(piece["id"], piece["layer"]) for piece in seen), hidden(names)]
