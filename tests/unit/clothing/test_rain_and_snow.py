"""Rain and snow: what falls, when, and what keeps a person dry."""

from datetime import UTC, date
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.synthetic_snapshots import guided
from unit.clothing.texts import text_of
from wearcast.clothing.advice import advise, day_advice
from wearcast.clothing.comfort import wet_bulb_c
from wearcast.clothing.precipitation import Snow, snow_probability, snow_share
from wearcast.clothing.rain_ahead import Seasonal, When
from wearcast.clothing.settings import Settings
from wearcast.vocabulary import Activity, Precipitation, Style, precipitation_kind
from wearcast.weather.humidity import dewpoint_c

AVERAGE = Settings()
HOURS = np.arange(24)


def items(advice):
    return {carry.item for carry in advice.carry}


def carried(advice):
    """The reason of each thing to carry, in words."""
    reasons = [said.reason for said in text_of(advice).carry]
    return dict(zip([carry.item for carry in advice.carry], reasons, strict=True))


def showers(first, last, mm=1.0):
    """It rains from the first hour to the last."""
    return np.where((first <= HOURS) & (last >= HOURS), mm, 0.0)


# What falls


@pytest.mark.parametrize("rh_pct", [65.0, 70.0, 80.0, 90.0, 100.0])
def test_even_odds_of_snow_are_where_the_wet_bulb_is_between_0_and_1_degrees(rh_pct):
    temp_c = np.linspace(-5, 8, 1301)
    snow = snow_probability(temp_c, dewpoint_c(temp_c, np.full_like(temp_c, rh_pct)))
    even_c = temp_c[np.argmin(np.abs(snow - 0.5))]
    assert 0 <= wet_bulb_c(even_c, rh_pct) <= 1.1


def test_an_unknown_dew_point_puts_the_even_odds_at_1_degree():
    assert snow_probability(np.array([1.0]), np.array([np.nan])) == pytest.approx([0.5], abs=0.01)


@given(st.floats(-40, 40), st.floats(0, 30), st.floats(0.1, 5))
def test_warmer_or_moister_air_never_makes_snow_likelier(temp_c, spread, more):
    dewpoint = temp_c - spread
    snow, warmer, moister = snow_probability(
        np.array([temp_c, temp_c + more, temp_c]),
        np.array([dewpoint, dewpoint + more, min(dewpoint + more, temp_c)]),
    )
    assert warmer <= snow
    assert moister <= snow


def test_the_share_of_snow_is_that_of_the_wet_members():
    members = {
        "temp_c": np.array([[-5.0], [-5.0], [10.0]]),
        "dewpoint_c": np.full((3, 1), np.nan),
        "precip_mm": np.array([[1.0], [1.0], [0.0]]),
    }
    assert Snow.of(members).hourly_share == pytest.approx([1.0], abs=0.001)
    members["precip_mm"][:] = 0.0
    assert Snow.of(members).hourly_share == pytest.approx([2 / 3], abs=0.001)
    assert Snow.of(members).chance == 0


def test_hours_count_by_their_chance():
    chance, share = np.array([0.9, 0.1, np.nan]), np.array([1.0, 0.0, 0.0])
    assert snow_share(chance, share) == pytest.approx(0.9)
    assert snow_share(np.zeros(3), share) == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("temp_c", "kind"),
    [(-5, Precipitation.SNOW), (1, Precipitation.RAIN_OR_SNOW), (6, Precipitation.RAIN)],
)
def test_everything_told_of_a_wet_day_names_the_same_kind(day, temp_c, kind):
    told = advise(day(temp_c, dewpoint_c=temp_c - 0.5, precip_mm=1.0), AVERAGE)
    assert told.rain.kind is kind
    assert {precipitation_kind(step.snow_chance / step.rain_chance) for step in told.timeline} == {
        kind
    }
    word = {"rain": "Rain", "snow": "Snow", "rain_or_snow": "Rain or snow"}[kind]
    assert text_of(told).rain.startswith(f"{word} at any time (100 %).")
    assert carried(told)["umbrella"] == f"{word.lower()} 100 %"


# When


