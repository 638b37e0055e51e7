"""The answer in one sentence: how it feels, what to wear, wind, and an umbrella with its hours."""

from collections.abc import Sequence

from wearcast.messages import say, unbroken, whole, with_units
from wearcast.serving.dashboard.first_screen.clothes import Clothes, clothes
from wearcast.serving.dashboard.first_screen.feeling import feeling
from wearcast.serving.dashboard.first_screen.line_ends import unhyphenated
from wearcast.serving.dashboard.first_screen.precipitation import precipitation_sentence
from wearcast.serving.dashboard.first_screen.steps import steps_ahead
from wearcast.serving.dashboard.page_data import JsonObject, PageData
from wearcast.variables import VARIABLES
from wearcast.vocabulary import WINDY_MS, Language


def day_sentence(data: PageData) -> str:
    """What to wear on the chosen day, for the hours to come; the API's own explanation where there
    is no hour outdoors."""
    language, steps = data.language, steps_ahead(data)
    if not steps:
        return unbroken(data.advice["why"])
    felt = feeling(data, steps)
    worn = clothes(data, steps)
    sentences = [
        _felt_and_worn(language, felt, worn),
        _wind_sentence(data, steps),
        precipitation_sentence(data),
    ]
    text = " ".join(filter(None, sentences))
    text = with_units(language, text)
    return unhyphenated(unbroken(text))


def _felt_and_worn(language: Language, felt: str, wear: Clothes) -> str:
    if not wear.timed and not wear.worn:
        return f"{felt}."
    if not wear.timed:
        return say(language, "{felt}: {worn}.", felt=felt, worn=wear.worn)
    if not wear.worn:
        return say(language, "{felt}: {timed}.", felt=felt, timed=wear.timed)
    return say(
        language, "{felt}: {worn}, and {timed}.", felt=felt, worn=wear.worn, timed=wear.timed
    )


def _wind_sentence(data: PageData, steps: Sequence[JsonObject]) -> str:
    """That it is windy, from the wind on that an umbrella doesn't bear."""
    winds = [step[data.wind_key] or 0.0 for step in steps]
    strongest = max(winds)
    scale = VARIABLES["wind_ms"].scale(data.choices.units)
    if strongest < scale.convert(WINDY_MS):
        return ""
    speed = f"{whole(strongest)} {scale.unit}"
    return say(data.language, "Strong wind, up to {speed}.", speed=speed)
