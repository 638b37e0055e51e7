"""The advice as a whole: it fits, it holds together, and it never says more than is known."""

import dataclasses
import math
from datetime import UTC, date, datetime
from itertools import pairwise
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unit.clothing.texts import text_of
from wearcast.clothing.advice import advise, day_advice, every_style, hour_advice
from wearcast.clothing.comfort import LINE_CLO_C
from wearcast.clothing.dressing import MARGIN_CLO
from wearcast.clothing.settings import Settings
from wearcast.clothing.timeline import ChangeKind
from wearcast.clothing.wardrobe import COVERED, builtin
from wearcast.clothing.weather_input import Weather
from wearcast.config import checked
from wearcast.errors import ConfigError, ModelError
from wearcast.forecasting.daily import days
from wearcast.vocabulary import Activity, Exposure, Sensitivity, Style

DAY = date(2024, 4, 11)
AVERAGE = Settings()

temps = st.floats(-40, 48)
winds = st.floats(0, 25)
rains = st.floats(0, 20)
people = st.builds(
    Settings,
    activity=st.sampled_from(list(Activity)),
    sensitivity=st.sampled_from(list(Sensitivity)),
    exposure=st.sampled_from(list(Exposure)),
    style=st.sampled_from(list(Style)),
    wake=st.integers(0, 11),
    sleep=st.integers(12, 24),
    units=st.sampled_from(["metric", "imperial"]),
    language=st.sampled_from(["en", "ko"]),
)


def without_nan(value):
    """Whether no number in it is NaN and no text is lost."""
    if dataclasses.is_dataclass(value):
        return all(without_nan(getattr(value, field.name)) for field in dataclasses.fields(value))
    if isinstance(value, tuple):
        return all(without_nan(part) for part in value)
    if isinstance(value, float):
        return math.isfinite(value)
    return not isinstance(value, str) or not any(
        word in value for word in ("nan", "None", "{", "}", "inf ")
    )


def said(advice):
    """All that is told of an advice."""
    return text_of(advice), advice.timeline, advice.certainty


def ids(advice):
    return {piece.garment.id for piece in advice.pieces}


@given(temps, st.floats(0, 20), winds, people)
@settings(max_examples=60, deadline=None)
def test_colder_never_means_less(day, temp_c, colder, wind_ms, person):
    assert (
        advise(day(temp_c - colder, wind_ms=wind_ms), person).clo
        >= advise(day(temp_c, wind_ms=wind_ms), person).clo
    )


@given(temps, winds, st.floats(0, 15), people)
@settings(max_examples=60, deadline=None)
def test_windier_never_means_less(day, temp_c, wind_ms, more, person):
    assert (
        advise(day(temp_c, wind_ms=wind_ms + more), person).clo
        >= advise(day(temp_c, wind_ms=wind_ms), person).clo
    )


@given(st.floats(-40, 20), winds, rains, st.floats(0, 10), people)
@settings(max_examples=60, deadline=None)
def test_rainier_never_means_less_below_20_degrees(day, temp_c, wind_ms, rain, more, person):
    drier, wetter = (
        advise(day(temp_c, wind_ms=wind_ms, precip_mm=mm), person) for mm in (rain, rain + more)
    )
    # Rainwear comes in other steps of warmth.
    assert wetter.clo >= drier.clo - 0.1


@given(temps, winds, rains, people)
@settings(max_examples=40, deadline=None)
def test_who_feels_cold_more_easily_never_gets_less(day, temp_c, wind_ms, rain, person):
    asked = [person.model_copy(update={"sensitivity": sensitivity}) for sensitivity in Sensitivity]
    clo = [advise(day(temp_c, wind_ms=wind_ms, precip_mm=rain), one).clo for one in asked]
    # Rainwear comes in other steps of warmth.
    lack = 0.1 if rain else 0.0
    assert all(warmer >= cooler - lack for cooler, warmer in pairwise(clo))


