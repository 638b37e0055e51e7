"""The source `open_meteo`.

Two endpoints make one series. The archive (ERA5, and ECMWF's IFS for the days that ERA5 doesn't
have yet) ends some days ago; the forecast endpoint's past hours go on from there to now. The rule:
an hour is the archive's up to its last hour with a temperature, and the forecast endpoint's after
it. So there is no gap between the two, and no hour is taken from both.

The values are those of a grid cell, brought to the station's elevation, not a thermometer's. Data:
CC BY 4.0, Open-Meteo.com.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

import pandas as pd

from wearcast.config import OpenMeteo, Station
from wearcast.weather.observations import concatenate
from wearcast.weather.sources.http_client import HttpClient, RetryPolicy
from wearcast.weather.sources.open_meteo import response_table
from wearcast.weather.sources.open_meteo.service import Service, weight
from wearcast.weather.sources.rate_limit import RateLimiter

FIRST: Final = datetime(1940, 1, 1, tzinfo=UTC)
"""The archive's first hour."""

SETTLED_AFTER: Final = timedelta(days=7)
"""ERA5's preliminary values are there after five days or so; until then the archive's are IFS's,
and the newest the forecast's."""

FORECAST_REACHES_BACK: Final = timedelta(days=92)
MOST_WEIGHT: Final = 60.0
"""Of one request: a tenth of what a free caller may ask for in a minute."""

_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True)
class _Days:
    """Whole days in UTC, the first and the last one."""

    first: date
    last: date

    @property
    def count(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def query(self) -> dict[str, str]:
        return {"start_date": f"{self.first}", "end_date": f"{self.last}"}


class OpenMeteoSource:
    """Hourly weather since 1940 for the stations' coordinates, up to the hour that is under way."""

    def __init__(
        self,
        settings: OpenMeteo,
        environment: Mapping[str, str],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        retry_policy: RetryPolicy | None = None,
        limiter: RateLimiter | None = None,
    ) -> None:
        """A commercial key comes from `environment`; the clock, the patience and the pace are for
        tests."""
        self._settings = settings
        self._now = now
        self._service = Service(environment, HttpClient(retry_policy), limiter, now)

    def fetch(self, station: Station, start: datetime, end: datetime) -> pd.DataFrame:
        """The station's hours with start <= valid_at < end, none later than now.

        Raises:
            PassingError: the service can't be reached or is too busy.
            SourceError: it refuses what is asked, or answers rubbish.
        """
        return concatenate(table for _, table in self.fetch_all([station], start, end))

    def fetch_all(
        self, stations: Sequence[Station], start: datetime, end: datetime
    ) -> Iterator[tuple[Sequence[Station], pd.DataFrame]]:
        """The stations' hours with start <= valid_at < end, a group of stations after the other;
        each group is one table.

        Raises:
            PassingError: the service can't be reached or is too busy.
            SourceError: it refuses what is asked, or answers rubbish.
        """
        end = min(end, self._hour() + _HOUR)
        chunks = list(_chunks(start, end))
        heaviest = max(
            (weight(1, len(response_table.VARIABLES), _days(*chunk).count) for chunk in chunks),
            default=1.0,
        )
        size = max(1, int(MOST_WEIGHT / heaviest))
        for first in range(0, len(stations), size):
            group = stations[first : first + size]
            yield (
                group,
                concatenate(table for chunk in chunks for table in self._joined(group, *chunk)),
            )

    def span(self, station: Station) -> tuple[datetime, datetime]:  # noqa: ARG002 - the same everywhere
        """From 1940 to the last full hour."""
        return FIRST, self._hour()

    def settled(self, station: Station) -> datetime:  # noqa: ARG002 - the same everywhere
        """Midnight (UTC) a week ago: from there on, values may still be replaced by better ones."""
        return (self._hour() - SETTLED_AFTER).replace(hour=0)

    def fingerprint(self) -> str:
        """What is asked for; new data, or another server that gives the same, don't change it."""
        return f"open_meteo {','.join(response_table.VARIABLES)}"

    def _hour(self) -> datetime:
        return self._now().astimezone(UTC).replace(minute=0, second=0, microsecond=0)

    def _joined(
        self, stations: Sequence[Station], start: datetime, end: datetime
    ) -> Iterator[pd.DataFrame]:
        """The archive's hours, and the forecast endpoint's after its last one."""
        archived = _between(
            self._ask(self._settings.archive_url, stations, _days(start, end)), start, end
        )
        tails = _after_last(archived, stations, start)
        yield _between(archived, start, archived["station"].map(tails))
        lacking = [station for station in stations if tails[station.id] < end]
        since = max(min((tails[station.id] for station in lacking), default=end), self._oldest())
        if lacking and since < end:
            recent = self._ask(self._settings.forecast_url, lacking, _days(since, end))
            yield _between(recent, recent["station"].map(tails), end)

    def _oldest(self) -> datetime:
        """As far back as the forecast endpoint goes."""
        return (self._hour() - FORECAST_REACHES_BACK).replace(hour=0)

    def _ask(self, url: str, stations: Sequence[Station], days: _Days) -> pd.DataFrame:
        query = {
            "latitude": ",".join(str(station.latitude) for station in stations),
            "longitude": ",".join(str(station.longitude) for station in stations),
            "elevation": ",".join(str(station.elevation_m) for station in stations),
            "hourly": ",".join(response_table.VARIABLES),
            **days.query,
            "timezone": "GMT",
            "wind_speed_unit": "ms",
        }
        counts = weight(len(stations), len(response_table.VARIABLES), days.count)
        return self._service.ask(
            url,
            query,
            counts,
            lambda content: response_table.read(content, stations, days.first, days.last),
        )


def _chunks(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The time in pieces of a year, whose answers are a megabyte or so a station."""
    while start < end:
        stop = min(end, start.replace(hour=0) + timedelta(days=366))
        yield start, stop
        start = stop


def _days(start: datetime, end: datetime) -> _Days:
    """The days that hold start <= hour < end."""
    return _Days(start.date(), (end - _HOUR).date())


def _after_last(
    table: pd.DataFrame, stations: Sequence[Station], start: datetime
) -> dict[str, pd.Timestamp]:
    """For each station the hour after its last one with a temperature; `start` where none has."""
    last = table[table["temp_c"].notna()].groupby("station")["valid_at"].max() + _HOUR
    return {
        station.id: max(pd.Timestamp(start), last.get(station.id, pd.Timestamp(start)))
        for station in stations
    }


def _between(
    table: pd.DataFrame, start: datetime | pd.Series, end: datetime | pd.Series
) -> pd.DataFrame:
    return table[(table["valid_at"] >= start) & (table["valid_at"] < end)]
