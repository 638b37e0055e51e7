"""The first screen says and draws what the answer holds, in both languages."""

import re
from dataclasses import replace
from datetime import datetime

import pytest

from unit.serving.dashboard.page_answers import DAY, at, page_of
from wearcast.clothing import day_before
from wearcast.outing import read_outings
from wearcast.serving.dashboard import icons
from wearcast.serving.dashboard.first_screen import (
    day_sentence,
    feels_strip,
    first_screen,
    week_ahead,
)
from wearcast.serving.dashboard.first_screen.level import Level, level
from wearcast.serving.dashboard.first_screen.looks import looks, looks_markup
from wearcast.serving.dashboard.first_screen.miniature import outfit_miniature
from wearcast.serving.dashboard.first_screen.names import as_topic
from wearcast.serving.dashboard.first_screen.steps import span_text

HOURS = range(7, 22)
RISING = {hour: 8.0 + min(hour - 7, 6) * 3 for hour in HOURS}
"""Feels like 8 °C at 7, 26 °C from 13 on."""


def steady(temp_c, hours=HOURS):
    return dict.fromkeys(hours, temp_c)


DAYS = {
    "piece comes off": (
        (RISING, ["denim_jacket", "tshirt", "jeans", "canvas_sneakers"]),
        {"only_at": {"denim_jacket": range(7, 11)}, "wet": (15, 16), "chance": 0.7},
        "Chilly morning, warm from 12:00: a T-shirt and jeans, and the denim jacket until 11:00."
        " Umbrella 15–17.",
        "아침엔 쌀쌀하고 낮 12시부터 따뜻해져요. 반팔 티셔츠하고 청바지 차림에 청재킷은 오전"
        " 11시까지"
        " 필요해요. 우산은 15~17시에 필요해요.",
    ),
    "piece comes off and returns": (
        (RISING, ["denim_jacket", "tshirt", "jeans", "canvas_sneakers"]),
        {"only_at": {"denim_jacket": [7, 8, 9, 20, 21]}},
        "Chilly morning, warm from 12:00: a T-shirt and jeans, and the denim jacket at 7–10 and"
        " 20–22.",
        "아침엔 쌀쌀하고 낮 12시부터 따뜻해져요. 반팔 티셔츠하고 청바지 차림에 청재킷은"
        " 7~10시하고"
        " 20~22시에"
        " 필요해요.",
    ),
    "piece goes on": (
        (steady(20), ["thin_cardigan", "tshirt", "jeans"]),
        {"only_at": {"thin_cardigan": [20, 21]}},
        "Mild all day: a T-shirt and jeans, and the thin cardigan from 20:00.",
        "하루 종일 포근해요. 반팔 티셔츠하고 청바지 차림에 얇은 가디건은 오후 8시부터 필요해요.",
    ),
    "piece in three spans": (
        (steady(20), ["thin_cardigan", "tshirt", "jeans"]),
        {"only_at": {"thin_cardigan": [7, 12, 21]}},
        "Mild all day: a T-shirt and jeans, and the thin cardigan on and off.",
        "하루 종일 포근해요. 반팔 티셔츠하고 청바지 차림에 얇은 가디건은 그때그때 필요해요.",
    ),
    "no change, dry": (
        (steady(36), ["tank_top", "short_shorts", "sandals"]),
        {},
        "Very hot all day: a tank top and shorts.",
        "하루 종일 매우 더워요. 민소매하고 짧은 반바지 차림이면 돼요.",
    ),
    "cold, underwear and shirt are left out": (
        (
            steady(-12),
            ["padded_coat", "thick_sweater", "long_tshirt", "thermal_top", "jeans", "boots"],
        ),
        {},
        "Bitterly cold all day: a long padded coat, a thick sweater, jeans and winter boots.",
        "하루 종일 아주 추워요. 롱패딩, 두꺼운 니트, 청바지하고 겨울 부츠 차림이면 돼요.",
    ),
    "less cold": (
        ({7: -12.0, 8: -11.0, 9: -4.0, 10: 0.0}, ["padded_coat", "jeans"]),
        {},
        "Bitterly cold morning, less cold from 09:00: a long padded coat and jeans.",
        "아침엔 아주 춥고 오전 9시부터 덜 추워요. 롱패딩하고 청바지 차림이면 돼요.",
    ),
    "it cools": (
        ({13: 20.0, 14: 20.0, 15: 14.0, 16: 10.0, 17: 9.0}, ["field_jacket", "jeans"]),
        {},
        "Mild at first, chilly from 16:00: a field jacket and jeans.",
        "처음엔 포근하고 오후 4시부터 쌀쌀해져요. 야상하고 청바지 차림이면 돼요.",
    ),
    "snow": (
        (steady(-2), ["wool_coat", "jeans"]),
        {"wet": (7, 8), "kind": "snow", "chance": 0.9},
        "Cold all day: a wool coat and jeans. Snow 7–9: take an umbrella.",
        "하루 종일 추워요. 코트하고 청바지 차림이면 돼요. 7~9시에 눈 소식이 있어요. 우산을"
        " 챙기세요.",
    ),
    "wind, no umbrella": (
        (steady(9), ["rain_parka", "jeans"]),
        {"wet": (7, 8), "take": None, "chance": 0.9, "wind_ms": 12.0},
        "Chilly all day: a waterproof parka and jeans. Strong wind, up to 12 m/s. Rain 7–9.",
        "하루 종일 쌀쌀해요. 방수 파카하고 청바지 차림이면 돼요. 바람이 12m/s까지 강하게 불어요."
        " 7~9시에 비"
        " 소식이 있어요.",
    ),
    "rain jacket in the hand": (
        (steady(25), ["tshirt", "jeans"]),
        {"wet": (9,), "take": "rain_jacket", "kind": "rain_or_snow", "chance": 0.6},
        "Warm all day: a T-shirt and jeans. Rain or snow 9–10: hooded rain jacket.",
        "하루 종일 따뜻해요. 반팔 티셔츠하고 청바지 차림이면 돼요. 9~10시에 눈·비 소식이 있어요."
        " 모자"
        " 달린 방수"
        " 재킷을 챙기세요.",
    ),
    "outings": (
        ({8: 6.0, 18: 18.0}, ["denim_jacket", "tshirt", "jeans"]),
        {"only_at": {"denim_jacket": [8]}, "out": "8-9,18-19"},
        "Chilly at 8–9, mild at 18–19: a T-shirt and jeans, and the denim jacket at 8–9.",
        "8~9시엔 쌀쌀하고 18~19시엔 포근해요. 반팔 티셔츠하고 청바지 차림에 청재킷은 8~9시에"
        " 필요해요.",
    ),
    "three outings, two alike": (
        ({8: 6.0, 12: 18.0, 13: 19.0, 18: 18.0}, ["denim_jacket", "tshirt", "jeans"]),
        {"only_at": {"denim_jacket": [8, 18]}, "out": "8-9,12-14,18-19", "wet": [8, 12, 18]},
        "Chilly at 8–9, mild at 12–14 and 18–19: a T-shirt and jeans, and the denim jacket at 8–9"
        " and 18–19. Umbrella 8–9, 12–14, 18–19.",
        "8~9시엔 쌀쌀하고 12~14시하고 18~19시엔 포근해요. 반팔 티셔츠하고 청바지 차림에 청재킷은"
        " 8~9시하고 18~19시에 필요해요. 우산은 8~9시, 12~14시, 18~19시에 필요해요.",
    ),
    "a short outing": (
        (steady(19, [12]), ["tshirt", "jeans"]),
        {"out": "12-13"},
        "Mild at 12–13: a T-shirt and jeans.",
        "12~13시엔 포근해요. 반팔 티셔츠하고 청바지 차림이면 돼요.",
    ),
}


