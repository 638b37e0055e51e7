"""Places by their names for people who wait at a page: asked for once, with little patience, and
remembered; so seldom that the weather's own share of what Open-Meteo gives away is left."""

import json
import threading
import time
import unicodedata
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import httpx

from wearcast.errors import BusyError, PassingError, SourceError, WearcastError
from wearcast.serving.rate_limit import TokenBucket
from wearcast.vocabulary import LANGUAGES, Language
from wearcast.weather.geocoded_places import GeocodedPlace, places, question, results
from wearcast.weather.http_transport import EnvironmentTransport

_TIMEOUT: Final = httpx.Timeout(3.0)
_MAX_BYTES: Final = 200_000
_MOST_KEPT: Final = 500
_KEPT_S: Final = 86_400.0
_NAMES_PER_S: Final = 0.02
"""A name is asked for in each language: a day's are a third of the 10,000 that are free."""
_NAMES_AT_ONCE: Final = 40.0
NAMES: Final = ("kept", "asked", "limit", "failed")
"""What came of a name: it was remembered; the service told; too many were asked for; it failed."""


class Geocoder:
    """Open-Meteo's geocoding, from any thread.

    Args:
        url: where it answers.
        clock_s: the reading of a clock that is never set back.

    Attributes:
        names: how many there were since the start, by `NAMES`.
    """

    def __init__(self, url: str, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._clock_s = clock_s
        self._budget = TokenBucket(_NAMES_PER_S, _NAMES_AT_ONCE, clock_s)
        self._kept: OrderedDict[str, tuple[float, Sequence[GeocodedPlace]]] = OrderedDict()
        self._turn = threading.Lock()
        self._client: httpx.Client | None = None
        self.names = Counter[str]()

    def places(self, name: str) -> Sequence[GeocodedPlace]:
        """The places of that name, the most likely first; none where there are none.

        Raises:
            BusyError: too many names were asked for lately.
            PassingError: the service can't be reached.
            SourceError: it answers rubbish.
        """
        key = unicodedata.normalize("NFC", name).casefold().strip()
        with self._turn:
            kept = self._kept.get(key)
            if kept and self._clock_s() - kept[0] < _KEPT_S:
                self._kept.move_to_end(key)
                self.names["kept"] += 1
                return kept[1]
            if not self._budget.take():
                self.names["limit"] += 1
                raise BusyError("too many names of places were asked for lately")
        try:
            found = self._asked(key)
        except WearcastError:
            with self._turn:
                self.names["failed"] += 1
            raise
        with self._turn:
            self.names["asked"] += 1
            self._kept[key] = self._clock_s(), found
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return found

    def _asked(self, name: str) -> Sequence[GeocodedPlace]:
        found: dict[str, Sequence[Mapping[str, Any]]] = {}
        for language in LANGUAGES:
            found[language] = results(self._answer(name, language))
        return places(found, _language_of(name))

    def _answer(self, name: str, language: Language) -> Any:
        try:
            with self._http().stream("GET", self._url, params=question(name, language)) as response:
                content = _within_limit(response)
        except httpx.HTTPError as error:
            raise PassingError(f"{self._url} can't be reached: {error!r}") from error
        if response.status_code != httpx.codes.OK:
            raise PassingError(f"{self._url} answered {response.status_code}")
        try:
            return json.loads(content)
        except ValueError as error:
            raise SourceError(f"{self._url} answered something else than JSON") from error

    def _http(self) -> httpx.Client:
        """Made when it is wanted: proxies that can't be meant are no matter of the other routes."""
        with self._turn:
            if self._client is None:
                self._client = httpx.Client(
                    transport=EnvironmentTransport(), timeout=_TIMEOUT, follow_redirects=False
                )
            return self._client


def _within_limit(response: httpx.Response) -> bytes:
    content = bytearray()
    for part in response.iter_bytes():
        content += part
        if len(content) > _MAX_BYTES:
            raise SourceError(f"an answer about places has more than {_MAX_BYTES:,} bytes")
    return bytes(content)


def _language_of(name: str) -> Language:
    """The language that a name is written in, by its letters."""
    has_hangul = any("가" <= letter <= "힣" for letter in name)
    return "ko" if has_hangul else "en"
