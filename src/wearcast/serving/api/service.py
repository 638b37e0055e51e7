"""What the routes share: the current snapshot, the tracked model and cacheable responses."""

import hashlib
import math
import re
import time
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel
from pydantic_core import to_json

from wearcast.config import Station
from wearcast.forecasting.daily import reader_clock
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.snapshot import Snapshot
from wearcast.serving.api import schemas
from wearcast.serving.api.expiry import quarter_hour_number, seconds_until_midnight
from wearcast.serving.api.forecast_view import StationForecastView
from wearcast.serving.api.metrics import Metrics
from wearcast.serving.api.model_card import TrackedModel
from wearcast.serving.api.problem_details import ProblemError
from wearcast.serving.settings import Deployment
from wearcast.serving.store.current_snapshot import ServedSnapshot
from wearcast.serving.store.snapshot_reader import SnapshotReader
from wearcast.serving.supervisor import Supervisor
from wearcast.vocabulary import Units
from wearcast.weather.attribution import attribution

Headers = Mapping[str, str]
Content = BaseModel | Mapping[str, Any]
AGE_STEP_S: Final = 10
"""Responses are computed again after so many seconds, for their age changes."""

_AGE: Final = re.compile(rb'"age_s":\d+,')


@dataclass
class Service:
    """The service behind the routes.

    Attributes:
        settings: the deployment's settings.
        reader: the reader of the snapshot store.
        tracked_model: the tracked model and its reports.
        metrics: the service's metrics.
        supervisor: of its background tasks.
    """

    settings: Deployment
    reader: SnapshotReader
    tracked_model: TrackedModel
    metrics: Metrics
    supervisor: Supervisor
    _views: tuple[Snapshot | None, dict[tuple[int, Units], StationForecastView]] = field(
        init=False, default_factory=lambda: (None, {})
    )
    """A snapshot and its views, in one attribute because threads replace them together."""

    @property
    def current(self) -> ServedSnapshot:
        """The snapshot that is served.

        Raises:
            ProblemError: 503, there is none yet.
        """
        if self.reader.current is not None:
            return self.reader.current
        interval = self.reader.poll_interval(self.settings.revalidate_every)
        raise ProblemError(
            503,
            "There is no forecast yet: the first one hasn't been published, or can't be read.",
            retry_after_s=max(1, round(interval.total_seconds())),
        )

    @property
    def forecaster(self) -> Forecaster:
        """The tracked model's forecaster.

        Raises:
            ProblemError: 503, it can't be loaded.
        """
        if self.tracked_model.forecaster is None:
            raise ProblemError(
                503,
                "The model can't be loaded here; published forecasts are served all the same.",
                retry_after_s=60,
            )
        return self.tracked_model.forecaster

    def cache_version(self) -> Hashable:
        """What all cached responses depend on: the snapshot, the step of its age, and the current
        quarter of an hour, with which dates and hours begin in every time zone."""
        current = self.reader.current
        record = None if current is None else current.record
        age_step = int(time.monotonic() // AGE_STEP_S)
        return record, age_step, quarter_hour_number(self.reader.now())

    def default_station(self, current: ServedSnapshot) -> str:
        """The id of the model's first station; without a model, of the snapshot's first."""
        if self.tracked_model.stations:
            return self.tracked_model.stations[0]
        return current.snapshot.stations[0].id

    def station_index(self, current: ServedSnapshot, requested: str | None) -> int:
        """The index in the snapshot of the requested station, or else of the default one.

        Raises:
            ProblemError: 404, there is no forecast of it.
        """
        id = requested or self.default_station(current)
        ids = [station.id for station in current.snapshot.stations]
        if id not in ids:
            raise ProblemError(
                404, f"No forecast for station {id}; there is one for: {', '.join(ids)}."
            )
        return ids.index(id)

    def stations(self, current: ServedSnapshot) -> list[Station]:
        """The stations of the model and of the snapshot, the default one first."""
        by_id: dict[str, Station] = {}
        forecaster = self.tracked_model.forecaster
        if forecaster is not None:
            by_id |= {station.id: station for station in forecaster.manifest.stations}
        by_id |= {station.id: station for station in current.snapshot.stations}
        default = self.default_station(current)
        return sorted(by_id.values(), key=lambda station: station.id != default)

    def local_now(self, current: ServedSnapshot, index: int, now: datetime) -> datetime:
        """The time in a station's time zone; of a replay, its issue time."""
        station = current.snapshot.stations[index]
        return reader_clock(current.snapshot, station.id, now)

    def station_view(
        self, current: ServedSnapshot, index: int, units: Units, now: datetime
    ) -> StationForecastView:
        """A station's forecast in these units; views are shared between requests until the snapshot
        or the local date changes."""
        snapshot, views = self._views
        if snapshot is not current.snapshot:
            views = {}
            self._views = (current.snapshot, views)
        today = self.local_now(current, index, now).date()
        view = views.get((index, units))
        if view is None or view.today != today:
            view = StationForecastView(current.snapshot, index, units, today)
            views[index, units] = view
        return view

    def seconds_until_next_date(self, current: ServedSnapshot, index: int, now: datetime) -> float:
        """Seconds until the date changes at a station; infinite for a replay, whose clock stands
        still."""
        if current.snapshot.origin.replay:
            return math.inf
        return seconds_until_midnight(self.local_now(current, index, now))

    def provenance(self, current: ServedSnapshot, index: int) -> schemas.Provenance:
        """Which forecast of a station a response comes from."""
        record = current.record
        return schemas.Provenance(
            issued_at=current.snapshot.issued_at[index].item().replace(tzinfo=UTC),
            published_at=record.published_at,
            model=record.model,
            source=record.source,
            attribution=attribution(record.source),
            version=record.version,
            age_s=int(self.reader.age(current, index).total_seconds()),
            stale=self.reader.stale(current, index),
            replay=record.replay,
        )

    def next_refresh_s(self, current: ServedSnapshot) -> int:
        """Seconds until a newer forecast is expected; when it is overdue, until the next poll of
        the store."""
        passed = self.reader.now() - current.record.published_at
        passed_s = passed.total_seconds()
        refresh_every = self.settings.refresh_every
        remaining_s = refresh_every.total_seconds() - max(0.0, passed_s)
        next_poll = min(self.settings.revalidate_every, refresh_every)
        next_poll_s = next_poll.total_seconds()
        return round(max(remaining_s, next_poll_s))

    def json_response(
        self,
        current: ServedSnapshot,
        content: Content,
        provenance: schemas.Provenance,
        headers: Headers | None = None,
        max_age_s: float = math.inf,
    ) -> Response:
        """A JSON response that clients may cache until the next forecast is expected, at most
        `max_age_s`."""
        every_header = {**provenance_headers(provenance), **(headers or {})}
        body = as_json_bytes(content)
        return self.cacheable_response(current, body, "application/json", every_header, max_age_s)

    def cacheable_response(
        self,
        current: ServedSnapshot,
        body: bytes,
        media_type: str,
        headers: Headers,
        max_age_s: float = math.inf,
    ) -> Response:
        """A response that clients may cache; its weak ETag leaves out `age_s`, which changes while
        nothing else does."""
        without_age = _AGE.sub(b"", body)
        tag = hashlib.blake2b(without_age, digest_size=12).hexdigest()
        max_age_s = min(self.next_refresh_s(current), max_age_s)
        caching = {"ETag": f'W/"{tag}"', "Cache-Control": f"public, max-age={max_age_s}"}
        return Response(body, headers={**caching, **headers}, media_type=media_type)


def as_json_bytes(content: Content) -> bytes:
    """A response's content as JSON; NaN and infinities as null."""
    return to_json(content, inf_nan_mode="null")


def provenance_headers(provenance: schemas.Provenance) -> dict[str, str]:
    """The headers about a response's forecast, which CSV and plain lists have too."""
    return {
        "Wearcast-Issued-At": f"{provenance.issued_at:%Y-%m-%dT%H:%MZ}",
        "Wearcast-Model": provenance.model,
        "Wearcast-Age": str(provenance.age_s),
        "Wearcast-Stale": str(provenance.stale).lower(),
        "Wearcast-Replay": str(provenance.replay).lower(),
    }


async def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


ServiceDep = Annotated[Service, Depends(_service)]