def plain(text):
    """Without the characters that only keep lines from ending."""
    return text.replace("\u2060", "").replace("\u00a0", " ")


@pytest.mark.parametrize("case", DAYS)
def test_the_day_in_one_sentence(case):
    (feels, wears), options, english, korean = DAYS[case]
    assert plain(day_sentence(page_of(feels, wears, **options))) == english
    assert plain(day_sentence(page_of(feels, wears, language="ko", **options))) == korean


def test_english_with_fahrenheit_has_a_twelve_hour_clock():
    data = page_of(
        RISING,
        ["denim_jacket", "tshirt", "jeans"],
        {"denim_jacket": range(7, 13)},
        units="imperial",
        wet=(11, 12),
        chance=0.5,
    )
    assert plain(day_sentence(data)) == (
        "Chilly morning, warm from 12 pm: a T-shirt and jeans, and the denim jacket until 1 pm."
        " Umbrella 11 am–1 pm."
    )


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        (8, 10, "8–10 am"),
        (11, 13, "11 am–1 pm"),
        (8, 24, "8 am–12 am"),
        (13, 14, "1–2 pm"),
        (22, 26, "10 pm–2 am"),
    ],
)
def test_a_span_by_a_twelve_hour_clock_names_each_half_where_they_differ(start, end, text):
    data = page_of(RISING, ["jeans"], units="imperial")
    start_at, end_at = (datetime.fromisoformat(at(hour)) for hour in (start, end))
    assert span_text(data, start_at, end_at) == text


