"""The wardrobe: garments with their insulation and its source, and each style's ladder as
wardrobe.toml writes it."""

import tomllib
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any, Final, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from wearcast.config import Group, checked
from wearcast.errors import ConfigError
from wearcast.vocabulary import Activity, Layer, Style

FILE: Final = "wardrobe.toml"


class Place(StrEnum):
    """A place that at most one garment of an outfit takes, in the order in which an outfit is
    told."""

    COAT = "coat"
    JACKET = "jacket"
    KNIT = "knit"
    TOP = "top"
    UNDER_TOP = "under_top"
    OVER_LEGS = "over_legs"
    LEGS = "legs"
    UNDER_LEGS = "under_legs"
    SOCKS = "socks"
    SHOES = "shoes"
    HEAD = "head"
    NECK = "neck"
    HANDS = "hands"


class Ground(StrEnum):
    """What lies in the way of feet and clothes."""

    DRY = "dry"
    WET = "wet"
    SNOWY = "snowy"


USUAL_PLACE: Final = {
    Layer.BASE: Place.TOP,
    Layer.MID: Place.KNIT,
    Layer.OUTER: Place.COAT,
    Layer.LEGS: Place.LEGS,
    Layer.FEET: Place.SHOES,
    Layer.HEAD: Place.HEAD,
    Layer.HANDS: Place.HANDS,
    Layer.NECK: Place.NECK,
}
COVERED: Final = (Place.TOP, Place.LEGS, Place.SHOES)
"""What every outfit covers."""

Resistance = Literal[0, 1, 2]
PROOF: Final = 2
"""The resistance of what lets nothing through."""


class Named(Group):
    """Something with a name in both languages."""

    name_en: str = Field(min_length=1)
    name_ko: str = Field(min_length=1)


class Garment(Named):
    """A garment.

    Attributes:
        layer: where it belongs.
        covers: the places it takes; empty in the file where the layer says it.
        clo: its insulation by itself.
        source: the table that the insulation is from, and what the table calls it.
        wind: 0 lets it through, 1 resists, 2 keeps it out; water likewise.
        buttons: whether a knit opens in front; coats and jackets do anyway.
        not_for: activities that nobody does in it.
    """

    id: str
    layer: Layer
    covers: tuple[Place, ...] = Field(default=(), validate_default=True)
    clo: float = Field(ge=0, le=2)
    source: str
    wind: Resistance
    water: Resistance
    buttons: bool = False
    not_for: tuple[Activity, ...] = ()

    @field_validator("covers")
    @classmethod
    def _usual(cls, covers: tuple[Place, ...], info: ValidationInfo) -> tuple[Place, ...]:
        if len(set(covers)) < len(covers):
            raise ValueError("names a place twice")
        return covers or ((USUAL_PLACE[info.data["layer"]],) if "layer" in info.data else ())

    @property
    def removable(self) -> bool:
        """Whether it comes off outdoors without undressing."""
        stays = self.layer in (Layer.BASE, Layer.LEGS, Layer.FEET)
        return not stays and not set(COVERED) & set(self.covers)

    @property
    def opens(self) -> bool:
        """Whether it needn't be pulled over the head."""
        return self.buttons or Place.KNIT not in self.covers

    @property
    def is_rainproof(self) -> bool:
        """Whether it is an outer layer that keeps rain out."""
        return self.layer is Layer.OUTER and self.water == PROOF


class Steps(Group):
    """A ladder as the file writes it: the lightest outfit, then "+ new" or "old > new".

    Attributes:
        wet: what takes a garment's place when rain is likely.
        shell: what keeps rain out over an outfit without a coat.
    """

    start: tuple[str, ...] = Field(min_length=1)
    steps: tuple[str, ...]
    wet: dict[str, str] = Field(default_factory=dict)
    shell: str | None = None


class StyleSteps(Steps, Named):
    """A style's ladder.

    Attributes:
        cycling: what takes a garment's place on a bicycle.
    """

    cycling: dict[str, str] = Field(default_factory=dict)


class Wardrobe(Group):
    """All garments by their id, the styles, the activities that have clothes of their own, and the
    names of things to carry."""

    sources: dict[str, str]
    carry: dict[str, Named]
    garments: dict[str, Garment]
    styles: dict[Style, StyleSteps]
    activities: dict[Activity, Steps] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _sources_are_known(self) -> "Wardrobe":
        check_sources(self.garments, self.sources)
        return self


def check_sources(garments: dict[str, Garment], sources: dict[str, str]) -> None:
    """See that every garment's source begins with a known one.

    Raises:
        ValueError: one doesn't; names garment and field.
    """
    for garment in garments.values():
        if garment.source.split(":")[0] not in sources:
            raise ValueError(
                f"garments.{garment.id}.source: {garment.source!r} must begin with one of"
                f" {', '.join(sources)} and a colon"
            )


@cache
def builtin() -> Wardrobe:
    """The wardrobe that comes with Wearcast.

    Raises:
        ConfigError: the file is broken; names garment and field.
    """
    text = resources.files("wearcast.clothing").joinpath(FILE).read_text(encoding="utf-8")
    return parse(text, FILE)


def parse(text: str, where: str) -> Wardrobe:
    """A whole wardrobe from TOML; `where` names its origin in the error.

    Raises:
        ConfigError: it isn't TOML, or something in it isn't valid; names garment and field.
    """
    content = load(text, where)
    return checked(Wardrobe, content | {"garments": with_ids(content.get("garments"))}, where)


def load(text: str, where: str) -> dict[str, Any]:
    """The content of a TOML file.

    Raises:
        ConfigError: it isn't TOML; names the line.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{where} can't be read as TOML: {error}") from error


def with_ids(garments: Any) -> Any:
    """Garments as the file has them, each with its key as its id; what isn't a table stays, for the
    check to name it."""
    if not isinstance(garments, dict):
        return garments
    return {
        key: {"id": key, **garment} if isinstance(garment, dict) else garment
        for key, garment in garments.items()
    }
