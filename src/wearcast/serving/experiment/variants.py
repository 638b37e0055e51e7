"""The models beside the champion, as `WEARCAST_VARIANTS` names them."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator

CHAMPION: Final = "champion"
"""The name of the model whose snapshots are in the store's root."""

FOLDER: Final = "variants"
"""Below the store's URL, and below the folder of the last good snapshot: a folder a variant."""

MOST: Final = 4
"""Each costs a refresh its computing time, and a worker about 100 MB."""

_SHADOW: Final = "shadow"
_WHOLE_PERCENT: Final = 100.0
_ONE: Final = re.compile(
    r"(?P<name>[a-z][a-z0-9]{0,15})=(?P<model>.+)@(?P<share>shadow|\d{1,2}(\.\d{1,2})?)"
)


@dataclass(frozen=True)
class Variant:
    """A model beside the champion.

    Attributes:
        name: of the variant.
        model: the folder of its tracked model.
        percent: of the clients with an id, how many get its answers; None for a shadow, which is
            computed and scored, and never served.
    """

    name: str
    model: Path
    percent: float | None

    @property
    def is_served(self) -> bool:
        """Whether any answer may come from it."""
        return self.percent is not None


def _parsed(value: Any) -> Any:
    """The variants of a setting such as `b=/models/b@20,c=/models/c@shadow`."""
    if not isinstance(value, str):
        return value
    parts = [part.strip() for part in value.split(",")]
    return tuple(_variant(part) for part in parts if part)


def _variant(text: str) -> Variant:
    match = _ONE.fullmatch(text)
    if match is None:
        raise ValueError(
            f"{text!r} is no variant; write each as name=folder@percent or name=folder@shadow, such"
            " as b=/models/b@20: the name of small letters and digits, the percentage below 100"
        )
    share = match["share"]
    percent = None if share == _SHADOW else float(share)
    return Variant(match["name"], Path(match["model"]), percent)


def _checked(variants: tuple[Variant, ...]) -> tuple[Variant, ...]:
    names = [variant.name for variant in variants]
    if len(variants) > MOST:
        raise ValueError(f"there are {len(variants)} variants; {MOST} are the most")
    if CHAMPION in names:
        raise ValueError(f"no variant can be called {CHAMPION}: that is the model of the others")
    if len(set(names)) < len(names):
        raise ValueError(f"two variants have the same name: {', '.join(names)}")
    percent = sum(variant.percent or 0.0 for variant in variants)
    if percent > _WHOLE_PERCENT:
        raise ValueError(f"the variants' percentages add up to {percent:g}, more than 100")
    return variants


Variants = Annotated[
    tuple[Variant, ...],
    AfterValidator(_checked),
    BeforeValidator(_parsed),
]
