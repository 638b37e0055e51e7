"""The course of the month: what happens at each of its moments."""

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from model.replayed_retraining import Verdict
from real.forked_refreshes import Ran
from real.month.models import Models
from real.month.readers import ADVICE, FORECAST, PATHS, RECENT, Reader, crowd
from real.month.scrapes import Scrapes
from real.month.site import Site
from real.month.timeline import TICKS, Timeline
from real.month.voters import Voters
from real.month.weather import ReplayedWeather
from real.processes import wait_until

_MINUTE = timedelta(minutes=1)
_LOADED_BY = 3
"""Readers who ask without a pause while a rollout runs."""

_RESTARTED_AFTER = timedelta(hours=5)
"""The service is started anew in the midst of the store's outage."""

_ADVICE_SINCE = timedelta(days=2)
"""Yesterday's advice was kept from the third day on."""


@dataclass
class Month:
    """The month.

    Attributes:
        ran: how refreshes went, by when.
        verdict: the gate's.
        challenger: the folder of the model that it judged.
    """

    timeline: Timeline
    site: Site
    weather: ReplayedWeather
    models: Models
    ran: dict[datetime, Ran] = field(default_factory=dict)
    verdict: Verdict | None = None
    challenger: Path | None = None
    _retrained: Future[tuple[Verdict, Path]] = field(init=False)

    def __post_init__(self) -> None:
        url, now = self.site.url, self.site.now
        self.reader = Reader(url, now)
        self.loading = [Reader(url, now) for _ in range(_LOADED_BY)]
        self.voters = Voters(url)
        self.scrapes = Scrapes(self.timeline.first, self.site.targets())
        self._aside = ThreadPoolExecutor(1)
        self._events = self._planned()

    @property
    def readers(self) -> list[Reader]:
        """All of them."""
        return [self.reader, *self.loading]

    def close(self) -> None:
        """End what asks."""
        for reader in self.readers:
            reader.close()
        self.voters.close()
        self.scrapes.close()
        self._aside.shutdown()

    def pass_by(self) -> None:
        """Let it pass, hour by hour."""
        for hour in self.timeline.hours():
            for minute in TICKS:
                self._tick(hour + minute * _MINUTE)
        self.voters.send()

    def _tick(self, at: datetime) -> None:
        self._set_clock(at)
        match at.minute:
            case 0:
                self._full_hour()
            case 5:
                self._refresh(at)
            case 35:
                self._whatever_is_planned(at)
                self._vote(at)
            case _:
                self._whatever_is_planned(at)

    def _set_clock(self, at: datetime) -> None:
        """No clock goes back: what took longer than it should has made it later."""
        self.site.set_clock(max(at, self.site.now()))
        self.weather.set_clock(at)

    def _full_hour(self) -> None:
        """Readers ask at once: it may be midnight."""
        if self.ran:
            self._look_and_scrape()
            self.reader.ask(FORECAST)
            self.reader.ask(ADVICE)

    def _refresh(self, at: datetime) -> None:
        """A refresh, and readers of every page."""
        if not self.timeline.is_during("no refresh", at):
            self.ran[at] = self.site.refreshes.run()
            self._follow(at)
        self._look_and_scrape()
        for path in PATHS:
            self.reader.ask(path)
        if at.hour == 0:
            self.site.page_opens()

    def _follow(self, at: datetime) -> None:
        """Wait until what the refresh did is seen."""
        if self.timeline.refresh_fails(at):
            self.site.looks_again()
            return
        wait_until(lambda: self.site.is_ready(self.site.live), "there is a forecast")
        self.site.follows(self.site.store.read_state().history[0])

    def _whatever_is_planned(self, at: datetime) -> None:
        for do in self._events.get(at, ()):
            do()
        self._look_and_scrape()
        self.reader.ask(RECENT)

    def _vote(self, at: datetime) -> None:
        """Outages begin before it, and the shortest is over after it."""
        is_advised = at.hour % 2 == 0 and at - self.timeline.first > _ADVICE_SINCE
        self.voters.vote(at, is_advised)

    def _look_and_scrape(self) -> None:
        """As the timer and Prometheus do, before anybody asks."""
        minute = self._minute()
        if not self.timeline.is_during("timer stands", minute):
            self.site.host.do("look")
        self.scrapes.scrape(minute)
        self.site.knows_the_time()

    def _minute(self) -> datetime:
        return self.site.now().replace(second=0, microsecond=0)

    def _planned(self) -> dict[datetime, list[Callable[[], None]]]:
        """What is done when."""
        begin, span = self.timeline.begin, self.timeline.span
        planned: list[tuple[datetime, Callable[[], None]]] = [
            (begin("upgrade"), lambda: self._upgrade(self.site.model)),
            (begin("key refused"), self.weather.refuse_key),
            (span("key refused").end, self.weather.take_key),
            (begin("rollback"), lambda: self._roll_out(self.site.roll_back())),
            (begin("store gone"), self.site.take_store_away),
            (begin("store gone") + _RESTARTED_AFTER, self._restart),
            (span("store gone").end, self.site.give_store_back),
            (begin("retraining"), self._retrain),
            (begin("promotion"), self._promote),
            (begin("km/h"), lambda: self.weather.tell_in_kmh(span("km/h"))),
            (begin("no start"), self.site.start_in_vain),
            (begin("killed"), self._kill),
            (span("killed").end, self._start_again),
        ]
        by_time: dict[datetime, list[Callable[[], None]]] = {}
        for at, do in planned:
            by_time.setdefault(at, []).append(do)
        return by_time

    def _upgrade(self, model: Path) -> None:
        self._roll_out(self.site.upgrade(model))

    def _roll_out(self, steps: Iterable[str]) -> None:
        """A rollout, a minute a step, under load."""
        self.site.knows_the_time()
        with crowd(self.loading):
            for _ in steps:
                self._set_clock(self._minute() + _MINUTE)
                self._look_and_scrape()

    def _retrain(self) -> None:
        """Train a challenger and judge it, while the site goes on."""
        self._retrained = self._aside.submit(self.models.retrain)

    def _promote(self) -> None:
        """Bring the challenger to users, if the gate lets it."""
        self.verdict, self.challenger = self._retrained.result()
        if self.verdict.promoted:
            self._upgrade(self.challenger)

    def _restart(self) -> None:
        self._kill()
        self._start_again()

    def _kill(self) -> None:
        self.reader.may_be_refused = True
        self.site.kill()

    def _start_again(self) -> None:
        self.site.start(self.site.live, self.site.model)
        wait_until(lambda: self.site.is_ready(self.site.live), "a forecast is served again")
        wait_until(self._is_led_to_us, "the proxy leads to it again")
        self.reader.may_be_refused = False

    def _is_led_to_us(self) -> bool:
        before = self.reader.answers[200] + self.reader.answers[304]
        self.reader.ask(FORECAST)
        return self.reader.answers[200] + self.reader.answers[304] > before

    def figures(self) -> dict[str, object]:
        """What the month came to."""
        answers: Counter[int] = sum((one.answers for one in self.readers), Counter())
        return {
            "refreshes": Counter(ran.code for ran in self.ran.values()),
            "answers": dict(answers),
            "votes": len(self.voters.acknowledged),
            "votes sent again": self.voters.later,
            "snapshots": len(self.site.store.read_state().history),
            "scrapes": len(self.scrapes.minutes),
            "series": len(self.scrapes.samples),
            "verdict": self.verdict,
        }
