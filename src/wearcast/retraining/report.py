"""The gate's report: every check in its order, and the verdict."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wearcast.retraining.check import Check


@dataclass(frozen=True)
class Report:
    """What the gate found.

    Attributes:
        champion, challenger: their versions; the latter empty where none was trained.
        period: what they were judged on, in words.
        checks: in their order; after a failure among those of data or soundness no forecast was
            judged.
    """

    champion: str
    challenger: str
    period: str
    checks: Sequence[Check]

    @property
    def passed(self) -> bool:
        """Whether the challenger takes the champion's place."""
        return bool(self.checks) and all(check.passed for check in self.checks)

    @property
    def failed(self) -> list[Check]:
        """The checks that the challenger didn't pass."""
        return [check for check in self.checks if not check.passed]

    def to_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "passed": self.passed,
            "champion": self.champion,
            "challenger": self.challenger,
            "period": self.period,
            "checks": [check.to_json() for check in self.checks],
        }
