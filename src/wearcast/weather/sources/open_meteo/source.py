"""The source `open_meteo`.

Two endpoints make one series. The archive (ERA5, and ECMWF's IFS for the days that ERA5 doesn't
have yet) ends some days ago; the forecast endpoint's past hours go on from there to now. The rule:
an hour is the archive's up to its last hour with a temperature, and the forecast endpoint's after
it. So there is no gap between the two, and no hour is taken from both.

The values are those of a grid cell, brought to the station's elevation, not a thermometer's. Data:
CC BY 4.0, Open-Meteo.com.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pandas as pd

from wearcast.config import OpenMeteo, Station
from wearcast.weather.observations import concatenate
from wearcast.weather.sources.http_client import HttpClient, RetryPolicy
from wearcast.weather.sources.open_meteo import response_table
from wearcast.weather.sources.open_meteo.days import Days, days_of
from wearcast.weather.sources.open_meteo.service import MOST_WEIGHT, Service, question, weight
from wearcast.weather.sources.rate_limit import RateLimiter

FIRST: Final = datetime(1940, 1, 1, tzinfo=UTC)
"""The archive's first hour."""

SETTLED_AFTER: Final = timedelta(days=7)
"""ERA5's preliminary values are there after five days or so; until then the archive's are IFS's,
and the newest the forecast's."""

FORECAST_REACHES_BACK: Final = timedelta(days=92)

_HOUR: Final = timedelta(hours=1)


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
        groups = self.fetch_all([station], start, end)
        return concatenate(table for _, table in groups)

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
        size = _stations_per_request(chunks)
        for first in range(0, len(stations), size):
            group = stations[first : first + size]
            tables: list[pd.DataFrame] = []
            for chunk in chunks:
                tables += self._joined(group, *chunk)
            yield group, concatenate(tables)

    @property
    def requests_at_once(self) -> int:
        """One of a free caller."""
        urls = (self._settings.archive_url, self._settings.forecast_url)
        return min(self._service.requests_at_once(url) for url in urls)

    def span(self, station: Station) -> tuple[datetime, datetime]:  # noqa: ARG002 - same for all
        """From 1940 to the last full hour."""
        return FIRST, self._hour()

    def settled(self, station: Station) -> datetime:  # noqa: ARG002 - the same everywhere
        """Midnight (UTC) a week ago: from there on, values may still be replaced by better ones."""
        week_ago = self._hour() - SETTLED_AFTER
        return week_ago.replace(hour=0)

    def fingerprint(self) -> str:
        """What is asked for; new data, or another server that gives the same, don't change it."""
        return f"open_meteo {','.join(response_table.VARIABLES)}"

    def _hour(self) -> datetime:
        now = self._now().astimezone(UTC)
        return now.replace(minute=0, second=0, microsecond=0)

    def _joined(
        self, stations: Sequence[Station], start: datetime, end: datetime
    ) -> Iterator[pd.DataFrame]:
        """The archive's hours, and the forecast endpoint's after its last one."""
        asked = days_of(start, end)
        found = self._ask(self._settings.archive_url, stations, asked)
        archived = _between(found, start, end)
        tails = _after_last(archived, stations, start)
        archive_ends = archived["station"].map(tails)
        yield _between(archived, start, archive_ends)
        lacking = [station for station in stations if tails[station.id] < end]
        first_lacking = min((tails[station.id] for station in lacking), default=end)
        since = max(first_lacking, self._oldest())
        if lacking and since < end:
            asked = days_of(since, end)
            recent = self._ask(self._settings.forecast_url, lacking, asked)
            recent_starts = recent["station"].map(tails)
            yield _between(recent, recent_starts, end)

    def _oldest(self) -> datetime:
        """As far back as the forecast endpoint goes."""
        farthest_back = self._hour() - FORECAST_REACHES_BACK
        return farthest_back.replace(hour=0)

    def _ask(self, url: str, stations: Sequence[Station], days: Days) -> pd.DataFrame:
        query = question(stations, response_table.VARIABLES, days)
        counts = weight(len(stations), len(response_table.VARIABLES), days.count)

        def read(content: Any) -> pd.DataFrame:
            return response_table.read(content, stations, days.first, days.last)

        return self._service.ask(url, query, counts, read)


def _stations_per_request(chunks: Sequence[tuple[datetime, datetime]]) -> int:
    """As many as stay below `MOST_WEIGHT` in the longest of the chunks."""
    variables = len(response_table.VARIABLES)
    day_counts = [days_of(*chunk).count for chunk in chunks]
    weights = [weight(1, variables, count) for count in day_counts]
    heaviest = max(weights, default=1.0)
    return max(1, int(MOST_WEIGHT / heaviest))


def _chunks(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The time in pieces of a year, whose answers are a megabyte or so a station."""
    while start < end:
        stop = min(end, start.replace(hour=0) + timedelta(days=366))
        yield start, stop
        start = stop


def _after_last(
    table: pd.DataFrame, stations: Sequence[Station], start: datetime
) -> dict[str, pd.Timestamp]:
    """For each station the hour after its last one with a temperature; `start` where none has."""
    known = table[table["temp_c"].notna()]
    last = known.groupby("station")["valid_at"].max()
    begin, after = pd.Timestamp(start), {}
    for station in stations:
        after[station.id] = begin
        if station.id in last.index:
            after[station.id] = max(begin, last[station.id] + _HOUR)
    return after


def _between(
    table: pd.DataFrame, start: datetime | pd.Series, end: datetime | pd.Series
) -> pd.DataFrame:
    valid_at = table["valid_at"]
    return table[(valid_at >= start) & (valid_at < end)]
