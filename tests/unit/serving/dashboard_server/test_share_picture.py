"""The share picture: its text fits, its drawing needs nothing that a page would bring, and it
becomes a PNG."""

import asyncio
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unit.serving.dashboard.page_answers import page_of
from wearcast.serving.dashboard_server.share_picture import (
    RasterError,
    png_of_svg,
    share_drawing,
)
from wearcast.serving.dashboard_server.share_picture.text_layout import fitted, width_px

WEARS = ["rain_parka", "knit_sweater", "long_tshirt", "jeans", "boots", "scarf", "gloves"]
WORDS = st.lists(st.text("abcWÄ가힣 …0", max_size=30), min_size=1).map(" ".join)


def wet_day(language):
    return page_of(
        {7: 2.0, 8: 3.0, 9: 6.0, 12: 12.0, 15: 14.0, 18: 9.0},
        WEARS,
        {"scarf": [7, 8, 18], "gloves": [7, 8, 18]},
        language=language,
        wet=(8, 9),
        chance=0.8,
    )


@given(WORDS)
def test_lines_stay_in_their_box(text):
    found = fitted(text, 400, 120, (40, 30, 24), "bold")
    assert found.height_px <= 120
    assert all(width_px(line, found.size_px, "bold") <= 400 for line in found.lines)


def test_what_fits_is_whole_and_as_large_as_it_can_be():
    assert fitted("Cold all day", 400, 120, (40, 20), "bold").lines == ("Cold all day",)
    assert fitted("Cold all day", 120, 60, (40, 20), "bold").lines == ("Cold all day",)
    assert fitted("Cold all day", 120, 60, (40, 20), "bold").size_px == 20
    assert fitted("Cold all day", 90, 30, (20,), "bold").lines == ("Cold al…",)


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ["Seoul", "lowest", "Umbrella"]), ("ko", ["서울", "최저", "우산"])],
)
def test_the_drawing_says_place_temperatures_and_umbrella(language, words):
    drawing = share_drawing(wet_day(language))
    assert all(word in drawing for word in [*words, "5°", "14°"])
    assert "var(" not in drawing
    assert drawing.count('class="person"') == 3


def test_of_four_outings_it_draws_as_many_as_the_page_with_their_hours():
    hours = dict.fromkeys((7, 10, 12, 19), 20.0)
    only_at = {"hoodie": [7, 12]}
    drawing = share_drawing(
        page_of(hours, ["hoodie", "tshirt"], only_at, out="7-8,10-11,12-13,19-20")
    )
    assert drawing.count('class="person"') == 3
    assert all(f">{told}<" in drawing for told in ("7–8", "10–11", "12–13"))


def test_it_becomes_a_png_of_the_size_that_previews_ask_for():
    png = asyncio.run(png_of_svg(share_drawing(wet_day("ko"))))
    assert png.startswith(b"\x89PNG")
    assert struct.unpack(">II", png[16:24]) == (1200, 630)
    assert len(png) < 200_000


def test_an_svg_that_is_none_is_an_error():
    with pytest.raises(RasterError):
        asyncio.run(png_of_svg("<svg"))
