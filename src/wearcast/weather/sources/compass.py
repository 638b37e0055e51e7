"""Wind directions as letters: the 16 points of the compass in English, Korean, Japanese and
Chinese."""

from typing import Final

_STEP_DEG: Final = 22.5

_ENGLISH: Final = (
    *("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE"),
    *("S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW"),
)
_KOREAN: Final = (
    *("북", "북북동", "북동", "동북동", "동", "동남동", "남동", "남남동"),
    *("남", "남남서", "남서", "서남서", "서", "서북서", "북서", "북북서"),
)
_CHINESE: Final = (
    *("N", "NEN", "EN", "EEN", "E", "EES", "ES", "SES"),
    *("S", "SWS", "WS", "WWS", "W", "WWN", "WN", "NWN"),
)
"""In Chinese east and west come first, as in 东北; Japanese has the order of English."""

_WORDS: Final = {
    "NORTH": "N",
    "EAST": "E",
    "SOUTH": "S",
    "WEST": "W",
    "北": "N",
    "東": "E",
    "东": "E",
    "南": "S",
    "西": "W",
    "の風": "",
    "風": "",
    "风": "",
}

NO_DIRECTION: Final = frozenset(
    (
        *("VRB", "VAR", "VARIABLE", "CALM", "CALME", "CALMA", "C", "CV", "CLM", "WINDSTILL"),
        *("정온", "무풍", "고요", "静穏", "静风", "靜風", "無風", "无风"),
    )
)
"""A wind that is calm, or that has no one direction (`cv`: calm and variable)."""


def degrees(text: str) -> float | None:
    """Where the wind comes from in degrees, 22.5 to 360: `NNE`, `north-northeast`, `북북동` and
    `北北東` are 22.5; None where the text is no point of the compass."""
    return _POINTS.get(_letters(text))


def is_no_direction(text: str) -> bool:
    """Whether the text says that the wind has no direction."""
    return text.strip().upper() in NO_DIRECTION


def _letters(text: str) -> str:
    upper = text.strip().upper()
    joined = "".join(sign for sign in upper if sign.isalpha())
    korean = joined.removesuffix("풍")
    if korean in _POINTS:
        return korean
    for word, letter in _WORDS.items():
        joined = joined.replace(word, letter)
    return joined


def _points() -> dict[str, float]:
    points = {}
    for names in (_ENGLISH, _KOREAN, _CHINESE):
        for step, name in enumerate(names):
            points[name] = step * _STEP_DEG or 360.0
    return points


_POINTS: Final = _points()
