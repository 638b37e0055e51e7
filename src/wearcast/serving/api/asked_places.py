"""What the routes of places share: who may ask, how often, the places of a name, and the requests
that the refresh carries out."""

import asyncio
import contextlib
import hmac
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final, TypeVar

from fastapi import Depends, Header, Request

from wearcast.config import OpenMeteo, Params, Paths, Station, checked, read_groups
from wearcast.errors import ConfigError, WearcastError
from wearcast.serving.api import schemas
from wearcast.serving.api.bounded_threads import BoundedThreads
from wearcast.serving.api.client_rates import ClientRates, Rate
from wearcast.serving.api.geocoder import Geocoder
from wearcast.serving.api.problem_details import ProblemError
from wearcast.serving.places.place_requests import (
    PlaceQueue,
    PlaceRequest,
    PlaceRequests,
    RequestLimits,
    is_same_place,
)
from wearcast.serving.places.request_states import Answer, Room
from wearcast.serving.settings import Deployment
from wearcast.serving.store.object_storage import open_storage
from wearcast.weather.geocoded_places import GeocodedPlace

Result = TypeVar("Result")

_LOG: Final = logging.getLogger(__name__)
_SCHEME: Final = "bearer "
_SEARCHES: Final = Rate(per_s=0.01, burst=10.0)
"""Of an address. A name that nobody asked for lately is one of few that all may ask Open-Meteo for
(`geocoder`)."""

_NEAR_SEARCHES: Final = Rate(per_s=5.0, burst=200.0)
_REQUESTS: Final = Rate(per_s=1 / 600, burst=5.0)
_NEAR_REQUESTS: Final = Rate(per_s=1 / 30, burst=20.0)
_TOLD: Final = ("number", "name_en", "name_ko", "where", "latitude", "longitude")
_OF_STATION: Final = ("name_en", "name_ko", "latitude", "longitude", "time_zone")
_THREADS: Final = (
    "places",
    "Too many places are being looked for.",
    "Looking for places takes too long.",
)
OUTCOMES: Final = ("new", "known", "full", "today", "rate", "unknown", "failed")
"""What came of asking for a place. rate: an address asks too often; unknown: the name doesn't find
it; failed: the names, or the requests, can't be had."""

_LOOK_EVERY_S: Final = 60.0


