"""Both services as one source: an hour that data.go.kr has is its, because it was
quality-controlled; the others are apihub's."""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import pandas as pd

from wearcast.config import Kma, Station
from wearcast.errors import ConfigError, SourceError
from wearcast.weather.sources import asos_values
from wearcast.weather.sources.http_client import HttpClient
from wearcast.weather.sources.kma import apihub, datago, periods
from wearcast.weather.sources.kma.access import Access
from wearcast.weather.sources.kma.data_set import APIHUB_KEY, ASOS_OF_HUB

FIRST: Final = datetime(1973, 1, 1, 1, tzinfo=periods.KST)
"""The first hour offered. Some stations have earlier ones; 1973 is where the KMA's own national
statistics begin."""

_MEANING: Final = 1
"""To be raised when the same answers come to mean something else: then what is on disk is fetched
anew."""

_AT_ONCE: Final = 2
"""Requests side by side: the gateways answer 429 to too many, and don't say how many those are."""

_DAY: Final = timedelta(days=1)
_NONE: Final = pd.DataFrame(
    {
        "station": [],
        "valid_at": pd.DatetimeIndex([], tz="UTC"),
        **{
            column: [] for column in (*asos_values.COLUMNS, asos_values.RAIN, asos_values.RAIN_FLAG)
        },
    }
)
_APIHUB_ALONE: Final = tuple(name for name in asos_values.COLUMNS if name not in datago.FIELDS)
_BEFORE_RECENT: Final = timedelta(days=7)
"""How long before its recent days apihub is asked for what it alone tells. data.go.kr's rows take
the place of its own as the days pass; who asks once a week at least loses none of it."""

_LOG: Final = logging.getLogger(__name__)


class KmaSource:
    """Hourly observations of Korea's synoptic stations (ASOS), by their numbers, from 1973 to the
    last hour."""

    def __init__(
        self,
        settings: Kma,
        environment: Mapping[str, str],
        client: HttpClient | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """The addresses are of `settings`, the keys of `environment`: KMA_SERVICE_KEY, and for
        hours of today KMA_APIHUB_KEY.

        Raises:
            ConfigError: data.go.kr's key is missing.
        """
        self._access = Access.of(settings, environment)
        self._client = client or HttpClient()
        self._now = now
        self._held: dict[tuple[str, datetime], pd.DataFrame] = {}

    def fetch(self, station: Station, start: datetime, end: datetime) -> pd.DataFrame:
        """The station's hours with start <= valid_at < end.

        Raises:
            ConfigError: hours of today are asked for, and apihub's key is missing.
            SourceError: a service can't give them.
        """
        now = self._now()
        number = _number(station)
        after_now = now + timedelta(microseconds=1)
        first, last = periods.whole_hours(start, min(end, after_now))
        if last < first:
            return asos_values.observations(_NONE)
        published = self._published(number, first, last, now)
        reported = self._reported(number, last, now)
        joined = _joined(published, reported, periods.recent(now))
        table = asos_values.observations(joined)
        valid_at = table["valid_at"]
        asked = (valid_at >= first) & (valid_at <= last)
        return table[asked].reset_index(drop=True)

    def span(self, station: Station) -> tuple[datetime, datetime]:
        """1973, and the last hour that was reported; without apihub's key the last one that
        data.go.kr should have.

        Raises:
            SourceError: apihub can't be asked.
        """
        now, number = self._now(), _number(station)
        if self._access.apihub_key is None:
            last = periods.surely_published(now)
            _LOG.warning(
                "%s is not set, so the hours after %s are not there. %s",
                APIHUB_KEY,
                f"{last:%Y-%m-%d %H:%M %Z}",
                ASOS_OF_HUB.how_to_get,
            )
            return FIRST, last
        recent = periods.recent(now)
        reported = _joined([], self._reported(number, now, now), recent)["valid_at"]
        if len(reported):
            return FIRST, reported.max().to_pydatetime()
        return FIRST, periods.surely_published(now)

    @property
    def requests_at_once(self) -> int:
        """A few."""
        return _AT_ONCE

    def fingerprint(self) -> str:
        """Which services these are, and how their answers are read; new hours don't change it."""
        access = self._access
        return f"kma {_MEANING} {access.data_url} {access.hub_url}"

    def settled(self, station: Station) -> datetime:
        """The hour before which data.go.kr has everything: the begin of the third day back,
        whatever the station."""
        _number(station)
        return periods.recent(self._now())

    def _published(
        self, number: str, first: datetime, last: datetime, now: datetime
    ) -> list[pd.DataFrame]:
        """data.go.kr's rows of the months that have hours from `first` to `last`, up to
        yesterday."""
        until = periods.published(now)
        if first > until:
            return []
        months = periods.months(first, min(last, until))
        return [self._month(number, begin, min(end, until), now) for begin, end in months]

    def _month(self, number: str, begin: datetime, end: datetime, now: datetime) -> pd.DataFrame:
        """data.go.kr's rows of a month; the last month that won't change any more is kept, as the
        next question is often of it too."""
        key = (number, begin)
        held = self._held.get(key)
        if held is not None:
            return held
        rows = self._fetched_month(number, begin, end)
        if end < periods.recent(now):
            self._held = {key: rows}
        return rows

    def _fetched_month(self, number: str, begin: datetime, end: datetime) -> pd.DataFrame:
        rows = datago.hours(self._client, self._access, number, begin, end)
        # Soon after midnight the service may not have yesterday yet; apihub has.
        if rows is None and begin <= end - _DAY:
            rows = datago.hours(self._client, self._access, number, begin, end - _DAY)
        elif rows is None:
            return _NONE
        if rows is None:
            raise SourceError(
                f"{self._access.data_url} says that {end - _DAY:%Y-%m-%d} is not over in Korea,"
                f" where it should be {self._now().astimezone(periods.KST):%Y-%m-%d %H:%M}. Set"
                " this machine's clock."
            )
        return rows

    def _reported(self, number: str, last: datetime, now: datetime) -> list[pd.DataFrame]:
        """apihub's rows of today, and of the days before that data.go.kr may not have completed;
        and of `_BEFORE_RECENT`, for what it alone tells."""
        first = periods.recent(now) - _BEFORE_RECENT
        if last < first:
            return []
        if self._access.apihub_key is None and last <= periods.published(now):
            return []
        return [apihub.hours(self._client, self._access, number, first, last)]


def _joined(
    published: list[pd.DataFrame], reported: list[pd.DataFrame], recent: datetime
) -> pd.DataFrame:
    """One row an hour: the published one where there are two, the reported one from `recent` on
    where there is no other, and beside either what apihub alone tells."""
    newest = [rows[rows["valid_at"] >= recent] for rows in reported]
    given = [*published, *newest]
    parts = [rows for rows in given if len(rows)] or [_NONE]
    rows = pd.concat(parts, ignore_index=True)
    once = rows.drop_duplicates("valid_at", keep="first", ignore_index=True)
    for told in reported:
        by_hour = told.set_index("valid_at")
        for name in _APIHUB_ALONE:
            once[name] = once["valid_at"].map(by_hour[name])
    return once


def _number(station: Station) -> str:
    if not station.id.isdecimal():
        raise ConfigError(
            f"station {station.id!r} is none of the KMA's, which have numbers, such as 108 for"
            " Seoul. Change ingest.stations."
        )
    return station.id
