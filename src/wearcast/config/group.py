"""A group of params.yaml as a frozen model, and the types that several groups share."""

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from wearcast.errors import ConfigError

G = TypeVar("G", bound="Group")


def _at_every_hour(step_h: int) -> int:
    """A step that comes round to every hour of the day: with a divisor in common with 24 it returns
    to the same few."""
    if math.gcd(step_h, 24) != 1:
        right = [h for h in range(1, 24) if math.gcd(h, 24) == 1]
        nearest = [*[h for h in right if h < step_h][-1:], *[h for h in right if h > step_h][:1]]
        met = 24 // math.gcd(step_h, 24)
        raise ValueError(
            f"a step of {step_h} hours meets the same {met} hours of every day and never the"
            " others; give one that has no divisor in common with 24, such as"
            f" {' or '.join(map(str, nearest))}"
        )
    return step_h


EveryH = Annotated[int, Field(ge=1, le=24), AfterValidator(_at_every_hour)]
"""Hours from one issue time to the next."""


class Group(BaseModel):
    """A group of params.yaml: frozen, and every key is known."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


def checked(model: type[G], values: Any, where: str) -> G:
    """`values` as the frozen `model`; `where` names their origin in the error.

    Raises:
        ConfigError: a key is unknown, missing or out of range; the message names each.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        lines = [f"  {_dotted(e['loc'])}: {_plain(e)}" for e in error.errors()]
        raise ConfigError("\n".join([f"{where} is not valid:", *lines])) from error


def settings_of_notebook(model: type[G], names: Mapping[str, Any]) -> G:
    """The parameters that a notebook's cells have by now, as the frozen `model`; `names` are its
    `globals()`.

    Raises:
        ConfigError: one is missing or out of range; the message names each.
    """
    values = {name: names[name] for name in model.model_fields if name in names}
    return checked(model, values, where=f"the notebook's group {model.__name__.lower()!r}")


def _dotted(location: Sequence[int | str]) -> str:
    return ".".join(str(part) for part in location) or "(the whole)"


def _plain(error: Any) -> str:
    match error["type"]:
        case "extra_forbidden":
            return "unknown key; is it misspelt?"
        case "missing":
            return "is missing"
        case "address" | "across_groups":
            return str(error["msg"])
        case _:
            said = str(error["msg"]).removeprefix("Value error, ")
            # What is wrong with a group as a whole says which of its values it means.
            is_group = isinstance(error["input"], Mapping)
            return said if is_group else f"{said} (is {error['input']!r})"