@pytest.mark.parametrize(
    ("precip_mm", "when", "says"),
    [
        (showers(15, 16), When.AT_SPANS, "Rain 15–17 (100 %). Take an umbrella."),
        (showers(21, 23), When.AT_SPANS, "Rain 21–22 (100 %). Take an umbrella."),
        (
            showers(8, 9) + showers(18, 19),
            When.AT_SPANS,
            "Rain 8–10, 18–20 (100 %). Take an umbrella.",
        ),
        (HOURS % 3 / 2, When.AT_TIMES, "Rain at times 7–21 (100 %). Take an umbrella."),
        (np.ones(24), When.AT_ANY_TIME, "Rain at any time (100 %). Take an umbrella."),
    ],
)
def test_it_says_when_it_rains(day, precip_mm, when, says):
    told = advise(day(15.0, precip_mm=precip_mm), AVERAGE)
    assert told.rain.when is when
    assert text_of(told).rain == says


def test_it_is_said_in_korean_too(day):
    korean = AVERAGE.model_copy(update={"language": "ko"})
    told = text_of(advise(day(15.0, precip_mm=showers(15, 16)), korean)).rain
    assert told.startswith("15~17시에 비가 올 수 있어요")
    assert told.endswith("우산을 챙기세요.")


def test_without_a_likely_hour_the_wettest_are_told(day):
    rain = np.zeros((10, 24))
    rain[np.arange(5), 13 + np.arange(5)] = 1.0
    told = advise(day(np.full((10, 24), 15.0), precip_mm=rain), AVERAGE)
    assert (told.rain.chance, told.rain.likely) == (0.5, True)
    assert [at.hour for at in told.rain.hours] == [4, 5, 6, 7, 8]  # UTC
    assert text_of(told).rain == "Rain 13–18 (50 %). Take an umbrella."


def test_unlikely_rain_isnt_spoken_of(day):
    rain = np.zeros((10, 24))
    rain[:3, 12] = 1.0
    told = advise(day(np.full((10, 24), 15.0), precip_mm=rain), AVERAGE)
    assert told.rain.chance == 0.3
    assert (told.rain.likely, told.rain.hours, told.rain.spans) == (False, (), ())
    assert text_of(told).rain == ""


def test_where_nobody_reports_rain_nothing_is_said_of_it(day):
    told = advise(day(15.0), AVERAGE)
    assert told.rain is None
    assert {step.snow_chance for step in told.timeline} == {None}


def test_rain_that_has_passed_isnt_told(snapshot):
    made = snapshot(precip_mm=0.0)
    made.observed["precip_mm"][:] = 2.0
    today = day_advice(made, "108", date(2024, 4, 10), AVERAGE.model_copy(update={"wake": 0}))
    assert {step.rain_chance for step in today.timeline if step.observed} == {1.0}
    assert today.rain.chance == 0.0


# What keeps dry


@pytest.mark.parametrize("activity", Activity)
@pytest.mark.parametrize("style", Style)
@pytest.mark.parametrize("weather", ["rain", "gusts", "wind", "snow", "snow_gusts"])
def test_who_carries_an_umbrella(day, activity, style, weather):
    person = Settings(activity=activity, style=style)
    temp_c = -5.0 if "snow" in weather else 12.0
    blowing = {
        "gusts": {"wind_ms": 8.0, "gust_ms": 16.0},
        "snow_gusts": {"wind_ms": 8.0, "gust_ms": 16.0},
        "wind": {"wind_ms": 11.0},
    }
    told = advise(
        day(temp_c, dewpoint_c=temp_c - 1, precip_mm=1.0, **blowing.get(weather, {})), person
    )
    holds_one = activity not in (Activity.CYCLING, Activity.RUNNING) and weather in ("rain", "snow")
    assert ("umbrella" in items(told)) == holds_one
    assert ("Take an umbrella." in text_of(told).rain) == holds_one
    if activity is Activity.STROLLING:
        assert ("Too windy for an umbrella." in text_of(told).rain) != holds_one
    dry = {piece.garment.id for piece in told.pieces if piece.keeps_out}
    rather_wet = activity is Activity.RUNNING
    needs_a_jacket = not holds_one and "snow" not in weather and not dry and not rather_wet
    assert ("rain_jacket" in items(told)) == needs_a_jacket


@pytest.mark.parametrize(
    ("weather", "activity", "says"),
    [
        ({}, "cycling", "rain 45 %; no hand is free for an umbrella"),
        ({"wind_ms": 5.0, "gust_ms": 13.9}, "strolling", "rain 45 %"),
        (
            {"wind_ms": 11.0},
            "strolling",
            "rain 45 %; a wind of 11 m/s turns an umbrella inside out",
        ),
        (
            {"wind_ms": 11.0, "gust_ms": 17.0},
            "strolling",
            "rain 45 %; gusts of 17 m/s turn an umbrella inside out",
        ),
    ],
)
def test_the_reason_says_why_no_umbrella(day, weather, activity, says):
    rain = np.zeros((20, 24))
    rain[:9, 12] = 1.0
    told = advise(
        day(np.full((20, 24), 26.0), precip_mm=rain, **weather), Settings(activity=activity)
    )
    assert says in carried(told).values()


