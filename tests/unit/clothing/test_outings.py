"""Several outings: their hours, their dates, and what is told on each way."""

from datetime import date, datetime
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.synthetic_snapshots import NEWARK, varied
from unit.clothing.texts import text_of
from wearcast.clothing.advice import advise, day_advice
from wearcast.clothing.outings import begins_outing, for_hours, outing_dates
from wearcast.clothing.required_insulation import Needs
from wearcast.clothing.settings import Settings
from wearcast.clothing.target_day import target_day
from wearcast.clothing.timeline import ChangeKind, spans
from wearcast.config import checked
from wearcast.errors import ConfigError
from wearcast.vocabulary import Exposure

DAY = date(2024, 4, 11)
COMMUTE = Settings(out="8-9,18-19")


def hours_told(advice):
    return [(step.at.day, step.at.hour) for step in advice.timeline]


def dates_of(settings):
    local = np.datetime64("2024-04-11", "h") + np.arange(48)
    dates = outing_dates(local, settings)
    return {
        str(on): (local[dates == on] - np.datetime64(on, "h")).astype(int).tolist()
        for on in np.unique(dates[~np.isnat(dates)])
    }


@given(st.integers(0, 23), st.integers(0, 24))
def test_one_outing_is_the_hours_from_wake_to_sleep(wake, sleep):
    if wake in (sleep, sleep - 24):
        return
    one = Settings(wake=wake, sleep=sleep)
    same = Settings(out=f"{wake}-{sleep}")
    assert dates_of(one) == dates_of(same)
    assert (one.last_hour, one.out_h) == (same.last_hour, same.out_h)


def test_the_hours_of_a_day_are_those_of_all_its_outings():
    assert dates_of(COMMUTE) == {"2024-04-11": [8, 18], "2024-04-12": [8, 18]}
    assert (COMMUTE.last_hour, COMMUTE.out_h) == (18, 2)


def test_what_goes_on_after_midnight_belongs_to_the_day_before():
    assert dates_of(Settings(out="8-9,22-2")) == {
        "2024-04-10": [24, 25],
        "2024-04-11": [8, 22, 23, 24, 25],
        "2024-04-12": [8, 22, 23],
    }


def test_a_day_is_told_in_the_hours_of_its_outings_alone(snapshot):
    told = day_advice(snapshot(), "108", DAY, Settings(out="8-9,12-13,22-2"))
    assert hours_told(told) == [(11, 8), (11, 12), (11, 22), (11, 23), (12, 0), (12, 1)]


@pytest.mark.parametrize(
    ("issued_at", "on", "out", "hours"),
    [
        ("2024-03-08T15", date(2024, 3, 10), "1-4,8-9", [1, 3, 8]),
        ("2024-03-08T15", date(2024, 3, 9), "8-9,23-4", [8, 23, 0, 1, 3]),
        ("2024-11-01T12", date(2024, 11, 3), "1-2,8-9", [1, 1, 8]),
        ("2024-11-01T12", date(2024, 11, 2), "8-9,23-3", [8, 23, 0, 1, 1, 2]),
    ],
)
def test_an_outing_in_which_the_clocks_change_is_an_hour_shorter_or_longer(
    issued_at, on, out, hours
):
    told = day_advice(varied(NEWARK, issued_at), "EWR", on, Settings(out=out))
    assert [step.at.hour for step in told.timeline] == hours


def test_an_outing_of_three_hours_is_one_for_hours_whatever_the_exposure():
    local = np.datetime64("2024-04-11", "h") + np.arange(24)
    for exposure in Exposure:
        long_and_short = Settings(out="8-10,13-16,22-2", exposure=exposure)
        out = ~np.isnat(outing_dates(local, long_and_short))
        told = for_hours(local, long_and_short)
        assert np.flatnonzero(told & out).tolist() == [0, 1, 13, 14, 15, 22, 23]


@pytest.mark.parametrize("exposure", Exposure)
def test_without_outings_the_exposure_says_whether_it_is_for_hours(exposure):
    local = np.datetime64("2024-04-11", "h") + np.arange(24)
    told = for_hours(local, Settings(exposure=exposure))
    assert (told == (exposure is Exposure.HOURS)).all()


