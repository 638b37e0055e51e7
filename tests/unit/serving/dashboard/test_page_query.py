"""An address and a device's memory say the choices, and nothing in them is an error."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wearcast.serving.dashboard import page_query
from wearcast.serving.dashboard.page_query import (
    Choices,
    InvalidChoice,
    names_a_station,
    parse_cookie,
    parse_query,
    place_query,
)
from wearcast.vocabulary import Activity, Exposure, Sensitivity, Style

MADE = st.builds(
    Choices,
    station=st.none() | st.from_regex(r"[A-Za-z0-9]{1,8}", fullmatch=True),
    day=st.none() | st.dates().map(str),
    style=st.sampled_from(list(Style)),
    activity=st.sampled_from(list(Activity)),
    sensitivity=st.sampled_from(list(Sensitivity)),
    exposure=st.sampled_from(list(Exposure)),
    wake=st.integers(0, 23),
    sleep=st.integers(0, 24),
    out=st.sampled_from(["", "8-9", "8-9,18-19", "7-9,12-13,22-2"]),
    offset=st.just("") | st.integers(-60, 60).map(lambda tenths: f"{tenths / 10:.1f}"),
    units=st.sampled_from(page_query.UNITS),
    lang=st.none() | st.sampled_from(page_query.LANGUAGES),
    tab=st.sampled_from(page_query.TABS),
    find=st.sampled_from(["", "강릉", "São Paulo"]),
).filter(lambda made: made.wake != made.sleep)


@given(MADE, MADE)
def test_a_query_round_trips_whatever_the_device_remembers(made, remembered):
    remembered = replace(remembered, station=None, lang=None)
    assert parse_query(made.to_query(), remembered) == (made, ())


@given(MADE)
def test_a_device_remembers_all_but_the_day_the_tab_and_the_search(made):
    remembered = replace(made, day=None, tab="wear", find="")
    assert parse_cookie(made.to_query()) == remembered


@given(
    st.text()
    | st.dictionaries(st.sampled_from([f.name for f in fields(Choices)]), st.text()).map(
        lambda d: "&".join(f"{k}={v}" for k, v in d.items())
    )
)
def test_any_query_gives_valid_choices(query):
    found, _ = parse_query(query)
    assert found.wake != found.sleep
    assert found.style in list(Style)
    assert parse_query(found.to_query()) == (found, ())
    remembered = parse_cookie(query)
    assert parse_query("", remembered) == (remembered, ())


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("?sensitivity=purple", InvalidChoice("sensitivity", "purple")),
        ("?exposure=minutes", InvalidChoice("exposure", "minutes")),
        ("?day=2013-02-30", InvalidChoice("day", "2013-02-30")),
        ("?day=20130301", InvalidChoice("day", "20130301")),
        ("?station=<b>", InvalidChoice("station", "<b>")),
        ("?wake=7.5", InvalidChoice("wake", "7.5")),
        ("?lang=xx", InvalidChoice("lang", "xx")),
        ("?wake=24", InvalidChoice("wake", "24")),
        ("?sleep=25", InvalidChoice("sleep", "25")),
        ("?wake=-1", InvalidChoice("wake", "-1")),
        ("?out=8", InvalidChoice("out", "8")),
        ("?offset=6.1", InvalidChoice("offset", "6.1")),
        ("?offset=nan", InvalidChoice("offset", "nan")),
        ("?out=8-9,9-10", InvalidChoice("out", "8-9,9-10")),
        ("?wake=9&sleep=9", InvalidChoice("hours", "9–9")),
        (f"?style={'x' * 500}", InvalidChoice("style", "x" * 40)),
    ],
)
def test_invalid_values_are_reported_and_defaults_shown(query, wrong):
    assert parse_query(query) == (Choices(), (wrong,))


def test_outings_are_put_in_order_and_replace_the_span():
    choices, invalid = parse_query("?out=18-19,+8-9&wake=9&sleep=9")
    assert (choices.out, invalid) == ("8-9,18-19", ())
    asked = choices.advice_query()
    assert asked["out"] == "8-9,18-19"
    assert not {"wake", "sleep"} & set(asked)
    assert "out" not in Choices().advice_query()


def test_the_query_counts_before_what_the_device_remembers():
    remembered = parse_cookie("units=imperial&lang=ko&style=sporty&station=108")
    choices, invalid = parse_query("?units=metric&day=2013-03-12", remembered)
    assert choices == replace(remembered, units="metric", day="2013-03-12")
    assert invalid == ()


def test_an_invalid_choice_of_the_query_leaves_what_the_device_remembers():
    remembered = parse_cookie("sensitivity=high&wake=9&sleep=20")
    choices, invalid = parse_query("?sensitivity=purple&wake=20", remembered)
    assert choices == remembered
    assert [one.name for one in invalid] == ["sensitivity", "hours"]


def test_a_span_of_the_query_replaces_remembered_outings():
    remembered = parse_cookie("out=8-9,18-19")
    assert parse_query("?wake=9", remembered)[0] == Choices(wake=9)
    assert parse_query("?units=imperial", remembered)[0].out == "8-9,18-19"


def test_invalid_values_of_a_cookie_are_left_out():
    assert parse_cookie("sensitivity=purple&wake=99&units=imperial") == Choices(units="imperial")


def test_a_query_holds_default_values_since_others_may_be_remembered():
    query = Choices(units="metric", style="casual").to_query(day="2013-03-12", lang="en")
    for part in ("units=metric", "style=casual", "day=2013-03-12", "lang=en", "wake=7"):
        assert part in query


def test_an_address_to_share_says_the_place_and_the_day():
    assert place_query("108", "2013-03-12") == "?station=108&day=2013-03-12"


def test_whether_a_query_names_a_station():
    assert names_a_station("?day=2013-03-12&station=108")
    assert not names_a_station("?day=2013-03-12&station=")