@given(temps, winds, st.floats(0, 100), people)
@settings(max_examples=40, deadline=None)
def test_who_is_more_active_never_gets_more(day, temp_c, wind_ms, cloud, person):
    asked = [person.model_copy(update={"activity": activity}) for activity in Activity]
    clo = [
        advise(day(temp_c, wind_ms=wind_ms, precip_mm=0.0, cloud_pct=cloud), one).clo
        for one in asked
    ]
    # Activities have garments of their own, so that their ladders have other steps; in the rain
    # cyclists wear rainwear, where others hold an umbrella.
    assert all(more <= less + 0.1 for less, more in pairwise(clo))


@given(temps, st.floats(0, 15), winds, rains, st.floats(0, 100), st.floats(0, 20), people)
@settings(max_examples=150, deadline=None)
def test_a_tenth_of_a_degree_is_never_more_than_a_layer(
    day, low, span, wind_ms, rain, cloud, spread, person
):
    temp_c = np.linspace(low, low + span, 24)
    fields = {
        "wind_ms": wind_ms,
        "precip_mm": rain,
        "cloud_pct": cloud,
        "dewpoint_c": temp_c - spread,
    }
    warmer, cooler = (advise(day(temp_c + more, **fields), person) for more in (0.1, 0.0))
    assert abs(warmer.clo - cooler.clo) <= 0.3


@given(
    temps,
    winds,
    people,
    st.sets(st.sampled_from(["dewpoint_c", "wind_ms", "cloud_pct", "precip_mm"])),
    st.data(),
)
@settings(max_examples=80, deadline=None)
def test_whatever_is_unknown_nothing_unknown_is_told(day, temp_c, wind_ms, person, unknown, data):
    known = {"dewpoint_c": temp_c - 5, "wind_ms": wind_ms, "cloud_pct": 40.0, "precip_mm": 0.5}
    fields = {
        key: np.full((5, 24), np.nan if key in unknown else value) for key, value in known.items()
    }
    for values in fields.values():
        values[:, data.draw(st.integers(0, 23))] = np.nan
    told = advise(day(np.full((5, 24), temp_c), **fields), person)
    assert without_nan(said(told))
    places = [place for piece in told.pieces for place in piece.garment.covers]
    assert len(places) == len(set(places))
    assert set(COVERED) <= set(places)
    assert told.certainty.fits + told.certainty.too_cold + told.certainty.too_warm == pytest.approx(
        1
    )


@pytest.mark.parametrize("temp_c", range(-40, 49, 8))
def test_there_is_advice_from_minus_40_to_48_degrees_in_every_style(snapshot, temp_c):
    made = snapshot(low=temp_c - 4, high=temp_c + 4, dewpoint_c=min(temp_c - 6, 24))
    for style, told in every_style(made, "108", DAY, AVERAGE).items():
        assert told.pieces, style
        assert told.settings.style is style
        assert without_nan(said(told))


def test_one_style_alone_is_told_as_among_all(snapshot):
    made = snapshot()
    business = AVERAGE.model_copy(update={"style": Style.BUSINESS})
    told = day_advice(made, "108", DAY, business)
    among_all = every_style(made, "108", DAY, AVERAGE)[Style.BUSINESS]
    assert among_all == dataclasses.replace(told, day_before=None)


def test_the_outfit_suits_every_hour_and_comes_off_for_the_warmest(snapshot):
    told = day_advice(snapshot(low=3, high=15), "108", DAY, AVERAGE)
    coldest, warmest = told.timeline[0], max(told.timeline, key=lambda step: step.feels_c)
    assert coldest.at.hour == 7
    assert warmest.wears_clo < coldest.wears_clo - 0.3
    for step in told.timeline:
        assert step.wears_clo == pytest.approx(step.needs_clo, abs=0.3)


def test_what_is_put_on_and_taken_off_adds_up_to_what_is_worn(snapshot):
    told = day_advice(snapshot(low=3, high=18), "108", DAY, AVERAGE)
    for before, step in zip(told.timeline, told.timeline[1:], strict=False):
        off, on = set(before.worn) - set(step.worn), set(step.worn) - set(before.worn)
        if not off | on:
            assert step.change is None
            continue
        assert {garment.id for garment in step.change.garments} == off | on
        assert step.change.kind is (ChangeKind.TAKE_OFF if off else ChangeKind.PUT_ON)
    assert any(step.change for step in told.timeline)


