"""The drawing of the day's hours, which stands where plotly's figure will be."""

import re
from datetime import datetime, timedelta

import pytest

from wearcast.figures.page_axis import scale
from wearcast.figures.page_hours import HEIGHT, DayHours, Mark, day
from wearcast.serving.dashboard.hours_drawing import hours_drawing

MIDNIGHT = datetime.fromisoformat("2024-04-10T00:00:00+09:00")
LABELS = {
    "temperature": "Temperature",
    "feels": "Feels like",
    "rain": "Rain",
    "wind": "Wind",
    "wide": "possible range",
    "narrow": "likely range",
    "now": "Now",
    "temperature_unit": "°C",
    "wind_unit": "m/s",
}


def hours(**other):
    count = 24
    at = [MIDNIGHT + timedelta(hours=n) for n in range(count)]
    fields = {
        "at": at,
        "names": [f"{time.hour:02}" for time in at],
        "clock": [f"{time.hour:02}:00" for time in at],
        "texts": [["clear", f"{n}°", "Rain <0 %"] for n in range(count)],
        "temperature": [(n - 2.0, n - 1.0, n, n + 1.0, n + 2.0) for n in range(count)],
        "feels": [None] * 7 + [5.0] * 17,
        "rain": [0.0] * 23 + [0.5],
        "wind": [3.0] * count,
        "night": [n < 6 or n > 18 for n in range(count)],
        "marks": [Mark(0, "lowest 0°", above=False), Mark(23, "highest 23°", above=True)],
        "now": MIDNIGHT + timedelta(hours=7, minutes=30),
        "labels": LABELS,
    }
    return DayHours(**fields | other)


def test_it_is_as_high_as_the_figure():
    drawn = hours_drawing(hours())
    assert f"height:{HEIGHT}px" in drawn
    assert day(hours())["layout"]["height"] == HEIGHT


def test_an_hour_that_is_pointed_at_tells_all_its_values_escaped():
    titles = re.findall("<title>(.*?)</title>", hours_drawing(hours()), re.DOTALL)
    assert len(titles) == 24
    assert titles[7] == "07:00\nclear\n7°\nRain &lt;0 %"


def test_the_figure_tells_the_same():
    traces = day(hours())["data"]
    told = [trace["text"][7] for trace in traces if "text" in trace]
    assert told == ["<b>07:00</b><br>clear<br>7°<br>Rain <0 %"] * 3


def test_a_missing_hour_leaves_a_gap():
    values = [(float(n),) * 5 for n in range(24)]
    values[10] = (None,) * 5
    curves = re.findall('<path d="([^"]+)"', hours_drawing(hours(temperature=values)))
    assert max(curve.count("M") for curve in curves) == 2


def test_nights_and_now_are_drawn():
    drawn = hours_drawing(hours())
    assert drawn.count('class="night"') == 2
    assert 'x="33.33%"' in drawn
    assert 'class="now"' not in hours_drawing(hours(now=None))


def test_an_hour_that_comes_twice_is_drawn_twice():
    """Clocks go back: the times differ by their UTC offsets alone."""
    first = datetime.fromisoformat("2013-11-03T01:00:00-04:00")
    second = datetime.fromisoformat("2013-11-03T01:00:00-05:00")
    one = hours()
    twice = [first, second, *[second + timedelta(hours=n) for n in range(1, 23)]]
    boxes = re.findall('<title>.*?</title><rect x="([^"]+)"', hours_drawing(hours(at=twice)), re.S)
    assert len(set(boxes)) == len(one.at)


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ((3.2, None, 14.9), [2, 4, 6, 8, 10, 12, 14, 16]),
        ((-11.0, 2.0), [-15, -10, -5, 0, 5]),
        ((7.0, 7.0), [7, 8]),
        ((None,), [0, 1]),
    ],
)
def test_scales_have_round_numbers(values, ticks):
    assert scale(values, most_ticks=8 if len(ticks) == 8 else 6).ticks == ticks
