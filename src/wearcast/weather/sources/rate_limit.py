"""Rate limits of a service, and the pauses that keep below them."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from wearcast.errors import QuotaError

_LOG: Final = logging.getLogger(__name__)
_LOGGED_FROM_S: Final = 5.0


@dataclass(frozen=True)
class RateLimit:
    """At most `most` of a service's own units within `within_s` seconds."""

    most: float
    within_s: float

    def __str__(self) -> str:
        names = {60.0: "minute", 3600.0: "hour", 86_400.0: "day"}
        seconds = f"{self.within_s:g} s"
        period = names.get(self.within_s, seconds)
        return f"{self.most:,.0f} a {period}"


class RateLimiter:
    """Keeps below limits: over any stretch of time, so it doesn't matter when the service's own
    counting begins anew; and whoever asks, from any thread."""

    def __init__(
        self,
        service: str,
        limits: Sequence[RateLimit],
        longest_pause_s: float = 3600.0,
        ticks_s: Callable[[], float] = time.monotonic,
        sleep_s: Callable[[float], None] = time.sleep,
    ) -> None:
        """`service` is its name for messages, `ticks_s` a clock that only goes forward; no pause is
        longer than `longest_pause_s`."""
        self._service = service
        self._limits = limits
        self._longest_pause_s = longest_pause_s
        self._ticks_s = ticks_s
        self._sleep_s = sleep_s
        self._spent: deque[tuple[float, float]] = deque()
        self._turn = threading.RLock()

    def spend(self, weight: float) -> None:
        """Wait until `weight` more stays below every limit, and count it.

        Raises:
            QuotaError: that would take longer than the longest pause.
        """
        while pause_s := self._counted_or_pause_s(weight):
            # Whoever weighs less needn't wait for it.
            self._sleep_s(pause_s)

    def _counted_or_pause_s(self, weight: float) -> float:
        """Count `weight` where it fits in; or else how long until it may."""
        with self._turn:
            pause_s = self._pause_of_all_s(weight)
            if pause_s <= 0:
                self.count(weight)
                return 0.0
            return pause_s

    def _pause_of_all_s(self, weight: float) -> float:
        pauses = [(self._pause_s(limit, weight), limit) for limit in self._limits]
        pause_s, limit = max(pauses, key=lambda both: both[0], default=(0.0, None))
        if pause_s > self._longest_pause_s:
            raise QuotaError(
                f"{self._service}'s limit of {limit} is used up. Run again in {pause_s / 3600:.1f}"
                " h: it goes on where it stopped."
            )
        if pause_s > _LOGGED_FROM_S:
            _LOG.info(
                "waiting %.0f s to stay below %s's limit of %s", pause_s, self._service, limit
            )
        return pause_s

    def count(self, weight: float) -> None:
        """Count `weight` that was spent without asking."""
        with self._turn:
            now_s = self._ticks_s()
            self._spent.append((now_s, weight))
            longest_s = max((limit.within_s for limit in self._limits), default=0.0)
            forgotten_s = now_s - longest_s
            while self._spent and self._spent[0][0] <= forgotten_s:
                self._spent.popleft()

    def _pause_s(self, limit: RateLimit, weight: float) -> float:
        """How long until so much of what was spent lies further back than the limit looks that
        `weight` fits in."""
        now_s = self._ticks_s()
        since_s = now_s - limit.within_s
        within = [(at_s, spent) for at_s, spent in self._spent if at_s > since_s]
        excess = sum(spent for _, spent in within) + weight - limit.most
        pause_s = 0.0
        for at_s, spent in within:
            if excess <= 0:
                break
            excess -= spent
            pause_s = at_s + limit.within_s - now_s
        return pause_s
