"""Accessible tables and the formats of their cells."""

from collections.abc import Iterable, Mapping, Sequence

from wearcast.messages import number_word, say, tenths, unbroken, with_units
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.words import MISSING, percent_or_missing
from wearcast.variables import fahrenheit_difference
from wearcast.vocabulary import Language

ALL = "all"
"""All leads together, among the ranges of leads that scores are for."""


def without_all(ranges: Iterable[str]) -> list[str]:
    """The ranges of leads that scores are for, in their order, without all leads together."""
    return [leads for leads in ranges if leads != ALL]


def lead_range_names(language: Language, ranges: Sequence[str]) -> list[str]:
    """All ranges of leads that scores are for in words, those of all leads together too."""
    names = []
    for leads in ranges:
        if leads == ALL:
            _, days = days_of(without_all(ranges)[-1])
            names.append(say(language, "All {n} days", n=number_word(language, days)))
        else:
            names.append(lead_range_name(language, leads))
    return names


def lead_range_name(language: Language, leads: str) -> str:
    """A range of leads such as "25-72" in words."""
    first, last = days_of(leads)
    if last == 1:
        return say(language, "The first day")
    if first == last:
        return say(language, "Day {n}", n=str(first))
    if first + 1 == last:
        return say(language, "Days {first} and {last}", first=str(first), last=str(last))
    return say(language, "Days {first} to {last}", first=str(first), last=str(last))


def days_of(leads: str) -> tuple[int, int]:
    """The first and the last day ahead of a range of leads such as "25-72"."""
    first_h, last_h = map(int, leads.split("-"))
    return (first_h - 1) // 24 + 1, (last_h - 1) // 24 + 1


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


def section(id: str, title: str, *children: object) -> Markup:
    """A card of the tab, named by its heading."""
    heading_id = f"about-{id}"
    heading = tag("h2", title, id=heading_id)
    return tag("section", heading, *children, class_="card", aria_labelledby=heading_id)


def folded(title: str, *children: object) -> Markup:
    """Details to unfold."""
    return tag("details", tag("summary", title), tag("div", children))


def temperature_difference(language: Language, difference_c: float, imperial: bool) -> str:
    """A difference of temperatures with its unit, in the viewer's units."""
    unit = "°F" if imperial else "°C"
    return with_units(language, f"{difference_number(difference_c, imperial)} {unit}")


def difference_number(difference_c: float | None, imperial: bool) -> str:
    """A difference of temperatures in the viewer's units, its unit told elsewhere."""
    if difference_c is None:
        return MISSING
    return tenths(fahrenheit_difference(difference_c) if imperial else difference_c)


def percent_interval(language: Language, value: str, low: str, high: str) -> Markup:
    """A value in per cent with its confidence interval."""
    return tag(
        "span",
        unbroken(with_units(language, f"{value} %")),
        " ",
        tag("small", say(language, "{low} to {high}", low=low, high=high)),
    )


def whole_percent(language: Language, value: float | None) -> str:
    """A share in whole per cent."""
    return percent_or_missing(language, value)


def definition_list(pairs: Mapping[str, object]) -> Markup:
    """A list of names with their values."""
    items = []
    for name, value in pairs.items():
        items.append(tag("div", tag("dt", name), tag("dd", value)))
    return tag("dl", items, class_="facts")
