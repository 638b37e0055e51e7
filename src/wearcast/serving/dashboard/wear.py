"""The first tab: what to wear."""

from collections.abc import Mapping
from datetime import date

from wearcast.figures import hourly
from wearcast.serving.dashboard.answers import Answers
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.panel import Figure, slot
from wearcast.serving.dashboard.words import degrees, long_date, weekday_short


def html(answers: Answers) -> Markup:
    """The tab."""
    choices, letter = answers.choices, answers.letter
    language = choices.lang or "en"
    days = [
        tag(
            "a",
            weekday_short(language, date.fromisoformat(day["date"])),
            tag("span", degrees(day[f"temp_min_{letter}"]["p50"]), data_value="temp_min", data_date=day["date"]),
            tag("span", degrees(day[f"temp_max_{letter}"]["p50"]), data_value="temp_max", data_date=day["date"]),
            href=choices.query(day=day["date"]),
            aria_current="date" if day["date"] == choices.day else None,
        )
        for day in answers.latest["days"]
    ]
    pieces = [tag("li", tag("b", piece["name"]), " ", piece["reason"]) for piece in answers.advice["outfit"]["pieces"]]
    return tag(
        "div",
        tag("nav", days, class_="strip"),
        tag("h1", long_date(language, date.fromisoformat(choices.day or ""))),
        tag("p", answers.advice["why"]),
        tag("ul", pieces),
        slot("hours", 320),
    )


def figures(answers: Answers) -> Mapping[str, Figure]:
    """Its figure."""
    hours = answers.hours(answers.choices.day or "")
    return {"hours": hourly.day([hour["local_time"][11:16] for hour in hours], [answers.temperature(hour) for hour in hours])}
