"""A share of the visitors on the new colour, compared with the old one over the same time.

Strangers' requests are counted by the proxy. They may be few, or hostile, so the rollout asks both
colours the same at the same moment, past the proxy, round by round: on a quiet site these requests
are all there is. What is compared is rounds and looks, not requests: those of one moment meet the
same stall, and count once.
"""

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from rollout import docker
from rollout.comparison import more_often_p, quantile, slower_p
from rollout.containers import PORTS
from rollout.errors import Failed
from rollout.http_client import ask, part_address
from rollout.proxy_metrics import SLOW_S, Met, met_of, read_page
from rollout.releases import Colour
from rollout.settings import number
from rollout.strangers import Strangers
from rollout.visits import AS_THE_PROXY, TIMEOUT_S, VISITED, Timed, Visited

CHANCE = 2e-5
"""A test goes back where chance alone does as badly less often than this. A canary of a minute
looks some hundred times, with four tests: at most one in a hundred goes back although it is as good
as the live release."""

SLOWER_BY_S = 0.05
"""Nobody notices so many seconds."""

WARM_UP = 2
"""Rounds of requests that count nowhere: a new process answers its first ones more slowly."""

LONGEST = 5
"""How many times as long as it should a canary may take to be judged."""

ROUND_TIMEOUTS = 2
"""And how many timeouts for each round: a live release that hangs mustn't keep a better one out."""


@dataclass
class Rounds:
    """What our own requests to a colour met.

    Attributes:
        asked: how many rounds there were.
        failed: those in which a request wasn't answered as it should be.
        slowest_s: of each other one how long the slowest of the API's answers took.
        looks_slow: looks since which a visitor had waited for longer than `SLOW_S`.
    """

    asked: int = 0
    failed: int = 0
    slowest_s: list[float] = field(default_factory=list)
    looks_slow: int = 0

    def add(self, answered: Iterable[tuple[Visited, Timed]]) -> None:
        """Count one."""
        answered = list(answered)
        self.asked += 1
        if all(timed.is_good for _, timed in answered):
            of_api = [timed.seconds for what, timed in answered if what.part == "service"]
            self.slowest_s.append(max(of_api))
        else:
            self.failed += 1

    def __str__(self) -> str:
        said = f"{self.failed} of {self.asked} rounds of our own failed"
        if not self.slowest_s:
            return said
        middle, tail = quantile(self.slowest_s, 0.5), quantile(self.slowest_s, 0.95)
        return f"{said}, half took up to {1000 * middle:.0f} ms, 95 % {1000 * tail:.0f} ms"


