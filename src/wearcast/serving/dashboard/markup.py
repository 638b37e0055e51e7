"""HTML as values: text is escaped unless it is Markup already, so that nothing an answer says can
become a part of the page."""

from collections.abc import Iterable
from html import escape
from typing import Final

_VOID: Final = {"br", "hr", "img", "input", "path", "rect", "circle", "line"}


class Markup(str):
    """A piece of HTML."""

    __slots__ = ()


def tag(name: str, /, *children: object, **attributes: object) -> Markup:
    """An element. `class_` is class, `data_x` is data-x; an attribute of None or False isn't there,
    one of True has no value."""
    opened = f"<{name}{''.join(_attribute(key, value) for key, value in attributes.items())}>"
    return Markup(opened if name in _VOID else f"{opened}{joined(children)}</{name}>")


def joined(children: object) -> Markup:
    """Children one after the other."""
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
    """Text for those who listen to the page."""
    return tag("span", text, class_="sr")


def _attribute(key: str, value: object) -> str:
    name = key.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
