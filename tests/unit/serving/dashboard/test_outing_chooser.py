"""The choice of outings says the hours that the answer is for, and offers queries of the page."""

import re
from dataclasses import replace
from html import unescape

import pytest

from unit.serving.dashboard.page_answers import page_of
from wearcast.serving.dashboard.first_screen.outing_chooser import outing_chooser
from wearcast.serving.dashboard.page_query import parse_query


def chooser(language="en", units="metric", **choices):
    data = page_of({8: 20.0}, ["jeans"], language=language, units=units)
    return outing_chooser(replace(data, choices=replace(data.choices, **choices)))


def linked(markup, id):
    """The outings, and the hours without any, that a link chooses."""
    [href] = re.findall(rf'href="([^"]*)" id="{id}"', markup)
    choices, invalid = parse_query(unescape(href))
    assert invalid == ()
    return choices.out, choices.wake, choices.sleep


@pytest.mark.parametrize(
    ("choices", "english", "korean"),
    [
        ({}, "Out 7–22", "외출 7~22시"),
        ({"wake": 9, "sleep": 0}, "Out 9–24", "외출 9~24시"),
        ({"out": "8-9,18-19"}, "Out 8–9, 18–19", "외출 8~9시, 18~19시"),
        ({"out": "22-2"}, "Out 22–2", "외출 22~2시"),
        ({"units": "imperial", "out": "8-9"}, "Out 8–9 am", "외출 8~9시"),
    ],
)
def test_its_button_says_the_hours_outdoors(choices, english, korean):
    assert f'<summary id="open-outings"><span>{english}</span>' in chooser(**choices)
    assert f"<span>{korean}</span>" in chooser("ko", **choices)


def test_the_usual_outings_are_links_and_the_chosen_one_is_marked():
    markup = chooser(out="8-9,18-19", wake=9)
    assert linked(markup, "out-day") == ("", 7, 22)
    assert linked(markup, "out-work") == ("8-9,18-19", 7, 22)
    assert linked(markup, "out-school") == ("8-9,15-16", 7, 22)
    assert re.findall(r'id="([^"]*)"[^>]*aria-current', markup) == ["out-work"]
    assert re.findall(r'id="([^"]*)"[^>]*aria-current', chooser()) == ["out-day"]
    assert "aria-current" not in chooser(wake=9)


def test_each_outing_has_a_link_to_the_page_without_it():
    markup = chooser(out="8-9,18-19")
    assert linked(markup, "drop-outing-0")[0] == "18-19"
    assert linked(markup, "drop-outing-1")[0] == "8-9"
    assert 'aria-label="Remove 8–9"' in markup
    assert linked(chooser(out="12-13"), "drop-outing-0") == ("", 7, 22)
    assert "drop-outing" not in chooser(wake=9)


@pytest.mark.parametrize(
    ("choices", "hours"),
    [
        ({"out": "8-9,18-20"}, [8, 18, 19]),
        ({"out": "22-2"}, [0, 1, 22, 23]),
        ({"wake": 20, "sleep": 0}, [20, 21, 22, 23]),
    ],
)
def test_the_bar_has_24_hours_of_which_those_outdoors_are_pressed(choices, hours):
    buttons = re.findall(r"<button[^>]*data-hour=[^>]*>", chooser(**choices))
    assert len(buttons) == 24
    pressed = [index for index, one in enumerate(buttons) if 'aria-pressed="true"' in one]
    assert pressed == hours
    assert sum('tabindex="0"' in one for one in buttons) == 1