def test_hours_that_have_passed_are_told_as_observed_and_not_dressed_for(snapshot):
    made = snapshot(low=3, high=15)
    today = day_advice(made, "108", date(2024, 4, 10), AVERAGE.model_copy(update={"wake": 0}))
    passed = [step for step in today.timeline if step.observed]
    assert [step.at.hour for step in passed] == list(range(7))
    assert not any(step.change for step in passed)
    assert min(step.temp_c for step in passed) < min(
        step.temp_c for step in today.timeline if not step.observed
    )
    assert (
        today.needs_clo
        < day_advice(made, "108", DAY, AVERAGE.model_copy(update={"wake": 0})).needs_clo
    )


def test_a_day_that_has_passed_is_dressed_for_as_it_was(day):
    told = advise(day(10.0, observed_h=24), AVERAGE)
    assert all(step.observed for step in told.timeline)
    assert told.pieces


def test_an_hour_asks_for_itself_alone(snapshot):
    made = snapshot(low=3, high=15)
    morning, noon = (
        hour_advice(made, "108", datetime(2024, 4, day, hour, 20, tzinfo=UTC), AVERAGE)
        for day, hour in ((10, 22), (11, 6))
    )
    assert [step.at for step in morning.timeline] == [datetime(2024, 4, 11, 7)]
    assert [step.at for step in noon.timeline] == [datetime(2024, 4, 11, 15)]
    assert morning.clo > noon.clo + 0.3


def test_an_hour_outside_the_snapshot_is_refused_with_what_there_is(snapshot):
    with pytest.raises(
        ModelError,
        match=r"no forecast for 2024-05-01 at 108; there is one for 2024-04-10 to 2024-04-16",
    ):
        hour_advice(snapshot(), "108", datetime(2024, 5, 1, 3, tzinfo=UTC), AVERAGE)


def test_an_hour_without_a_zone_is_refused(snapshot):
    with pytest.raises(ModelError, match="2024-04-11 07:00:00 has no time zone"):
        hour_advice(snapshot(), "108", datetime(2024, 4, 11, 7), AVERAGE)


def test_an_hour_that_has_passed_is_told_as_observed(snapshot):
    told = hour_advice(snapshot(), "108", datetime(2024, 4, 9, 19, tzinfo=UTC), AVERAGE)
    assert [step.observed for step in told.timeline] == [True]
    assert told.pieces


def test_a_station_outside_the_snapshot_is_refused(snapshot):
    with pytest.raises(ModelError, match="no forecast for station 'JFK'"):
        day_advice(snapshot(), "JFK", DAY, AVERAGE)


def test_weather_without_any_temperature_is_refused(day):
    with pytest.raises(ModelError, match="no hour of 108 has a temperature"):
        day(np.nan)


def test_hours_without_a_temperature_are_left_out(day):
    temp_c = np.full(24, 12.0)
    temp_c[9:12] = np.nan
    told = advise(day(temp_c), AVERAGE)
    assert [step.at.hour for step in told.timeline] == [7, 8, *range(12, 22)]


def test_a_wide_forecast_is_less_sure_and_names_a_second_outfit(snapshot):
    sure = day_advice(snapshot(spread=0.5), "108", DAY, AVERAGE).certainty
    wide = day_advice(snapshot(spread=8.0), "108", DAY, AVERAGE)
    unsure = wide.certainty
    assert sure.fits > 0.8
    assert not sure.second
    assert unsure.fits < 0.6
    assert min(unsure.too_cold, unsure.too_warm) > 0.1
    assert unsure.second
    assert text_of(wide).second_tip.startswith("If it turns out")


def test_the_chances_are_those_of_a_normal_forecast_around_what_is_on(day):
    deviations = [NormalDist().inv_cdf((i + 0.5) / 50) for i in range(50)]
    advice = advise(day(10.0 + 4.0 * np.array(deviations)[:, None] + np.zeros(24)), AVERAGE)
    told, hour = advice.certainty, advice.timeline[0]
    needed = NormalDist(hour.needs_clo, 4.0 * LINE_CLO_C)
    too_cold = 1 - needed.cdf(hour.wears_clo + MARGIN_CLO)
    too_warm = needed.cdf(hour.wears_clo - MARGIN_CLO)
    assert (told.too_cold, told.too_warm) == pytest.approx((too_cold, too_warm), abs=0.03)
    assert told.fits == pytest.approx(1 - told.too_cold - told.too_warm)


