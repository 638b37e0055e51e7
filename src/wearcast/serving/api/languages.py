"""Which language an answer is in."""

from functools import lru_cache
from typing import Final, get_args

from wearcast.vocabulary import Language

LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
_LONGEST: Final = 200


@lru_cache(maxsize=256)
def preferred(accept_language: str) -> Language:
    """The language that an Accept-Language header prefers among ours; English where it names none
    (RFC 9110, 12.5.4)."""
    best: tuple[float, Language] = (0.0, "en")
    for part in accept_language[:_LONGEST].split(","):
        name, _, parameter = part.strip().partition(";")
        language = next(
            (known for known in LANGUAGES if name.strip().lower().split("-")[0] == known), None
        )
        weight = _weight(parameter)
        if language and weight > best[0]:
            best = (weight, language)
    return best[1]


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0
