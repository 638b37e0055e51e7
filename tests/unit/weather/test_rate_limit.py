"""A pace keeps below every limit, whatever the moments at which it is asked."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wearcast.errors import SourceError
from wearcast.weather.sources.rate_limit import RateLimit, RateLimiter

LIMITS = (RateLimit(600, 60), RateLimit(5_000, 3_600), RateLimit(10_000, 86_400))


class Clock:
    def __init__(self) -> None:
        self.at_s = 0.0
        self.pauses: list[float] = []

    def ticks_s(self) -> float:
        return self.at_s

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.at_s += seconds


def pace(clock: Clock, longest_pause_s: float = 90_000) -> RateLimiter:
    return RateLimiter("the service", LIMITS, longest_pause_s, clock.ticks_s, clock.sleep)


# Moments that add up without rounding: a clock's ticks do, and 1e-194 s are none.
MOMENTS = st.integers(0, 400 * 1024).map(lambda ticks: ticks / 1024)


@given(st.lists(st.tuples(st.floats(1, 200), MOMENTS), min_size=1, max_size=150))
def test_no_stretch_of_time_holds_more_than_its_limit(steps: list[tuple[float, float]]) -> None:
    clock, spent = Clock(), []
    paced = pace(clock)
    for weight, later_s in steps:
        paced.spend(weight)
        spent.append((clock.at_s, weight))
        clock.at_s += later_s
    for limit in LIMITS:
        for until_s, _ in spent:
            assert (
                sum(weight for at_s, weight in spent if until_s - limit.within_s < at_s <= until_s)
                <= limit.most + 1e-6
            )


def test_what_fits_is_not_waited_for() -> None:
    clock = Clock()
    paced = pace(clock)
    for _ in range(10):
        paced.spend(60)
    assert clock.pauses == []
    paced.spend(1)
    assert clock.pauses == [60]


def test_the_limit_of_a_day_is_raised_rather_than_waited_for() -> None:
    clock = Clock()
    paced = pace(clock, longest_pause_s=3_600)
    for _ in range(100):
        paced.spend(100)
    with pytest.raises(
        SourceError,
        match=(
            r"the service's limit of 10,000 a day is used up. Run again in 2\d\.\d h: it goes on"
            r" where it"
        ),
    ):
        paced.spend(100)
    assert max(clock.pauses) <= 3_600


def test_without_limits_nothing_is_waited_for() -> None:
    clock = Clock()
    RateLimiter("the service", (), 0, clock.ticks_s, clock.sleep).spend(1e9)
    assert clock.pauses == []


def test_callers_in_several_threads_share_the_limit() -> None:
    clock = Clock()
    paced = pace(clock)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(paced.spend, [10.0] * 120))
    assert clock.pauses == [60]
