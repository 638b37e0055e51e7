"""The KMA's short-term forecast as a source of guidance: its newest issue."""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

import pandas as pd

from wearcast.config import Kma, Station
from wearcast.errors import SourceError
from wearcast.weather import guidance
from wearcast.weather.sources.http_client import FOR_A_REFRESH, HttpClient
from wearcast.weather.sources.kma import short_term_issues, short_term_service, short_term_table
from wearcast.weather.sources.kma.access import ShortTermAccess
from wearcast.weather.sources.kma.forecast_grid import cell_of
from wearcast.weather.sources.kma.periods import KST

_MEANING: Final = 1
"""To be raised when the same answers come to mean something else."""

_MOST_ISSUES: Final = 8
"""How many issues are tried: those of a day."""

_LOG: Final = logging.getLogger(__name__)


class KmaGuidance:
    """The short-term forecast for places in South Korea, eight issues a day, to the fourth or fifth
    day. The service keeps none, so its issues are collected from now on."""

    models: tuple[str, ...] = (short_term_issues.MODEL,)
    has_archive: bool = False

    def __init__(
        self,
        settings: Kma,
        environment: Mapping[str, str],
        client: HttpClient | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """The addresses are of `settings`; the key of `environment`: KMA_SERVICE_KEY, or where it
        isn't set KMA_APIHUB_KEY.

        Raises:
            ConfigError: neither key is set.
        """
        self._access = ShortTermAccess.of(settings, environment)
        self._client = client or HttpClient(FOR_A_REFRESH)
        self._now = now

    def fetch(
        self,
        station: Station,  # noqa: ARG002
        model: str,  # noqa: ARG002
        start: datetime,  # noqa: ARG002
        end: datetime,  # noqa: ARG002
    ) -> pd.DataFrame:
        """No rows: there is no archive."""
        return guidance.concatenate([])

    def span(
        self,
        station: Station,  # noqa: ARG002
        model: str,  # noqa: ARG002
    ) -> tuple[datetime, datetime]:
        """There is none.

        Raises:
            SourceError: always.
        """
        raise SourceError(
            "the KMA's service keeps no forecasts of hours long past. They are collected issue by"
            " issue from now on; or download those of the past from data.kma.go.kr (단기예보), and"
            " set ingest.guidance.source to files (docs/own-data.md)."
        )

    def newest(self, station: Station) -> pd.DataFrame:
        """The newest issue that is there: its hours after it could be had.

        Raises:
            ConfigError: the station lies outside of the KMA's grid.
            SourceError: the service can't be asked, or has had no issue for a day.
        """
        cell = cell_of(station)
        url = self._access.url
        newest = issued_at = short_term_issues.newest(self._now())
        for _ in range(_MOST_ISSUES):
            items = short_term_service.items(self._client, self._access, issued_at, cell)
            if items:
                rows = short_term_table.read(url, items, station.id, issued_at, cell)
                if len(rows):
                    return rows
            _LOG.warning(
                "%s has no issue of %s yet, or nothing in it; the one before is asked for",
                url,
                _kst(issued_at),
            )
            issued_at -= short_term_issues.INTERVAL
        first = newest - (_MOST_ISSUES - 1) * short_term_issues.INTERVAL
        raise SourceError(
            f"{url} has no issue from {_kst(first)} to {_kst(newest)} for station {station.id}"
            f" (cell {cell.nx}, {cell.ny}). Is this machine's clock right, and the station in South"
            " Korea? Otherwise run again later."
        )

    def fingerprint(self, model: str) -> str:  # noqa: ARG002
        """Which service this is, and how its answers are read; new issues don't change it."""
        return f"kma {_MEANING} {self._access.url}"


def _kst(at: datetime) -> str:
    return f"{at.astimezone(KST):%Y-%m-%d %H:%M} KST"
