"""The text form of outings: what can be meant is read, and what can't says what to write."""

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from wearcast.outing import MAX_OUTINGS, TEXT_PATTERN, Outing, outings_text, read_outings

DAY_H = 24


@st.composite
def days(draw):
    """The outings of a day, with an hour indoors at least between any two."""
    hours = draw(st.lists(st.integers(0, 30), min_size=2, max_size=2 * MAX_OUTINGS, unique=True))
    starts_and_ends = sorted(hours)[: len(hours) // 2 * 2]
    pairs = list(zip(starts_and_ends[::2], starts_and_ends[1::2], strict=True))
    assume(pairs[-1][0] < DAY_H)
    assume(pairs[-1][1] < pairs[0][0] + DAY_H)
    return tuple(Outing(start, end if end <= DAY_H else end - DAY_H) for start, end in pairs)


@given(days(), st.randoms())
def test_outings_are_read_in_any_order_and_with_blanks(outings, random):
    parts = [f" {outing.start} - {outing.end}" for outing in outings]
    random.shuffle(parts)
    text = ",".join(parts)
    assert read_outings(text) == outings
    assert re.fullmatch(TEXT_PATTERN, text)


@given(days())
def test_the_text_form_round_trips(outings):
    assert read_outings(outings_text(outings)) == outings
    assert re.fullmatch(TEXT_PATTERN, outings_text(outings))


@given(st.text() | st.text(alphabet="0123456789-, "))
def test_any_text_is_outings_apart_or_an_error(text):
    try:
        outings = read_outings(text)
    except ValueError:
        return
    assert re.fullmatch(TEXT_PATTERN, text)
    assert 1 <= len(outings) <= MAX_OUTINGS
    hours = [(outing.start + hour) % DAY_H for outing in outings for hour in range(outing.length_h)]
    assert len(hours) == len(set(hours)) == sum(outing.length_h for outing in outings)


@pytest.mark.parametrize(
    ("text", "same"), [("7-0", "7-24"), ("0-24", "0-24"), ("08-09", "8-9"), ("23-22", "23-22")]
)
def test_midnight_ends_a_day_at_24(text, same):
    assert outings_text(read_outings(text)) == same


@pytest.mark.parametrize(
    ("outing", "length_h", "last_hour"),
    [
        (Outing(8, 9), 1, 8),
        (Outing(0, 24), 24, 23),
        (Outing(22, 2), 4, 25),
        (Outing(7, 24), 17, 23),
    ],
)
def test_an_outing_past_midnight_is_counted_on(outing, length_h, last_hour):
    assert (outing.length_h, outing.last_hour) == (length_h, last_hour)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("8", "such as 8-9,18-19 or 22-2; '8' is none"),
        ("", "'' is none"),
        ("8-9,", "'' is none"),
        ("a-b", "'a-b' is none"),
        ("8-9-10", "'8-9-10' is none"),
        ("\uff18-\uff19", "in digits, such as 8-9,18-19 or 22-2; '\uff18-\uff19' is none"),
        ("8–9", "'8–9' is none"),
        ("8:00-9:00", "'8:00-9:00' is none"),
        ("8-8", "'8-8' has no hour"),
        ("8-25", "'8-25' must begin at an hour from 0 to 23 and end at one from 0 to 24"),
        ("24-3", "'24-3' must begin at an hour from 0 to 23"),
        ("8-10,9-12", "8-10 and 9-12 have hours in common"),
        ("20-6,5-7", "20-6 and 5-7 have hours in common"),
        ("22-2,20-21,23-24", "22-2 and 23-24 have hours in common"),
        ("8-9,9-10", "8-9 and 9-10 are one outing; write 8-10"),
        ("20-24,0-2", "20-24 and 0-2 are one outing; write 20-2"),
        ("1-2,3-4,5-6,7-8,9-10", "up to 4 outings from hour to hour"),
        ("x" * 1000, "up to 4 outings from hour to hour"),
    ],
)
def test_what_is_no_list_of_outings_says_what_and_what_to_write(text, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        read_outings(text)