def test_hours_that_have_passed_are_not_told():
    data = page_of(RISING, ["denim_jacket", "tshirt", "jeans"], {"denim_jacket": range(7, 11)})
    for step in data.advice["timeline"]:
        step["observed"] = step["at"] < at(12)
    assert plain(day_sentence(data)) == "Warm all day: a T-shirt and jeans."


def test_a_day_without_hours_outdoors_has_the_explanation_of_the_answer():
    data = page_of({}, ["tshirt"])
    assert day_sentence(data) == "why"
    assert "<figure" not in first_screen(data)


def test_a_persons_own_garment_keeps_its_name():
    own = {"id": "mine", "name": "my <b>coat</b>", "layer": "outer", "clo": 0.5}
    data = page_of(steady(9), ["jeans"], own_pieces=[own])
    assert plain(day_sentence(data)) == "Chilly all day: my <b>coat</b> and jeans."
    assert "<b>coat" not in first_screen(data)


def test_a_level_follows_the_number_that_is_shown():
    assert level(22.6) is Level.WARM
    assert level(22.4) is Level.MILD
    assert level(-10.4) is Level.COLD
    assert level(-30) is Level.BITTER


@pytest.mark.parametrize(
    ("text", "topic"), [("청재킷", "청재킷은"), ("코트", "코트는"), ("my coat", "my coat은(는)")]
)
def test_a_topic_has_the_particle_that_fits_its_last_sound(text, topic):
    assert as_topic("ko", text) == topic
    assert as_topic("en", text) == text


def worn_by_look(data):
    return [
        (look.run.start.hour, look.run.end.hour, [one["id"] for one in look.pieces])
        for look in looks(data)
    ]


def test_each_run_of_hours_in_other_clothes_is_drawn():
    data = page_of(RISING, ["denim_jacket", "tshirt"], {"denim_jacket": [7, 8, 20, 21]})
    assert worn_by_look(data) == [
        (7, 9, ["denim_jacket", "tshirt"]),
        (9, 20, ["tshirt"]),
        (20, 22, ["denim_jacket", "tshirt"]),
    ]


def test_of_many_changes_morning_midday_and_evening_are_drawn():
    data = page_of(RISING, ["denim_jacket", "tshirt"], {"denim_jacket": [7, 8, 9, 12, 18, 19, 20]})
    assert worn_by_look(data) == [
        (7, 11, ["denim_jacket", "tshirt"]),
        (11, 17, ["tshirt"]),
        (17, 22, ["denim_jacket", "tshirt"]),
    ]


