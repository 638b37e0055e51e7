"""What becomes of rows that are held when their hours are asked for again."""

import pandas as pd

from wearcast.weather.fetched_rows import merge_revised
from wearcast.weather.observations import conform

HOURS = pd.date_range("2024-01-01", periods=4, freq="h", tz="UTC")
NOTHING = float("nan")


def rows(temp_c: list[float], wind_ms: list[float]) -> pd.DataFrame:
    return conform(
        pd.DataFrame(
            {
                "station": "108",
                "valid_at": HOURS[: len(temp_c)],
                "temp_c": temp_c,
                "wind_ms": wind_ms,
            }
        )
    )


def test_hours_that_are_final_stay_and_later_ones_are_the_new() -> None:
    table, changed = merge_revised(
        rows([1.0, 2.0, 3.0], [1.0] * 3), rows([0.0, 2.5, 3.0, 4.0], [1.0] * 4)[1:], HOURS[1]
    )
    assert list(table["temp_c"]) == [1.0, 2.5, 3.0, 4.0]
    assert changed == 1


def test_a_value_that_quality_control_took_back_goes() -> None:
    table, changed = merge_revised(
        rows([1.0, 40.0], [1.0, 2.0]), rows([1.0, NOTHING], [1.0, 2.0]), HOURS[0]
    )
    assert table["temp_c"].isna().tolist() == [False, True]
    assert changed == 1


def test_an_hour_without_a_new_value_keeps_its_row() -> None:
    held = rows([1.0, 2.0, 3.0], [1.0, 2.0, NOTHING])
    empty, absent = (
        merge_revised(held, rows([1.0, NOTHING, NOTHING], [1.0, NOTHING, NOTHING]), HOURS[0]),
        merge_revised(held, rows([1.0], [1.0]), HOURS[0]),
    )
    for table, changed in (empty, absent):
        pd.testing.assert_frame_equal(table, held)
        assert changed == 0
