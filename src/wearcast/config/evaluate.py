"""The group `evaluate`: how the forecasts are verified."""

from typing import Literal

from pydantic import Field

from wearcast.config.group import EveryH, Group


class Evaluate(Group):
    """How the forecasts are verified."""

    period: Literal["validation", "test"]
    every_h: EveryH
    bootstrap: int = Field(ge=100, le=100_000)
    seed: int = Field(ge=0, lt=2**31)
