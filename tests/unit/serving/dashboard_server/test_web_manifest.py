"""What browsers install: the manifest, and icons that come from the favicon."""

import json

import pytest
import resvg_py

from catalogues import script
from wearcast.serving.dashboard.page_files import page_style
from wearcast.serving.dashboard_server.web_manifest import THEME_COLOURS, web_manifests
from wearcast.vocabulary import LANGUAGES


@pytest.fixture
def manifests():
    found = web_manifests("/wear/", lambda name: f"/wear/files/{name}")
    return {language: json.loads(file.plain) for language, file in found.items()}


def test_it_is_one_app_right_below_its_path_in_each_language(manifests):
    assert set(manifests) == set(LANGUAGES)
    for language, manifest in manifests.items():
        assert manifest["lang"] == language
        assert {manifest[name] for name in ("id", "start_url", "scope")} == {"/wear/"}
    assert manifests["en"]["name"] != manifests["ko"]["name"]


def test_its_icons_are_there_in_the_sizes_that_it_says(manifests):
    static = script("app_icons").STATIC
    icons = manifests["en"]["icons"]
    assert {icon["purpose"] for icon in icons} == {"any", "maskable"}
    for icon in icons:
        png = (static / icon["src"].rsplit("/", 1)[1]).read_bytes()
        side = int.from_bytes(png[16:20], "big")
        assert icon["sizes"] == f"{side}x{side}"


def test_icons_are_what_the_script_makes_of_the_favicon():
    app_icons = script("app_icons")
    for name, (svg, size_px) in app_icons.icons().items():
        made = resvg_py.svg_to_bytes(svg_string=svg, width=size_px, skip_system_fonts=True)
        assert (app_icons.STATIC / name).read_bytes() == bytes(made)


def test_bars_have_the_colour_of_the_page():
    for colour in THEME_COLOURS.values():
        assert f"--paper: {colour};" in page_style()
