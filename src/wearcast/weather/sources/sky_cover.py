"""Cloud cover as aviation's reports write it: FEW, SCT, BKN, OVC."""

import re
from typing import Final

_OKTAS: Final = {
    **dict.fromkeys(("SKC", "CLR", "NSC", "NCD", "CAVOK"), 0.0),
    "FEW": 1.5,
    "SCT": 3.5,
    "BKN": 6.0,
    "OVC": 8.0,
    "VV": 8.0,
}
"""The middle of what each means, such as 5 to 7; a sky that isn't seen (VV) is covered."""

_LAYER: Final = re.compile(rf"({'|'.join(_OKTAS)})[:\d]*(?:CB|TCU)?")


def oktas(text: str) -> float | None:
    """The oktas that `FEW020 BKN100`, or NOAA's `FEW:02 20 BKN:07 100`, has in its fullest layer;
    None where it is no sky."""
    layers = []
    for word in text.upper().split():
        layer = _LAYER.fullmatch(word)
        if layer:
            name = layer.group(1)
            layers.append(_OKTAS[name])
        elif not word.isdigit():
            return None
    return max(layers, default=None)
