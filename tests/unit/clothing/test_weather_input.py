"""Hours of weather stand at their UTC hours, whatever a station's clocks show."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.synthetic_snapshots import varied
from wearcast.clothing.advice import day_advice, hour_advice
from wearcast.clothing.settings import Settings
from wearcast.config import Station
from wearcast.forecasting.daily import days

PLACES = {
    "Asia/Kolkata": (28.6, 77.2),
    "Asia/Kathmandu": (27.7, 85.3),
    "Australia/Adelaide": (-34.9, 138.6),
    "Asia/Tehran": (35.7, 51.4),
    "America/St_Johns": (47.6, -52.7),
    "America/New_York": (40.7, -74.0),
    "Asia/Seoul": (37.6, 127.0),
}
CHANGES = ("2024-03-08", "2024-04-05", "2024-10-04", "2024-11-01")
"""Dates shortly before the clocks change in New York and St John's, in Adelaide, and back."""

ALL_DAY = Settings(wake=0, sleep=24)


def station(zone: str) -> Station:
    latitude, longitude = PLACES[zone]
    return Station(
        id="AAA",
        name_en="A",
        name_ko="A",
        latitude=latitude,
        longitude=longitude,
        elevation_m=5,
        time_zone=zone,
    )


def clear_and_calm(made):
    """The same without clouds, wind or rain, and equally warm all the time."""
    same = {"temp_c": 12.0, "dewpoint_c": 2.0, "wind_ms": 0.5, "gust_ms": 0.5}
    same |= {"cloud_pct": 0.0, "precip_mm": 0.0}
    trajectories = {
        name: np.full_like(values, same[name]) for name, values in made.trajectories.items()
    }
    return replace(made, trajectories=trajectories)


@given(st.sampled_from(sorted(PLACES)), st.sampled_from(CHANGES), st.integers(0, 23))
@settings(max_examples=25, deadline=None)
def test_the_week_has_every_hour_of_its_dates_once_and_in_order(zone, issued_on, hour):
    made, place = varied(station(zone), f"{issued_on}T{hour:02}"), station(zone)
    known = [
        at.replace(tzinfo=UTC)
        for at in np.concatenate([made.observed_at(0), made.valid_at(0)]).tolist()
    ]
    for day in days(made, "AAA"):
        told = day_advice(made, "AAA", day.date, ALL_DAY)
        assert [step.valid_at for step in told.timeline] == [
            at for at in known if at.astimezone(place.zone).date() == day.date
        ]
        assert [step.at for step in told.timeline] == [
            step.valid_at.astimezone(place.zone).replace(tzinfo=None) for step in told.timeline
        ]


@pytest.mark.parametrize("zone", PLACES)
def test_the_sun_warms_most_at_the_hour_nearest_to_solar_noon(zone):
    """In the middle of April the sun keeps mean time: noon is at 12 h UTC less 4 minutes for each
    degree east."""
    place = station(zone)
    told = day_advice(
        clear_and_calm(varied(place, "2024-04-13T00")), "AAA", date(2024, 4, 15), ALL_DAY
    )
    warmest = (
        max(told.timeline, key=lambda step: step.feels_c)
        .at.replace(tzinfo=place.zone)
        .astimezone(UTC)
    )
    noons = [
        datetime(2024, 4, 15, 12, tzinfo=UTC) - timedelta(minutes=4 * place.longitude, days=turn)
        for turn in (-1, 0, 1)
    ]
    assert min(abs(warmest - noon) for noon in noons) <= timedelta(minutes=31)


@pytest.mark.parametrize(
    ("at", "told"),
    [("2024-11-03T05:20", "05:00"), ("2024-11-03T05:50", "05:00"), ("2024-11-03T06:20", "06:00")],
)
def test_of_the_hour_that_comes_twice_the_one_asked_for_is_told(at, told):
    # 05 UTC is the first 01:00 in New York on that day, and 06 UTC the second.
    made = varied(station("America/New_York"), "2024-11-01T12")
    [step] = hour_advice(made, "AAA", datetime.fromisoformat(f"{at}+00:00"), Settings()).timeline
    assert f"{step.valid_at:%H:%M}" == told
    assert step.at == datetime(2024, 11, 3, 1)
