"""What the routes answer from: the reader's current snapshot, the model's card, and what is
counted."""

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
from wearcast.serving.store.snapshot_reader import ServedSnapshot, SnapshotReader
from wearcast.serving.supervisor import Supervisor
from wearcast.vocabulary import Units
from wearcast.weather.attribution import attribution

Headers = Mapping[str, str]
Content = BaseModel | Mapping[str, Any]
AGE_STEP_S: Final = 10
"""An answer tells its age anew this often."""

_AGE: Final = re.compile(rb'"age_s":\d+,')


@dataclass
class Service:
    """One service: settings, what is served, the model, what is counted, and what runs beside the
    requests."""

    settings: Deployment
    reader: SnapshotReader
    tracked_model: TrackedModel
    metrics: Metrics
    supervisor: Supervisor
    _views: tuple[Snapshot | None, dict[tuple[int, Units], StationForecastView]] = field(
        init=False, default_factory=lambda: (None, {})
    )

    @property
    def current(self) -> ServedSnapshot:
        """What is served.

        Raises:
            ProblemError: 503, there is nothing yet.
        """
        if self.reader.current is None:
            wait_s = max(
                1, round(self.reader.poll_interval(self.settings.revalidate_every).total_seconds())
            )
            raise ProblemError(
                503,
                "There is no forecast yet: the first one hasn't been published, or can't be read.",
                wait_s,
            )
        return self.reader.current

    @property
    def forecaster(self) -> Forecaster:
        """The model.

        Raises:
            ProblemError: 503, it can't be loaded.
        """
        if self.tracked_model.forecaster is None:
            raise ProblemError(
                503,
                "The model can't be loaded here; published forecasts are served all the same.",
                60,
            )
        return self.tracked_model.forecaster

    def cache_version(self) -> Hashable:
        """What every kept answer depends on: it changes with the snapshot, each time ages are told
        anew, and with any date."""
        current = self.reader.current
        aged = int(time.monotonic() // AGE_STEP_S)
        return (
            None if current is None else current.record,
            aged,
            quarter_hour_number(self.reader.now()),
        )

    def default_station(self, current: ServedSnapshot) -> str:
        """The first station in params, as the model has them; without a model, the snapshot's
        first."""
        return (
            self.tracked_model.stations or [station.id for station in current.snapshot.stations]
        )[0]

    def station_index(self, current: ServedSnapshot, asked: str | None) -> int:
        """Where the station asked for, or the default one, stands in the snapshot.

        Raises:
            ProblemError: 404, there is no forecast of it.
        """
        id = asked or self.default_station(current)
        ids = [station.id for station in current.snapshot.stations]
        if id not in ids:
            raise ProblemError(
                404, f"No forecast for station {id}; there is one for: {', '.join(ids)}."
            )
        return ids.index(id)

    def stations(self, current: ServedSnapshot) -> list[Station]:
        """Every station that is forecast or that the model knows, the default one first."""
        known = (
            list(self.tracked_model.forecaster.manifest.stations)
            if self.tracked_model.forecaster
            else []
        )
        every = {station.id: station for station in (*known, *current.snapshot.stations)}
        first = self.default_station(current)
        return sorted(every.values(), key=lambda station: station.id != first)

    def local_now(self, current: ServedSnapshot, station: int, now: datetime) -> datetime:
        """What a reader's clock shows at a station; a replay has one of its own."""
        return reader_clock(current.snapshot, current.snapshot.stations[station].id, now)

    def station_view(
        self, current: ServedSnapshot, station: int, units: Units, now: datetime
    ) -> StationForecastView:
        """A station's forecast in these units; what it worked out for one answer serves the next,
        until a newer snapshot or date."""
        today = self.local_now(current, station, now).date()
        of, known = self._views
        if of is not current.snapshot:
            known = {}
            self._views = (current.snapshot, known)
        view = known.get((station, units))
        if view is None or view.today != today:
            view = known[station, units] = StationForecastView(
                current.snapshot, station, units, today
            )
        return view

    def seconds_until_next_date(
        self, current: ServedSnapshot, station: int, now: datetime
    ) -> float:
        """Seconds until there is a new date at a station; a replay's clock stands still."""
        return (
            math.inf
            if current.snapshot.origin.replay
            else seconds_until_midnight(self.local_now(current, station, now))
        )

    def provenance(self, current: ServedSnapshot, station: int) -> schemas.Provenance:
        """Which forecast an answer about a station comes from."""
        record = current.record
        return schemas.Provenance(
            issued_at=current.snapshot.issued_at[station].item().replace(tzinfo=UTC),
            published_at=record.published_at,
            model=record.model,
            source=record.source,
            attribution=attribution(record.source),
            version=record.version,
            age_s=int(self.reader.age(current, station).total_seconds()),
            stale=self.reader.stale(current, station),
            replay=record.replay,
        )

    def next_refresh_s(self, current: ServedSnapshot) -> int:
        """Seconds until a newer forecast is expected; when it is overdue, until the next look at
        the store."""
        passed_s = (self.reader.now() - current.record.published_at).total_seconds()
        left_s = self.settings.refresh_every.total_seconds() - max(0.0, passed_s)
        return round(
            max(
                left_s,
                min(self.settings.revalidate_every, self.settings.refresh_every).total_seconds(),
            )
        )

    def json_response(
        self,
        current: ServedSnapshot,
        content: Content,
        provenance: schemas.Provenance,
        headers: Headers | None = None,
        max_age_s: float = math.inf,
    ) -> Response:
        """A JSON answer that may be kept until the next forecast is expected, or as long as it
        lasts."""
        return self.cacheable_response(
            current,
            as_json_bytes(content),
            "application/json",
            {**provenance_headers(provenance), **(headers or {})},
            max_age_s,
        )

    def cacheable_response(
        self,
        current: ServedSnapshot,
        body: bytes,
        media_type: str,
        headers: Headers,
        max_age_s: float = math.inf,
    ) -> Response:
        """Any answer that may be kept so long: its tag leaves out ages, which are all that may
        change until then."""
        tag = hashlib.blake2b(_AGE.sub(b"", body), digest_size=12).hexdigest()
        caching = {
            "ETag": f'W/"{tag}"',
            "Cache-Control": f"public, max-age={min(self.next_refresh_s(current), max_age_s)}",
        }
        return Response(body, headers={**caching, **headers}, media_type=media_type)


def as_json_bytes(content: Content) -> bytes:
    """An answer as JSON."""
    return to_json(content, inf_nan_mode="null")


def provenance_headers(provenance: schemas.Provenance) -> dict[str, str]:
    """What every answer says of its forecast in headers, for clients of CSV and lists too."""
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
