"""The group `train`: the climatology, the network and its training."""

from typing import Literal

from pydantic import Field

from wearcast.config.group import EveryH, Group
from wearcast.vocabulary import MAX_HORIZON_H, MIN_HORIZON_H


class Train(Group):
    """The climatology, the network and its training."""

    history_h: int = Field(ge=48, le=336, multiple_of=24)
    # A model that was trained before this was a setting has the default's.
    horizon_h: int = Field(default=168, ge=MIN_HORIZON_H, le=MAX_HORIZON_H, multiple_of=24)
    every_h: EveryH
    # auto: one a whole year of record, three at most (forecasting/annual_harmonics.py).
    annual_harmonics: Literal["auto", 1, 2, 3, 4]
    diurnal_harmonics: int = Field(ge=1, le=6)
    drift_days: int = Field(ge=1, le=365)
    drift_shrink_h: float = Field(gt=0)
    folds: int = Field(ge=2, le=10)
    hidden: int = Field(ge=4, le=512)
    dropout: float = Field(ge=0, lt=1)
    input_noise: float = Field(ge=0, le=1)
    weight_decay: float = Field(ge=0, le=1)
    learning_rate: float = Field(gt=0, le=0.1)
    batch: int = Field(ge=8, le=4096)
    epochs: int = Field(ge=1, le=200)
    patience: int = Field(ge=1)
    # auto: where the source is live. A model trained before this was a setting wasn't.
    refit: Literal["auto"] | bool = False
    members: int = Field(ge=10, le=200)
    seed: int = Field(ge=0, lt=2**31)
