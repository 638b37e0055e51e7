"""Numerical forecasts by Open-Meteo, of named models, for the coordinates and height of a station.

The archive (Previous Runs) has for every hour since 2024 what was forecast of it one to seven days
ahead. It is asked for by age only (`guidance_table`). Its values are final when their hour has
come: the runs that they are from started at least a day before, and what came in later than that
could not have been used.

The newest run comes from the forecast endpoint, its age from a file beside it (`model_runs`), which
is asked for once in some minutes. Each model is asked for alone, so that one that is gone doesn't
take the others with it.

Data: CC BY 4.0, Open-Meteo.com.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pandas as pd

from wearcast.config import OpenMeteo, Station
from wearcast.errors import PassingError, QuotaError, SourceError
from wearcast.weather import guidance
from wearcast.weather.sources.http_client import FOR_A_REFRESH, HttpClient, RetryPolicy
from wearcast.weather.sources.http_response import HttpResponse
from wearcast.weather.sources.open_meteo import guidance_table, model_runs, response_table
from wearcast.weather.sources.open_meteo.days import Days, days_of
from wearcast.weather.sources.open_meteo.guidance_table import ARCHIVED_UNITS, SOURCE
from wearcast.weather.sources.open_meteo.known_runs import KnownRuns
from wearcast.weather.sources.open_meteo.model_runs import Run
from wearcast.weather.sources.open_meteo.service import MOST_WEIGHT, Service, question, weight
from wearcast.weather.sources.rate_limit import RateLimiter

FIRST: Final = datetime(2024, 1, 1, tzinfo=UTC)
"""The first hour asked for. Most models' archives begin within the first months of 2024."""

REACH: Final = timedelta(hours=168)
"""How far ahead the newest runs are asked for."""

_LOG: Final = logging.getLogger(__name__)
_HOUR: Final = timedelta(hours=1)


