"""What a refresh does with the places that people asked for, before it forecasts: it adds a few of
them, and tells what became of each. Whatever goes wrong with one keeps no forecast from being
made."""

import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Final

from wearcast.config import Params, Paths, Station
from wearcast.errors import (
    ArtifactError,
    BusyError,
    ConfigError,
    ModelError,
    PassingError,
    QuotaError,
    RefusedError,
    WearcastError,
)
from wearcast.forecasting.forecaster import Forecaster
from wearcast.serving.places.addition import PlaceAddition
from wearcast.serving.places.coordinates import look_up
from wearcast.serving.places.numerical_archive import NumericalArchive
from wearcast.serving.places.place_requests import (
    MOST_ATTEMPTS,
    PlaceQueue,
    PlaceRequest,
    is_same_place,
)
from wearcast.serving.places.registry import PlaceLimits, PlaceRegistry
from wearcast.serving.places.request_states import Reason
from wearcast.serving.settings import Deployment
from wearcast.serving.store.object_storage import open_storage
from wearcast.weather.sources import GuidanceSource, open_guidance_source
from wearcast.weather.sources.http_client import RetryPolicy
from wearcast.weather.sources.open_meteo import OpenMeteoGuidance, OpenMeteoSource
from wearcast.weather.stations import resolve

MOST_AT_ONCE: Final = 2
"""Places that one refresh adds. Of what Open-Meteo gives away within an hour, they take a 25th."""

_LONGEST_S: Final = 45.0
"""After this time no other one is begun, so that the forecast isn't late."""

_NOW_OR_LATER: Final = RetryPolicy(
    connect_s=5.0, silence_s=15.0, answer_s=30.0, attempts=2, total_s=20.0, longest_pause_s=5.0
)
"""The forecast waits meanwhile, and the next refresh asks again."""

_GUIDANCE_D: Final = 90
_GUIDANCE_S: Final = 20.0
"""Days of numerical forecasts, and how long they may take: two places leave the refresh a part of
what Open-Meteo gives away within a minute."""

_AGAIN_AFTER: Final = timedelta(minutes=30)
"""A refresh that fails is repeated after minutes, which isn't long enough for a service to be there
again."""

_MAY_PASS: Final = (PassingError, QuotaError, ArtifactError)
_LOG: Final = logging.getLogger(__name__)


