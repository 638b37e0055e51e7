"""A measured figure and its bar."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A figure that may be at most so much.

    Attributes:
        name: what was measured.
        found: its value, in `unit`.
        unit: its unit; empty for a count.
        most: the bar.
    """

    name: str
    found: float
    unit: str
    most: float

    @property
    def kept(self) -> bool:
        """Whether it is within its bar."""
        return self.found <= self.most
