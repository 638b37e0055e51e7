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
from wearcast.serving.api.expiry import quarter_hour, until_midnight_s
from wearcast.serving.api.forecast_view import Told
from wearcast.serving.api.metrics import Metrics
from wearcast.serving.api.model_card import Card
from wearcast.serving.api.problem_details import ProblemError
from wearcast.serving.settings import Deployment
from wearcast.serving.store.snapshot_reader import Current, Reader
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
    reader: Reader
    card: Card
    metrics: Metrics
    supervisor: Supervisor
    _told: tuple[Snapshot | None, dict[tuple[int, Units], Told]] = field(
        init=False, default_factory=lambda: (None, {})
    )

    @property
    def current(self) -> Current:
        """What is served.

        Raises:
            ProblemError: 503, there is nothing yet.
        """
        if self.reader.current is None:
            wait_s = max(
                1, round(self.reader.pause(self.settings.revalidate_every).total_seconds())
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
        if self.card.forecaster is None:
            raise ProblemError(
                503,
                "The model can't be loaded here; published forecasts are served all the same.",
                60,
            )
        return self.card.forecaster

    def stamp(self) -> Hashable:
        """What every kept answer depends on: it changes with the snapshot, each time ages are told
        anew, and with any date."""
        current = self.reader.current
        aged = int(time.monotonic() // AGE_STEP_S)
        return (None if current is None else current.record, aged, quarter_hour(self.reader.now()))

    def default_station(self, current: Current) -> str:
        """The first station in params, as the model has them; without a model, the snapshot's
        first."""
        return (self.card.stations or [station.id for station in current.snapshot.stations])[0]

    def station(self, current: Current, asked: str | None) -> int:
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

    def stations(self, current: Current) -> list[Station]:
        """Every station that is forecast or that the model knows, the default one first."""
        known = list(self.card.forecaster.manifest.stations) if self.card.forecaster else []
        every = {station.id: station for station in (*known, *current.snapshot.stations)}
        first = self.default_station(current)
        return sorted(every.values(), key=lambda station: station.id != first)

    def clock(self, current: Current, station: int, now: datetime) -> datetime:
        """What a reader's clock shows at a station; a replay has one of its own."""
        return reader_clock(current.snapshot, current.snapshot.stations[station].id, now)

    def told(self, current: Current, station: int, units: Units, now: datetime) -> Told:
        """A station's forecast in these units; what it worked out for one answer serves the next,
        until a newer snapshot or date."""
        today = self.clock(current, station, now).date()
        of, known = self._told
        if of is not current.snapshot:
            known = {}
            self._told = (current.snapshot, known)
        told = known.get((station, units))
        if told is None or told.today != today:
            told = known[station, units] = Told(current.snapshot, station, units, today)
        return told

    def days_last_s(self, current: Current, station: int, now: datetime) -> float:
        """Seconds until there is a new date at a station; a replay's clock stands still."""
        return (
            math.inf
            if current.snapshot.origin.replay
            else until_midnight_s(self.clock(current, station, now))
        )

    def provenance(self, current: Current, station: int) -> schemas.Provenance:
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

    def next_refresh_s(self, current: Current) -> int:
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

    def answer(
        self,
        current: Current,
        content: Content,
        provenance: schemas.Provenance,
        headers: Headers | None = None,
        lasts_s: float = math.inf,
    ) -> Response:
        """A JSON answer that may be kept until the next forecast is expected, or as long as it
        lasts."""
        return self.kept(
            current,
            written(content),
            "application/json",
            {**described(provenance), **(headers or {})},
            lasts_s,
        )

    def kept(
        self,
        current: Current,
        body: bytes,
        media_type: str,
        headers: Headers,
        lasts_s: float = math.inf,
    ) -> Response:
        """Any answer that may be kept so long: its tag leaves out ages, which are all that may
        change until then."""
        tag = hashlib.blake2b(_AGE.sub(b"", body), digest_size=12).hexdigest()
        caching = {
            "ETag": f'W/"{tag}"',
            "Cache-Control": f"public, max-age={min(self.next_refresh_s(current), lasts_s)}",
        }
        return Response(body, headers={**caching, **headers}, media_type=media_type)


def written(content: Content) -> bytes:
    """An answer as JSON."""
    return to_json(content, inf_nan_mode="null")


def described(provenance: schemas.Provenance) -> dict[str, str]:
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
