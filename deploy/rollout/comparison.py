"""Whether one colour does worse than the other beyond chance. All tests are one-sided."""

import math
from collections.abc import Sequence

QUANTILES = (0.5, 0.95)
"""Of durations: the middle, and the tail that visitors notice."""


def more_often_p(new: int, of_new: int, old: int, of_old: int) -> float:
    """How likely the new colour has at least so many of all events where both have them alike:
    Fisher's exact test.

    Args:
        new, old: events of each colour, such as errors.
        of_new, of_old: what they are among, such as requests.
    """
    if not new:
        return 1.0
    events, total = new + old, of_new + of_old
    most = min(events, of_new)
    all_ways = _log_ways(total, events)
    chances = [
        math.exp(_log_ways(of_new, k) + _log_ways(of_old, events - k) - all_ways)
        for k in range(max(new, events - of_old), most + 1)
    ]
    return min(1.0, math.fsum(chances))


def slower_p(new_s: Sequence[float], old_s: Sequence[float], times: float, by_s: float) -> float:
    """How likely such durations are where the new colour takes at most `times` as long as the old
    one and `by_s` seconds more: the quantile test (Johnson, Verrill & Moore 1987), in the middle
    and in the tail.

    It counts how many durations of each colour lie above a quantile of all, so it takes nothing
    for granted about how they are distributed.

    Args:
        new_s, old_s: durations of the same requests to both, in seconds.
        times: how many times as long it may take.
        by_s: and how many seconds more.
    """
    allowed_s = [times * seconds + by_s for seconds in old_s]
    pooled_s = sorted([*new_s, *allowed_s])
    if not pooled_s:
        return 1.0
    found = []
    for quantile in QUANTILES:
        threshold_s = pooled_s[math.ceil(quantile * len(pooled_s)) - 1]
        new = sum(seconds > threshold_s for seconds in new_s)
        old = sum(seconds > threshold_s for seconds in allowed_s)
        found.append(more_often_p(new, len(new_s), old, len(old_s)))
    return min(1.0, len(QUANTILES) * min(found))


def larger_p(differences: Sequence[float]) -> float:
    """How likely differences are as large as these where they lie around 0 or below: Wilcoxon's
    signed-rank test, exact. Those that are 0 don't count.

    Args:
        differences: independent of each other.
    """
    ordered = sorted((value for value in differences if value), key=abs)
    found = sum(rank for rank, value in enumerate(ordered, 1) if value > 0)
    ways = [1]
    for rank in range(1, len(ordered) + 1):
        with_rank = [0] * rank + ways
        without = ways + [0] * rank
        ways = [a + b for a, b in zip(with_rank, without, strict=True)]
    return sum(ways[found:]) / sum(ways)


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest of the values that so large a share of them don't exceed."""
    return sorted(values)[math.ceil(share * len(values)) - 1]


def _log_ways(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