def test_hours_for_hours_in_the_frost_ask_for_more(day):
    needs = Needs.of(day(-10.0), Settings(out="8-9,12-16"))
    np.testing.assert_allclose(needs.hourly_clo, [1.748, *[2.127] * 4], atol=0.01)
    assert needs.for_hours.tolist() == [False, True, True, True, True]
    assert needs.new_outing.tolist() == [True, True, False, False, False]


def test_an_outing_begins_after_a_gap_and_not_at_midnight():
    local = np.array([f"2024-04-{at}" for at in ("11T08", "11T22", "11T23", "12T00", "12T01")])
    hours = local.astype("datetime64[h]")
    assert begins_outing(hours, Settings(out="8-9,22-2")).tolist() == [True, True, *[False] * 3]
    assert begins_outing(hours, Settings(wake=8, sleep=2)).tolist() == [True, *[False] * 4]


def test_a_later_way_says_what_to_go_without_and_the_first_what_is_not_on_yet(snapshot):
    made = snapshot(low=0, high=18, spread=0)
    told = day_advice(made, "108", DAY, Settings(out="6-8,13-16,20-23"))
    assert {step.at.hour: step.change.kind for step in told.timeline if step.change}[13] is (
        ChangeKind.GO_WITHOUT
    )
    noon = told.timeline[2]
    off = {piece.garment.id for piece in told.pieces} - set(noon.worn)
    assert {garment.id for garment in noon.change.garments} == off
    assert text_of(told).changes[2].startswith("only carry: ")


def test_a_later_way_in_the_whole_outfit_says_what_to_put_on_again(snapshot):
    made = snapshot(low=10, high=24, spread=0)
    told = day_advice(made, "108", DAY, Settings(out="14-17,22-24,2-6"))
    again = [
        (set(step.worn) - set(before.worn), step.change)
        for before, step in pairwise(told.timeline)
        if len(step.worn) == len(told.pieces) > len(before.worn)
    ]
    for on, change in again:
        assert change.kind is ChangeKind.PUT_ON
        assert {garment.id for garment in change.garments} == on
    assert again


def test_what_is_worn_all_the_time_is_worn_in_a_span_for_each_outing(day):
    needs = Needs.of(day(5.0), Settings(out="8-9,18-20"))
    found = spans(needs.weather, np.ones(3, dtype=bool))
    assert [(span.start.hour, span.end.hour) for span in found] == [(8, 9), (18, 20)]


@pytest.mark.parametrize(
    ("hour", "out", "meant"),
    [(7, "8-9,18-19", 10), (10, "8-9,18-19", 10), (18, "8-9,18-19", 11), (23, "8-9,22-2", 10)],
)
def test_today_is_meant_until_the_last_outings_last_hour(snapshot, hour, out, meant):
    now = datetime.fromisoformat(f"2024-04-10T{hour:02}:30+09:00")
    assert target_day(snapshot(), "108", None, Settings(out=out), now) == date(2024, 4, meant)


def test_where_no_outing_has_weather_the_whole_day_is_dressed_for(day):
    weather = day(5.0)
    known = weather.at(np.arange(10, 12))
    assert len(advise(known, COMMUTE).timeline) == 2


def test_outings_stand_in_settings_as_text_and_as_their_span():
    assert COMMUTE.model_dump(mode="json")["out"] == "8-9,18-19"
    assert (COMMUTE.wake, COMMUTE.sleep) == (8, 19)
    assert Settings.model_validate(COMMUTE.model_dump(mode="json")) == COMMUTE
    assert Settings(out="") == Settings()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"out": "8"}, r"out: must be up to 4 outings .*'8' is none"),
        ({"out": 8}, r"out: must be up to 4 outings .*'8' is none"),
        ({"out": "8-9", "wake": 7}, "out is 8-9, but wake is 7 and sleep is 9; give out alone"),
    ],
)
def test_settings_refuse_outings_that_make_no_sense(given, said):
    with pytest.raises(ConfigError, match=said):
        checked(Settings, given, "the options")
