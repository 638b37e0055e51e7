"""What happens in the month, and which alerts that must raise: all of it as data.

The station's weather is Seoul's, and its clocks are Sydney's, which are set back an hour in the
month. What happens has its place in the month as a share of it, and its length in hours, which the
alerts' own limits ask for: fewer days have the same troubles, closer together. Two are the fewest:
in them forecasts are judged, and a drift is found, too late for an alert.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from real.month.alerts import Expected, Span

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

_AS_USUAL: Final = (
    Span(datetime(2021, 3, 22, tzinfo=UTC), datetime(2021, 3, 23, 12, tzinfo=UTC)),
    Span(datetime(2021, 4, 11, tzinfo=UTC), datetime(2021, 4, 12, 12, tzinfo=UTC)),
    Span(datetime(2021, 4, 14, tzinfo=UTC), datetime(2021, 4, 14, 12, tzinfo=UTC)),
)
"""Spells in which the weather had been as usual for a day, so that a small model's forecast of the
next day is worse than the climatology: in a hindcast of the same hours from 21 March 00:00 for 51
hours, from 10 April 03:00 for 38, and on 13 April for 17 to 23."""

_TOLD_OF_FIRST: Final = Span(
    datetime(2021, 3, 22, 6, tzinfo=UTC), datetime(2021, 3, 22, 18, tzinfo=UTC)
)
"""When a whole month's first model has to be told of."""

_TOLD_AFTER: Final = timedelta(days=1)
"""The limit of the alerts that judge forecasts."""

_JUDGED_AFTER: Final = timedelta(days=9)
"""Scores of two weeks count from the tenth day on."""

_WRONG_FOR: Final = timedelta(days=3)
"""Forecasts from what was wrong verify for another day, and are two days' for two more."""

_TWO_DAYS: Final = {"job": "api", "variable": "temp_c", "leads": "7-24", "days": "2"}
_TWO_WEEKS: Final = {"job": "api", "variable": "temp_c", "leads": "all", "days": "14"}


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
        found.append(self._from("store gone", "StoreFailing", hours=1.1))
        found.append(self._from("timer stands", "WatcherDead", hours=0.3, job="host"))
        for alert in ("TargetDown", "ForecastMissing"):
            found.append(self._from("killed", alert, hours=0.15))
        probe = {"job": "probe", "instance": ".*/api/health/ready"}
        found.append(self._from("killed", "ProbeFailing", hours=0.15, **probe))
        found.append(self._from("killed", "RefreshNotRunning", hours=0.2))
        return [*found, *self._went_back(), self._drift(), *self._judged()]

    def _from(
        self, what: str, alert: str, hours: float, job: str = "api", **labels: str
    ) -> Expected:
        """An alert that fires from some hours after something began until it is over."""
        span = self.span(what)
        since = span.begin + timedelta(hours=hours)
        border = timedelta(hours=1)
        may = Span(max(span.begin, since - border), span.end + border)
        return Expected(alert, Span(since, span.end), may, {"job": job, **labels})

    def _went_back(self) -> Iterator[Expected]:
        """A rollout that went back is told of until the next one that doesn't."""
        border = timedelta(minutes=30)
        ends = {"rollback": self.begin("promotion"), "no start": self.end}
        for what, end in ends.items():
            begin = self.begin(what)
            must = Span(begin + border, end)
            yield Expected("RolloutWentBack", must, Span(begin, end + border), {"job": "host"})

    def _judged(self) -> Iterator[Expected]:
        """What small models and a wrong unit do to forecasts: hindcasts of the month tell when.

        The first model's intervals are too narrow; forecasts from winds in km/h are wrong, and stay
        in the scores of two weeks until the end.
        """
        worse, narrow = "ForecastWorseThanClimatology", "IntervalCoverageOff"
        for spell in _AS_USUAL:
            must = _TOLD_OF_FIRST if self.days == DAYS and spell.has(_TOLD_OF_FIRST.begin) else None
            yield Expected(worse, must, spell, _TWO_DAYS)
        judged = _midnight(self.first) + _JUDGED_AFTER + _TOLD_AFTER
        promoted = self.begin("promotion")
        yield Expected(narrow, None, Span(judged, promoted + timedelta(hours=1)), _TWO_WEEKS)
        wrong = self.span("km/h")
        may = Span(wrong.begin + _TOLD_AFTER, wrong.end + _WRONG_FOR)
        yield Expected(worse, None, may, _TWO_DAYS | {"leads": "1-6|7-24"})
        may = Span(_midnight(promoted) + _JUDGED_AFTER + _TOLD_AFTER, self.end)
        for alert in (worse, narrow):
            yield Expected(alert, None, may, _TWO_WEEKS)
        yield Expected("AdviceOverconfident", None, may, {"job": "api", "days": "14"})

    def _drift(self) -> Expected:
        """The windows that it is found in are two days long, and end with it two days later."""
        span = self.span("km/h")
        found_at = span.begin + _LEAST_DRIFT
        must = Span(found_at, span.end) if found_at < span.end <= self.end else None
        may = Span(span.begin, span.end + _LEAST_DRIFT)
        labels = {"job": "api", "variable": "wind_ms", "check": "level|spread"}
        return Expected("InputDrift", must, may, labels)


def _midnight(at: datetime) -> datetime:
    """That before it, UTC: verified days are counted by it."""
    return at.replace(hour=0, minute=0)
