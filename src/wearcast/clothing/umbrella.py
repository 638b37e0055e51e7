"""Why an umbrella won't do: no free hand to hold it, or too much wind."""

from enum import StrEnum

import numpy as np

from wearcast.clothing.required_insulation import Needs
from wearcast.vocabulary import GUSTY_MS, WINDY_MS


class Obstacle(StrEnum):
    """Why an umbrella won't do."""

    NO_FREE_HAND = "no_free_hand"
    GUSTS = "gusts"
    WIND = "wind"


def obstacle(needs: Needs) -> Obstacle | None:
    """Why an umbrella won't do in the wet hours."""
    if not needs.effort.free_hand:
        return Obstacle.NO_FREE_HAND
    if strongest(needs, "gust_ms") >= GUSTY_MS:
        return Obstacle.GUSTS
    if strongest(needs, "wind_ms") >= WINDY_MS:
        return Obstacle.WIND
    return None


def strongest(needs: Needs, field: str) -> float:
    """The strongest wind or gust of the wet hours in m/s; an unknown one is a calm."""
    speed_ms = np.nan_to_num(needs.hourly[field])
    return float(speed_ms[needs.told_wet_hours].max(initial=0.0))