def taken_off(advice):
    """The steps in which something is."""
    changes = [step.change for step in advice.timeline if step.change]
    return [change for change in changes if change.kind is ChangeKind.TAKE_OFF]


def carries(advice):
    return {carry.item: carry.chance for carry in advice.carry}


def test_an_umbrella_comes_with_its_chance(day):
    rain = np.zeros((10, 24))
    rain[:6, 12] = 2.0
    assert carries(advise(day(np.full((10, 24), 15.0), precip_mm=rain), AVERAGE)) == {
        "umbrella": 0.6
    }
    rain[3:] = 0.0
    assert carries(advise(day(np.full((10, 24), 15.0), precip_mm=rain), AVERAGE)) == {}


def test_rain_in_the_night_needs_no_umbrella(day):
    rain = np.zeros(24)
    rain[2] = 5.0
    assert carries(advise(day(15.0, precip_mm=rain), AVERAGE)) == {}


def test_a_chance_alone_brings_an_umbrella_too(day):
    assert carries(advise(day(15.0, rain_chance=0.7), AVERAGE)) == {"umbrella": 0.7}


def test_a_windproof_layer_is_worn_against_gusts(day):
    calm, gusty = (
        [piece.reason for piece in text_of(advise(weather, AVERAGE)).pieces]
        for weather in (day(3.0, wind_ms=6.0, gust_ms=gust) for gust in (np.nan, 16.0))
    )
    assert not any("gusts" in reason for reason in calm)
    assert [reason for reason in gusty if reason.endswith("Keeps out gusts of 16 m/s.")]


def test_a_hot_clear_day_brings_sunglasses_a_hat_and_water(day):
    told = advise(day(33.0, dewpoint_c=24.0, cloud_pct=0.0), AVERAGE)
    assert carries(told) == {"sunglasses": 1.0, "hat": 1.0, "water": 1.0}


def test_under_unknown_clouds_nothing_is_said_of_the_sun(day):
    assert "sunglasses" not in carries(advise(day(20.0), AVERAGE))


def test_who_is_out_for_hours_in_the_frost_is_dressed_warmer_and_in_mild_weather_the_same(day):
    for_hours = AVERAGE.model_copy(update={"exposure": Exposure.HOURS})
    assert advise(day(-10.0), for_hours).needs_clo == pytest.approx(2.127, abs=0.01)
    assert advise(day(-10.0), AVERAGE).needs_clo == pytest.approx(1.757, abs=0.01)
    assert advise(day(12.0), for_hours).clo == advise(day(12.0), AVERAGE).clo


def test_a_runner_in_the_frost_wears_gloves(day):
    told = advise(day(-12.0), AVERAGE.model_copy(update={"activity": Activity.RUNNING}))
    assert {"beanie", "gloves"} <= ids(told)
    assert not {"hat", "gloves"} & set(carries(told))


def test_what_is_worn_is_not_carried_as_well(day):
    told = advise(day(-28.0), AVERAGE)
    assert {"beanie", "gloves", "scarf"} <= ids(told)
    assert carries(told) == {}


def test_rain_keeps_wool_at_home(day):
    dry, wet = advise(day(8.0), AVERAGE), advise(day(8.0, precip_mm=2.0), AVERAGE)
    garments = builtin().garments
    assert max(garments[id].water for id in ids(dry)) < 2
    proof = [piece for piece in wet.pieces if piece.garment.water == 2 and piece.keeps_out]
    assert proof
    assert any("Keeps the rain out." in piece.reason for piece in text_of(wet).pieces)


def test_a_rain_jacket_stays_on_while_it_rains(day):
    course = np.interp(np.arange(24), [0, 6, 15, 24], [8, 6, 18, 10])
    wet, dry = (
        advise(day(course, precip_mm=2.0), AVERAGE),
        advise(day(course, precip_mm=0.0), AVERAGE),
    )
    proof = {piece.garment.id for piece in wet.pieces if piece.garment.layer == "outer"}
    assert all(proof <= set(step.worn) for step in wet.timeline)
    assert any(taken_off(dry))


