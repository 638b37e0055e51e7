import numpy as np
import pytest

from wearcast.figures import observations as figures
from wearcast.figures import theme
from wearcast.weather.observations import VALUES


def test_every_observed_quantity_has_a_colour_and_a_label() -> None:
    assert set(theme.QUANTITY) == set(theme.LABEL) == set(VALUES)


def test_availability_shows_percent() -> None:
    months = np.array(["2021-01", "2021-02"], dtype="datetime64[M]")
    chart = figures.availability(
        ["108", "112"], months, np.array([[1.0, 0.5], [0.0, 0.25]]), "title"
    )
    np.testing.assert_array_equal(chart.data[0].z, [[100, 50], [0, 25]])
    assert chart.layout.title.text == "title"


def test_the_band_of_daily_temperatures_stops_at_a_gap() -> None:
    days = np.arange("2021-01-01", "2021-01-07", dtype="datetime64[D]")
    low = np.array([1.0, 2.0, np.nan, np.nan, 5.0, 6.0])
    chart = figures.daily_temperature(days, low, low + 1, low + 2, "title")
    bands = [trace.x for trace in chart.data if trace.fill == "tonexty"]
    assert [list(band) for band in bands] == [list(days[:2]), list(days[4:])]


def test_a_repair_marks_what_was_removed_and_what_was_filled() -> None:
    hours = np.arange("2021-01-01T00", "2021-01-01T04", dtype="datetime64[h]")
    raw, controlled = np.array([1.0, 99.0, 3.0, np.nan]), np.array([1.0, 2.0, 3.0, np.nan])
    chart = figures.repair(
        hours, raw, controlled, np.array([False, True, False, False]), "temp_c", "title"
    )
    shown = {trace.name: list(trace.y) for trace in chart.data}
    assert shown["removed"] == [99.0]
    assert shown["filled"] == [2.0]


def test_the_timeline_shows_each_segment_from_its_start_for_its_length() -> None:
    day = np.timedelta64(24, "h")
    start = np.datetime64("2021-01-01T00", "h")
    segments = {
        "train": [(start, start + 9 * day)],
        "validation": [],
        "test": [(start + 16 * day, start + 30 * day)],
    }
    chart = figures.split_timeline(segments, "title")
    bars = {bar.name: bar for bar in chart.data}
    assert list(bars["train"].x) == [9 * 86_400_000]
    assert list(bars["test"].base) == [start + 16 * day]
    assert len(bars["validation"].x) == 0


def test_quantities_get_a_panel_each_and_rain_gets_bars() -> None:
    hours = np.arange("2021-01-01T00", "2021-01-01T04", dtype="datetime64[h]")
    chart = figures.quantities(hours, {"temp_c": np.arange(4.0), "precip_mm": np.ones(4)}, "title")
    assert [trace.type for trace in chart.data] == ["scatter", "bar"]
    assert {trace.yaxis for trace in chart.data} == {"y", "y2"}


def test_the_mean_by_month_and_hour_has_a_row_a_month_and_a_column_an_hour() -> None:
    means = np.arange(12.0 * 24).reshape(12, 24)
    heat = figures.month_by_hour(means, "temp_c", "title").data[0]
    assert (heat.y[0], heat.y[11], list(heat.x)) == ("Jan", "Dec", list(range(24)))
    np.testing.assert_array_equal(heat.z, means)
    assert heat.colorbar.title.text == "°C"


def test_monthly_precipitation_has_a_colour_a_station() -> None:
    months = np.array(["2021-01"], dtype="datetime64[M]")
    chart = figures.monthly_precipitation(
        months, {"EWR": np.array([1.0]), "JFK": np.array([2.0])}, "title"
    )
    assert len({bar.marker.color for bar in chart.data}) == 2


@pytest.mark.parametrize(
    ("opacity", "css"), [(0.2, "rgba(0, 114, 178, 0.2)"), (1, "rgba(0, 114, 178, 1)")]
)
def test_a_colour_can_be_made_translucent(opacity: float, css: str) -> None:
    assert theme.translucent("#0072b2", opacity) == css
