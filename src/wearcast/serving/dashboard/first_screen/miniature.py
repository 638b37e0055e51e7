"""The outfit of a day as small icons."""

from collections.abc import Sequence
from typing import Final

from wearcast.serving.dashboard.dressed_person.worn_forms import form_name, is_listed_as
from wearcast.serving.dashboard.icon_markup import garment
from wearcast.serving.dashboard.markup import Markup, screen_reader_text, tag
from wearcast.serving.dashboard.page_data import JsonObject, PageData

_TOPS: Final = ("outer", "mid", "base")
"""Layers of the upper body, the outermost first."""


def outfit_miniature(data: PageData, on: str) -> Markup | None:
    """Icons of what is seen of a day's outfit; screen readers read all its garments. None where the
    day has no advice."""
    advice = data.week.get(on)
    if advice is None:
        return None
    pieces = advice["outfit"]["pieces"]
    icons = [garment(piece["id"], piece["layer"]) for piece in _visible(pieces)]
    names = [piece["name"] for piece in pieces]
    return tag("span", icons, screen_reader_text(", ".join(names)), class_="miniature")


def _visible(pieces: Sequence[JsonObject]) -> list[JsonObject]:
    """The outermost garment above, and those on legs and feet: of two in a layer the first that
    isn't under the other one."""
    by_layer: dict[str, JsonObject] = {}
    for piece in pieces:
        if not _is_hidden(piece["id"]):
            layer = piece["layer"]
            by_layer.setdefault(layer, piece)
    tops = [layer for layer in _TOPS if layer in by_layer]
    shown = (*tops[:1], "legs", "feet")
    return [by_layer[layer] for layer in shown if layer in by_layer]


def _is_hidden(id: str) -> bool:
    """Whether a garment is underwear or socks, which are told before shoes."""
    return form_name(id) == "socks" or is_listed_as("under", id)
