"""Accept-Language: the language that is preferred among those there are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wearcast.serving.api.languages import LANGUAGES, preferred


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("", "en"),
        ("ko", "ko"),
        ("ko-KR", "ko"),
        ("ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7", "ko"),
        ("fr, ko;q=0.1", "ko"),
        ("*", "en"),
        ("ko;q=high, en;q=0.1", "en"),
        (";;;,,,q=", "en"),
        ("ko-Hang-KR;q=0.5", "ko"),
        ("en,ko", "en"),
        ("ko,en", "ko"),
        ("ko;q=0.5,en;q=0.5", "ko"),
        ("en;q=0.4,ko;q=0.5", "ko"),
        ("en;Q=0.4,ko;Q=0.5", "ko"),
        (" ko ; q=0.9 , en ; q=0.8 ", "ko"),
        ("ko;q=0", "en"),
        ("ko;q=nan,en", "en"),
        ("ko;q=-1", "en"),
        ("ko;q=7,en", "ko"),
        ("kor", "en"),
        ("korean", "en"),
        ("de,fr;q=0.9,*;q=0.1", "en"),
    ],
)
def test_it_is_the_heaviest_of_ours(asked, language):
    assert preferred(asked) == language


@given(st.text())
def test_whatever_is_asked_it_is_one_of_ours(asked):
    assert preferred(asked) in LANGUAGES


@given(
    st.lists(
        st.tuples(st.sampled_from(["en", "ko", "de", "fr-CA"]), st.integers(0, 1000)), max_size=6
    )
)
def test_no_language_of_ours_was_preferred_to_it(wanted):
    header = ", ".join(f"{name};q={weight / 1000:.3f}" for name, weight in wanted)
    weights = {name: max((w for n, w in wanted if n == name), default=0) for name in LANGUAGES}
    assert weights[preferred(header)] == max(weights.values())


def test_a_long_header_is_read_for_its_first_part_only():
    assert preferred("de," * 100 + "ko") == "en"
    assert preferred("ko," + "de," * 10_000) == "ko"
