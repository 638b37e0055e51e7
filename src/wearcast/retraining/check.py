"""A single check of the gate: what was found beside what is wanted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wearcast.forecasting.verification import rounded

_DIGITS = 6


@dataclass(frozen=True)
class Check:
    """A row of the gate's table.

    Attributes:
        name: what is checked.
        passed: whether what was found is what is wanted.
        found, wanted: each in words, with units.
        numbers: what was found, for machines.
    """

    name: str
    passed: bool
    found: str
    wanted: str
    numbers: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As the report's JSON holds it; null for a number that isn't known."""
        numbers = {name: rounded(number, _DIGITS) for name, number in self.numbers.items()}
        return {
            "name": self.name,
            "passed": self.passed,
            "found": self.found,
            "wanted": self.wanted,
            "numbers": numbers,
        }
