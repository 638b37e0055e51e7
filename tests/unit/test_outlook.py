"""The outlook has a row a day, with the median and the 80 % interval of its temperatures."""

import numpy as np

from unit.forecasting.synthetic import built, two_stations
from wearcast.cli.outlook import outlook
from wearcast.forecasting.snapshot_creation import issue


def test_the_outlook_has_a_row_a_day():
    snapshot = issue(two_stations(), built().forecaster).with_arrays()
    shape = snapshot.trajectories["temp_c"].shape
    member, hour = np.arange(12)[None, :, None], np.arange(shape[2])
    # Ten degrees from member to member, and one warmer hour a day; it rains in three of the twelve.
    snapshot.trajectories["temp_c"][:] = 10 * member - 20 + 4 * (hour % 24 == 15)
    snapshot.trajectories["precip_mm"][0] = np.where(member[0] < 3, 1.0, 0.0)
    # Issued at midnight of Saturday the 20th in New York.
    rows = outlook(snapshot, "AAA")
    assert [row["day"] for row in rows][:2] == ["Sat 2013-07-20", "Sun 2013-07-21"]
    assert rows[3] == {
        "day": "Tue 2013-07-23",
        "low °C": "35 (-9 … 79)",
        "high °C": "39 (-5 … 83)",
        "rain": "25%",
    }
    assert {row["rain"] for row in outlook(snapshot, "BBB")} == {"–"}
