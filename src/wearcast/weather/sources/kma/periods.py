"""Days and months as the KMA counts them: in Korean time (UTC+9, no summer time), each from 01:00
to 24:00."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

KST: Final = timezone(timedelta(hours=9), "KST")
HOUR: Final = timedelta(hours=1)

_RECENT: Final = timedelta(days=3)
_READY: Final = timedelta(hours=11)


def months(first: datetime, last: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The first and last hour (01:00, and 00:00 of the next month) of each month that has hours
    from `first` to `last`."""
    # 00:00 of the first day is the last hour of the month before.
    before = first.astimezone(KST) - HOUR
    begin = before.replace(day=1, hour=1)
    while begin <= last:
        in_next_month = begin.replace(day=28) + timedelta(days=4)
        end = in_next_month.replace(day=1, hour=0)
        yield begin, end
        begin = end + HOUR


def midnight(now: datetime) -> datetime:
    """00:00 of today."""
    local = now.astimezone(KST)
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


def published(now: datetime) -> datetime:
    """The last hour that data.go.kr may have: 23:00 of yesterday."""
    return midnight(now) - HOUR


def surely_published(now: datetime) -> datetime:
    """The last hour that data.go.kr should have: yesterday is complete from about 11:00 on."""
    since_midnight = now - midnight(now)
    last = published(now)
    if since_midnight >= _READY:
        return last
    return last - timedelta(days=1)


def recent(now: datetime) -> datetime:
    """The first hour of the days that data.go.kr may not have completed yet."""
    return midnight(now) - _RECENT + HOUR


def whole_hours(start: datetime, end: datetime) -> tuple[datetime, datetime]:
    """The first and the last whole hour with start <= hour < end, in UTC; the last is before the
    first where there is none."""
    first = _up(start.astimezone(UTC))
    stop = _up(end.astimezone(UTC))
    return first, stop - HOUR


def _up(at: datetime) -> datetime:
    down = at.replace(minute=0, second=0, microsecond=0)
    if down == at:
        return down
    return down + HOUR
