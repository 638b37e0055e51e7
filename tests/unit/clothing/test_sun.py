"""Day is while it is light outdoors: until the sun is 6° below the horizon, wherever and whenever
that is."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from wearcast.clothing.sun import elevation_deg, is_daylight

SEOUL = (37.5714, 126.9658, "Asia/Seoul")
REYKJAVIK = (64.1466, -21.9426, "Atlantic/Reykjavik")
SYDNEY = (-33.8688, 151.2093, "Australia/Sydney")


@pytest.mark.parametrize(
    ("place", "local", "light"),
    [
        # The sun rises at 05:11 and sets at 19:57; civil twilight lasts until 20:28.
        (SEOUL, "2026-06-21T04:00", False),
        (SEOUL, "2026-06-21T05:30", True),
        (SEOUL, "2026-06-21T20:00", True),
        (SEOUL, "2026-06-21T21:00", False),
        # From 07:43 to 17:17, and twilight until 17:46.
        (SEOUL, "2026-12-21T07:00", False),
        (SEOUL, "2026-12-21T08:00", True),
        (SEOUL, "2026-12-21T17:00", True),
        (SEOUL, "2026-12-21T18:00", False),
        # It doesn't get dark at midsummer; at midwinter, the twilight ends at 16:46.
        (REYKJAVIK, "2026-06-21T01:00", True),
        (REYKJAVIK, "2026-12-21T09:00", False),
        (REYKJAVIK, "2026-12-21T12:00", True),
        (REYKJAVIK, "2026-12-21T17:00", False),
        (SYDNEY, "2026-12-21T20:00", True),
        (SYDNEY, "2026-06-21T18:00", False),
    ],
)
def test_day_and_night_are_the_suns(place, local, light):
    latitude, longitude, zone = place
    at = (
        datetime.fromisoformat(local)
        .replace(tzinfo=ZoneInfo(zone))
        .astimezone(UTC)
        .replace(tzinfo=None)
    )
    height_deg = elevation_deg(np.array([at], dtype="datetime64[m]"), latitude, longitude)
    assert is_daylight(height_deg).tolist() == [light]