def test_each_outing_is_drawn():
    data = page_of({8: 6.0, 18: 6.0}, ["denim_jacket"], out="8-9,18-19")
    assert [look.run.start.hour for look in looks(data)] == [8, 18]
    captions = re.findall(r"<figcaption[^>]*>(.*?)</figcaption>", first_screen(data))
    assert captions == ["<b>8–9</b>", "<b>18–19</b>"]


FOUR = {"out": "7-8,10-11,12-13,19-20"}


def test_of_four_outings_those_that_are_alike_are_drawn_once():
    data = page_of(steady(20, (7, 10, 12, 19)), ["hoodie", "tshirt"], {"hoodie": [7, 19]}, **FOUR)
    captions = re.findall(r"<figcaption[^>]*><b>(.*?)</b>", first_screen(data))
    assert captions == ["7–8", "10–11, 12–13", "19–20"]


@pytest.mark.parametrize(
    ("only_at", "rest"),
    [
        ({"hoodie": [7, 12]}, "19–20: as at 10–11."),
        ({"hoodie": [7, 12], "tshirt": [7, 10, 12], "dress_shirt": [19]}, "19–20: dress shirt."),
    ],
)
def test_of_four_outings_that_differ_the_last_is_told(only_at, rest):
    data = page_of(
        steady(20, (7, 10, 12, 19)), ["hoodie", "tshirt", "dress_shirt"], only_at, **FOUR
    )
    markup = first_screen(data)
    assert markup.count("<figure") == 3
    assert rest in markup


def test_the_umbrella_is_open_in_wet_hours_only_and_sunglasses_are_worn_in_the_sun_only():
    data = page_of(
        RISING,
        ["denim_jacket", "tshirt"],
        {"denim_jacket": [7, 8, 20, 21]},
        wet=(8,),
        chance=0.8,
        carry=["sunglasses"],
    )
    assert [look.umbrella for look in looks(data)] == ["open", "closed", "closed"]
    assert [look.carried for look in looks(data)] == [(), ("sunglasses",), ()]


def value(markup, name):
    """The text of an element by its data-value or its id."""
    kinds = ("data-value", "id")
    searched = [re.search(rf'{kind}="{name}"[^>]*>([^<]*)<', markup) for kind in kinds]
    found = searched[0] or searched[1]
    return found and plain(found[1])


@pytest.mark.parametrize(
    ("options", "verdict"),
    [
        ({"wet": (15, 16), "chance": 0.83}, "Umbrella 15–17"),
        ({"chance": 0.1}, "No umbrella"),
        ({"chance": None}, "Chance of rain unknown"),
        ({"wet": (9,), "take": "rain_jacket"}, "Rain jacket, no umbrella"),
        ({"wet": (9,), "take": None}, "An umbrella won’t help"),
        ({"wet": (9,), "take": None, "named": "jeans"}, "No umbrella: dressed for it"),
    ],
)
def test_the_umbrella_is_a_yes_or_no_with_its_hours_and_chance(options, verdict):
    markup = first_screen(page_of(steady(9), ["jeans"], **options))
    assert value(markup, "umbrella") == verdict
    chance = options.get("chance", 0.1)
    expected = None if chance is None else f"{round(100 * chance)} %"
    assert value(markup, "umbrella.chance") == expected


def test_the_strip_begins_now_and_compares_with_yesterday():
    markup = first_screen(page_of(RISING, ["jeans"], day_before=3.4))
    assert "<time datetime" in markup
    assert ">Now</time>" in markup
    assert value(markup, "feels") == "8°"
    assert ">3° warmer than yesterday<" in plain(markup)


@pytest.mark.parametrize(
    ("out", "hours"),
    [
        ("8-9,18-19", (8, 18)),
        ("8-12,18-22", (8, 11, 18, 21)),
        ("7-9,11-13,15-17,19-21", (7, 11, 15, 19)),
    ],
)
def test_the_strip_shows_each_outing(out, hours):
    outdoors = [hour for outing in read_outings(out) for hour in range(outing.start, outing.end)]
    markup = first_screen(page_of(steady(20, outdoors), ["jeans"], out=out))
    shown = re.findall(r'data-value="feels" data-at="[^T]*T(\d\d)', markup)
    assert shown == [f"{hour:02}" for hour in hours]


