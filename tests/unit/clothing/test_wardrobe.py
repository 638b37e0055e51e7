"""The wardrobe and its ladders: complete, wearable, and an error that names garment and field."""

from importlib import resources
from itertools import pairwise

import numpy as np
import pytest

from wearcast.clothing.comfort import required_clo
from wearcast.clothing.ladders import LEAST_STEP_CLO, climb, ladder
from wearcast.clothing.outfits import clo_of
from wearcast.clothing.wardrobe import COVERED, FILE, builtin, parse
from wearcast.errors import ConfigError
from wearcast.vocabulary import Activity, Layer, Sensitivity, Style

BANDS_C = {21.5: 0.65, 18.5: 0.78, 14.5: 1.00, 10.5: 1.16, 7.0: 1.43, 0.0: 1.71}
"""The middle of the Korean table's bands below 23 °C, and the insulation of the ensemble each names
(ISO 9920, ASHRAE 55)."""

text = (resources.files("wearcast.clothing") / FILE).read_text(encoding="utf-8")
styles = pytest.mark.parametrize("style", list(Style))


def strolling(temp_c):
    return required_clo(
        np.asarray(temp_c), Activity.STROLLING, Sensitivity.AVERAGE, for_hours=False
    )


def test_there_are_sixty_garments_with_names_in_two_languages_a_source_and_every_layer():
    garments = builtin().garments.values()
    assert len(garments) >= 60
    assert {garment.layer for garment in garments} == set(Layer)
    assert all(any("가" <= letter <= "힣" for letter in garment.name_ko) for garment in garments)
    assert all(garment.source.split(": ")[1] for garment in garments)
    assert len({garment.name_en for garment in garments}) == len(garments)


def test_every_garment_but_a_few_is_on_a_ladder_or_keeps_one_dry():
    worn = {
        id
        for style in Style
        for outfit in (*ladder(style).dry, *ladder(style).wet)
        for id in outfit.by_id
    }
    assert len(worn) > 70


@styles
def test_neighbouring_rungs_differ_by_one_garment_and_warm(style):
    for below, above in pairwise(ladder(style).dry):
        assert len(above.beyond(below)) == 1
        assert len(below.beyond(above)) <= 1
        assert above.clo - below.clo >= LEAST_STEP_CLO


@styles
def test_every_outfit_is_wearable(style):
    for outfit in (*ladder(style).dry, *ladder(style).wet):
        places = [place for garment in outfit.garments for place in garment.covers]
        assert len(places) == len(set(places))
        assert set(COVERED) <= set(places)


@styles
def test_a_ladder_reaches_from_midsummer_to_a_polar_night(style):
    clo = ladder(style).clo
    assert clo[0] <= strolling(27.0)
    assert clo[-1] >= strolling(-33.0)
    assert np.diff(clo).max() < 0.22


@styles
def test_what_keeps_dry_is_never_less_warm(style):
    dry, wet = ladder(style).clo, np.array([outfit.clo for outfit in ladder(style).wet])
    assert (wet >= dry).all()
    assert (np.diff(wet) >= 0).all()


@styles
@pytest.mark.parametrize("temp_c", BANDS_C)
def test_the_korean_bands_are_the_calm_dry_average_strolling_case(style, temp_c):
    needed = float(strolling(temp_c))
    chosen = ladder(style).at(needed)
    assert needed == pytest.approx(BANDS_C[temp_c], abs=0.15)
    assert chosen.clo == pytest.approx(needed, abs=0.12)


@styles
def test_from_28_degrees_on_it_is_one_of_the_lightest_outfits(style):
    assert ladder(style).rungs(strolling([28.0, 30.0, 40.0])).max() <= 5


def test_casual_in_the_bands_is_what_the_table_names():
    casual = ladder(Style.CASUAL)
    wears = {temp_c: set(casual.at(float(strolling(temp_c))).by_id) for temp_c in BANDS_C}
    assert {"long_tshirt", "jeans"} <= wears[21.5]
    assert {"thin_cardigan", "jeans"} <= wears[18.5]
    assert {"denim_jacket", "jeans"} <= wears[14.5]
    assert {"field_jacket", "jeans"} <= wears[10.5]
    assert {"padded_coat", "scarf"} <= wears[0.0]


@styles
def test_layers_come_off_until_the_top_alone_is_left(style):
    for outfit in ladder(style).dry:
        assert (np.diff(outfit.clo_by_state) < 0).all()
        last = [garment for garment in outfit.garments if garment.id not in outfit.takings_off[-1]]
        assert {garment.layer for garment in last} <= {Layer.BASE, Layer.LEGS, Layer.FEET}
        assert outfit.clo_by_state[-1] == pytest.approx(clo_of(last))


def broken(old, new):
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('layer = "base", clo = 0.06', 'layer = "base", clo = "warm"', r"garments\.tank_top\.clo"),
        ('layer = "base", clo = 0.06', "clo = 0.06", r"garments\.tank_top\.layer: is missing"),
        (
            'source = "toolbox: tube top"',
            'source = "hearsay"',
            r"garments\.tank_top\.source: 'hearsay' must begin with one of ashrae",
        ),
        (
            "clo = 0.06, source",
            "colour = 1, clo = 0.06, source",
            r"garments\.tank_top\.colour: unknown key",
        ),
        ("wind = 0, water = 0 }", "wind = 3, water = 0 }", r"garments\.tank_top\.wind"),
    ],
)
def test_an_error_in_the_file_names_garment_and_field(old, new, named):
    with pytest.raises(ConfigError, match=named):
        parse(broken(old, new), "mine.toml")


def test_what_is_not_toml_is_named_with_its_line():
    with pytest.raises(ConfigError, match=r"mine\.toml can't be read as TOML: .*line 1"):
        parse("= 3", "mine.toml")


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        (
            '"tank_top > tshirt"',
            '"tank_top > thsirt"',
            r"steps\[0\] 'tank_top > thsirt': there is no garment 'thsirt'",
        ),
        (
            '"tank_top > tshirt"',
            '"beanie > tshirt"',
            r"the outfit has tank_top, short_shorts, sandals",
        ),
        ('"tank_top > tshirt"', '"+ tshirt"', r"both take the place 'top'"),
        ('"tank_top > tshirt"', '"tank_top > sports_singlet"', r"warms by 0\.000 clo"),
        ('"tank_top > tshirt"', '"tank_top > beanie"', r"nothing covers top"),
        (
            'field_jacket = "rain_jacket"',
            'field_jacket = "windbreaker"',
            r"wet\.field_jacket: windbreaker must be at least as warm",
        ),
    ],
)
def test_a_broken_ladder_is_refused_with_the_step_that_breaks_it(old, new, named):
    wardrobe = parse(broken(old, new), "mine.toml")
    with pytest.raises(ConfigError, match=named):
        climb(wardrobe, Style.CASUAL, Activity.STROLLING, "mine.toml")
