"""params.yaml as a whole."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError, model_validator
from pydantic_core import PydanticCustomError

from wearcast.config import unquoted_values, yaml_loader
from wearcast.config.evaluate import Evaluate
from wearcast.config.forecast import Forecast
from wearcast.config.gate import Gate
from wearcast.config.group import Group, checked
from wearcast.config.ingest import Ingest
from wearcast.config.preprocess import Preprocess
from wearcast.config.train import Train
from wearcast.errors import ConfigError


class Params(Group):
    """The whole of params.yaml: one group a stage, named as the stage is, and the gate's."""

    ingest: Ingest
    preprocess: Preprocess
    train: Train
    evaluate: Evaluate
    forecast: Forecast
    gate: Gate = Gate()

    @model_validator(mode="after")
    def _margin_as_long_as_the_horizon(self) -> "Params":
        margin_h, horizon_h = self.preprocess.margin_h, self.train.horizon_h
        if margin_h < horizon_h:
            # Its own type, since the input is the whole file.
            raise PydanticCustomError(
                "across_groups",
                f"preprocess.margin_h is {margin_h} and train.horizon_h {horizon_h}: a forecast"
                " would reach from one part of the split into the next. Make preprocess.margin_h"
                f" at least {horizon_h}, or train.horizon_h shorter",
            )
        return self

    @model_validator(mode="after")
    def _periods_for_every_role(self) -> "Params":
        if self.preprocess.scheme != "periods":
            return self
        needed = {"train": "the model learns", "validation": "its intervals are calibrated"}
        if self.evaluate.period == "test":
            needed["test"] = "evaluate.period = test judges"
        for role, what in needed.items():
            if not getattr(self.preprocess.periods, role):
                raise PydanticCustomError(
                    "across_groups",
                    f"preprocess.periods.{role} is empty, but {what} on it. Give it a period, or"
                    f" set {_WITHOUT_PERIOD[role]}",
                )
        return self


_WITHOUT_PERIOD = {
    "train": "preprocess.scheme to auto",
    "validation": "preprocess.scheme to auto",
    "test": "evaluate.period to validation",
}


STAGES: tuple[str, ...] = tuple(name for name in Params.model_fields if name != "gate")
"""The pipeline's stages in their order."""


def places_of_a_parameter(stage: str) -> str:
    """Where a parameter of a stage is declared, for whoever adds one or takes one out."""
    return (
        f"A parameter of {stage} is declared in three places: the group {stage!r} of params.yaml,"
        f" the class {stage.capitalize()} of src/wearcast/config/{stage}.py, and the cell tagged"
        f" `parameters` of notebooks/{stage}.ipynb."
    )


def read_groups(path: Path) -> dict[str, Any]:
    """The groups of params.yaml as they stand there, once the whole file is known to be valid.

    Raises:
        ConfigError: the file can't be read, a date or an id lacks its quotes, or a key is unknown,
            missing or out of range.
    """
    try:
        text = path.read_text(encoding="utf-8")
        unquoted_values.check(text, str(path))
        content = yaml.load(text, Loader=yaml_loader.SAFE)  # noqa: S506 - it is a safe one
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path} can't be read as YAML: {error}") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{path} must hold the groups {', '.join(STAGES)}")
    try:
        checked(Params, content, where=str(path))
    except ConfigError as error:
        raise ConfigError("\n".join([str(error), *_advice(error)])) from error
    return content


def _advice(error: ConfigError) -> list[str]:
    """Where to declare the parameters that only params.yaml has, or that it alone lacks."""
    if not isinstance(error.__cause__, ValidationError):
        return []
    undeclared = [
        str(problem["loc"][0])
        for problem in error.__cause__.errors()
        if problem["type"] in ("extra_forbidden", "missing") and len(problem["loc"]) == 2
    ]
    return [places_of_a_parameter(stage) for stage in STAGES if stage in undeclared]