def test_shoes_that_keep_dry_are_named_in_snow(day):
    told = advise(day(-3.0, dewpoint_c=-4.0, precip_mm=1.0), AVERAGE)
    shoes = next(piece for piece in told.pieces if piece.garment.layer == "feet")
    assert shoes.garment.water
    text = text_of(told)
    assert text.rain.endswith(f"Shoes that keep dry: {shoes.garment.name_en}.")
    assert "Dry feet in snow and slush." in [piece.reason for piece in text.pieces]


# Whatever is told of a garment or an hour is true in the timeline


@st.composite
def weathers(draw):
    """Fields of a day in five members, with courses, showers, gusts and unknown variables."""
    low, span = draw(st.floats(-30, 34)), draw(st.floats(0, 18))
    course = np.interp(HOURS, [0, 6, 15, 24], [low + span * 0.3, low, low + span, low + span * 0.3])
    spread = draw(st.floats(0, 6)) * np.linspace(-1, 1, 5)[:, None]
    wind = draw(st.floats(0, 14))
    wet = np.zeros((5, 24))
    for _ in range(draw(st.integers(0, 4))):
        start, members = draw(st.integers(0, 23)), draw(st.integers(1, 5))
        wet[:members, start : start + draw(st.integers(1, 8))] = draw(st.floats(0.1, 8))
    return {
        "temp_c": course + spread,
        "dewpoint_c": course + spread - draw(st.floats(0, 12)),
        "wind_ms": wind,
        "gust_ms": draw(st.sampled_from([np.nan, 1.6 * wind])),
        "cloud_pct": draw(st.sampled_from([0.0, 50.0, 100.0, np.nan])),
        "precip_mm": draw(st.sampled_from([wet, np.nan])),
        "observed_h": draw(st.sampled_from([0, 0, 12, 24])),
    }


doing = {"activity": st.sampled_from(list(Activity)), "style": st.sampled_from(list(Style))}
people = st.one_of(
    st.builds(Settings, wake=st.integers(0, 11), sleep=st.integers(12, 24), **doing),
    st.builds(Settings, out=st.sampled_from(["8-9,18-19", "7-8,12-13,17-22"]), **doing),
)


def steps_ahead(advice):
    ahead = [step for step in advice.timeline if not step.observed]
    return ahead or list(advice.timeline)


def hours_in(spans, steps):
    """The steps that lie in one of the spans."""
    return [step for step in steps if any(span.start <= step.at < span.end for span in spans)]


@given(weathers(), people)
@settings(max_examples=250, deadline=None)
def test_what_is_told_of_a_garment_is_true_in_the_timeline(day, weather, person):
    advice = advise(day(**weather), person)
    steps = steps_ahead(advice)
    warmest = next(step for step in steps if step.at == advice.warmest.at)
    removable = {piece.garment.id for piece in advice.pieces if piece.garment.removable}
    for piece in advice.pieces:
        worn = [step for step in steps if piece.garment.id in step.worn]
        match piece.reason:
            case "at_hand":
                assert worn == []
            case "all_the_time":
                assert worn == steps
            case "part_of_the_time" | "while_wet":
                assert 0 < len(worn) < len(steps)
                assert hours_in(piece.worn, steps) == worn
            case "enough_by_itself":
                assert not removable & set(warmest.worn)
            case "under_others":
                assert removable & set(warmest.worn)
        if piece.keeps_out:
            assert piece.garment.water == 2
            assert {step.valid_at for step in worn} >= set(advice.rain.hours)


@given(weathers(), people)
@settings(max_examples=250, deadline=None)
def test_what_is_told_of_layers_is_true_in_the_timeline(day, weather, person):
    advice = advise(day(**weather), person)
    steps, tip = steps_ahead(advice), advice.layering_tip
    changing = {id for one, other in product(steps, repeat=2) for id in {*one.worn} - {*other.worn}}
    if tip.garment is None:
        assert not changing
        return
    worn = [step for step in steps if tip.garment.id in step.worn]
    match tip.kind:
        case "comes_off":
            assert hours_in(tip.spans, steps) == [step for step in steps if step not in worn]
            assert steps[0] in worn
        case "take_along":
            assert hours_in(tip.spans, steps) == worn
            assert steps[0] not in worn
        case "stays_on":
            assert worn == steps
            assert not changing
        case "at_hand":
            assert worn == []
            assert not changing
    if advice.reason == "wide_range":
        assert changing


