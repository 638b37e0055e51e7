"""Advice as a page of the terminal: the outfit and its reasons, hour by hour, what to carry, and
how sure it is."""

from datetime import date

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from wearcast.clothing.advice import Advice
from wearcast.clothing.settings import Settings
from wearcast.clothing.timeline import Step
from wearcast.clothing.wardrobe import Named, builtin
from wearcast.clothing.wording import AdviceText, in_words
from wearcast.messages import (
    HasNames,
    activity,
    clock,
    exposure,
    iso_date,
    listed,
    name,
    percent,
    precipitation,
    say,
    speed,
    temperature,
    with_units,
)
from wearcast.vocabulary import Language

QUIET = "dim"


def footnote(text: str) -> Padding:
    """What stands below an advice."""
    return Padding(Text(text, style=QUIET), (1, 0, 0, 0))


def page(advice: Advice, place: HasNames, today: date | None = None) -> Group:
    """All of an advice, one part below the other; `today` is the reader's date."""
    settings = advice.settings
    text = in_words(advice, settings.language, settings.units, today)
    style: Named = builtin().styles[settings.style]
    head = Text.assemble(
        (name(settings.language, place), "bold"), "  ", iso_date(settings.language, advice.date)
    )
    who = (
        activity(settings.language, settings.activity),
        _sensitivity(settings),
        _when_out(settings),
        name(settings.language, style),
    )
    parts: list[RenderableType] = [
        head.append(f"  {' · '.join(who)}", style=QUIET),
        Padding(
            Text(
                "\n".join(filter(None, (text.why, text.rain, text.day_before))), style="bold green"
            ),
            (1, 0),
        ),
        outfit(text, settings.language),
    ]
    for gap in (text.lack, text.without_forecast):
        if gap:
            parts.append(Padding(Text(gap, style="yellow"), (1, 0, 0, 0)))
    parts.append(Padding(notes(text, settings.language), (1, 0)))
    parts.append(timeline(advice, text))
    return Group(*parts)


def outfit(text: AdviceText, language: Language) -> Table:
    """The outfit from the outermost garment inwards, each with its reason."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column(say(language, "Wear"), style="bold", no_wrap=True)
    table.add_column(say(language, "Why"))
    for piece in text.pieces:
        table.add_row(piece.name, piece.reason)
    return table


def notes(text: AdviceText, language: Language) -> Table:
    """What to carry, the tips, and how sure the outfit is."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    heading = say(language, "Carry")
    for thing in text.carry:
        table.add_row(heading, f"{thing.name} ({thing.reason})")
        heading = ""
    table.add_row(say(language, "Layers"), text.layering_tip)
    table.add_row(say(language, "Activity"), text.activity_tip)
    table.add_row(say(language, "How sure"), text.certainty)
    if text.second_tip:
        table.add_row("", text.second_tip)
    return table


def timeline(advice: Advice, text: AdviceText) -> Table:
    """The hours outdoors: the weather, and what to put on or take off."""
    settings = advice.settings
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column(say(settings.language, "Hour"))
    for column in (
        say(settings.language, "Air"),
        say(settings.language, "Feels like"),
        say(settings.language, "Wind"),
        precipitation(settings.language, advice.rain.kind if advice.rain else None),
    ):
        table.add_column(column, justify="right")
    table.add_column(say(settings.language, "What to do"), style="bold")
    for step, change in zip(advice.timeline, text.changes, strict=True):
        table.add_row(*_row(settings, step, change), style=QUIET if step.observed else None)
    return table


def _row(settings: Settings, step: Step, change: str) -> tuple[str, ...]:
    measures = (
        temperature(step.temp_c, settings.units),
        temperature(step.feels_c, settings.units),
        "–" if step.wind_ms is None else speed(step.wind_ms, settings.units),
        _rain(settings.language, step),
    )
    return (
        clock(settings.language, settings.units, step.at),
        *(with_units(settings.language, measure) for measure in measures),
        say(settings.language, "observed") if step.observed else change,
    )


def _rain(language: Language, step: Step) -> str:
    if step.rain_chance is None:
        return "–"
    if step.observed:
        return say(language, "wet") if step.rain_chance else say(language, "dry")
    return percent(step.rain_chance)


def _sensitivity(settings: Settings) -> str:
    language = settings.language
    return {
        "very_low": say(language, "hardly ever feels cold"),
        "low": say(language, "seldom feels cold"),
        "average": say(language, "feels cold as most do"),
        "high": say(language, "feels cold easily"),
        "very_high": say(language, "feels cold very easily"),
    }[settings.sensitivity.value]


def _when_out(settings: Settings) -> str:
    """The outings, whose length replaces the exposure, or the exposure."""
    if not settings.out:
        return exposure(settings.language, settings.exposure)
    hours = listed(f"{outing.start}–{outing.end}" for outing in settings.out)
    return say(settings.language, "out {hours}", hours=hours)
