"""How sure an outfit is, and when it is likely to be too cold or too warm."""

from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest

from unit.clothing.texts import text_of
from wearcast.clothing.advice import advise
from wearcast.clothing.certainty import Certainty, CertaintyKind
from wearcast.clothing.own_wardrobe import own_ladder, parse_own
from wearcast.clothing.settings import Settings
from wearcast.clothing.timeline import Span
from wearcast.vocabulary import Activity

OUT = Settings(out="8-9,12-14,18-19")


def hours(start: int, end: int) -> Span:
    return Span(datetime(2024, 4, 10, start), datetime(2024, 4, 10, end))


AHEAD = (hours(8, 9), hours(12, 14), hours(18, 19))


@pytest.mark.parametrize(
    ("too_cold", "too_warm", "cold", "warm", "kind", "english", "korean"),
    [
        (
            0.01,
            0.04,
            (),
            (),
            CertaintyKind.RIGHT,
            "Likely right the whole time (95",
            "내내 알맞을 거예요(95",
        ),
        (0.2, 0.2, (), (), CertaintyKind.UNSURE, "Expected to be right 60", "는 더울 것 같아요."),
        (
            0.2,
            0.0,
            AHEAD[:1],
            (),
            CertaintyKind.COLD_AT_TIMES,
            " of the time: too cold until 09:00.",
            "09:00까지는 추울 수 있어요.",
        ),
        (
            0.0,
            0.2,
            (),
            AHEAD[1:],
            CertaintyKind.WARM_AT_TIMES,
            " of the time: too warm from 12:00 to 14:00, from 18:00.",
            "12:00–14:00에, 18:00부터는 더울 수 있어요.",
        ),
        (
            0.2,
            0.2,
            AHEAD[:1],
            AHEAD[2:],
            CertaintyKind.COLD_AND_WARM_AT_TIMES,
            " of the time: too cold until 09:00, too warm from 18:00.",
            "09:00까지는 춥고 18:00부터는 더울 수 있어요.",
        ),
        (
            1.0,
            0.0,
            AHEAD,
            (),
            CertaintyKind.TOO_COLD,
            "Likely too cold the",
            "내내 추울 거예요",
        ),
        (
            0.0,
            1.0,
            (),
            AHEAD,
            CertaintyKind.TOO_WARM,
            "Likely too warm the",
            "내내 더울 거예요",
        ),
    ],
)
def test_a_sentence_says_how_much_of_the_time_it_is_right_and_when_it_is_not(
    day, too_cold, too_warm, cold, warm, kind, english, korean
):
    certainty = Certainty(too_cold, too_warm, AHEAD, cold, warm, None)
    assert certainty.kind is kind
    advice = replace(advise(day(10.0), OUT), certainty=certainty)
    assert english in text_of(advice).certainty
    in_korean = replace(advice, settings=OUT.model_copy(update={"language": "ko"}))
    assert korean in text_of(in_korean).certainty


def test_spans_are_hours_that_more_than_half_of_the_forecast_is_off_in(day):
    """Nothing owned suits a frosty morning or a hot evening; the forecast is sure of both."""
    owned = own_ladder(
        parse_own('own = ["long_tshirt", "jeans", "canvas_sneakers", "denim_jacket"]', "mine.toml"),
        "mine.toml",
        Activity.STROLLING,
    )
    temp_c = np.repeat(14.0, 24)
    temp_c[:9], temp_c[20:] = -5.0, 32.0
    told = advise(day(temp_c), Settings(), owned).certainty
    assert told.cold_spans == (hours(7, 9),)
    assert told.warm_spans == (hours(20, 22),)
    assert (told.too_cold, told.too_warm) == pytest.approx((2 / 15, 2 / 15))
    assert told.ahead == (hours(7, 22),)


def test_an_hour_in_which_as_many_members_are_right_is_not_told_of(day):
    temp_c = np.broadcast_to(np.array([10.0, 10.0, 0.0, 20.0])[:, None], (4, 24))
    told = advise(day(temp_c), Settings()).certainty
    assert (told.cold_spans, told.warm_spans) == ((), ())
    assert told.kind is CertaintyKind.UNSURE