@given(weathers(), people)
@settings(max_examples=250, deadline=None)
def test_what_is_told_of_rain_is_true_in_the_timeline(day, weather, person):
    advice = advise(day(**weather), person)
    steps, rain = steps_ahead(advice), advice.rain
    if rain is None:
        assert {step.rain_chance for step in advice.timeline} == {None}
        return
    told = [step for step in steps if step.valid_at in rain.hours]
    rest = [step for step in steps if step.valid_at not in rain.hours]
    assert bool(told) == rain.likely
    assert hours_in(rain.spans, steps) == told
    if told:
        assert min(step.rain_chance for step in told) >= max(
            (step.rain_chance for step in rest), default=0
        )
    for step in advice.timeline:
        assert 0 <= step.snow_chance <= step.rain_chance
    taken = {carry.item for carry in advice.carry} & {"umbrella", "rain_jacket"}
    expected = {"umbrella": {"umbrella"}, "rain_jacket": {"rain_jacket"}}
    assert taken == expected.get(rain.protection, set())
    if rain.protection == "worn":
        assert all(rain.garment.id in step.worn for step in told)


def test_hours_are_in_utc(day):
    told = advise(day(15.0, precip_mm=showers(15, 16)), AVERAGE)
    assert {at.tzinfo for at in told.rain.hours} == {UTC}


# How far ahead


@pytest.mark.parametrize(
    ("low", "high", "what"), [(9.0, 15.0, "chance of rain"), (-9.0, -5.0, "chance of snow")]
)
def test_more_than_a_day_ahead_it_says_that_the_season_decides(snapshot, low, high, what):
    wet = snapshot(low, high, precip_mm=1.0)
    season = f"More than a day ahead, the {what} is mostly what is usual for the season."
    for on in (10, 11, 14):
        advice = day_advice(wet, "108", date(2024, 4, on), AVERAGE)
        assert advice.rain.likely
        said = text_of(advice).certainty
        assert said.endswith(season) == (on > 10)
        assert advice.rain.seasonal == (Seasonal.AFTER_A_DAY if on > 10 else None)


@pytest.mark.parametrize(
    ("low", "high", "what"), [(9.0, 15.0, "chance of rain"), (-9.0, -5.0, "chance of snow")]
)
def test_the_season_decides_only_after_the_hours_whose_rain_is_from_guidance(
    snapshot, low, high, what
):
    # Issued at 6 h on the 10th; 7 h on the 14th is 97 h ahead, on the 15th 121 h.
    wet = guided(snapshot(low, high, precip_mm=1.0), rain_reach_h=97)
    season = f"That far ahead, the {what} is mostly what is usual for the season."
    for on in (10, 11, 14, 15):
        advice = day_advice(wet, "108", date(2024, 4, on), AVERAGE)
        assert advice.rain.likely
        assert advice.rain.seasonal == (Seasonal.AFTER_GUIDANCE if on == 15 else None)
        assert text_of(advice).certainty.endswith(season) == (on == 15)
        assert "More than a day" not in text_of(advice).certainty


@pytest.mark.parametrize("rain_reach_h", [0, 24])
def test_guidance_that_says_nothing_of_a_later_days_rain_changes_nothing(snapshot, rain_reach_h):
    alone = snapshot(precip_mm=1.0)
    guidance = guided(alone, rain_reach_h=rain_reach_h)
    for on in (10, 11, 14):
        day = date(2024, 4, on)
        told = text_of(day_advice(guidance, "108", day, AVERAGE))
        assert told == text_of(day_advice(alone, "108", day, AVERAGE))


def test_a_chance_too_low_for_an_umbrella_is_not_explained(snapshot):
    advice = day_advice(snapshot(precip_mm=0.0), "108", date(2024, 4, 14), AVERAGE)
    assert not advice.rain.seasonal
    assert "season" not in text_of(advice).certainty


def test_weather_that_somebody_gives_has_no_season_to_explain(day):
    advice = advise(day(np.full(24, 12.0), precip_mm=np.full(24, 1.0)), AVERAGE)
    assert advice.rain.likely
    assert not advice.rain.seasonal
