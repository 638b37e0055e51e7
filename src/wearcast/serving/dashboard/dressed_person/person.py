"""The person, and the order in which their garments lie over each other."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from wearcast.serving.dashboard.dressed_person.worn_forms import (
    carried_form,
    form_name,
    has_carried_form,
    is_listed_as,
    part,
    worn_form,
)
from wearcast.serving.dashboard.markup import Markup, tag

Umbrella = Literal["none", "closed", "open"]
"""How the person holds one."""

_LAYERS: Final = ("legs", "base", "mid", "outer", "neck", "head", "hands")
_UNDERWEAR, _SHOES = -2, -1
"""Below the layers: also socks; and shoes, on which trousers fall."""

_OVER_ALL: Final = 2
"""The shafts of boots are over trousers and overtrousers."""

_BOX: Final = "0 0 120 250"
_BOX_WITH_UMBRELLA: Final = "-34 -26 154 276"


def dressed_person(
    pieces: Sequence[Mapping[str, Any]],
    *,
    umbrella: Umbrella = "none",
    carried: Sequence[str] = (),
    roomy: bool = False,
    title: str = "",
    description: str = "",
    id: str = "person",
) -> Markup:
    """A person who wears an outfit, as inline SVG.

    Args:
        pieces: garments of the API's `outfit.pieces`, with `id` and `layer`.
        umbrella: how the person holds one.
        carried: items of the API's `carry`; those that can be worn are drawn.
        roomy: leave room for an open umbrella, so that persons beside each other are equally large.
        title: what the picture shows, for screen readers; empty for a decoration.
        description: the garments in words.
        id: of the drawing on its page, for its title's and description's ids.
    """
    content = [
        part("canopy") if umbrella == "open" else None,
        part("body"),
        _garments(pieces),
        [carried_form(item) for item in carried if has_carried_form(item)],
        part("shaft") if umbrella == "open" else None,
        part("folded") if umbrella == "closed" else None,
    ]
    return tag(
        "svg",
        _texts(title, description, id),
        tag("g", content, stroke="var(--worn-line,#25324a)", stroke_width="1.8"),
        viewBox=_BOX_WITH_UMBRELLA if roomy or umbrella == "open" else _BOX,
        class_="person",
        preserveAspectRatio="xMidYMax",
        fill="none",
        stroke_linecap="round",
        stroke_linejoin="round",
        **_accessibility(title, id),
    )


def _texts(title: str, description: str, id: str) -> list[Markup]:
    if not title:
        return []
    return [tag("title", title, id=f"{id}-title"), tag("desc", description, id=f"{id}-text")]


def _accessibility(title: str, id: str) -> dict[str, str]:
    if not title:
        return {"aria_hidden": "true"}
    return {
        "role": "img",
        "aria_labelledby": f"{id}-title",
        "aria_describedby": f"{id}-text",
    }


def _garments(pieces: Sequence[Mapping[str, Any]]) -> list[Markup]:
    """The garments from the skin outwards: underwear, socks, shoes, legs, tops, and what is on
    head, hands and neck; the shafts of boots are over the trousers."""
    ordered = sorted(pieces, key=_rank)
    return [worn_form(piece["id"], piece["layer"]) for piece in ordered]


def _rank(piece: Mapping[str, Any]) -> tuple[int, int]:
    """Where a garment comes in the order: its part of the body, and its place there."""
    id, layer = piece["id"], piece["layer"]
    if is_listed_as("under", id):
        return _UNDERWEAR, 0
    form = form_name(id)
    if layer == "feet" and form != "boot":
        return (_UNDERWEAR if form == "socks" else _SHOES), 0
    if layer == "feet":
        return _LAYERS.index("legs"), _OVER_ALL
    known = layer if layer in _LAYERS else "base"
    return _LAYERS.index(known), _place_in_layer(id, known)


def _place_in_layer(id: str, layer: str) -> int:
    """Overtrousers are over trousers; of mid layers, what opens in front is over what doesn't."""
    if is_listed_as("over", id):
        return 1
    return int(layer == "mid" and form_name(id) == "open")
