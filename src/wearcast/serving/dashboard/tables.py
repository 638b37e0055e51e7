"""Accessible tables and the formats of their cells."""

from collections.abc import Mapping, Sequence

from wearcast.messages import percent, say, tenths
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.words import MISSING
from wearcast.variables import fahrenheit_difference
from wearcast.vocabulary import SCORE_RANGES, Language

ALL_LEADS = (*SCORE_RANGES, "all")
"""The ranges, and all leads together."""


def lead_range_name(language: Language, leads: str) -> str:
    """A range of leads in words."""
    return {
        "1-24": say(language, "The first day"),
        "25-72": say(language, "Days 2 and 3"),
        "73-168": say(language, "Days 4 to 7"),
        "all": say(language, "All seven days"),
    }[leads]


def score_table(
    caption: str,
    columns: Sequence[str],
    rows: Sequence[tuple[str, Sequence[object]]],
    id: str,
    class_name: str = "",
) -> Markup:
    """A table with a caption and headers.

    Args:
        caption: of the table.
        columns: the columns' headers.
        rows: each row's header and cells.
        id: the prefix of the cells' `data-value`, followed by the numbers of row and column.
        class_name: a class of the table beside `grid`.
    """
    headers = [tag("th", column, scope="col") for column in columns]
    body = []
    for row, (name, values) in enumerate(rows):
        cells = [
            tag("td", value, data_value=f"{id}.{row}.{column}")
            for column, value in enumerate(values)
        ]
        body.append(tag("tr", tag("th", name, scope="row"), cells))
    table = tag(
        "table",
        tag("caption", caption),
        tag("thead", tag("tr", tag("td"), headers)),
        tag("tbody", body),
        class_=f"grid {class_name}".strip(),
    )
    return tag("div", table, class_="scroll", tabindex="0", role="region", aria_label=caption)


def temperature_difference(value: float | None, imperial: bool) -> str:
    """A temperature difference in °C, in the viewer's units."""
    if value is None:
        return MISSING
    return f"{tenths(fahrenheit_difference(value))} °F" if imperial else f"{tenths(value)} °C"


def percent_interval(language: Language, value: str, low: str, high: str) -> Markup:
    """A value in per cent with its confidence interval."""
    return tag(
        "span",
        f"{value} %",
        " ",
        tag("small", say(language, "{low} to {high}", low=low, high=high)),
    )


def whole_percent(value: float | None) -> str:
    """A share in whole per cent."""
    if value is None:
        return MISSING
    return percent(value)


def definition_list(pairs: Mapping[str, object]) -> Markup:
    """A list of names with their values."""
    items = []
    for name, value in pairs.items():
        items.append(tag("div", tag("dt", name), tag("dd", value)))
    return tag("dl", items, class_="facts")
