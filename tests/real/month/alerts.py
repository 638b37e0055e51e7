"""Alerts that fire in the month, and how they are compared with those that should."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple


class Alert(NamedTuple):
    """An alert that fires.

    Attributes:
        name: its own.
        labels: what it is told of: those that its rule's expression has left.
    """

    name: str
    labels: Mapping[str, str]


@dataclass(frozen=True)
class Span:
    """From when to when, UTC."""

    begin: datetime
    end: datetime

    def has(self, at: datetime) -> bool:
        """Whether a moment lies in it."""
        return self.begin <= at < self.end


@dataclass(frozen=True)
class Expected:
    """An alert that something raises.

    Attributes:
        alert: its name.
        must: when it has to fire; None where it only may.
        may: when it is allowed to.
        labels: a pattern for each label that it has, and it has no other.
    """

    alert: str
    must: Span | None
    may: Span
    labels: Mapping[str, str] = field(default_factory=lambda: {"job": "api"})

    def is_it(self, alert: Alert) -> bool:
        """Whether that one is meant."""
        if alert.name != self.alert or alert.labels.keys() != self.labels.keys():
            return False
        return all(re.fullmatch(self.labels[key], value) for key, value in alert.labels.items())

    def __str__(self) -> str:
        return f"{self.alert} {dict(self.labels)}"


def missing(fired: Mapping[datetime, list[Alert]], expected: Iterable[Expected]) -> list[str]:
    """The alerts that should have fired and didn't, and when; those too that no moment asks for.

    Args:
        fired: which alerts fired, by the moments that were asked for.
    """
    found = []
    for one in expected:
        if not one.must:
            continue
        asked = [at for at in fired if one.must.has(at)]
        if not asked:
            found.append(f"{one} isn't asked for")
        found += [f"{one} at {at}" for at in asked if not any(map(one.is_it, fired[at]))]
    return found


def unexpected(fired: Mapping[datetime, list[Alert]], expected: list[Expected]) -> list[str]:
    """Those that fired and shouldn't have, and when."""
    found = []
    for at, alerts in fired.items():
        allowed = [one for one in expected if one.may.has(at)]
        for alert in alerts:
            if not any(one.is_it(alert) for one in allowed):
                found.append(f"{alert.name} {dict(alert.labels)} at {at}")
    return found