@dataclass
class AskedPlaces:
    """The places that people look and ask for.

    Attributes:
        settings: the deployment's settings.
        geocoder: finds them by their names.
        queue: of the requests; None where nobody may ask.
        outcomes: of requests since the start, by `OUTCOMES`.
        other_tokens: how often somebody gave another token than the operator's.
        seen: the requests as they were read last; None where they can't be read.
    """

    settings: Deployment
    geocoder: Geocoder
    queue: PlaceQueue | None
    outcomes: Counter[str] = field(init=False, default_factory=Counter)
    other_tokens: int = field(init=False, default=0)
    seen: PlaceRequests | None = field(init=False, default=None)
    _threads: BoundedThreads = field(init=False, default_factory=lambda: BoundedThreads(*_THREADS))
    _searches: ClientRates = field(init=False)
    _requests: ClientRates = field(init=False)

    def __post_init__(self) -> None:
        trusted = self.settings.trusted_proxies
        self._searches = ClientRates(_SEARCHES, _NEAR_SEARCHES, trusted)
        self._requests = ClientRates(_REQUESTS, _NEAR_REQUESTS, trusted)

    @classmethod
    def open(cls, settings: Deployment) -> "AskedPlaces":
        """Those of the settings."""
        if settings.place_requests == "off":
            return cls(settings, Geocoder(""), None)
        objects = open_storage(settings.place_queue, settings.store_timeout)
        return cls(settings, Geocoder(_open_meteo().geocoding_url), PlaceQueue(objects))

    def require_allowed(self, authorization: str) -> None:
        """Refuse who may not ask.

        Raises:
            ProblemError: 404, nobody may; 401, a token is missing; 403, it is another one.
        """
        if self.queue is None:
            raise ProblemError(
                404, "Nobody may ask for places here: WEARCAST_PLACE_REQUESTS is off."
            )
        if self.settings.place_requests == "anyone":
            return
        if not authorization.lower().startswith(_SCHEME):
            raise ProblemError(
                401, "Send the operator's token in the header `Authorization: Bearer`."
            )
        token = authorization[len(_SCHEME) :].strip().encode()
        expected = self.settings.place_token.get_secret_value().encode()
        if not hmac.compare_digest(token, expected):
            self.other_tokens += 1
            raise ProblemError(403, "This is another token than the operator's.")

    async def found(
        self, request: Request, name: str, stations: Sequence[Station]
    ) -> tuple[list[schemas.FoundPlace], Room]:
        """The places of a name, and whether one of them may be asked for.

        Args:
            request: who looks for them.
            name: theirs.
            stations: that are forecast.

        Raises:
            ProblemError: 429, its client looks for too many; 503, the places or the requests can't
                be had.
        """
        if not self._searches.take(request):
            raise ProblemError(429, "Too many places were looked for. Wait a little.", 10)
        return await self._run(lambda queue: self._found(queue, name, stations))

    async def ask(
        self, request: Request, wanted: schemas.WantedPlace, stations: Sequence[Station]
    ) -> tuple[schemas.FoundPlace, Answer]:
        """Ask for a place; the place as it is then, and what came of it.

        Args:
            request: who asks.
            wanted: the place.
            stations: that are forecast.

        Raises:
            ProblemError: 404, the name doesn't find it; 429, its client asks for too many; 503, the
                places or the requests can't be had.
        """
        if not self._requests.take(request):
            self.outcomes["rate"] += 1
            raise ProblemError(429, "Too many places were asked for from your address.", 600)
        try:
            place, answer = await self._run(lambda queue: self._asked(queue, wanted, stations))
        except ProblemError as error:
            self.outcomes["unknown" if error.status == 404 else "failed"] += 1
            raise
        self.outcomes[answer] += 1
        return place, answer

    async def watch(self) -> None:
        """Read the requests now and then, for the metrics: what others do with them isn't told."""
        while True:
            with contextlib.suppress(ProblemError):
                await self._run(self._look)
            await asyncio.sleep(_LOOK_EVERY_S)

    def close(self) -> None:
        """End the threads."""
        self._threads.close()

    def _found(
        self, queue: PlaceQueue, name: str, stations: Sequence[Station]
    ) -> tuple[list[schemas.FoundPlace], Room]:
        found = self.geocoder.places(name)
        requests = self._look(queue)
        described = []
        for place in found:
            try:
                described.append(_described(place, stations, requests))
            except ConfigError as error:
                _LOG.warning("a place named %s can't be one of ours: %s", name, error)
        return described, self._limits.allow(requests, queue.now())

    def _asked(
        self, queue: PlaceQueue, wanted: schemas.WantedPlace, stations: Sequence[Station]
    ) -> tuple[schemas.FoundPlace, Answer]:
        place = self._place(wanted)
        requests = queue.read()
        described = _described(place, stations, requests)
        if described.state != "new":
            return described, "known"
        other_id = f"place-{place.number}"
        is_taken = any(station.id == place.id for station in stations)
        asked = PlaceRequest(
            station=_station(place, other_id if is_taken else place.id),
            has_elevation=place.elevation_m is not None,
            asked_at=queue.now(),
        )
        answer, requests = queue.ask(asked, self._limits, other_id)
        self.seen = requests
        return _described(place, stations, requests), answer

    def _look(self, queue: PlaceQueue) -> PlaceRequests:
        try:
            self.seen = requests = queue.read()
        except WearcastError:
            self.seen = None
            raise
        return requests

    def _place(self, wanted: schemas.WantedPlace) -> GeocodedPlace:
        for place in self.geocoder.places(wanted.name):
            if place.number == wanted.number:
                return place
        raise ProblemError(404, f"No place named {wanted.name} has the number {wanted.number}.")

    @property
    def _limits(self) -> RequestLimits:
        return RequestLimits(self.settings.places, self.settings.places_a_day)

    async def _run(self, work: Callable[[PlaceQueue], Result]) -> Result:
        queue = self.queue
        assert queue is not None  # noqa: S101 - `require_allowed` was asked
        try:
            return await self._threads.run(lambda: work(queue))
        except WearcastError as error:
            _LOG.warning("places can't be looked or asked for: %s", error)
            raise ProblemError(
                503, "Places can't be looked or asked for just now. Try again in a moment.", 30
            ) from error


def _described(
    place: GeocodedPlace, stations: Sequence[Station], requests: PlaceRequests
) -> schemas.FoundPlace:
    """A place, and what is known of it."""
    here = _station(place, "place")
    told = {name: getattr(place, name) for name in _TOLD}
    for station in stations:
        if is_same_place(station, here):
            return schemas.FoundPlace(**told, state="forecast", station=station.id)
    request = requests.at(here)
    if request is None:
        return schemas.FoundPlace(**told, state="new")
    return schemas.FoundPlace(
        **told, state=request.state, station=request.station.id, reason=request.reason
    )


def _station(place: GeocodedPlace, id: str) -> Station:
    fields = {name: getattr(place, name) for name in _OF_STATION}
    elevation_m = 0.0 if place.elevation_m is None else place.elevation_m
    return checked(Station, {**fields, "id": id, "elevation_m": elevation_m}, "the place")


def _open_meteo() -> OpenMeteo:
    """The addresses of this project's params.yaml; outside of a project Open-Meteo's own."""
    try:
        paths = Paths.find()
    except ConfigError:
        return OpenMeteo()
    return checked(Params, read_groups(paths.params), where=str(paths.params)).ingest.open_meteo


async def _asked_places(request: Request) -> AskedPlaces:
    places: AskedPlaces = request.app.state.places
    return places


PlacesDep = Annotated[AskedPlaces, Depends(_asked_places)]


async def require_allowed(
    places: PlacesDep,
    authorization: Annotated[
        str,
        Header(
            description="Bearer and the operator's token, where WEARCAST_PLACE_REQUESTS is token.",
            examples=["Bearer 3q8Jt0e5b1Yk7cVn2Rz9LwXa6Mf4GhPd"],
        ),
    ] = "",
) -> None:
    """Refuse who may not ask for places.

    Raises:
        ProblemError: 401, 403 or 404.
    """
    places.require_allowed(authorization)