def carry_out(
    settings: Deployment, params: Params, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> None:
    """Add places that were asked for, `MOST_AT_ONCE` at most, where the settings let people ask.

    Args:
        settings: the deployment's settings.
        params: the experiment's parameters.
        now: returns the current time.
    """
    if settings.place_requests == "off":
        return
    try:
        _Carrying.open(settings, params, now).run()
    except WearcastError as error:
        _LOG.warning("places that were asked for have to wait: %s", error)
    except Exception as error:  # noqa: BLE001 - no place may keep a forecast from being made
        _LOG.exception("places that were asked for have to wait: %s", error)


@dataclass(frozen=True)
class _Carrying:
    """Carries requests out.

    Attributes:
        settings, params: the deployment's, and the experiment's with the source that is used.
        queue: the requests.
        registry: the places that there are.
        now: returns the current time.
    """

    settings: Deployment
    params: Params
    queue: PlaceQueue
    registry: PlaceRegistry
    now: Callable[[], datetime]

    @classmethod
    def open(cls, settings: Deployment, params: Params, now: Callable[[], datetime]) -> "_Carrying":
        """One with the settings' queue and places."""
        source = settings.source or params.ingest.source
        ingest = params.ingest.model_copy(update={"source": source})
        objects = open_storage(settings.place_queue, settings.store_timeout)
        return cls(
            settings=settings,
            params=params.model_copy(update={"ingest": ingest}),
            queue=PlaceQueue(objects, now),
            registry=PlaceRegistry(settings.history),
            now=now,
        )

    def run(self) -> None:
        """Add some of those that wait, and tell how many places there are."""
        self._tell_places()
        waiting = list(filter(self._is_due, self.queue.read().waiting))[:MOST_AT_ONCE]
        began_s = time.monotonic()
        for request in waiting:
            if time.monotonic() - began_s > _LONGEST_S:
                break
            self._try(request)
        if waiting:
            self._tell_places()

    def _is_due(self, request: PlaceRequest) -> bool:
        return request.tried_at is None or self.now() - request.tried_at >= _AGAIN_AFTER

    def _tell_places(self) -> None:
        count = len(self.registry.ids())
        self.queue.change(lambda requests: requests.model_copy(update={"places": count}))

    def _try(self, request: PlaceRequest) -> None:
        """Add a place, or tell why it isn't added; or let it wait."""
        id = request.station.id
        # Counted first: a place that ends this process does so three times, and no more.
        attempts = request.attempts + 1
        self._change(id, attempts=attempts, tried_at=self.now())
        if attempts > MOST_ATTEMPTS:
            self._refuse(id, "source")
            return
        try:
            self._add(request)
        except BusyError as error:
            _LOG.warning("%s, which was asked for, has to wait: %s", id, error)
            self._change(id, attempts=request.attempts, tried_at=request.tried_at)
        except WearcastError as error:
            _LOG.warning("%s, which was asked for, isn't added: %s", id, error)
            if not isinstance(error, _MAY_PASS) or attempts == MOST_ATTEMPTS:
                self._refuse(id, self._reason(error))
        else:
            _LOG.info("%s, which was asked for, is added", id)
            self._change(id, state="added", ended_at=self.now())

    def _add(self, request: PlaceRequest) -> None:
        id = request.station.id
        if id in self.registry.ids():
            added = self.registry.place(id).station
            if is_same_place(added, request.station):
                return  # by an operator, or by a refresh that ended before it could tell
        addition = self._addition.add(self._station(request))
        if addition.without:
            _LOG.warning("%s has not all numerical forecasts: %s", id, addition.without)

    def _station(self, request: PlaceRequest) -> Station:
        """The place, whose elevation is looked up where nobody knew it."""
        station = request.station
        if request.has_elevation:
            return station
        open_meteo = self.params.ingest.open_meteo
        there = look_up(station.latitude, station.longitude, open_meteo, os.environ)
        return station.model_copy(update={"elevation_m": there.elevation_m})

    @cached_property
    def _addition(self) -> PlaceAddition:
        """Raises ConfigError: the source has no place but its own stations."""
        ingest = self.params.ingest
        if ingest.source != "open_meteo":
            raise ConfigError(
                f"the observations are from {ingest.source}, which has its own stations alone. Set"
                " WEARCAST_SOURCE=open_meteo, or WEARCAST_PLACE_REQUESTS=off."
            )
        forecaster = Forecaster.load(self.settings.model)
        return PlaceAddition(
            source=OpenMeteoSource(ingest.open_meteo, os.environ, self.now, _NOW_OR_LATER),
            source_name=ingest.source,
            forecaster=forecaster,
            registry=self.registry,
            limits=PlaceLimits(self.settings.places, self.settings.places_a_day),
            known={station.id for station in resolve(ingest.stations)},
            fill_h=self.params.preprocess.fill_h,
            oldest=self.settings.oldest_observation,
            now=self.now,
            numerical=self._numerical(forecaster),
        )

    def _numerical(self, forecaster: Forecaster) -> NumericalArchive | None:
        """The archive of numerical forecasts, asked for less and for a shorter time than by a
        command."""
        ingest = self.params.ingest
        source: GuidanceSource | None
        try:
            if ingest.guidance.source == "open_meteo":
                models = ingest.guidance.models
                source = OpenMeteoGuidance(
                    ingest.open_meteo, models, os.environ, self.now, _NOW_OR_LATER
                )
            else:
                source = open_guidance_source(ingest, Paths.find().root)
        except WearcastError as error:
            _LOG.warning("places are added without numerical forecasts: %s", error)
            return None
        archive = NumericalArchive.of(source, ingest, forecaster)
        return replace(archive, days=_GUIDANCE_D, most_s=_GUIDANCE_S) if archive else None

    def _reason(self, error: WearcastError) -> Reason:
        if len(self.registry.ids()) >= self.settings.places:
            return "full"
        match error:
            case ModelError() | RefusedError():
                return "model"
            case ConfigError():
                return "operator"
            case _:
                return "source"

    def _refuse(self, id: str, reason: Reason) -> None:
        self._change(id, state="refused", reason=reason, ended_at=self.now())

    def _change(self, id: str, **changes: Any) -> None:
        self.queue.change(lambda requests: requests.with_changed(id, **changes))
