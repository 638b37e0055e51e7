"""Advice in the words of the person who asked for it."""

from datetime import date

from wearcast.clothing.advice import Advice
from wearcast.clothing.wording import AdviceText, in_words


def text_of(advice: Advice, today: date | None = None) -> AdviceText:
    """An advice in its person's language and units."""
    return in_words(advice, advice.settings.language, advice.settings.units, today)
