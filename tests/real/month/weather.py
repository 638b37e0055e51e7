"""Seoul's weather as it was, told hour by hour by what stands in for the two Korean services."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fakes.kma import Korea, korea, read_exports
from real.month.alerts import Span
from real.month.timeline import ZONE

STATION: dict[str, Any] = {
    "id": "108",
    "name_en": "Seoul",
    "name_ko": "서울",
    "latitude": 37.57,
    "longitude": 126.97,
    "elevation_m": 86.0,
    "time_zone": ZONE.key,
}
"""Seoul, where clocks are read that are set back in autumn."""

_KOREA_AHEAD = timedelta(hours=9)
_YEARS = "*_HR_202[01]_*.csv"


@dataclass
class ReplayedWeather:
    """The services.

    Attributes:
        services: what stands in for them.
        keys: by the variables' names, those that they take at first.
    """

    services: Korea
    keys: Mapping[str, str]

    def set_clock(self, now: datetime) -> None:
        """Let it be that time: yesterday's rows are published, today's are reported."""
        self.services.data.today = (now + _KOREA_AHEAD).date()

    def refuse_key(self) -> None:
        """Let the service of the newest hours take another key."""
        self.services.hub.key = "another one"

    def take_key(self) -> None:
        """Let it take the one that we have."""
        self.services.hub.key = self.keys["KMA_APIHUB_KEY"]

    def tell_in_kmh(self, span: Span) -> None:
        """Tell the wind of these hours in another unit than before and after."""
        for (_, at_in_korea), fields in self.services.hub.hours.items():
            at = at_in_korea.replace(tzinfo=span.begin.tzinfo) - _KOREA_AHEAD
            if span.has(at) and fields["ws"]:
                fields["ws"] = f"{3.6 * float(fields['ws']):.1f}"


@contextmanager
def replayed_weather(seoul: Path) -> Iterator[ReplayedWeather]:
    """The services with the hours of the portal's exports."""
    hours = read_exports(seoul, _YEARS)
    with korea() as services:
        services.begin(hours, max(at for _, at in hours))
        yield ReplayedWeather(services, services.keys)