def test_layers_that_come_off_are_spoken_of_only_where_some_do(day):
    bitter = advise(day(np.interp(np.arange(24), [0, 6, 15, 24], [-36, -38, -28, -34])), AVERAGE)
    assert "come off" not in text_of(bitter).why


def test_a_lone_hour_is_not_told_as_a_day(snapshot):
    told = hour_advice(snapshot(), "108", datetime(2024, 4, 10, 22, tzinfo=UTC), AVERAGE)
    reasons = [piece.reason for piece in text_of(told).pieces]
    assert not any("Keep on the whole time" in reason or " to " in reason for reason in reasons)


def test_the_four_days_of_the_docs_are_told_differently(day):
    windy = advise(day(5.0, wind_ms=10.0, precip_mm=0.0), AVERAGE)
    rainy = advise(day(12.0, wind_ms=3.0, precip_mm=1.5), AVERAGE)
    wide = advise(
        day(np.interp(np.arange(24), [0, 7, 15, 24], [6, 3, 15, 8]), wind_ms=1.0, precip_mm=0.0),
        AVERAGE,
    )
    humid = advise(day(33.0, dewpoint_c=27.0, precip_mm=0.0), AVERAGE)
    assert "a wind of 10 m/s" in text_of(windy).why
    assert "rain makes it feel like" in text_of(rainy).why
    assert "layers that come off" in text_of(wide).why
    assert "humid air" in text_of(humid).why
    assert windy.clo > advise(day(5.0), AVERAGE).clo + 0.15
    assert "umbrella" in carries(rainy)
    assert any(taken_off(wide))
    assert humid.clo < 0.45
    assert "heat" in text_of(humid).activity_tip
    assert len({frozenset(ids(told)) for told in (windy, rainy, wide, humid)}) == 4


@pytest.mark.parametrize(
    ("temp_c", "dewpoint_c", "level"),
    [(32, 20, ""), (33, 24, "heat advisory"), (36, 27, "heat warning")],
)
def test_heat_is_named_by_the_korean_mets_levels(day, temp_c, dewpoint_c, level):
    tip = text_of(advise(day(temp_c, dewpoint_c=dewpoint_c), AVERAGE)).activity_tip
    assert (level in tip) if level else ("heat" not in tip)


def test_frostbite_is_warned_of(day):
    frosty = advise(day(-20.0, wind_ms=10.0), AVERAGE)
    assert "bare skin freezes" in text_of(frosty).activity_tip


def test_fahrenheit_and_miles_are_told_throughout(day):
    imperial = AVERAGE.model_copy(update={"units": "imperial"})
    told = text_of(advise(day(5.0, wind_ms=10.0), imperial))
    texts = [told.why, *(piece.reason for piece in told.pieces)]
    assert "41 °F" in told.why
    assert "22 mph" in told.why
    assert not any("°C" in text or "m/s" in text for text in texts)


def test_korean_names_come_from_the_wardrobe(day):
    told = text_of(advise(day(0.0), AVERAGE.model_copy(update={"language": "ko"})))
    assert "롱패딩" in {piece.name for piece in told.pieces}


def test_settings_that_make_no_sense_are_refused_by_name():
    with pytest.raises(ConfigError, match=r"activity: .*'swimming'"):
        checked(Settings, {"activity": "swimming"}, "the options")
    with pytest.raises(ConfigError, match="there is no hour to dress for"):
        checked(Settings, {"wake": 8, "sleep": 8}, "the options")


def test_plain_arrays_and_a_day_of_a_snapshot_are_dressed_for_alike(snapshot):
    made = snapshot()
    told = day_advice(made, "108", DAY, AVERAGE)
    day = next(day for day in days(made, "108") if day.date == DAY)
    weather = Weather.of(
        made.stations[0],
        day.valid_at,
        **{
            key: day.members[key]
            for key in ("temp_c", "dewpoint_c", "wind_ms", "cloud_pct", "precip_mm")
        },
    )
    assert told.day_before
    assert advise(weather, AVERAGE) == dataclasses.replace(told, day_before=None)
