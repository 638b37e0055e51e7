"""Token buckets: a rate with a burst."""

import time
from collections.abc import Callable


class TokenBucket:
    """Allows `rate_per_s` on average, and `burst` at once after a pause."""

    def __init__(
        self, rate_per_s: float, burst: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate_per_s = rate_per_s
        self._burst = burst
        self._clock = clock
        self._level = burst
        self._filled_at = clock()

    def has(self, amount: float = 1.0) -> bool:
        """Whether so much may be taken."""
        now = self._clock()
        self._level = min(self._burst, self._level + (now - self._filled_at) * self._rate_per_s)
        self._filled_at = now
        return self._level >= amount

    def take(self, amount: float = 1.0) -> bool:
        """Take so much, if there is so much; whether there was."""
        if not self.has(amount):
            return False
        self._level -= amount
        return True

    @property
    def is_full(self) -> bool:
        """Whether nothing was taken for so long that a new bucket would be the same."""
        return self.has(self._burst)
