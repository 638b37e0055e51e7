"""What happens in the month, and which alerts that must raise: all of it as data.

The station's weather is Seoul's, and its clocks are Sydney's, which are set back an hour in the
month. What happens has its place in the month as a share of it, and its length in hours, which the
alerts' own limits ask for: fewer days have the same troubles, closer together.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

DAYS: Final = 30
ZONE: Final = ZoneInfo("Australia/Sydney")
CLOCKS_GO_BACK: Final = datetime(2021, 4, 3, 16, tzinfo=UTC)
JUDGED_UNTIL: Final = datetime(2021, 4, 1, tzinfo=UTC)
"""The end of the record that the retraining sees."""

TICKS: Final = (0, 5, 20, 35, 50)
"""The minutes of an hour at which anything happens; at the first of them only readers ask, and at
the second a refresh runs."""

_AT: Final = {
    "upgrade": 0.10,
    "key refused": 0.17,
    "rollback": 0.30,
    "store gone": 0.37,
    "timer stands": 0.47,
    "retraining": 0.52,
    "promotion": 0.58,
    "km/h": 0.61,
    "no start": 0.80,
    "killed": 0.87,
    "no refresh": 0.93,
}
_HOURS: Final = {
    "key refused": 5,
    "store gone": 8,
    "timer stands": 1,
    "km/h": 96,
    "killed": 0.5,
    "no refresh": 4,
}
_CLOCKS_GO_BACK_AT: Final = 0.59
_LEAST_DRIFT: Final = timedelta(hours=50)
"""Two days of a wrong unit, and the two hours of the alert's own limit."""


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
    """

    alert: str
    must: Span | None
    may: Span


@dataclass(frozen=True)
class Timeline:
    """A month, or fewer days.

    Attributes:
        days: how many.
        first: its first hour, UTC.
    """

    days: int = DAYS
    first: datetime = field(init=False)

    def __post_init__(self) -> None:
        before = timedelta(hours=round(24 * self.days * _CLOCKS_GO_BACK_AT))
        object.__setattr__(self, "first", CLOCKS_GO_BACK - before)

    @property
    def end(self) -> datetime:
        """The hour after its last one."""
        return self.first + timedelta(days=self.days)

    def hours(self) -> Iterator[datetime]:
        """Its hours, one after the other."""
        for number in range(24 * self.days):
            yield self.first + timedelta(hours=number)

    def begin(self, what: str) -> datetime:
        """When something happens: at the minute after that hour's refresh."""
        hour = self.first + timedelta(hours=int(24 * self.days * _AT[what]))
        return hour + timedelta(minutes=TICKS[2])

    def span(self, what: str) -> Span:
        """From when to when something lasts."""
        begin = self.begin(what)
        return Span(begin, begin + timedelta(hours=_HOURS[what]))

    def is_during(self, what: str, at: datetime) -> bool:
        """Whether it lasts then."""
        return self.span(what).has(at)

    def refresh_fails(self, at: datetime) -> bool:
        """Whether a refresh at that moment can't publish."""
        return self.is_during("key refused", at) or self.is_during("store gone", at)

    def published_hours(self) -> list[datetime]:
        """The hours from which a forecast must have been published, each once."""
        after = timedelta(minutes=TICKS[1])
        found = []
        for hour in self.hours():
            at = hour + after
            if not self.refresh_fails(at) and not self.is_during("no refresh", at):
                found.append(hour)
        return found

    def alerts(self) -> list[Expected]:
        """All that may fire beside the watchdog, which always does.

        A refresh at minute 5 was the last that succeeded, 15 minutes before a trouble begins; a
        forecast is stale three hours after the full hour, five minutes before that. The trouble is
        over at the first refresh after its end, 45 minutes later.
        """
        found = []
        for what in ("key refused", "store gone", "no refresh"):
            found.append(self._from(what, "ForecastStale", hours=3))
        found.append(self._from("key refused", "RefreshFailing", hours=2.2))
        for what in ("store gone", "no refresh"):
            found.append(self._from(what, "RefreshNotRunning", hours=2.2))
        found.append(self._from("store gone", "StoreFailing", hours=0.8))
        found.append(self._from("timer stands", "WatcherDead", hours=0.3))
        for alert in ("TargetDown", "ForecastMissing", "ProbeFailing"):
            found.append(self._from("killed", alert, hours=0.1))
        found.append(self._from("killed", "RefreshNotRunning", hours=0.2))
        return [*found, *self._went_back(), self._drift(), *self._weak()]

    def _from(self, what: str, alert: str, hours: float) -> Expected:
        """An alert that fires from some hours after something began until it is over."""
        span = self.span(what)
        since = span.begin + timedelta(hours=hours)
        border = timedelta(hours=1)
        return Expected(alert, Span(since, span.end), Span(since - border, span.end + border))

    def _went_back(self) -> Iterator[Expected]:
        """A rollout that went back is told of until the next one that doesn't."""
        border = timedelta(minutes=30)
        ends = {"rollback": self.begin("promotion"), "no start": self.end}
        for what, end in ends.items():
            begin = self.begin(what)
            must = Span(begin + border, end)
            yield Expected("RolloutWentBack", must, Span(begin, end + border))

    def _weak(self) -> Iterator[Expected]:
        """The first champion learned little: it may be told of, until the better one has a record
        of its own."""
        may = Span(self.first, self.begin("promotion") + timedelta(days=1))
        for alert in ("ForecastWorseThanClimatology", "RainWorseThanClimatology"):
            yield Expected(alert, None, may)

    def _drift(self) -> Expected:
        """The windows that it is found in are two days long, and end with it two days later."""
        span = self.span("km/h")
        found_at = span.begin + _LEAST_DRIFT
        must = Span(found_at, span.end) if found_at < span.end <= self.end else None
        return Expected("InputDrift", must, Span(span.begin, span.end + _LEAST_DRIFT))
