"""Parts of the tests that machines run side by side: SHARD=2/4 is the second of four."""

import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from sharing import TOGETHER


def group_of(file: Path) -> str:
    """What a file shares with others that take long to make it, else the file."""
    return TOGETHER.get(file.stem, str(file))


def shards(tests: Mapping[str, int], count: int) -> list[set[str]]:
    """Groups of tests in so many shards, each with about as many tests.

    The groups with most tests come first, each to the shard with the fewest so far; so every run
    makes the same shards.
    """
    made: list[set[str]] = [set() for _ in range(count)]
    sizes = [0] * count
    for group in sorted(tests, key=lambda group: (-tests[group], group)):
        fewest = sizes.index(min(sizes))
        made[fewest].add(group)
        sizes[fewest] += tests[group]
    return made


def keep_shard(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the tests that aren't of the shard that SHARD names; none, where it names none."""
    if not (named := os.environ.get("SHARD")):
        return
    number, _, count = named.partition("/")
    groups = {item: group_of(item.path) for item in items}
    kept = shards(Counter(groups.values()), int(count))[int(number) - 1]
    config.hook.pytest_deselected(items=[item for item in items if groups[item] not in kept])
    items[:] = [item for item in items if groups[item] in kept]
