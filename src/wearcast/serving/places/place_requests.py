"""The places that people ask for through the API, in one object that it shares with the refresh:

    requests.json    what was asked for, the oldest first, and what became of it

It is small, and is replaced only if nobody has changed it since it was read: so both may write it,
in a folder or in a bucket, whichever machines they are on.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

from pydantic import AwareDatetime, ConfigDict, Field, ValidationError

from wearcast.config import Group, Station
from wearcast.errors import BusyError, ConflictError
from wearcast.forecasting.distance import distance_km
from wearcast.serving.places.request_states import Answer, Reason, Room, State
from wearcast.serving.store.object_storage import ObjectStorage

SAME_PLACE_KM: Final = 5.0
"""Two places that are nearer than this are one: their forecasts would hardly differ."""

_DEGREE_KM: Final = 111.0
"""Of latitude, a little less than it has."""

MOST_ATTEMPTS: Final = 3
"""After which a place isn't tried again."""

_MOST: Final = 200
_MAX_BYTES: Final = 400_000
_FILE: Final = "requests.json"
_DAY: Final = timedelta(days=1)
_KEPT_FOR: Final = timedelta(days=7)
"""After it is decided; until then the answer to asking again is the same."""

_TRIES: Final = 5
"""Where others keep writing meanwhile."""

_LOG: Final = logging.getLogger(__name__)


def is_same_place(one: Station, other: Station) -> bool:
    """Whether two places are one."""
    apart_km = abs(one.latitude - other.latitude) * _DEGREE_KM
    # Most are far apart, which is told at once.
    return apart_km <= SAME_PLACE_KM and distance_km(one, other) <= SAME_PLACE_KM


class PlaceRequest(Group):
    """A place that was asked for.

    Attributes:
        station: where it is.
        has_elevation: whether its elevation is known, or has yet to be looked up.
        asked_at: when.
        state: what became of it.
        reason: why it isn't added; None of any other.
        attempts: how often the refresh has begun to add it.
        tried_at: when it began last; None where it hasn't.
        ended_at: when it was decided; None while it waits.
    """

    # Fields that a later release adds are ignored.
    model_config = ConfigDict(extra="ignore")

    station: Station
    has_elevation: bool
    asked_at: AwareDatetime
    state: State = "waiting"
    reason: Reason | None = None
    attempts: int = Field(default=0, ge=0, le=1_000)
    tried_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None


class PlaceRequests(Group):
    """All that are kept; unknown fields are ignored.

    Attributes:
        places: how many places there are, as the refresh saw it last.
        requests: the oldest first.
    """

    model_config = ConfigDict(extra="ignore")

    format: Literal[1] = 1
    places: int = Field(default=0, ge=0)
    requests: tuple[PlaceRequest, ...] = Field(default=(), max_length=_MOST)

    @property
    def waiting(self) -> list[PlaceRequest]:
        """Those that wait: what was tried least often first, the oldest of them first."""
        found = [request for request in self.requests if request.state == "waiting"]
        return sorted(found, key=lambda request: (request.attempts, request.asked_at))

    def at(self, station: Station) -> PlaceRequest | None:
        """The newest request of a place; None where there is none."""
        found = [one for one in self.requests if is_same_place(one.station, station)]
        return found[-1] if found else None

    def has_id(self, id: str) -> bool:
        """Whether the id is one of them."""
        return any(request.station.id == id for request in self.requests)

    def asked_since(self, since: datetime) -> int:
        """How many were asked for since then."""
        return sum(request.asked_at > since for request in self.requests)

    def kept_at(self, now: datetime) -> "PlaceRequests":
        """Without those that were decided long ago."""
        kept = []
        for request in self.requests:
            decided = request.ended_at
            if decided is None or decided > now - _KEPT_FOR:
                kept.append(request)
        return self.model_copy(update={"requests": tuple(kept)})

    def with_changed(self, id: str, **changes: Any) -> "PlaceRequests":
        """With changes to the request of this station."""
        changed = []
        for request in self.requests:
            if request.station.id == id:
                request = request.model_copy(update=changes)
            changed.append(request)
        return self.model_copy(update={"requests": tuple(changed)})


@dataclass(frozen=True)
class RequestLimits:
    """How many an operator allows.

    Attributes:
        places: in all, those that are added and those that wait.
        a_day: requests within a day.
    """

    places: int
    a_day: int

    def allow(self, requests: PlaceRequests, now: datetime) -> Room:
        """Whether one more may be asked for."""
        if requests.places + len(requests.waiting) >= self.places:
            return "full"
        today = requests.asked_since(now - _DAY)
        is_much = today >= self.a_day or len(requests.requests) >= _MOST
        return "today" if is_much else "new"


class PlaceQueue:
    """The requests in a storage.

    Args:
        objects: the storage, of nothing else.
        now: returns the current time.

    Attributes:
        now: the same.
    """

    def __init__(
        self, objects: ObjectStorage, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._objects = objects
        self.now = now

    def read(self) -> PlaceRequests:
        """The requests; none where the object is broken, which the next change mends.

        Raises:
            StoreError: the storage can't be reached.
        """
        return self._read()[0]

    def ask(
        self, request: PlaceRequest, limits: RequestLimits, other_id: str
    ) -> tuple[Answer, PlaceRequests]:
        """Ask for a place, unless it was asked for; what came of it, and all requests then.

        Args:
            request: the place.
            limits: how many may be asked for.
            other_id: the place's id where another one has that of the request.

        Raises:
            StoreError: the storage can't be reached.
            BusyError: too many others ask at the same time.
        """
        answer: Answer = "known"

        def asked(requests: PlaceRequests) -> PlaceRequests:
            nonlocal answer
            known = requests.at(request.station)
            answer = "known" if known else limits.allow(requests, self.now())
            if answer != "new":
                return requests
            own = request
            if requests.has_id(request.station.id):
                station = request.station.model_copy(update={"id": other_id})
                own = request.model_copy(update={"station": station})
            return requests.model_copy(update={"requests": (*requests.requests, own)})

        requests = self.change(asked)
        return answer, requests

    def change(self, changed: Callable[[PlaceRequests], PlaceRequests]) -> PlaceRequests:
        """Replace the requests by what a pure function makes of them; what it made.

        Raises:
            StoreError: the storage can't be reached.
            BusyError: others keep changing them meanwhile.
        """
        for _ in range(_TRIES):
            before, tag = self._read()
            after = changed(before.kept_at(self.now()))
            if after == before:
                return after
            try:
                self._objects.swap(_FILE, after.model_dump_json().encode(), tag)
            except ConflictError:
                continue
            return after
        raise BusyError("others ask for places at the same time. Try again in a moment.")

    def _read(self) -> tuple[PlaceRequests, str | None]:
        content, tag = self._objects.get_tagged(_FILE, _MAX_BYTES)
        if content is None:
            return PlaceRequests(), tag
        try:
            found = json.loads(content)
            readable = list(filter(_is_readable, found["requests"]))
            return PlaceRequests.model_validate({**found, "requests": readable}), tag
        except (ValueError, TypeError, KeyError) as error:
            _LOG.warning("%s is broken, and is begun anew: %s", _FILE, error)
            return PlaceRequests(), tag


def _is_readable(content: Any) -> bool:
    """Whether a request is one that this release knows; one of a later release may not be."""
    try:
        PlaceRequest.model_validate(content)
    except ValidationError as error:
        _LOG.warning("a request in %s is left out: %s", _FILE, error.errors()[0]["msg"])
        return False
    return True
