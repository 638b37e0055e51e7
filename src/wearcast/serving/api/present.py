"""What kept answers depend on at present: the snapshot that is served, and the time."""

import math
from collections.abc import Hashable
from typing import Final, NamedTuple

from wearcast.serving.api.answer import Moment
from wearcast.serving.api.expiry import quarter_hour_number
from wearcast.serving.settings import Deployment
from wearcast.serving.store.current_snapshot import CurrentSnapshot, ServedSnapshot

_KNOWN_FOR_S: Final = 0.1
"""How long what was told holds."""


class Present(NamedTuple):
    """What kept answers depend on.

    Attributes:
        version: what they depend on but their ages.
        moment: what their ages depend on; None while there is no snapshot.
    """

    version: Hashable
    moment: Moment | None


class PresentReader:
    """Tells the present, as it was within the last tenth of a second: telling it anew takes as long
    as sending a kept answer. A new snapshot is seen at once.

    Args:
        reader: the snapshot that is served.
        settings: the deployment's settings.
    """

    def __init__(self, reader: CurrentSnapshot, settings: Deployment) -> None:
        self._reader = reader
        self._stale_after_s = settings.stale_after.total_seconds()
        self._refresh_every_s = settings.refresh_every.total_seconds()
        next_poll = min(settings.revalidate_every, settings.refresh_every)
        self._next_poll_s = next_poll.total_seconds()
        self._current: ServedSnapshot | None = None
        self._known_until_s = -math.inf
        self._present = Present(None, None)
        self._is_fresh = False

    def present(self) -> Present:
        """What kept answers depend on."""
        current = self._reader.current
        ticks_s = self._reader.monotonic_s()
        if current is not self._current or ticks_s >= self._known_until_s:
            moment = None if current is None else self._moment(current)
            version = self.version_with(current)
            self._present = Present(version, moment)
            self._is_fresh = current is not None and not self._reader.stale(current)
            self._current = current
            self._known_until_s = ticks_s + _KNOWN_FOR_S
        return self._present

    def is_fresh(self) -> bool:
        """Whether there is a forecast that isn't stale."""
        self.present()
        return self._is_fresh

    def version_with(self, current: ServedSnapshot | None) -> Hashable:
        """What all kept answers depend on but their ages while a snapshot is served: its record,
        and the current quarter of an hour, with which dates and hours begin in every time zone."""
        record = None if current is None else current.record
        return record, quarter_hour_number(self._reader.now())

    def _moment(self, current: ServedSnapshot) -> Moment:
        now_s = self._reader.now().timestamp()
        return Moment(
            now_s=now_s,
            known_for_s=self._reader.known_for_s(current),
            stale_after_s=self._stale_after_s,
            next_refresh_s=self._next_refresh_s(current, now_s),
        )

    def _next_refresh_s(self, current: ServedSnapshot, now_s: float) -> float:
        """Seconds until a newer forecast is expected; when it is overdue, until the next poll of
        the store."""
        passed_s = max(0.0, now_s - current.published_s)
        return max(self._refresh_every_s - passed_s, self._next_poll_s)
