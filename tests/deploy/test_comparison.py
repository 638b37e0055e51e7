"""The tests by which a colour is said to do worse than the other: against all ways counted one by
one, and how often they are wrong of two that are alike. No engine is needed."""

import math
import random
from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.comparison import larger_p, more_often_p, quantile, slower_p


@given(st.data(), st.integers(1, 6), st.integers(1, 6))
def test_errors_are_as_likely_as_among_all_ways_to_deal_them_out(
    data: st.DataObject, of_new: int, of_old: int
) -> None:
    new = data.draw(st.integers(0, of_new))
    old = data.draw(st.integers(0, of_old))
    ways = list(combinations(range(of_new + of_old), new + old))
    as_bad = sum(sum(i < of_new for i in way) >= new for way in ways)
    assert more_often_p(new, of_new, old, of_old) == pytest.approx(as_bad / len(ways))


@given(st.lists(st.integers(-40, 40).filter(bool), max_size=8, unique_by=abs))
def test_differences_are_as_likely_as_among_all_ways_to_give_them_signs(values: list[int]) -> None:
    ordered = sorted(values, key=abs)

    def ranks_above(signs: tuple[bool, ...]) -> int:
        return sum(rank for rank, is_above in enumerate(signs, 1) if is_above)

    found = ranks_above(tuple(value > 0 for value in ordered))
    ways = list(product((False, True), repeat=len(ordered)))
    as_large = sum(ranks_above(way) >= found for way in ways)
    assert larger_p(values) == pytest.approx(as_large / len(ways))


def test_twelve_blocks_that_are_all_worse_are_no_chance_and_some_of_each_are() -> None:
    assert larger_p([0.1] * 12) == pytest.approx(2**-12)
    assert larger_p([0.1, -0.2] * 6) > 0.5
    assert larger_p([]) == 1


def test_two_that_are_alike_are_told_apart_as_seldom_as_promised() -> None:
    """Durations with a long tail, as a busy host's are; two quantiles are looked at."""
    rng = random.Random(20)  # noqa: S311 - draws for a test

    def durations() -> list[float]:
        return [math.exp(rng.gauss(-4, 1)) for _ in range(120)]

    chances = [slower_p(durations(), durations(), times=1, by_s=0) for _ in range(2_000)]
    assert sum(chance < 0.01 for chance in chances) <= 0.01 * len(chances)
    assert sum(chance < 0.1 for chance in chances) <= 0.1 * len(chances)


@pytest.mark.parametrize(
    ("new_s", "is_slower"),
    [
        ([0.04] * 200, False),
        ([0.14] * 200, True),
        ([0.02] * 180 + [0.5] * 20, True),
        ([0.02] * 199 + [5.0], False),
        ([0.001] * 200, False),
        ([0.5] * 12, True),
        ([], False),
    ],
    ids=["allowed", "all", "one in ten", "once", "faster", "few that all are", "none"],
)
def test_slower_in_the_middle_or_in_the_tail(new_s: list[float], is_slower: bool) -> None:
    """1.5 times 20 ms and 50 ms are allowed."""
    found = slower_p(new_s, [0.02] * 200, times=1.5, by_s=0.05)
    assert (found < 1e-4) == is_slower


def test_a_quantile_is_one_of_the_values() -> None:
    assert quantile([3, 1, 2], 0.5) == 2
    assert quantile([3, 1, 2], 0.95) == 3
    assert quantile([1], 0.5) == 1
