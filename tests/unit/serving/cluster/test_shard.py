"""Shares of the work: together they have every part once, and none has much more than another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wearcast.errors import ConfigError
from wearcast.serving.cluster.shard import Shard


@given(st.lists(st.integers()), st.integers(1, 30))
def test_shares_have_every_part_once_and_are_equal(parts, count):
    shares = [Shard(number, count).of(parts) for number in range(1, count + 1)]
    assert sorted(part for share in shares for part in share) == sorted(parts)
    sizes = [len(share) for share in shares]
    assert max(sizes) - min(sizes) <= 1


def test_a_share_is_written_as_a_fraction():
    assert Shard.parse("2/8") == Shard(2, 8)
    assert Shard.parse("1/1").of(["a", "b"]) == ["a", "b"]


@pytest.mark.parametrize("text", ["0/8", "9/8", "2", "2/", "-1/2", "1/10001", "a/b", "1/2/3", ""])
def test_what_is_no_share_is_refused(text):
    with pytest.raises(ConfigError, match="write the second of eight shares as 2/8"):
        Shard.parse(text)
