from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from wearcast.config import Station
from wearcast.weather import summary
from wearcast.weather.observations import concatenate
from wearcast.weather.quality import control

Table = Callable[..., pd.DataFrame]


def test_availability_is_the_share_of_a_month_s_hours(table: Table) -> None:
    raw = concatenate(
        [
            table(
                "108",
                start="2021-02-01",
                hours=28 * 24,
                temp_c=[1.0] * (14 * 24) + [np.nan] * (14 * 24),
            )
        ]
    )
    shares = summary.availability(
        pd.concat([raw, table("112", start="2021-04-01", temp_c=[1.0] * 72)], ignore_index=True)
    )
    assert shares.columns.tolist() == [pd.Timestamp(f"2021-{month:02}-01") for month in (2, 3, 4)]
    assert shares.loc["108"].tolist() == [0.5, 0.0, 0.0]
    assert shares.loc["112"].tolist() == [0.0, 0.0, 0.1]


def test_a_day_is_the_station_s_own_and_midnight_belongs_to_the_day_before(
    table: Table, seoul: Station
) -> None:
    # 48 hours from 2021-06-01T01:00 to 2021-06-03T00:00 in Seoul: two whole days.
    raw = table(
        start="2021-05-31T16",
        temp_c=[*range(24), *range(24, 48)],
        precip_mm=[*([0.0] * 23), 1.0, *([0.5] * 24)],
    )
    days = summary.daily(raw, seoul)
    assert days.index.tolist() == [pd.Timestamp("2021-06-01"), pd.Timestamp("2021-06-02")]
    assert days[["temp_min_c", "temp_max_c"]].values.tolist() == [[0.0, 23.0], [24.0, 47.0]]
    assert days["precip_mm"].tolist() == [1.0, 12.0]


def test_a_day_whose_extremes_may_be_missing_has_none(table: Table, seoul: Station) -> None:
    days = summary.daily(table(start="2021-05-31T16", temp_c=[20.0] * 19), seoul)
    assert days["hours"].tolist() == [19]
    assert days[["temp_min_c", "temp_mean_c", "temp_max_c"]].isna().all(axis=None)


def test_sums_of_three_hours_count_into_a_day_s_rain(table: Table, seoul: Station) -> None:
    raw = table(
        start="2021-01-04T16",
        temp_c=[1.0] * 24,
        precip_3h_mm=[np.nan, np.nan, 2.0] + [np.nan] * 20 + [0.5],
    )
    assert summary.daily(raw, seoul)["precip_mm"].tolist() == [2.5]


def test_the_mean_by_month_and_hour_is_in_local_time(table: Table, seoul: Station) -> None:
    means = summary.month_by_hour(table(start="2021-05-31T15", temp_c=np.arange(48.0)), seoul)
    assert means.shape == (12, 24)
    assert (means[5, 0], means[5, 23]) == (12.0, 35.0)
    assert np.isnan(np.delete(means, 5, axis=0)).all()


def test_changes_lists_what_quality_control_removed_and_nothing_else(
    table: Table, seoul: Station
) -> None:
    raw = table(temp_c=[10.0, -200.0, 12.0, np.nan, 14.0])
    observations, _ = control(raw, [seoul], fill_h=3)
    removed = summary.changes(raw, observations)
    assert removed.to_dict("records") == [
        {
            "station": "108",
            "valid_at": pd.Timestamp("2021-06-01T01Z"),
            "column": "temp_c",
            "was": -200.0,
            "now": 11.0,
        }
    ]
    near = summary.around(raw, observations, "108", removed["valid_at"].iloc[0], "temp_c")
    assert near["raw"].tolist() == [10.0, -200.0, 12.0, pytest.approx(np.nan, nan_ok=True), 14.0]
    assert near["filled"].tolist() == [False, True, False, True, False]
