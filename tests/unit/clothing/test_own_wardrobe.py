"""What a person owns: their file, the ladder it makes, and what it lacks."""

from itertools import pairwise

import pytest

from unit.clothing.texts import text_of
from wearcast.clothing.advice import advise
from wearcast.clothing.ladders import LEAST_STEP_CLO
from wearcast.clothing.own_wardrobe import own_ladder, parse_own, read_own
from wearcast.clothing.settings import Settings
from wearcast.errors import ConfigError
from wearcast.vocabulary import Activity

FEW = """
own = [
  "tshirt", "long_tshirt", "jeans", "canvas_sneakers", "rain_boots", "hoodie", "field_jacket",
  "scarf",
]

[garments.grandmas_coat]
name_en = "Grandma's coat"
name_ko = "할머니 코트"
layer = "outer"
clo = 0.65
"""


def few():
    return own_ladder(parse_own(FEW, "mine.toml"), "mine.toml", Activity.STROLLING)


def test_an_own_ladder_climbs_one_owned_garment_at_a_time():
    owned = set(parse_own(FEW, "mine.toml"))
    rungs = few().dry
    assert rungs[0].by_id.keys() == {"tshirt", "jeans", "canvas_sneakers"}
    assert {"grandmas_coat", "hoodie", "scarf"} <= rungs[-1].by_id.keys()
    for below, above in pairwise(rungs):
        assert len(above.beyond(below)) == 1
        assert above.clo - below.clo >= LEAST_STEP_CLO
        assert above.by_id.keys() <= owned


def test_nobody_is_given_a_scarf_with_a_tshirt():
    assert all(
        "hoodie" in outfit.by_id or "grandmas_coat" in outfit.by_id
        for outfit in few().dry
        if "scarf" in outfit.by_id
    )


def test_long_underwear_is_worn_in_the_end_even_if_there_is_little_else():
    owned = own_ladder(
        parse_own('own = ["tshirt", "jeans", "boots", "thermal_top", "gloves"]', "mine.toml"),
        "mine.toml",
        Activity.STROLLING,
    )
    assert {"thermal_top", "gloves"} <= owned.dry[-1].by_id.keys()


def test_the_outfit_is_the_nearest_of_what_is_owned(day):
    advice = advise(day(13.0), Settings(), few())
    assert abs(advice.clo - advice.needs_clo) == pytest.approx(
        min(abs(clo - advice.needs_clo) for clo in few().clo), abs=0.006
    )
    assert 0 < advice.rung < len(few().dry) - 1


def test_nothing_is_missing_where_what_is_owned_fits(day):
    assert advise(day(10.0), Settings(), few()).lack is None


def test_a_gap_between_two_outfits_is_named(day):
    advice = advise(day(12.0), Settings(), few())
    assert text_of(advice).lack.startswith("You own nothing in between. Nearer would be: ")


def test_rain_brings_out_the_owned_boots(day):
    advice = advise(day(14.0, precip_mm=1.0), Settings(), few())
    assert "rain_boots" in {piece.garment.id for piece in advice.pieces}


def test_what_is_missing_in_the_cold_is_named(day):
    advice = advise(day(-28.0), Settings(), few())
    assert text_of(advice).lack.startswith("You own nothing warm enough. Missing:")
    assert "gloves" in text_of(advice).lack
    assert advice.certainty.too_cold == 1


def test_what_is_missing_in_the_heat_is_named(day):
    advice = advise(day(36.0, rain_chance=0.0), Settings(), few())
    assert text_of(advice).lack.startswith("You own nothing light enough. Missing:")
    assert "shorts" in text_of(advice).lack


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ('own = ["tshrit"]', r"mine\.toml: own: there is no garment 'tshrit'"),
        ('owns = ["tshirt"]', r"owns: unknown key"),
        (
            '[garments.cape]\nname_en = "cape"\nname_ko = "망토"\nlayer = "wings"\nclo = 1',
            r"garments\.cape\.layer",
        ),
        (
            '[garments.cape]\nname_en = "cape"\nname_ko = "망토"\nlayer = "outer"',
            r"garments\.cape\.clo: is missing",
        ),
        ("garments = 3", r"garments"),
        ('own = ["tshirt", "scarf"]', r"nothing covers the legs or the feet"),
    ],
)
def test_an_error_in_the_file_names_garment_and_field(tmp_path, content, named):
    file = tmp_path / "mine.toml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=named):
        read_own(file, Activity.STROLLING)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"mine\.toml can't be read"):
        read_own(tmp_path / "mine.toml", Activity.STROLLING)


def test_a_dress_will_do_for_chest_and_legs():
    owned = own_ladder(
        parse_own('own = ["sundress", "knit_dress", "sandals", "thin_cardigan"]', "mine.toml"),
        "mine.toml",
        Activity.STROLLING,
    )
    assert owned.dry[0].by_id.keys() == {"sundress", "sandals"}
    assert "knit_dress" in owned.dry[-1].by_id
