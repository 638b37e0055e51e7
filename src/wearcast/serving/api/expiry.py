"""How long an answer about today stays true, by the clock of the station that it is about."""

import math
from datetime import datetime, time, timedelta
from typing import Final

_QUARTER_S: Final = 900


def seconds_until_midnight(clock: datetime) -> int:
    """Seconds until the next date begins, for a time with its zone."""
    midnight = datetime.combine(clock.date() + timedelta(days=1), time(), clock.tzinfo)
    return math.ceil(midnight.timestamp() - clock.timestamp())


def seconds_until_next_hour(clock: datetime) -> int:
    """Seconds until the next whole hour."""
    return 3600 - 60 * clock.minute - clock.second


def quarter_hour_number(now: datetime) -> int:
    """Which quarter of an hour it is: in every zone, each date and each hour begins with one."""
    return int(now.timestamp() // _QUARTER_S)
