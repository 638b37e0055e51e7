"""The group `preprocess`: quality control, and which hours train, validate and test."""

from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from wearcast.config.group import Group
from wearcast.config.station import StationId
from wearcast.vocabulary import MIN_HORIZON_H

Period = tuple[date, date]


class Blocks(Group):
    """A cycle of training, validation and test blocks, repeated through the record."""

    # Of scheme auto too, with less than two years; with more it takes a cycle of its own.
    cycle_d: int = Field(ge=21, le=366)
    validation_d: int = Field(ge=8)
    test_d: int = Field(ge=8)


class Periods(Group):
    """Explicit periods of whole days; the second date of each is the day after its last."""

    train: list[Period] = Field(default_factory=list)
    validation: list[Period] = Field(default_factory=list)
    test: list[Period] = Field(default_factory=list)

    @model_validator(mode="after")
    def _in_order(self) -> "Periods":
        for start, stop in (*self.train, *self.validation, *self.test):
            if start >= stop:
                raise ValueError(f"the period from {start} is over on {stop}, before it begins")
        return self


class Preprocess(Group):
    """Quality control, and which hours train, validate and test."""

    fill_h: int = Field(ge=0, le=6)
    # auto: whole years, or blocks, as the record's length allows (forecasting/split.py).
    scheme: Literal["auto", "blocks", "periods"]
    margin_h: int = Field(ge=MIN_HORIZON_H, le=24 * 90)
    blocks: Blocks
    periods: Periods
    # Ids of stations that train nothing, to judge the model at (weather/held_out.py).
    hold_out: list[StationId] = Field(default_factory=list)
