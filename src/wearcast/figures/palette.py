"""The colours of all figures, and the colour and dash of each forecast method, without plotly."""

from collections.abc import Mapping
from typing import Final

# Okabe and Ito's palette, which people with any colour vision can tell apart
# (jfly.uni-koeln.de/color).
BLACK: Final = "#1b1f24"
ORANGE: Final = "#e69f00"
SKY: Final = "#56b4e9"
GREEN: Final = "#009e73"
BLUE: Final = "#0072b2"
VERMILION: Final = "#d55e00"
PURPLE: Final = "#cc79a7"
GREY: Final = "#8a939c"

METHOD_LINE: Final[Mapping[str, tuple[str, str]]] = {
    "network": (VERMILION, "solid"),
    "past": (VERMILION, "dash"),
    "ridge": (BLUE, "solid"),
    "damped_anomaly": (GREEN, "solid"),
    "climatology_drift": (BLACK, "dash"),
    "climatology": (GREY, "dash"),
    "seasonal_naive": (ORANGE, "dot"),
    "persistence": (PURPLE, "dot"),
}
"""The colour and dash of every method, the best first."""