class Canary:
    """Compares the colour that has a share of the visitors with the one that has the others."""

    PAUSE_S = 0.2
    """Between two looks."""

    def __init__(self, new: Colour, old: Colour) -> None:
        """Begin to count; the proxy leads a share of the visitors to `new` already."""
        self._new = new
        self._old = old
        self._addresses = {
            (part, colour): part_address(part, colour) for part in PORTS for colour in (new, old)
        }
        self._before = self._last = self._met()
        self._strangers = Strangers(new, old)
        self._rounds: Mapping[Colour, Rounds] = {new: Rounds(), old: Rounds()}

    def go_on(self, seconds: float) -> str:
        """Look for some seconds, and for as many rounds as the settings want; what was found.

        Raises:
            Failed: the new colour does worse, or can't be judged.
        """
        least = number("ROLLOUT_CANARY_ROUNDS")
        longest_s = max(LONGEST * seconds, ROUND_TIMEOUTS * TIMEOUT_S * least)
        for _ in range(WARM_UP):
            self._ask_both()
        begun_s = time.monotonic()
        while True:
            self._look()
            taken_s = time.monotonic() - begun_s
            asked = self._rounds[self._new].asked
            if taken_s >= seconds and asked >= least:
                return self._summary(taken_s)
            if taken_s > longest_s and asked < least:
                raise Failed(
                    f"the canary can't be judged: {asked} of {least:.0f} rounds of requests were"
                    f" answered in {taken_s:.0f} s"
                )
            time.sleep(self.PAUSE_S)

    def _look(self) -> None:
        for part in PORTS:
            if wrong := docker.container_problem(part, self._new):
                raise Failed(f"the canary: {wrong}")
        for colour, answered in self._ask_both().items():
            self._rounds[colour].add(answered)
        self._look_at_visitors()
        if worse := self._errors() or self._slowness() or self._errors_of_visitors():
            raise Failed(f"the canary does worse: {worse}")

    def _look_at_visitors(self) -> None:
        self._strangers.look()
        met = self._met()
        for colour, rounds in self._rounds.items():
            rounds.looks_slow += met[colour].slow > self._last[colour].slow
        self._last = met

    def _ask_both(self) -> Mapping[Colour, list[tuple[Visited, Timed]]]:
        """Ask both colours all that is visited, everything at the same moment."""
        begun: dict[Colour, list[tuple[Visited, Future[Timed]]]] = {self._new: [], self._old: []}
        with ThreadPoolExecutor(2 * len(VISITED)) as pool:
            for what in VISITED:
                for colour, asked in begun.items():
                    asked.append((what, pool.submit(self._ask, what, colour)))
        return {
            colour: [(what, timed.result()) for what, timed in asked]
            for colour, asked in begun.items()
        }

    def _ask(self, what: Visited, colour: Colour) -> Timed:
        address = self._addresses[what.part, colour]
        began_s = time.monotonic()
        answer = ask(
            address, PORTS[what.part], what.path, headers=AS_THE_PROXY, timeout_s=TIMEOUT_S
        )
        return Timed(answer, time.monotonic() - began_s)

    def _errors(self) -> str:
        new, old = self._rounds[self._new], self._rounds[self._old]
        chance = more_often_p(new.failed, new.asked, old.failed, old.asked)
        return f"errors: {self._both(new, old, chance)}" if chance < CHANCE else ""

    def _slowness(self) -> str:
        new, old = self._rounds[self._new], self._rounds[self._old]
        times = number("ROLLOUT_CANARY_SLOWER")
        chance = slower_p(new.slowest_s, old.slowest_s, times, SLOWER_BY_S)
        if chance < CHANCE:
            return f"too slow: {self._both(new, old, chance)}"
        chance = more_often_p(new.looks_slow, new.asked, old.looks_slow, old.asked)
        if chance < CHANCE:
            new_slow, old_slow = (f"{one.looks_slow} of {one.asked} looks" for one in (new, old))
            both = self._both(new_slow, old_slow, chance)
            return f"too slow: visitors waited for over {SLOW_S} s at: {both}"
        return ""

    def _errors_of_visitors(self) -> str:
        """What visitors met of the new colour more often than of the old one, and meets who asks
        again: a request that fails of any release may be sent to one colour alone."""
        met = self._since_begin()
        new, old = met[self._new], met[self._old]
        chance = more_often_p(new.errors, new.requests, old.errors, old.requests)
        problem = self._strangers.problem() if chance < CHANCE else ""
        return f"errors: {self._both(new, old, chance)}, {problem}" if problem else ""

    def _met(self) -> Mapping[Colour, Met]:
        page = read_page()
        return {colour: met_of(page, colour) for colour in (self._new, self._old)}

    def _since_begin(self) -> Mapping[Colour, Met]:
        return {colour: met - self._before[colour] for colour, met in self._last.items()}

    def _both(self, new: object, old: object, chance: float) -> str:
        return f"{self._new}: {new}; {self._old}: {old} (by chance {chance:.0e})"

    def _summary(self, taken_s: float) -> str:
        met = self._since_begin()
        told = [f"{colour}: {met[colour]}, {own}" for colour, own in self._rounds.items()]
        return f"canary of {taken_s:.0f} s: {'; '.join(told)}"
