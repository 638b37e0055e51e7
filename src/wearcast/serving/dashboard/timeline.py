"""The hours outdoors, with the layers that go on and off: as a picture of bars, and as a list of
what to do when."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from wearcast.messages import clock, say
from wearcast.serving.dashboard.icon_markup import garment
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.page_data import JsonObject, PageData
from wearcast.serving.dashboard.words import degrees


def timeline(data: PageData) -> Markup:
    """The timeline."""
    language, steps = data.language, data.advice["timeline"]
    unknown = data.advice.get("unknown", "")  # the API of the release before doesn't say
    if not steps:
        return tag("section")
    return tag(
        "section",
        tag("h2", say(language, "Through the day"), id="timeline"),
        tag(
            "div",
            _axis(data, steps),
            _bars(data, steps),
            class_="hours",
            aria_hidden="true",
            style=f"--hours:{len(steps)}",
        ),
        tag("p", unknown, class_="hint", data_value="unknown") if unknown else None,
        _changes(data, steps),
        class_="timeline card",
        aria_labelledby="timeline",
    )


def _axis(data: PageData, steps: Sequence[JsonObject]) -> list[Markup]:
    """Each hour, and how it feels; a mark where hours indoors lie between."""
    return [
        tag(
            "div",
            [_hour(data, step, before) for before, step in pairwise([steps[0], *steps])],
            class_="axis",
        )
    ]


def _hour(data: PageData, step: JsonObject, before: JsonObject) -> Markup:
    apart = datetime.fromisoformat(step["at"]) - datetime.fromisoformat(before["at"]) > timedelta(
        hours=1
    )
    classes = [name for name, holds in (("past", step["observed"]), ("apart", apart)) if holds]
    return tag(
        "div",
        tag("span", str(int(step["at"][11:13])), _minutes(step), class_="hour"),
        tag("span", degrees(step[f"feels_{data.temperature_suffix}"]), class_="feels"),
        class_=" ".join(classes) or None,
    )


def _minutes(step: JsonObject) -> Markup | None:
    """Only where the clocks differ from UTC by half hours or quarters."""
    minutes = step["at"][14:16]
    return tag("sup", minutes) if minutes != "00" else None


def _bars(data: PageData, steps: Sequence[JsonObject]) -> list[Markup]:
    """A row for each piece that may come off, a bar in it for each run of hours that it is worn."""
    return [
        tag(
            "div",
            [
                tag(
                    "span",
                    garment(piece["id"], piece["layer"]),
                    tag("i", piece["name"]),
                    style=f"grid-column:{first + 1}/{last + 1}",
                )
                for first, last in _runs([piece["id"] in step["worn"] for step in steps])
            ],
            class_=f"row {piece['layer']}",
        )
        for piece in data.advice["outfit"]["pieces"]
        if piece["removable"]
    ]


def _runs(worn: Sequence[bool]) -> Iterator[tuple[int, int]]:
    first = None
    for at, on in enumerate([*worn, False]):
        if on and first is None:
            first = at
        if not on and first is not None:
            yield first, at
            first = None


def _changes(data: PageData, steps: Sequence[JsonObject]) -> Markup:
    """What to do when, in words."""
    changes = [
        tag(
            "li",
            tag("time", clock(step["at"]), datetime=step["at"]),
            tag("span", step["change"], data_value="change", data_at=step["at"][:16]),
        )
        for step in steps
        if step["change"]
    ]
    if not changes:
        return tag(
            "p",
            say(data.language, "Nothing has to go on or off while you are out."),
            class_="hint",
        )
    return tag("ol", changes, class_="changes")
