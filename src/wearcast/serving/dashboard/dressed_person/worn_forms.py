"""The worn form of each garment, read from worn.toml."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any, Final

from wearcast.serving.dashboard.dressed_person.measures import measures
from wearcast.serving.dashboard.dressed_person.shapes import shape
from wearcast.serving.dashboard.markup import Markup, joined

_USUAL_LAYER: Final = "base"
"""What a garment of an unknown layer is drawn as."""


def listed_ids() -> Sequence[str]:
    """The garments of worn.toml."""
    return tuple(_listed()["garments"])


def has_own_form(id: str) -> bool:
    """Whether worn.toml lists a garment."""
    return id in _listed()["garments"]


def has_carried_form(item: str) -> bool:
    """Whether something to carry can be worn, as worn.toml says."""
    return item in _listed()["carried"]


@cache
def worn_form(id: str, layer: str) -> Markup:
    """A garment on the body; one that isn't listed is worn as the usual one of its layer."""
    listed = _listed()
    garment = listed["garments"].get(id)
    if garment is None:
        usual = listed["layers"].get(layer, listed["layers"][_USUAL_LAYER])
        garment = listed["garments"][usual]
    return _drawn(garment)


@cache
def carried_form(item: str) -> Markup:
    """Something to carry that is worn on the head.

    Raises:
        KeyError: it can't be worn.
    """
    return _drawn(_listed()["carried"][item])


@cache
def part(name: str) -> Markup:
    """A part of the picture that isn't a garment: the body, or an umbrella.

    Raises:
        KeyError: there is none of that name.
    """
    return _drawn(_listed()["parts"][name])


def is_listed_as(group: str, id: str) -> bool:
    """Whether worn.toml puts a garment into a group of its order: under or over."""
    return id in _listed()["order"][group]


def form_name(id: str) -> str:
    """The name of a garment's outline; empty where it has no form of its own."""
    garment = _listed()["garments"].get(id)
    return str(garment["form"]) if garment else ""


@cache
def _listed() -> dict[str, Any]:
    file = resources.files("wearcast.serving.dashboard.dressed_person") / "worn.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _drawn(garment: Mapping[str, Any]) -> Markup:
    """The outline of a garment, and its details on it."""
    listed = _listed()
    forms, details = listed["forms"], listed["details"]
    measured = measures(garment, listed["hems"])
    entries = list(forms[garment["form"]])
    for name in garment.get("details", ()):
        entries += details[name]
    shapes = []
    for entry in entries:
        if garment.get("sleeves") or not entry.get("sleeves"):
            shapes.append(shape(entry, garment["colour"], measured))
    return joined(shapes)
