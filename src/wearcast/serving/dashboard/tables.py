"""Tables that are read row by row, aloud too: a caption, and headers that say what each number is
of."""

from collections.abc import Mapping, Sequence

from wearcast.messages import percent, say, tenths
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.words import MISSING
from wearcast.variables import fahrenheit_difference
from wearcast.vocabulary import Language


def lead_range_name(language: Language, leads: str) -> str:
    """What a range of leads is called."""
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
    first: str = "",
) -> Markup:
    """A table; its cells are named by `id`, row and column for who reads the page by machine;
    `first` is a class of it."""
    head = tag("tr", tag("td"), [tag("th", column, scope="col") for column in columns])
    body = [
        tag(
            "tr",
            tag("th", name, scope="row"),
            [
                tag("td", cell, data_value=f"{id}.{row}.{column}")
                for column, cell in enumerate(cells)
            ],
        )
        for row, (name, cells) in enumerate(rows)
    ]
    table = tag(
        "table",
        tag("caption", caption),
        tag("thead", head),
        tag("tbody", body),
        class_=f"grid {first}".strip(),
    )
    return tag("div", table, class_="scroll", tabindex="0", role="region", aria_label=caption)


def temperature_difference(value: float | None, imperial: bool) -> str:
    """A difference of temperatures that the API tells in °C, in the units asked for."""
    if value is None:
        return MISSING
    return f"{tenths(fahrenheit_difference(value))} °F" if imperial else f"{tenths(value)} °C"


def percent_interval(language: Language, value: str, low: str, high: str) -> Markup:
    """A value in per cent, and below it the interval that chance leaves it."""
    return tag(
        "span",
        f"{value} %",
        " ",
        tag("small", say(language, "{low} to {high}", low=low, high=high)),
    )


def whole_percent(value: float | None) -> str:
    """A share in whole per cent."""
    return MISSING if value is None else percent(value)


def definition_list(pairs: Mapping[str, object]) -> Markup:
    """Names and what they stand for."""
    return tag(
        "dl",
        [tag("div", tag("dt", name), tag("dd", value)) for name, value in pairs.items()],
        class_="facts",
    )