def test_an_old_forecast_has_no_now():
    data = page_of(RISING, ["jeans"])
    data.advice["forecast"]["age_s"] = 3 * 3_600
    assert ">Now<" not in first_screen(data)


def test_the_answer_is_the_first_heading_and_read_first():
    markup = first_screen(page_of(RISING, ["jeans"]))
    assert re.findall(r"<h(\d)", markup) == ["1", "2"]
    assert re.match(r'<section[^>]*><div class="words"><h1[^>]*id="answer"', markup)


def test_days_from_the_fourth_on_are_faded_and_show_ranges():
    markup = week_ahead(page_of(RISING, ["jeans"]))
    days = markup.split("<li")[1:]
    assert ['class="faded"' in day for day in days] == [False] * 3 + [True] * 4
    assert value(days[0], "week.min") == "5°"
    assert value(days[3], "week.min") == "2…8°"
    assert "From Saturday on only roughly" in markup


def test_a_late_day_is_named_about_usual_for_the_season_where_it_is():
    data = page_of(RISING, ["jeans"])
    usual_mean_c = {"2024-04-10": 9.5, "2024-04-14": 11.0, "2024-04-15": 14.0}
    days = []
    for day in data.latest["days"]:
        mean_c = usual_mean_c.get(day["date"])
        known = None if mean_c is None else {"temp_mean_c": mean_c}
        days.append({**day, "temp_mean_c": {"p50": 9.5}, "usual": known})
    named = replace(data, latest={**data.latest, "days": days})
    days = week_ahead(named).split("<li")[1:]
    assert ["usual for the season" in day for day in days] == [False] * 4 + [True, False, False]


def test_the_first_screen_is_small():
    args = (RISING, ["padded_coat", "thick_sweater", "long_tshirt", "jeans", "boots", "scarf"])
    data = page_of(*args, {"padded_coat": [7, 8, 20, 21]}, wet=(8,), chance=0.8)
    page = first_screen(data) + week_ahead(data)
    assert len(page.encode()) < 40_000
    assert DAY in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")


def test_the_miniature_shows_shoes_and_trousers_not_what_is_under_them():
    wears = ["padded_coat", "jeans", "thermal_bottoms", "wool_socks", "boots"]
    drawn = outfit_miniature(page_of(steady(-5), wears), DAY)
    assert icons.garment("boots", "feet") in drawn
    assert icons.garment("jeans", "legs") in drawn
    assert icons.garment("wool_socks", "feet") not in drawn


def test_a_figure_isnt_called_all_day_where_something_comes_off_in_between():
    outfit = ["thin_cardigan", "tshirt", "jeans"]
    steadily = str(looks_markup(page_of(steady(20), outfit)))
    assert "All day" in steadily
    on_and_off = {"thin_cardigan": [8, 12, 16]}
    assert "All day" not in str(looks_markup(page_of(steady(20), outfit, on_and_off)))


def test_a_hat_against_cold_is_not_the_suns():
    cold, warm = (steady(feels_c) for feels_c in (9, 30))
    assert [look.carried for look in looks(page_of(cold, ["wool_coat"], carry=["hat"]))] == [()]
    assert [look.carried for look in looks(page_of(warm, ["tshirt"], carry=["hat"]))] == [("hat",)]


@pytest.mark.parametrize(("difference", "words"), [(0.7, "About the same"), (1.2, "1° warmer")])
def test_the_strip_compares_as_the_advice_does(difference, words):
    assert feels_strip.ALIKE_C == day_before.ALIKE_C
    assert words in first_screen(page_of(RISING, ["jeans"], day_before=difference))


def test_the_larger_change_is_told():
    falling = {7: 15.0, 10: 19.0, 16: 3.0, 17: 3.0, 18: 3.0}
    assert "cold from 16:00" in plain(day_sentence(page_of(falling, ["jeans"])))
