"""CI's shards of the tests."""

import re
from pathlib import Path

import yaml
from hypothesis import given
from hypothesis import strategies as st

from shards import shards


@given(st.dictionaries(st.text(min_size=1), st.integers(1, 50)), st.integers(1, 6))
def test_every_test_is_in_one_shard(tests: dict[str, int], count: int) -> None:
    made = shards(tests, count)
    assert len(made) == count
    assert sorted(group for shard in made for group in shard) == sorted(tests)


@given(st.dictionaries(st.text(min_size=1), st.integers(1, 50), min_size=1), st.integers(1, 6))
def test_no_shard_has_a_group_more_than_another(tests: dict[str, int], count: int) -> None:
    sizes = [sum(tests[group] for group in shard) for shard in shards(tests, count)]
    assert max(sizes) - min(sizes) <= max(tests.values())


def test_ci_runs_all_shards(repository: Path) -> None:
    jobs = yaml.safe_load((repository / ".github/workflows/ci.yml").read_text())["jobs"]
    sharded = [job["strategy"]["matrix"]["shard"] for job in jobs.values() if "SHARD" in str(job)]
    assert len(sharded) == 2
    for named in sharded:
        assert named == [f"{number}/{len(named)}" for number in range(1, len(named) + 1)]
    assert re.search(r"SHARD=\"\$SHARD\" make test-deploy", str(jobs["test-deploy"]["steps"][-1]))
