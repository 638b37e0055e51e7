"""When a response about today expires, in the station's local time."""

import math
from datetime import datetime, time, timedelta
from typing import Final

_QUARTER_S: Final = 900


def seconds_until_midnight(local_now: datetime) -> int:
    """Seconds until the next local date begins."""
    tomorrow = local_now.date() + timedelta(days=1)
    midnight = datetime.combine(tomorrow, time(), local_now.tzinfo)
    seconds = midnight.timestamp() - local_now.timestamp()
    return math.ceil(seconds)


def seconds_until_next_hour(local_now: datetime) -> int:
    """Seconds until the next local hour begins."""
    passed = 60 * local_now.minute + local_now.second
    return 3600 - passed


def quarter_hour_number(now: datetime) -> int:
    """The number of the quarter of an hour since the epoch: in every time zone, dates and hours
    begin together with one."""
    return int(now.timestamp() // _QUARTER_S)
