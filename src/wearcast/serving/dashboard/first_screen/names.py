"""Names of garments within a sentence: lists, articles in English, particles in Korean."""

from collections.abc import Sequence
from typing import Final

from wearcast.messages import say
from wearcast.serving.dashboard.dressed_person import has_own_form
from wearcast.serving.dashboard.page_data import JsonObject
from wearcast.vocabulary import Language

_FIRST_SYLLABLE, _LAST_SYLLABLE, _FINALS = 0xAC00, 0xD7A3, 28
_VOWELS: Final = "aeiou"


def with_article(language: Language, piece: JsonObject) -> str:
    """A piece's name with its indefinite article in English; a person's own has the name they gave
    it."""
    name: str = piece["name"]
    plural = name.endswith("s") and not name.endswith("ss")
    if language != "en" or plural or not has_own_form(piece["id"]):
        return name
    if name[0].lower() in _VOWELS:
        return f"an {name}"
    return f"a {name}"


def with_definite_article(language: Language, piece: JsonObject) -> str:
    """A piece's name with the definite article in English."""
    name: str = piece["name"]
    if language != "en" or not has_own_form(piece["id"]):
        return name
    return f"the {name}"


def enumerated(language: Language, names: Sequence[str]) -> str:
    """Several names with "and" before the last one."""
    *most, last = names or [""]
    if not most:
        return last
    return say(language, "{most} and {last}", most=", ".join(most), last=last)


def as_topic(language: Language, text: str) -> str:
    """The text with the particle of a topic in Korean: 은 after a consonant, 는 after a vowel, both
    where its last letter isn't Korean."""
    if language != "ko":
        return text
    last = ord(text.rstrip(")")[-1])
    if not _FIRST_SYLLABLE <= last <= _LAST_SYLLABLE:
        return f"{text}은(는)"
    has_final = (last - _FIRST_SYLLABLE) % _FINALS
    return f"{text}은" if has_final else f"{text}는"
