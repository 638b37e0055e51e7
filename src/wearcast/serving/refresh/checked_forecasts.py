"""The forecasts of a refresh that pass its checks, in batches: a station that can't be forecast
takes no other with it."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from wearcast.config import Station
from wearcast.errors import ModelError, RefusedError, WearcastError
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.guidance_record import GuidanceRecord
from wearcast.forecasting.history import History
from wearcast.forecasting.snapshot import Snapshot
from wearcast.forecasting.snapshot_creation import issue_each
from wearcast.serving.refresh.checks import failed_checks

_LOG: Final = logging.getLogger(__name__)

Issued = dict[str, Snapshot | WearcastError]
"""By station its forecast, or why there is none that may be published."""


@dataclass(frozen=True)
class CheckedForecasts:
    """Makes forecasts, and checks them.

    Attributes:
        forecaster: the model.
        source: the name of the source of observations.
        oldest: the largest age allowed of the last observation.
    """

    forecaster: Forecaster
    source: str
    oldest: timedelta

    def issue(
        self,
        stations: Sequence[Station],
        histories: Mapping[str, History],
        guidance: Mapping[str, GuidanceRecord],
        now: datetime,
    ) -> Issued:
        """The stations' forecasts, in their order: with guidance, or else from their past.

        Args:
            stations: those to forecast.
            histories: by station, its observations.
            guidance: by station, its numerical forecasts.
            now: the time that they are checked against.
        """
        fitted = self.forecaster.station_guidance
        guided = [one for one in stations if one.id in guidance and one.id in fitted]
        attempted = self._attempted(guided, histories, guidance, now)
        issued: Issued = {}
        for id, found in attempted.items():
            if isinstance(found, Snapshot):
                issued[id] = found
            else:
                _LOG.warning("%s is forecast without numerical forecasts: with them, %s", id, found)
        others = [one for one in stations if one.id not in issued]
        issued |= self._attempted(others, histories, {}, now)
        return {station.id: issued[station.id] for station in stations}

    def _attempted(
        self,
        stations: Sequence[Station],
        histories: Mapping[str, History],
        guidance: Mapping[str, GuidanceRecord],
        now: datetime,
    ) -> Issued:
        """The forecasts of one kind. Where some can't be made, each half of the stations is tried
        by itself: a forecast is the same bytes whatever others are made beside it."""
        if not stations:
            return {}
        try:
            snapshots = issue_each(
                stations, histories, self.source, self.forecaster, guidance=guidance
            )
        except ModelError as error:
            if len(stations) == 1:
                return {stations[0].id: error}
            middle = len(stations) // 2
            first = self._attempted(stations[:middle], histories, guidance, now)
            return first | self._attempted(stations[middle:], histories, guidance, now)
        issued: Issued = {}
        for station, snapshot in zip(stations, snapshots, strict=True):
            issued[station.id] = self._refusal(station, snapshot, now) or snapshot
        return issued

    def _refusal(self, station: Station, snapshot: Snapshot, now: datetime) -> RefusedError | None:
        climate = self.forecaster.manifest.standardization.climatologies[station.id]
        failed = failed_checks(snapshot, 0, climate.reported, now, self.oldest)
        return RefusedError("; ".join(failed)) if failed else None
