"""Messages in a language, numbers with their units, times and dates, and the language that a
browser asks for."""

import gettext
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wearcast import messages
from wearcast.messages import (
    age,
    clock,
    clock_span,
    hours_of_day,
    iso_date,
    long_date,
    name,
    percent,
    preferred_language,
    say,
    speed,
    temperature,
    temperature_to_tenth,
    tenths,
    time_of_day,
    unbroken,
    whole,
)
from wearcast.vocabulary import LANGUAGES


class OneMessage(gettext.NullTranslations):
    """A catalogue of one message."""

    def gettext(self, message):
        return {"At {time}: {temp}.": "{temp}, {time}."}.get(message, message)


@dataclass(frozen=True)
class Thing:
    """Something with names."""

    name_en: str
    name_ko: str


def test_values_are_filled_into_the_translation_and_into_english_where_there_is_none(monkeypatch):
    monkeypatch.setattr(messages, "_catalogue", lambda _: OneMessage())
    assert say("ko", "At {time}: {temp}.", time="07:00", temp="5 °C") == "5 °C, 07:00."
    assert say("ko", "Nobody translated {this}.", this="this") == "Nobody translated this."


def test_english_has_no_catalogue_and_every_other_language_has_one():
    assert say("en", "Wear") == "Wear"
    with pytest.raises(FileNotFoundError, match=r"xx.LC_MESSAGES.wearcast\.mo"):
        say("xx", "Wear")


def test_a_name_is_english_where_it_has_none_in_the_language():
    assert name("ko", Thing("coat", "코트")) == "코트"
    assert name("en", Thing("coat", "코트")) == "coat"
    assert name("ko", Thing("coat", "")) == "coat"
    assert name("xx", Thing("coat", "코트")) == "coat"


@pytest.mark.parametrize(
    ("value", "to_whole", "to_tenth"),
    [(-0.4, "0", "−0.4"), (-0.04, "0", "0.0"), (-3.6, "−4", "−3.6"), (11.5, "12", "11.5")],
)
def test_a_minus_is_real_and_never_before_zero(value, to_whole, to_tenth):
    assert whole(value) == to_whole
    assert tenths(value) == to_tenth


def test_numbers_have_the_units_asked_for():
    assert temperature(-3.6, "metric") == "−4 °C"
    assert temperature(-3.6, "imperial") == "26 °F"
    assert temperature(-0.2, "metric") == "0 °C"
    assert speed(10, "metric") == "10 m/s"
    assert speed(10, "imperial") == "22 mph"
    assert percent(0.305) == "30 %"


def test_a_line_never_ends_between_a_number_and_its_unit():
    assert temperature_to_tenth("en", -3.25, "metric") == "−3.2\u00a0°C"
    assert temperature_to_tenth("en", 50, "imperial") == "50.0\u00a0°F"
    assert unbroken("At 8 °C and 42 %, 3 things") == "At 8\u00a0°C and 42\u00a0%, 3 things"


@pytest.mark.parametrize(
    ("seconds", "english"),
    [(5, "just now"), (600, "10 min ago"), (7_200, "2 h ago"), (200_000, "2 days ago")],
)
def test_ages(seconds, english):
    assert age("en", seconds) == english


def test_times_and_dates():
    at, text = datetime(2013, 3, 12, 7, 5), "2013-03-12T07:05:00-04:00"
    assert clock("en", "metric", at) == clock("en", "metric", text) == "07:05"
    assert long_date("en", date(2013, 3, 12)) == "Tuesday, March 12"
    assert iso_date("en", date(2013, 3, 12)) == "Tuesday 2013-03-12"


@pytest.mark.parametrize(
    ("hour", "minute", "text"),
    [(0, 0, "12 am"), (7, 5, "7:05 am"), (12, 0, "12 pm"), (23, 0, "11 pm")],
)
def test_english_with_fahrenheit_has_a_12_hour_clock(hour, minute, text):
    at = datetime(2013, 3, 12, hour, minute)
    assert clock("en", "imperial", at) == time_of_day("en", "imperial", at) == text
    assert clock("ko", "imperial", at) == f"{hour:02}:{minute:02}"


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [(15, 17, "3–5 pm"), (11, 13, "11 am–1 pm"), (22, 24, "10 pm–12 am"), (7, 20, "7 am–8 pm")],
)
def test_a_span_by_a_12_hour_clock_says_once_which_half_of_the_day(first, last, text):
    start, end = (datetime(2013, 3, 12) + timedelta(hours=hour) for hour in (first, last))
    assert clock_span("en", "imperial", start, end) == text
    assert hours_of_day("en", "imperial", start, end) == text
    assert clock_span("en", "metric", start, end) == f"{start:%H:%M}–{end:%H:%M}"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("de", "en"),
        ("ko", "ko"),
        ("ko-KR", "ko"),
        ("ko-Hang-KR;q=0.5", "ko"),
        ("ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7", "ko"),
        ("en-GB,ko;q=0.5", "en"),
        ("fr-FR,fr;q=0.9,ko;q=0.5,en;q=0.1", "ko"),
        ("fr, ko;q=0.1", "ko"),
        ("en,ko", "en"),
        ("ko,en", "ko"),
        ("ko;q=0.5,en;q=0.5", "ko"),
        ("en;q=0.4,ko;q=0.5", "ko"),
        ("en;Q=0.4,ko;Q=0.5", "ko"),
        (" ko ; q=0.9 , en ; q=0.8 ", "ko"),
        # A wildcard is any language that isn't named.
        ("*", "en"),
        ("de,fr;q=0.9,*;q=0.1", "en"),
        ("*;q=0.5,ko;q=0.1", "en"),
        ("*;q=0.1,ko;q=0.5", "ko"),
        ("en;q=0,*", "ko"),
        # What isn't accepted at all.
        ("ko;q=0", "en"),
        ("ko;q=0,en;q=0", "en"),
        ("*;q=0", "en"),
        # What isn't a weight, or no language.
        ("ko;q=high, en;q=0.1", "en"),
        ("ko;q=nan,en", "en"),
        ("ko;q=-1", "en"),
        ("ko;q=7,en", "ko"),
        (";;;,,,q=", "en"),
        ("kor", "en"),
        ("korean", "en"),
    ],
)
def test_the_language_with_the_highest_weight_is_preferred(header, language):
    assert preferred_language(header) == language


@given(st.text())
def test_any_header_prefers_one_of_our_languages(header):
    assert preferred_language(header) in LANGUAGES


@given(
    st.lists(
        st.tuples(st.sampled_from(["en", "ko", "de", "fr-CA"]), st.integers(0, 1000)), max_size=6
    )
)
def test_no_other_language_of_ours_has_a_higher_weight(ranges):
    header = ", ".join(f"{name};q={weight / 1000:.3f}" for name, weight in ranges)
    weights = {name: max((w for n, w in ranges if n == name), default=0) for name in LANGUAGES}
    assert weights[preferred_language(header)] == max(weights.values())


def test_a_long_header_is_read_for_its_first_part_only():
    assert preferred_language("de," * 100 + "ko") == "en"
    assert preferred_language("ko," + "de," * 10_000) == "ko"
