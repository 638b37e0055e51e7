"""The help of `wearcast`: its commands grouped by what people do with them.

In plain text: Typer's panels import three times as much as the whole command does, and need a
terminal that has their lines.
"""

import inspect
from collections.abc import Iterable
from typing import Any, Final

from typer.core import TyperGroup

WEAR: Final = "What to wear"
PLACES: Final = "Places and their weather"
SERVICE: Final = "A service of your own"
PIPELINE: Final = "The pipeline and its data"

_ORDER: Final = (WEAR, PLACES, SERVICE, PIPELINE)
_OTHER: Final = "Commands"


class CommandGroups(TyperGroup):
    """Commands whose help lists them by their `rich_help_panel`."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """Write a section a group, in the order of the groups above."""
        by_group: dict[str, list[tuple[str, str]]] = {group: [] for group in _ORDER}
        for name, command in self.commands.items():
            if command.hidden:
                continue
            group = getattr(command, "rich_help_panel", None)
            rows = by_group.setdefault(group or _OTHER, [])
            rows.append((name, _first_paragraph(command)))
        for group, rows in by_group.items():
            if rows:
                with formatter.section(group):
                    formatter.write_dl(rows)


def _first_paragraph(command: Any) -> str:
    text = inspect.cleandoc(command.help or "")
    paragraph = text.split("\n\n")[0]
    return paragraph.replace("\n", " ")


def one_of(names: Iterable[str]) -> str:
    """What an option's help says of the values that it takes."""
    *others, last = names
    return f"{', '.join(others)} or {last}."
