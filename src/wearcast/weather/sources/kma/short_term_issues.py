"""The issues of the KMA's short-term forecast (단기예보): when each can be had, and which hours it
is about.

Eight a day, at 02, 05, … 23 in Korea. An issue is about every hour up to 00:00 of its last day, and
about 03, 06, … 24 h of that day, for which precipitation and wind are classes instead of amounts.
Its last day is the third after that of the issue, from 17 h on the fourth. So it has been since
14 h of 2024-11-28; before, an issue ended a day earlier, and had no classes.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import pandas as pd

from wearcast.weather.sources.kma.periods import HOUR, KST, midnight

MODEL: Final = "kma_short_term"
"""What the forecast is called in the table of guidance."""

INTERVAL: Final = timedelta(hours=3)
DELAY: Final = timedelta(minutes=10)
"""From an issue's time until it can be had."""

_FIRST_HOUR: Final = 2
_EVENING_HOUR: Final = 17
_COARSE_SINCE: Final = datetime(2024, 11, 28, 14, tzinfo=KST)


def newest(now: datetime) -> datetime:
    """The time of the newest issue that should be there."""
    local = (now - DELAY).astimezone(KST)
    hour = local.replace(minute=0, second=0, microsecond=0)
    since_issue_h = (hour.hour - _FIRST_HOUR) % 3
    return hour - since_issue_h * HOUR


def is_issue(at: pd.Series) -> pd.Series:
    """Whether there is an issue at a time."""
    local = at.dt.tz_convert(KST)
    from_first_h = local.dt.hour - _FIRST_HOUR
    is_whole_hour = local == local.dt.floor("h")
    found: pd.Series = is_whole_hour & (from_first_h % 3 == 0)
    return found


def hours(issued_at: datetime) -> Iterator[datetime]:
    """The hours that an issue of today's kind is about."""
    local = issued_at.astimezone(KST)
    days = 4 if local.hour >= _EVENING_HOUR else 3
    last_day = midnight(local) + timedelta(days=days)
    hour = local
    while hour < last_day:
        hour += HOUR
        yield hour
    for _ in range(8):
        hour += INTERVAL
        yield hour


def is_classed(issued_at: pd.Series, valid_at: pd.Series) -> pd.Series:
    """Whether precipitation and wind of an hour are classes in an issue."""
    local = issued_at.dt.tz_convert(KST)
    is_evening = local.dt.hour >= _EVENING_HOUR
    days = pd.to_timedelta(is_evening.astype(int) + 3, unit="D")
    last_day = local.dt.floor("D") + days
    is_coarse = local >= _COARSE_SINCE
    found: pd.Series = is_coarse & (valid_at > last_day)
    return found
