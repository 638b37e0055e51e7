"""What the routes share: the current snapshot, the tracked model and responses that are kept."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel
from pydantic_core import to_json

from wearcast.config import Station
from wearcast.errors import ModelError, some_of
from wearcast.forecasting.daily import reader_clock
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.snapshot import Snapshot
from wearcast.forecasting.station_climatology import StationClimatology
from wearcast.serving.api import schemas
from wearcast.serving.api.answer import KEPT_HEADER, Lasting, tag_of
from wearcast.serving.api.audience import MODEL, VARY
from wearcast.serving.api.expectations import usual_temperature
from wearcast.serving.api.expiry import seconds_until_midnight
from wearcast.serving.api.forecast_view import StationForecastView, guidance_of
from wearcast.serving.api.model_card import TrackedModel
from wearcast.serving.api.problem_details import ProblemError
from wearcast.serving.api.station_directory import StationDirectory
from wearcast.serving.api.utc_time import iso_utc
from wearcast.serving.experiment.assignment import MODEL_HEADER
from wearcast.serving.experiment.variants import CHAMPION
from wearcast.serving.made_from import owed_to
from wearcast.serving.settings import Deployment
from wearcast.serving.store.current_snapshot import (
    CurrentSnapshot,
    ServedSnapshot,
    age_counts_from,
)
from wearcast.vocabulary import Units

_MAX_VIEWS: Final = 16
"""Of a snapshot's stations, those asked for last: a view takes 0.5 MB."""
Headers = Mapping[str, str]
Content = BaseModel | Mapping[str, Any]


@dataclass
class Service:
    """The service behind the routes.

    Attributes:
        settings: the deployment's settings.
        reader: the snapshot that is served.
        tracked_model: the tracked model and its reports.
        name: what the model is called, where several are served; else empty.
    """

    settings: Deployment
    reader: CurrentSnapshot
    tracked_model: TrackedModel
    name: str = ""
    _views: tuple[Snapshot | None, dict[tuple[int, Units], StationForecastView]] = field(
        init=False, default_factory=lambda: (None, {})
    )
    """A snapshot and its views, in one attribute because threads replace them together."""
    _directory: tuple[Snapshot | None, StationDirectory] = field(
        init=False, default_factory=lambda: (None, StationDirectory(()))
    )
    """Likewise."""

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

    def climatology(self, station: str) -> StationClimatology | None:
        """The tracked model's climatology of a station, or what is known of a place that it wasn't
        trained at; None where there is none."""
        forecaster = self.tracked_model.forecaster
        known = forecaster.manifest.standardization.climatologies if forecaster else {}
        current = self.reader.current
        if station in known or current is None:
            return known.get(station)
        return usual_temperature(current, station)

    def default_station(self, current: ServedSnapshot) -> str:
        """The id of the model's first station; without a model, of the snapshot's first."""
        forecaster = self.tracked_model.forecaster
        known = forecaster.manifest.stations if forecaster else ()
        return (known or current.snapshot.stations)[0].id

    def station_index(self, current: ServedSnapshot, requested: str | None) -> int:
        """The index in the snapshot of the requested station, or else of the default one.

        Raises:
            ProblemError: 404, there is no forecast of it.
        """
        id = requested or self.default_station(current)
        try:
            return current.snapshot.index(id)
        except ModelError as error:
            known = some_of(station.id for station in current.snapshot.stations)
            detail = f"No forecast for station {id}; there is one for: {known}."
            raise ProblemError(404, detail) from error

    def directory(self, current: ServedSnapshot) -> StationDirectory:
        """The stations of the model and of the snapshot, the default one first."""
        snapshot, directory = self._directory
        if snapshot is not current.snapshot:
            directory = StationDirectory(self._stations(current))
            self._directory = (current.snapshot, directory)
        return directory

    def _stations(self, current: ServedSnapshot) -> list[Station]:
        by_id: dict[str, Station] = {}
        forecaster = self.tracked_model.forecaster
        if forecaster is not None:
            for station in forecaster.manifest.stations:
                by_id[station.id] = station
        for station in current.snapshot.stations:
            by_id[station.id] = station
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
        local_now = self.local_now(current, index, now)
        today = local_now.date()
        view = views.get((index, units))
        if view is None or view.today != today:
            station = current.snapshot.stations[index]
            climatology = self.climatology(station.id)
            view = StationForecastView(current.snapshot, index, units, today, climatology)
            views[index, units] = view
            oldest_first = list(views)
            for oldest in oldest_first[:-_MAX_VIEWS]:
                views.pop(oldest, None)
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
            attribution=owed_to(record.source, current.snapshot.guidance[index]),
            guidance=guidance_of(current.snapshot, index),
            version=record.version,
            age_s=int(self.reader.age(current, index).total_seconds()),
            stale=self.reader.stale(current, index),
            replay=record.replay,
        )

    def json_response(
        self,
        current: ServedSnapshot,
        stations: Sequence[int],
        content: Content,
        provenance: schemas.Provenance,
        headers: Headers | None = None,
        max_age_s: float = math.inf,
    ) -> Response:
        """A JSON response that may be kept until the next forecast is expected, at most
        `max_age_s`.

        Args:
            current: the snapshot that it is from.
            stations: for each age in it, in its order, the index of the station in the snapshot.
            content: the content.
            provenance: of the headers, as of the first station.
            headers: further headers.
            max_age_s: when it ends for reasons of its own.
        """
        every_header = {**provenance_headers(provenance), **(headers or {})}
        body = as_json_bytes(content)
        return self.cacheable_response(
            current, stations, body, "application/json", every_header, max_age_s
        )

    def cacheable_response(
        self,
        current: ServedSnapshot,
        stations: Sequence[int],
        body: bytes,
        media_type: str,
        headers: Headers,
        max_age_s: float = math.inf,
    ) -> Response:
        """A response that may be kept; its weak ETag leaves out its ages, which change while
        nothing else does. For the arguments see `json_response`."""
        tag = tag_of(body)
        lasting = Lasting(
            since_s=tuple(age_counts_from(current, index).timestamp() for index in stations),
            expires_s=self.reader.now().timestamp() + max_age_s,
            tag=f"{tag}-{self.name}" if self.name else tag,
        )
        kept = {KEPT_HEADER.decode(): lasting.as_header()}
        all_headers = {**self.with_model(headers), **kept}
        return Response(body, headers=all_headers, media_type=media_type)

    def with_model(self, headers: Headers) -> Headers:
        """The headers, with the model's name and that the answer depends on who asks, where several
        models are served."""
        if not self.name:
            return headers
        vary = [headers["Vary"]] if "Vary" in headers else []
        return {**headers, MODEL_HEADER: self.name, "Vary": ", ".join([*vary, VARY])}


def as_json_bytes(content: Content) -> bytes:
    """A response's content as JSON; NaN and infinities as null."""
    return to_json(content, inf_nan_mode="null")


def provenance_headers(provenance: schemas.Provenance) -> dict[str, str]:
    """The headers about a response's forecast, which CSV and plain lists have too."""
    return {
        "Wearcast-Issued-At": iso_utc(provenance.issued_at),
        "Wearcast-Model": provenance.model,
        "Wearcast-Age": str(provenance.age_s),
        "Wearcast-Stale": str(provenance.stale).lower(),
        "Wearcast-Replay": str(provenance.replay).lower(),
    }


async def _service(request: Request) -> Service:
    services: Mapping[str, Service] = request.app.state.services
    return services[request.scope.get(MODEL, CHAMPION)]


ServiceDep = Annotated[Service, Depends(_service)]
