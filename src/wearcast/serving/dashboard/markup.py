"""HTML as values: text is escaped unless it is Markup already, so that no response of the API can
inject HTML."""

from collections.abc import Iterable
from html import escape
from typing import Final

_VOID: Final = {"br", "hr", "img", "input"}
_SHAPES: Final = {"path", "rect", "circle", "line"}
"""SVG's elements without content, which HTML's parser ends at a slash only."""


class Markup(str):
    """A piece of HTML."""

    __slots__ = ()


def tag(name: str, /, *children: object, **attributes: object) -> Markup:
    """An element. `class_` is class, `data_x` is data-x; an attribute of None or False is left out,
    one of True has no value."""
    written = [_attribute(key, value) for key, value in attributes.items()]
    start_tag = f"<{name}{''.join(written)}>"
    if name in _VOID:
        return Markup(start_tag)
    if name in _SHAPES:
        return Markup(f"{start_tag[:-1]}/>")
    return Markup(f"{start_tag}{joined(children)}</{name}>")


def joined(children: object) -> Markup:
    """Children in sequence; text is escaped, None is left out."""
    if children is None:
        return Markup("")
    if isinstance(children, Markup):
        return children
    if isinstance(children, str):
        return Markup(escape(children))
    if isinstance(children, Iterable):
        return Markup("".join(map(joined, children)))
    raise TypeError(f"{children!r} is neither text nor HTML")


def screen_reader_text(text: str) -> Markup:
    """Text for screen readers only."""
    return tag("span", text, class_="sr")


def _attribute(key: str, value: object) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    if value is True:
        return f" {name}"
    return f' {name}="{escape(str(value))}"'
