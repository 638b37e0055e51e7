"""The group `gate`: what a newly trained model must show before it takes the serving one's place.

No stage reads it: `wearcast gate` and `wearcast retrain` do (docs/retraining.md).
"""

from pydantic import Field, model_validator

from wearcast.config.group import EveryH, Group


class Gate(Group):
    """The period that both models are judged on, and the margins of the verdict.

    Attributes:
        days: of the judging period, the last of the record.
        least_days: where the serving model has learned from a part of these, the rest must be so
            many.
        every_h: hours between issue times.
        block_d: days of a block that the bootstrap moves.
        margin_pct: by how much the CRPS may be worse over a range of leads, with certainty.
        variable_margin_pct: the same of the other variables, over all leads.
        least_gain_pct: by how much the CRPS over all leads must at least be better, with certainty.
        most_gain_pct: a gain over this, over any range of leads, is no forecast's.
        coverage: between which shares the 80 % interval must hold, over every range of leads.
        brier_margin: by how much the Brier score of rain may be worse.
        clo_margin: by how much the advice's error may be worse, in clo.
        most_size: the size of the files, as a multiple of the serving model's.
        most_time: the time that a forecast takes, likewise.
        least_present: the share of a variable's hours that must be there, as a multiple of that of
            the same weeks before.
        most_distance: how far the refitted model's medians may be from the judged one's, as a
            multiple of that one's error.
    """

    days: int = Field(default=84, ge=21, le=366)
    least_days: int = Field(default=28, ge=21, le=366)
    every_h: EveryH = 5
    block_d: int = Field(default=7, ge=7, le=60)
    bootstrap: int = Field(default=1000, ge=100, le=100_000)
    margin_pct: float = Field(default=3.0, ge=0, le=50)
    variable_margin_pct: float = Field(default=5.0, ge=0, le=50)
    least_gain_pct: float = Field(default=1.0, ge=0, le=50)
    most_gain_pct: float = Field(default=30.0, gt=0, le=100)
    coverage: tuple[float, float] = (0.65, 0.92)
    brier_margin: float = Field(default=0.003, ge=0, le=1)
    clo_margin: float = Field(default=0.02, ge=0, le=1)
    most_size: float = Field(default=1.5, ge=1)
    most_time: float = Field(default=2.0, ge=1)
    least_present: float = Field(default=0.8, gt=0, le=1)
    most_distance: float = Field(default=0.5, gt=0)
    seed: int = Field(default=2013, ge=0, lt=2**31)

    @model_validator(mode="after")
    def _in_order(self) -> "Gate":
        low, high = self.coverage
        if not 0 < low < 0.8 < high < 1:
            raise ValueError(f"coverage {low:g} to {high:g} doesn't lie around 0.8")
        if self.least_days > self.days:
            raise ValueError(f"least_days {self.least_days} is more than days {self.days}")
        return self
