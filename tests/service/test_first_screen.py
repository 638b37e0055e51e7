"""The first screen of a real service's answers: the same numbers as in them."""

import re
from html import unescape

import pytest

from wearcast.serving.dashboard.api_client import ApiClient
from wearcast.serving.dashboard.first_screen import first_screen, week_ahead
from wearcast.serving.dashboard.page_data import fetch_page_data
from wearcast.serving.dashboard.page_query import Choices


def values(markup, name):
    """The texts of the elements with a data-value, by its date or time."""
    found = re.findall(
        rf'data-value="{name}"(?: data-(?:at|date)="([^"]*)")?[^>]*>([^<]*)<', markup
    )
    return {key: unescape(text).replace("\u00a0", " ") for key, text in found}


def number(text):
    """A shown temperature as a number."""
    return int(text.removesuffix("°").replace("−", "-"))


@pytest.mark.parametrize("station", ["108", "EWR"])
@pytest.mark.parametrize(("language", "units"), [("en", "metric"), ("ko", "imperial")])
def test_it_shows_the_numbers_of_the_answers(cities, station, language, units):
    asked = {"station": station, "units": units, "lang": language}
    data, _ = cities.run(fetch_page_data(ApiClient(cities.client, "here"), Choices(**asked)))
    suffix = "c" if units == "metric" else "f"
    screen, week = first_screen(data), week_ahead(data)

    answer = cities.read("/recommendation/by_day", **asked)
    feels = {step["at"][:16]: round(step[f"feels_{suffix}"]) for step in answer["timeline"]}
    shown = values(screen, "feels")
    assert shown
    assert {at: number(text) for at, text in shown.items()}.items() <= feels.items()
    chance = answer["umbrella"]["chance"]
    space = "" if language == "ko" else " "
    expected = {} if chance is None else {"": f"{round(100 * chance)}{space}%"}
    assert values(screen, "umbrella.chance") == expected
    assert f"look-{screen.count('<figure') - 1}-title" in screen

    days = cities.read("/forecast/latest", station=station, units=units)["days"]
    for name in ("min", "max"):
        texts = values(week, f"week.{name}")
        near = {day["date"]: round(day[f"temp_{name}_{suffix}"]["p50"]) for day in days[:3]}
        assert {on: number(texts[on]) for on in near} == near
        assert len(texts) == len(days)