class OpenMeteoGuidance:
    """What named models forecast for the stations' coordinates: an archive, and the newest runs.

    Attributes:
        models: the names of the models in Open-Meteo's API.
        has_archive: True.
    """

    has_archive = True

    def __init__(
        self,
        settings: OpenMeteo,
        models: Sequence[str],
        environment: Mapping[str, str],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        retry_policy: RetryPolicy | None = None,
        limiter: RateLimiter | None = None,
    ) -> None:
        """A commercial key comes from `environment`; the clock, the patience and the pace are for
        tests."""
        self.models = tuple(models)
        self._settings = settings
        self._now = now
        self._hasty_client = HttpClient(retry_policy or FOR_A_REFRESH)
        self._archive = Service(environment, HttpClient(retry_policy), limiter, now)
        self._forecast = Service(environment, self._hasty_client, limiter, now)
        self._runs = KnownRuns(self._run, now)

    def fetch(self, station: Station, model: str, start: datetime, end: datetime) -> pd.DataFrame:
        """What the model forecast, one to seven days ahead, of the station's hours with start <=
        valid_at < end, none later than now.

        Raises:
            PassingError: the service can't be reached or is too busy.
            SourceError: it doesn't know the model, refuses what is asked, or answers rubbish.
        """
        start = max(start, FIRST)
        end = min(end, self._hour() + _HOUR)
        parts = [self._archived(station, model, days) for days in _months(start, end)]
        return _between(guidance.concatenate(parts), start, end)

    def span(self, station: Station, model: str) -> tuple[datetime, datetime]:  # noqa: ARG002
        """From 2024 to the last full hour."""
        return FIRST, self._hour()

    def newest(self, station: Station) -> pd.DataFrame:
        """What each model's newest run says of the station's hours after now; a model that can't be
        had is absent, and logged.

        Raises:
            QuotaError: no model can be had, since the service gives no more for now.
            PassingError: no model can be had, but one may be later.
            SourceError: no model can be had.
        """
        return self.newest_all([station])

    def newest_all(self, stations: Sequence[Station]) -> pd.DataFrame:
        """What `newest` gives, for several stations at once.

        Raises:
            QuotaError: no model can be had, since the service gives no more for now.
            PassingError: no model can be had, but one may be later.
            SourceError: no model can be had.
        """
        tables: list[pd.DataFrame] = []
        failures: list[SourceError] = []
        for model in self.models:
            try:
                tables.append(self._newest_of(model, stations))
            except QuotaError as error:
                left = ", ".join(self.models[len(tables) + len(failures) :])
                _LOG.warning("%s: left out, no more of the newest is asked for: %s", left, error)
                failures.append(error)
                break
            except SourceError as error:
                _LOG.warning("model %s is left out of the newest forecasts: %s", model, error)
                failures.append(error)
        if not tables:
            raise _no_model(self.models, failures)
        return guidance.concatenate(tables)

    @property
    def requests_at_once(self) -> int:
        """One of a free caller."""
        urls = (self._settings.previous_runs_url, self._settings.forecast_url)
        return min(self._forecast.requests_at_once(url) for url in urls)

    def fingerprint(self, model: str) -> str:
        """What is asked for; new data, or another server that gives the same, don't change it."""
        return f"{SOURCE} {model} {','.join(ARCHIVED_UNITS)}"

    def _hour(self) -> datetime:
        now = self._now().astimezone(UTC)
        return now.replace(minute=0, second=0, microsecond=0)

    def _archived(self, station: Station, model: str, days: Days) -> pd.DataFrame:
        query = {**question([station], ARCHIVED_UNITS, days), "models": model}
        counts = weight(1, len(ARCHIVED_UNITS), days.count)

        def read(content: Any) -> pd.DataFrame:
            return guidance_table.read_archive(content, station, model, days.first, days.last)

        return self._archive.ask(self._settings.previous_runs_url, query, counts, read)

    def _newest_of(self, model: str, stations: Sequence[Station]) -> pd.DataFrame:
        hour = self._hour()
        start, end = hour + _HOUR, hour + REACH + _HOUR
        days = days_of(start, end)
        # The run first: what is answered later can only be of a newer one.
        run = self._runs.run(model)
        size = int(MOST_WEIGHT / weight(1, len(response_table.UNITS), days.count))
        parts = []
        for first in range(0, len(stations), size):
            group = stations[first : first + size]
            parts.append(self._forecast_of(model, group, run, days))
        table = _between(guidance.concatenate(parts), start, end)
        if table.empty:
            raise SourceError("Open-Meteo has no value of it for any hour after now.")
        return table

    def _forecast_of(
        self, model: str, stations: Sequence[Station], run: Run, days: Days
    ) -> pd.DataFrame:
        query = {**question(stations, response_table.UNITS, days), "models": model}
        counts = weight(len(stations), len(response_table.UNITS), days.count)

        def read(content: Any) -> pd.DataFrame:
            return guidance_table.read_newest(content, stations, model, run, days.first, days.last)

        return self._forecast.ask(self._settings.forecast_url, query, counts, read)

    def _run(self, model: str) -> Run:
        """The run that is served; its bounds are wider where nothing tells."""
        name = model_runs.data_set(model).name
        now = self._now().astimezone(UTC)

        def read(response: HttpResponse) -> model_runs.Metadata:
            response.require_success()
            return model_runs.read(response.json(), now)

        try:
            # A plain file of the hosts that answer: it counts in no limit and wants no key.
            url = f"{self._settings.metadata_url}/{name}/static/meta.json"
            metadata = self._hasty_client.get(self._forecast.address(url), {}, read)
        except SourceError as error:
            run = model_runs.expected_run(model, now)
            _LOG.warning("which run of %s is served is not known, %s: %s", model, _told(run), error)
            return run
        run = model_runs.served_run(model, metadata, now)
        if metadata.is_late(now):
            _LOG.warning("the next run of %s is late, %s", model, _told(run))
        return run


def backfill_weight(
    models: int, variables: int, ages: int, start: datetime, end: datetime
) -> float:
    """What the archive of one station's hours with start <= valid_at < end counts in the free
    limits, asked for a month at a time."""
    months = [weight(1, variables * ages, days.count) for days in _months(start, end)]
    return models * sum(months)


def _months(start: datetime, end: datetime) -> Iterator[Days]:
    """The days of start <= hour < end, a calendar month at a time: an answer takes 0.3
    MB, and what it weighs below `MOST_WEIGHT`."""
    while start < end:
        first_of_month = start.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        next_month = (first_of_month + timedelta(days=32)).replace(day=1)
        yield days_of(start, min(end, next_month))
        start = next_month


def _between(table: pd.DataFrame, start: datetime, end: datetime) -> pd.DataFrame:
    valid_at = table["valid_at"]
    return table[(valid_at >= start) & (valid_at < end)].reset_index(drop=True)


def _told(run: Run) -> str:
    return (
        f"taken for one of {run.issued_from:%Y-%m-%dT%H:%MZ} to {run.issued_until:%Y-%m-%dT%H:%MZ}"
    )


def _no_model(models: Sequence[str], failures: Sequence[SourceError]) -> SourceError:
    """That none of the models can be had: for want of quota if one failed for that, else it may
    pass if the reason of one may."""
    used_up = [error for error in failures if isinstance(error, QuotaError)]
    passing = [error for error in failures if isinstance(error, PassingError)]
    first = (used_up or passing or failures)[0]
    message = f"none of the models {', '.join(models)} can be had from Open-Meteo: {first}"
    if used_up:
        return QuotaError(message)
    if passing:
        return PassingError(message, passing[0].retry_after_s)
    return SourceError(message)
