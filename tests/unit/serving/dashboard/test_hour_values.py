"""An hour's values in words."""

from dataclasses import replace

import pytest

from unit.serving.dashboard.page_answers import at, page_of
from wearcast.serving.dashboard.hour_values import all_values, precipitation_title, rain_text

HOUR = {
    "lead_h": 1,
    "local_time": at(12),
    "rain_chance": 0.8,
    "snow_chance": 0.1,
    "cloud_pct": {"p50": 90.0},
    "daylight": True,
    "temp_c": {"p10": -1.4, "p50": 0.2, "p90": 2.0},
    "wind_ms": {"p50": 3.0},
    "gust_ms": {"p50": 8.0},
}
OBSERVED = {
    "local_time": at(6),
    "snow_chance": 1.0,
    "cloud_pct": 90.0,
    "temp_c": -3.0,
    "precip_mm": 0.4,
    "wind_ms": 3.0,
}


def page(*hours, language="en"):
    data = page_of({12: -3.0}, ["jeans"], language=language)
    return replace(data, latest={**data.latest, "hours": hours, "observed": ()})


def test_an_hour_tells_sky_temperature_range_feeling_rain_wind_and_gusts():
    assert all_values(page(HOUR), HOUR) == [
        "rain",
        "0° (−1 … 2)",
        "Feels like −3°",
        "Rain 80\u00a0%",
        "Wind 3\u00a0m/s, gusts 8\u00a0m/s",
    ]


@pytest.mark.parametrize(
    ("snow_chance", "sky", "line"),
    [(0.1, "rain", "Rain 80 %"), (0.4, "sleet", "Rain or snow 80 %"), (0.8, "snow", "Snow 80 %")],
)
def test_what_falls_has_its_name(snow_chance, sky, line):
    hour = HOUR | {"snow_chance": snow_chance}
    lines = [one.replace("\u00a0", " ") for one in all_values(page(hour), hour)]
    assert lines[0] == sky
    assert lines[3] == line


@pytest.mark.parametrize(("snow_chance", "text"), [(0.0, "rain"), (0.5, "sleet"), (1.0, "snow")])
def test_what_fell_in_an_observed_hour_has_its_name(snow_chance, text):
    hour = OBSERVED | {"snow_chance": snow_chance}
    assert rain_text(page(hour), hour) == text
    assert rain_text(page(hour), hour | {"precip_mm": 0.0}) == "dry"


def test_hours_of_rain_and_of_snow_stand_below_both_names():
    later = HOUR | {"local_time": at(13), "snow_chance": 0.8}
    assert precipitation_title(page(HOUR)) == "Rain"
    assert precipitation_title(page(later)) == "Snow"
    assert precipitation_title(page(HOUR, later)) == "Rain or snow"
    unlikely = later | {"rain_chance": 0.02, "snow_chance": 0.02}
    assert precipitation_title(page(HOUR, unlikely)) == "Rain"
