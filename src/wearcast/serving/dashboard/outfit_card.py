"""The outfit: an item for each piece, with its icon and its reason."""

from wearcast.messages import say, unbroken
from wearcast.serving.dashboard.icon_markup import garment
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.page_data import JsonObject, PageData
from wearcast.serving.dashboard.words import layer, style
from wearcast.vocabulary import Style


def outfit_card(data: PageData) -> Markup:
    """The styles to choose from, and the pieces of the chosen one."""
    language = data.language
    styles = [_style(data, name) for name in Style]
    pieces = [_piece(data, piece) for piece in data.advice["outfit"]["pieces"]]
    missing = data.advice["missing"]
    return tag(
        "section",
        tag("h2", say(language, "What to wear"), id="outfit"),
        tag("nav", styles, class_="styles", aria_label=say(language, "Style")),
        tag("ul", pieces, class_="pieces"),
        tag("p", missing, class_="hint") if missing else None,
        class_="outfit card",
        aria_labelledby="outfit",
    )


def _style(data: PageData, name: str) -> Markup:
    current = "true" if name == data.choices.style else None
    return tag(
        "a",
        style(data.language, name),
        href=data.query(style=name),
        id=f"style-{name}",
        aria_current=current,
    )


def _comes_off(data: PageData, id: str) -> bool:
    """Whether the timeline takes a piece off: it is on at some hour to come, and off at another."""
    steps = data.advice["timeline"]
    ahead = [step for step in steps if not step["observed"]] or steps
    worn = {id in step["worn"] for step in ahead}
    return worn == {True, False}


def _piece(data: PageData, piece: JsonObject) -> Markup:
    language = data.language
    badge = None
    if _comes_off(data, piece["id"]):
        badge = tag("span", say(language, "may come off"), class_="badge")
    return tag(
        "li",
        tag("span", garment(piece["id"], piece["layer"]), class_="picture"),
        tag(
            "div",
            tag("p", layer(language, piece["layer"]), badge, class_="layer"),
            tag("h3", piece["name"], data_value="piece"),
            tag("p", unbroken(piece["reason"]), class_="reason", data_value="reason"),
        ),
        class_=f"piece {piece['layer']}",
        data_id=piece["id"],
    )
