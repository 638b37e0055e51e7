"""The icons: one for everything that can be advised, all of one family, and each a plain drawing
that may stand in any page."""

import re
from collections import Counter
from importlib import resources
from itertools import combinations
from xml.etree import ElementTree

import pytest

from wearcast.clothing.ladders import ladder
from wearcast.clothing.wardrobe import builtin
from wearcast.serving.dashboard.icons import (
    WeatherKind,
    carried,
    garment,
    glyph,
    weather,
    weather_kind,
)
from wearcast.serving.dashboard.icons.drawings import mapping
from wearcast.vocabulary import Layer, Precipitation, Style

FOLDER = resources.files("wearcast.serving.dashboard.icons").joinpath("drawings")
FILES = {
    f"{folder.name}/{file.name.removesuffix('.svg')}": file
    for folder in FOLDER.iterdir()
    for file in folder.iterdir()
}
VIEW_BOX = {"things": "0 0 48 48", "skies": "0 0 48 48", "glyphs": "0 0 24 24"}
ROOT = {
    "fill": "none",
    "stroke": "currentColor",
    "stroke-width": "2",
    "stroke-linecap": "round",
    "stroke-linejoin": "round",
}

COLOURS = {"var(--icon-sun, #f4b63f)", "var(--icon-water, #3f90e4)"}
PAINTS = COLOURS | {
    "var(--icon-fill, #8fb0dc4d)",
    "var(--icon-accent, #5f93d68c)",
    "currentColor",
    "none",
}
SHAPES = {"path": {"d"}, "circle": {"cx", "cy", "r"}}


def names(folder):
    return {name.partition("/")[2] for name in FILES if name.startswith(folder + "/")}


def drawn(name):
    return ElementTree.fromstring(FILES[name].read_text(encoding="utf-8"))  # noqa: S314 - our own file


def painted(shape):
    return {shape.get("fill"), shape.get("stroke")} - {None}


# What has a drawing


def test_every_garment_of_the_wardrobe_has_a_drawing_and_nothing_else_has():
    assert mapping()["garments"].keys() == builtin().garments.keys()


def test_every_thing_to_carry_has_a_drawing_and_nothing_else_has():
    assert mapping()["carried"].keys() == builtin().carry.keys()


def test_every_layer_has_a_general_drawing():
    assert mapping()["layers"].keys() == set(Layer)


def test_every_drawing_of_a_thing_is_there_and_used():
    assert {drawing for chosen in mapping().values() for drawing in chosen.values()} == names(
        "things"
    )


def test_every_kind_of_weather_has_a_drawing_and_nothing_else_has():
    assert names("skies") == set(WeatherKind)


def test_every_sign_that_the_page_asks_for_is_there(repository):
    modules = (repository / "src/wearcast/serving/dashboard").glob("*.py")
    asked = {
        name
        for module in modules
        for name in re.findall(r'\bglyph\("(\w+)"\)', module.read_text(encoding="utf-8"))
    }
    assert len(asked) > 5
    assert asked - names("glyphs") == set()


def test_no_two_drawings_are_the_same():
    times = Counter(ElementTree.tostring(drawn(name)) for name in FILES)
    assert max(times.values()) == 1


def test_garments_that_share_a_drawing_are_of_one_layer():
    drawings, garments = mapping()["garments"], builtin().garments
    shared = [
        (one, other) for one, other in combinations(drawings, 2) if drawings[one] == drawings[other]
    ]
    assert shared
    assert not [pair for pair in shared if len({garments[id].layer for id in pair}) > 1]


@pytest.mark.parametrize("style", Style)
def test_no_outfit_shows_a_drawing_twice(style):
    drawings = mapping()["garments"]
    outfits = [*ladder(style).dry, *ladder(style).wet]
    assert not [
        outfit
        for outfit in outfits
        if len({drawings[piece.id] for piece in outfit.garments}) < len(outfit.garments)
    ]


# What a page gets


def test_a_garment_of_the_wardrobe_gets_its_own_drawing():
    assert garment("trench_coat", "outer") not in {garment("mine", layer) for layer in Layer}


@pytest.mark.parametrize("layer", Layer)
def test_a_garment_of_a_persons_own_gets_its_layers_drawing(layer):
    assert garment("my_favourite", layer) == garment("grandmothers", layer.value)
    assert garment("my_favourite", layer) not in {
        garment("my_favourite", other) for other in Layer if other is not layer
    }


def test_unknown_garments_and_things_have_a_drawing():
    assert garment("cape", "cloak") == garment("toga", "")
    assert carried("sledge") == carried("kite")
    assert carried("sledge") not in {carried(id) for id in builtin().carry}


@pytest.mark.parametrize("draw", [weather, glyph])
def test_an_unknown_glyph_or_weather_kind_is_refused(draw):
    with pytest.raises(FileNotFoundError):
        draw("thunder")


@pytest.mark.parametrize(
    "svg", [garment("hoodie", "mid"), carried("water"), weather(WeatherKind.SNOW), glyph("refresh")]
)
def test_a_drawing_in_a_page_is_one_line_of_hidden_svg(svg):
    root = ElementTree.fromstring(svg)  # noqa: S314 - our own file
    assert root.tag == "svg"
    assert (root.get("aria-hidden"), root.get("focusable"), root.get("class")) == (
        "true",
        "false",
        "icon",
    )
    assert "\n" not in svg


# The family


def test_drawings_follow_the_rules_of_the_family():
    for name in FILES:
        assert drawn(name).attrib == {"viewBox": VIEW_BOX[name.partition("/")[0]]} | ROOT, name


