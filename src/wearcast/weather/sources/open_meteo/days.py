"""Whole days, which Open-Meteo is asked for."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta


@dataclass(frozen=True)
class Days:
    """Whole days in UTC, the first and the last one."""

    first: date
    last: date

    @property
    def count(self) -> int:
        """How many they are."""
        apart = self.last - self.first
        return apart.days + 1

    @property
    def query(self) -> dict[str, str]:
        """As a request names them."""
        return {"start_date": f"{self.first}", "end_date": f"{self.last}"}


def days_of(start: datetime, end: datetime) -> Days:
    """The days that hold start <= hour < end."""
    last_hour = end - timedelta(hours=1)
    return Days(start.date(), last_hour.date())
