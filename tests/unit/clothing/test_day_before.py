"""A day beside the one before."""

from dataclasses import replace
from datetime import date, datetime

import numpy as np
import pytest

from unit.clothing.texts import text_of
from wearcast.clothing.advice import advise, day_advice, day_choice, hour_advice
from wearcast.clothing.day_before import ClothesChange, Feeling
from wearcast.clothing.settings import Settings
from wearcast.forecasting.snapshot import OBSERVED_H

AVERAGE = Settings()
TODAY, TOMORROW, FRIDAY = (date(2024, 4, day) for day in (10, 11, 12))


def warmer_by_day(made, change_c):
    """The same snapshot, each local day warmer than the one before; the first hours are of the 8th
    of April."""
    at = made.issued_at[0] + np.arange(1 - OBSERVED_H, made.horizon_h + 1)
    day = (at + 9).astype("datetime64[D]")
    shift = (change_c * (day - day[0]).astype(int)).astype(np.float32)
    observed = dict(made.observed)
    observed["temp_c"] = observed["temp_c"] + shift[:OBSERVED_H]
    ahead = dict(made.trajectories)
    ahead["temp_c"] = ahead["temp_c"] + shift[OBSERVED_H:]
    return replace(made, observed=observed, trajectories=ahead)


@pytest.mark.parametrize("on", [TODAY, TOMORROW, FRIDAY])
@pytest.mark.parametrize(
    ("change_c", "feeling"),
    [(-3, Feeling.COLDER), (3, Feeling.WARMER), (0.5, Feeling.ALIKE), (-0.5, Feeling.ALIKE)],
)
def test_a_day_is_compared_with_the_one_before(snapshot, on, change_c, feeling):
    told = day_advice(warmer_by_day(snapshot(), change_c), "108", on, AVERAGE).day_before
    assert told.date == date.fromordinal(on.toordinal() - 1)
    assert told.feeling is feeling
    assert told.warmer_c == pytest.approx(change_c, abs=0.7)


@pytest.mark.parametrize("hours_passed", [0, 6, 12])
def test_what_it_says_to_change_is_in_the_outfit_and_wasnt_in_the_other_days(
    snapshot, hours_passed
):
    person = AVERAGE.model_copy(update={"wake": 7 - hours_passed % 7})
    for change_c in (-5, -2, 2, 5):
        told = day_advice(warmer_by_day(snapshot(), change_c), "108", TODAY, person)
        worn = {piece.garment for piece in told.pieces}
        assert set(told.day_before.swap.new) <= worn
        assert not set(told.day_before.swap.old) & worn


def test_the_same_weather_asks_for_the_same_clothes(snapshot):
    told = day_advice(snapshot(), "108", FRIDAY, AVERAGE)
    assert told.day_before.clothes is ClothesChange.SAME
    assert (
        text_of(told, TODAY).day_before
        == "It feels about the same as Thursday. The same clothes will do."
    )


@pytest.mark.parametrize(
    ("on", "today", "named"),
    [
        (TODAY, TODAY, "yesterday"),
        (TOMORROW, TODAY, "today"),
        (FRIDAY, TODAY, "Thursday"),
        (FRIDAY, FRIDAY, "yesterday"),
        (TODAY, None, "Tuesday"),
    ],
)
def test_the_day_before_is_named_by_the_readers_date(snapshot, on, today, named):
    told = day_advice(warmer_by_day(snapshot(), -3), "108", on, AVERAGE)
    assert text_of(told, today).day_before.startswith(f"It feels 3° colder than {named}. ")


@pytest.mark.parametrize(
    ("language", "units", "says"),
    [
        ("en", "metric", "It feels 5° warmer than yesterday. "),
        ("en", "imperial", "It feels 8° warmer than yesterday. "),
        ("ko", "metric", "체감온도가 어제보다 5도 높아요. "),
    ],
)
def test_differences_are_told_in_the_units_asked_for(snapshot, language, units, says):
    person = Settings(language=language, units=units)
    freezing = snapshot(low=-9, high=-3, cloud_pct=100.0)
    told = day_advice(warmer_by_day(freezing, 4), "108", TODAY, person)
    assert text_of(told, TODAY).day_before.startswith(says)


def test_a_colder_day_asks_for_more_and_a_warmer_one_for_less(snapshot):
    colder, warmer = (
        day_advice(warmer_by_day(snapshot(), change_c), "108", TODAY, AVERAGE).day_before
        for change_c in (-6, 6)
    )
    clo = [
        sum(garment.clo for garment in one.swap.new) - sum(garment.clo for garment in one.swap.old)
        for one in (colder, warmer)
    ]
    assert clo[0] > 0 > clo[1]


def test_a_day_before_that_is_hardly_known_is_left_out(snapshot):
    known, unknown = snapshot(), snapshot()
    known.observed["temp_c"][0, :27] = np.nan  # From 07:00 on the 8th to 10:00 on the 9th.
    unknown.observed["temp_c"][0, :28] = np.nan
    assert day_advice(known, "108", TODAY, AVERAGE).day_before
    assert day_advice(unknown, "108", TODAY, AVERAGE).day_before is None


def test_hours_and_plain_weather_have_no_day_before(snapshot, day):
    at = datetime.fromisoformat("2024-04-11T08:00+09:00")
    assert hour_advice(snapshot(), "108", at, AVERAGE).day_before is None
    assert advise(day(12.0), AVERAGE).day_before is None
    assert text_of(advise(day(12.0), AVERAGE)).day_before == ""


def test_a_night_out_is_compared_with_the_night_before(snapshot):
    person = Settings(wake=22, sleep=6)
    told = day_advice(warmer_by_day(snapshot(), 3), "108", TOMORROW, person).day_before
    assert told.date == TODAY
    assert told.feeling is Feeling.WARMER


def test_the_choice_of_styles_has_it_too(snapshot):
    made = snapshot()
    choice = day_choice(made, "108", TODAY, AVERAGE)
    assert choice.advice == day_advice(made, "108", TODAY, AVERAGE)
    assert choice.advice.day_before