def test_drawings_hold_plain_shapes_only():
    for name in FILES:
        shapes = list(drawn(name))
        assert shapes, name
        for shape in shapes:
            tag = shape.tag.removeprefix("{http://www.w3.org/2000/svg}")
            assert not list(shape), name
            assert set(shape.keys()) - {"fill", "stroke"} == SHAPES[tag], name
            assert painted(shape) <= PAINTS, name


def test_drawings_have_one_colour_at_most_beside_cloth():
    for name in FILES:
        assert len({paint for shape in drawn(name) for paint in painted(shape)} & COLOURS) <= 1, (
            name
        )


def test_drawings_stay_on_their_sheet():
    for name in FILES:
        size = float(drawn(name).get("viewBox").split()[2])
        for shape in drawn(name):
            spots = [float(number) for number in re.findall(r"-?\d*\.?\d+", absolute(shape))]
            assert min(spots) >= 1, name
            assert max(spots) <= size - 1, name


def absolute(shape):
    """What of a shape's geometry is a place on the sheet."""
    if (path := shape.get("d")) is None:
        x, y, r = (float(shape.get(name)) for name in ("cx", "cy", "r"))
        return f"{x - r} {x + r} {y - r} {y + r}"
    assert not re.search(r"[a-z]", path), "relative steps hide where a line goes"
    return re.sub(r"A[\d.]+ [\d.]+ 0 [01] [01] ", " ", path)


def test_the_files_of_drawings_are_small_and_clean():
    for name, file in FILES.items():
        text = file.read_text(encoding="utf-8")
        assert len(text) < 2500, name
        assert text.startswith("<svg "), name
        assert text.endswith("</svg>\n"), name
        assert not re.search(r"<!--|<\?|href|url\(|script|style=|\son\w+=", text), name
        assert text.count("http") == 1, name


# The kind of weather

RAIN = {"rain_chance": 0.6, "precip_mm": 0.4}


@pytest.mark.parametrize(
    ("known", "kind"),
    [
        ({"cloud_pct": 0.0}, WeatherKind.CLEAR_DAY),
        ({"cloud_pct": 37.4}, WeatherKind.CLEAR_DAY),
        ({"cloud_pct": 37.5}, WeatherKind.PARTLY_DAY),
        ({"cloud_pct": 84.9}, WeatherKind.PARTLY_DAY),
        ({"cloud_pct": 85.0}, WeatherKind.CLOUDY),
        ({"cloud_pct": 0.0, "rain_chance": 0.33}, WeatherKind.CLEAR_DAY),
        ({"cloud_pct": 0.0, "rain_chance": 0.34}, WeatherKind.LIGHT_RAIN),
        ({"cloud_pct": 0.0, "precip_mm": 0.09}, WeatherKind.CLEAR_DAY),
        ({"cloud_pct": 0.0, "precip_mm": 0.1}, WeatherKind.LIGHT_RAIN),
        ({"rain_chance": 0.69}, WeatherKind.LIGHT_RAIN),
        ({"rain_chance": 0.7}, WeatherKind.RAIN),
        ({"rain_chance": 0.9, "precip_mm": 0.9}, WeatherKind.LIGHT_RAIN),
        ({"rain_chance": 0.4, "precip_mm": 1.0}, WeatherKind.RAIN),
        ({"cloud_pct": 0.0, "wind_ms": 9.9}, WeatherKind.CLEAR_DAY),
        ({"cloud_pct": 0.0, "wind_ms": 10.0}, WeatherKind.WIND),
        (RAIN | {"wind_ms": 20.0}, WeatherKind.LIGHT_RAIN),
    ],
)
def test_the_kind_of_a_mild_hour(known, kind):
    assert weather_kind(daylight=True, **known) is kind


@pytest.mark.parametrize(
    ("precipitation", "kind"),
    [
        (Precipitation.SNOW, WeatherKind.SNOW),
        (Precipitation.RAIN_OR_SNOW, WeatherKind.SLEET),
        (Precipitation.RAIN, WeatherKind.LIGHT_RAIN),
        (None, WeatherKind.LIGHT_RAIN),
    ],
)
def test_the_kind_of_a_wet_hour_is_what_falls(precipitation, kind):
    assert weather_kind(precipitation=precipitation, daylight=True, **RAIN) is kind


@pytest.mark.parametrize(
    ("rain_chance", "kind"),
    [
        (0.0, WeatherKind.CLEAR_DAY),
        (0.09, WeatherKind.CLEAR_DAY),
        (0.1, WeatherKind.PARTLY_DAY),
        (0.24, WeatherKind.PARTLY_DAY),
        (0.25, WeatherKind.CLOUDY),
        (None, WeatherKind.PARTLY_DAY),
    ],
)
def test_without_reported_cloud_the_chance_of_rain_tells(rain_chance, kind):
    assert weather_kind(daylight=True, rain_chance=rain_chance) is kind


def test_only_a_sky_that_shows_sun_or_moon_differs_by_night():
    skies = [{"cloud_pct": cloud} for cloud in (0, 50, 100)] + [RAIN, {"wind_ms": 12.0}]
    day, night = (
        [weather_kind(daylight=daylight, **known) for known in skies] for daylight in (True, False)
    )
    assert day == [
        WeatherKind.CLEAR_DAY,
        WeatherKind.PARTLY_DAY,
        WeatherKind.CLOUDY,
        WeatherKind.LIGHT_RAIN,
        WeatherKind.WIND,
    ]
    assert night == [
        WeatherKind.CLEAR_NIGHT,
        WeatherKind.PARTLY_NIGHT,
        WeatherKind.CLOUDY,
        WeatherKind.LIGHT_RAIN,
        WeatherKind.WIND,
    ]
