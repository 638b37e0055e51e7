"""What a page may say of votes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wearcast.serving.dashboard.own_votes import Vote, read_token, read_vote

SAID = {
    "id": "0d3a8d5e-6f0b-4c55-9c0e-5a0f8f6f4b10",
    "station": "108",
    "day": "2024-03-06",
    "verdict": "right",
    "piece": "",
    "worn": [],
    "hour": 0,
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def test_a_vote_of_a_page_is_read():
    worn = ["tshirt", "jeans"]
    expected = SAID | {"piece": "hoodie", "worn": tuple(worn), "hour": 8}
    assert read_vote(SAID | {"piece": "hoodie", "worn": worn, "hour": 8}) == Vote(**expected)


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "1"},
        {"id": SAID["id"] + "\n"},
        {"station": "../108"},
        {"day": "yesterday"},
        {"verdict": "lovely"},
        {"verdict": ["right"]},
        {"piece": "<b>"},
        {"piece": None},
        {"worn": "tshirt"},
        {"worn": ["tshirt"] * 13},
        {"worn": [{}]},
        {"hour": 24},
        {"hour": "8"},
        {"hour": None},
    ],
)
def test_what_is_no_vote_is_none(wrong):
    assert read_vote(SAID | wrong) is None


@given(JSON, st.sampled_from(sorted(SAID)))
def test_whatever_a_page_sends_is_a_vote_or_none(value, name):
    for sent in (value, SAID | {name: value}):
        found = read_vote(sent)
        assert found is None or isinstance(found, Vote)
    assert read_token(value) in ("", value)


def test_a_token_is_random_enough_or_none():
    assert read_token("a" * 32) == "a" * 32
    for wrong in ("", "a" * 31, "a" * 65, "a" * 31 + " ", "a" * 32 + "\n", None, ["a" * 32]):
        assert read_token(wrong) == ""
