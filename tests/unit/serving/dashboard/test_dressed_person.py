"""Every garment can be worn by the drawn person, in the order in which people put clothes on."""

from xml.etree import ElementTree

import pytest

from unit.serving.dashboard.page_answers import piece
from wearcast.clothing.wardrobe import builtin
from wearcast.serving.dashboard.dressed_person import dressed_person, has_own_form
from wearcast.serving.dashboard.dressed_person.measures import mirrored
from wearcast.serving.dashboard.dressed_person.shapes import COLOURS, paint
from wearcast.serving.dashboard.dressed_person.worn_forms import listed_ids, worn_form
from wearcast.serving.dashboard.icons.drawings import mapping

GARMENTS = tuple(builtin().garments)


def shapes(svg):
    return list(ElementTree.fromstring(svg).iter("path"))  # noqa: S314 - our own drawing


def test_every_garment_of_the_wardrobe_and_no_other_has_a_worn_form():
    assert set(listed_ids()) == set(GARMENTS) == set(mapping()["garments"])


@pytest.mark.parametrize("id", GARMENTS)
def test_a_garment_adds_shapes_in_the_colours_of_the_drawing(id):
    bare, dressed = shapes(dressed_person([])), shapes(dressed_person([piece(id)]))
    assert len(dressed) > len(bare)
    fills = {shape.get("fill") for shape in dressed} - {None}
    assert fills <= {paint(colour) for colour in COLOURS}


@pytest.mark.parametrize("layer", ["base", "mid", "outer", "legs", "feet", "head", "hands", "neck"])
def test_a_persons_own_garment_is_worn_as_the_usual_one_of_its_layer(layer):
    own = {"id": "mine", "layer": layer}
    usual = worn_form("mine", layer)
    assert not has_own_form("mine")
    assert usual
    assert usual in dressed_person([own])


def test_a_garment_of_an_unknown_layer_is_drawn_as_a_shirt():
    assert worn_form("mine", "wings") == worn_form("long_tshirt", "base")


@pytest.mark.parametrize(
    ("under", "over"),
    [
        ("tshirt", "thin_cardigan"),
        ("thermal_top", "tshirt"),
        ("knit_sweater", "padded_coat"),
        ("thin_knit", "blazer"),
        ("jeans", "tshirt"),
        ("thermal_bottoms", "jeans"),
        ("ski_trousers", "padded_overtrousers"),
        ("canvas_sneakers", "jeans"),
        ("jeans", "rain_boots"),
        ("wool_socks", "canvas_sneakers"),
        ("padded_coat", "scarf"),
    ],
)
def test_what_is_worn_over_something_is_drawn_after_it(under, over):
    for order in ([under, over], [over, under]):
        svg = dressed_person([piece(id) for id in order])
        lower, upper = (worn_form(id, piece(id)["layer"]) for id in (under, over))
        assert svg.index(lower) < svg.index(upper)


def test_the_person_is_named_and_described_for_screen_readers():
    svg = dressed_person([piece("jeans")], title="Morning", description='jeans & "more"', id="one")
    root = ElementTree.fromstring(svg)  # noqa: S314 - our own drawing
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == root.find("title").get("id") == "one-title"
    assert root.get("aria-describedby") == root.find("desc").get("id") == "one-text"
    assert root.find("desc").text == 'jeans & "more"'


def test_a_person_without_a_title_is_a_decoration():
    root = ElementTree.fromstring(dressed_person([]))  # noqa: S314 - our own drawing
    assert root.get("aria-hidden") == "true"
    assert root.find("title") is None


def test_persons_beside_each_other_have_the_same_scale():
    boxes = {
        ElementTree.fromstring(dressed_person([], umbrella=held, roomy=True)).get("viewBox")  # noqa: S314
        for held in ("none", "closed", "open")
    }
    assert len(boxes) == 1


def test_a_path_is_mirrored_at_the_axis():
    assert mirrored("M50 10L44.5 20H40V7Z") == "M70 10L75.5 20H80V7Z"
