"""Whether a service is still asked: one that is down, or whose quota is used up, isn't asked again
for every station."""

from dataclasses import dataclass, field
from typing import Final

from wearcast.errors import PassingError, QuotaError, WearcastError

_MOST_PASSING: Final = 2
"""Requests that fail for the time being, each after minutes of patience, until no more are made."""


@dataclass(frozen=True)
class Reachability:
    """What is known of a service.

    Attributes:
        failures: how it failed for the time being, since it was reached last.
    """

    failures: list[PassingError | QuotaError] = field(default_factory=list)

    @property
    def gave_up(self) -> WearcastError | None:
        """Why the service isn't asked any more: its quota is used up, or it failed too often; None
        while it is asked."""
        failures = list(self.failures)
        if not failures:
            return None
        is_used_up = isinstance(failures[-1], QuotaError)
        return failures[-1] if is_used_up or len(failures) >= _MOST_PASSING else None

    def failed(self, error: PassingError | QuotaError) -> None:
        """Note that it can't be asked for the time being."""
        self.failures.append(error)

    def was_reached(self) -> None:
        """Count failures for the time being anew."""
        used_up = [error for error in self.failures if isinstance(error, QuotaError)]
        self.failures[:] = used_up
