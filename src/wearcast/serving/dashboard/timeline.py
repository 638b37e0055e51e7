"""The hours outdoors: a bar chart of the pieces that are worn, and a list of when to put them on
or take them off."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from wearcast.messages import has_twelve_hours, say
from wearcast.serving.dashboard.first_screen.steps import span_text, steps_by_outing
from wearcast.serving.dashboard.icon_markup import garment
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.page_data import JsonObject, PageData
from wearcast.serving.dashboard.words import degrees

_MANY_H: Final = 10
"""Of more hours every second one is named on a phone."""


def timeline(data: PageData) -> Markup:
    """The section with the timeline."""
    language, steps = data.language, data.advice["timeline"]
    unknown = data.advice.get("unknown", "")  # missing in the previous release's API
    if not steps:
        return tag("section")
    chart = tag(
        "div",
        _axis(data, steps),
        _bars(data, steps),
        class_="hours many" if len(steps) > _MANY_H else "hours",
        aria_hidden="true",
        style=f"--hours:{len(steps)}",
    )
    return tag(
        "section",
        tag("h2", say(language, "Through the day"), id="timeline"),
        chart,
        _hours_indoors(data),
        tag("p", unknown, class_="hint", data_value="unknown") if unknown else None,
        _changes(data, steps),
        class_="timeline card",
        aria_labelledby="timeline",
    )


def _axis(data: PageData, steps: Sequence[JsonObject]) -> Markup:
    """The hours with their feels-like temperatures, and marks where hours indoors lie between."""
    pairs = pairwise([steps[0], *steps])
    hours = [_hour(data, step, previous) for previous, step in pairs]
    return tag("div", hours, class_="axis")


def _hour(data: PageData, step: JsonObject, previous: JsonObject) -> Markup:
    at = datetime.fromisoformat(step["at"])
    classes = []
    if step["observed"]:
        classes.append("past")
    if _is_apart(step, previous):
        classes.append("apart")
    feels_like = degrees(step[f"feels_{data.temperature_suffix}"])
    return tag(
        "div",
        tag("span", _hour_number(data, at), _minutes(step), class_="hour"),
        tag("span", feels_like, class_="feels"),
        class_=" ".join(classes) or None,
    )


def _hour_number(data: PageData, at: datetime) -> str:
    """The hour as narrow as a column: "15", or "3p" by a 12-hour clock."""
    if not has_twelve_hours(data.language, data.choices.units):
        return str(at.hour)
    return f"{at:%I%p}".lstrip("0")[:-1].lower()


def _is_apart(step: JsonObject, previous: JsonObject) -> bool:
    """Whether hours indoors, or without weather, lie between them."""
    passed = datetime.fromisoformat(step["at"]) - datetime.fromisoformat(previous["at"])
    return passed > timedelta(hours=1)


def _minutes(step: JsonObject) -> Markup | None:
    """The minutes, in time zones that differ from UTC by half or quarter hours."""
    minutes = step["at"][14:16]
    if minutes == "00":
        return None
    return tag("sup", minutes)


def _bars(data: PageData, steps: Sequence[JsonObject]) -> list[Markup]:
    """A row for each removable piece, with a bar for each run of hours in which it is worn."""
    apart = [False]
    for previous, step in pairwise(steps):
        apart.append(_is_apart(step, previous))
    pieces = data.advice["outfit"]["pieces"]
    rows = []
    for piece in pieces:
        if piece["removable"]:
            worn = [piece["id"] in step["worn"] for step in steps]
            bars = [_bar(piece, start, stop) for start, stop in _runs(worn, apart)]
            layer = piece["layer"]
            rows.append(tag("div", bars, class_=f"row {layer}"))
    return rows


def _bar(piece: JsonObject, start: int, stop: int) -> Markup:
    icon = garment(piece["id"], piece["layer"])
    columns = f"grid-column:{start + 1}/{stop + 1}"
    return tag("span", icon, tag("i", piece["name"]), style=columns)


def _runs(flags: Sequence[bool], apart: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """The runs of true flags, as start and stop; where hours are apart, a run ends."""
    start = None
    for index, flag in enumerate(flags):
        if start is not None and (not flag or apart[index]):
            yield start, index
            start = None
        if flag and start is None:
            start = index
    if start is not None:
        yield start, len(flags)


def _hours_indoors(data: PageData) -> Markup | None:
    """The hours between outings."""
    outings = steps_by_outing(data, data.advice["timeline"])
    pairs = pairwise(outings)
    spans = [span_text(data, outing.end, following.start) for outing, following in pairs]
    if not spans:
        return None
    text = say(data.language, "Indoors {hours}", hours=", ".join(spans))
    return tag("p", text, class_="hint")


def _changes(data: PageData, steps: Sequence[JsonObject]) -> Markup:
    """What to put on or take off, and when."""
    changes = [_change(data, step) for step in steps if step["change"]]
    if not changes:
        text = say(data.language, "Wear the same all day.")
        return tag("p", text, class_="hint")
    return tag("ol", changes, class_="changes")


def _change(data: PageData, step: JsonObject) -> Markup:
    at = step["at"]
    time = tag("time", data.clock(at), datetime=at)
    text = tag("span", step["change"], data_value="change", data_at=at[:16])
    return tag("li", time, text)
