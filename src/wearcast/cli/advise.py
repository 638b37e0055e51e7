"""Advice in the terminal: the outfit and its reasons, hour by hour, what to carry, and how sure it
is."""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from wearcast.clothing.advice import Advice, Step, day_advice
from wearcast.clothing.own_wardrobe import read_own
from wearcast.clothing.settings import Settings
from wearcast.clothing.target_day import Relative, read_day, target_day
from wearcast.clothing.wardrobe import Named, builtin
from wearcast.config import Paths, Station, checked
from wearcast.errors import ConfigError
from wearcast.forecasting.snapshot import Snapshot
from wearcast.messages import activity, clock, iso_date, name, percent, say, speed, temperature
from wearcast.weather.attribution import attribution

QUIET = "dim"


def show(
    paths: Paths,
    console: Console,
    options: Mapping[str, object],
    station: str | None,
    on: str | None,
    wardrobe: Path | None,
    now: datetime,
) -> None:
    """Print what to wear on a day, the usual one unless told otherwise, at the first station unless
    told otherwise.

    Args:
        paths: of the project.
        console: where it is printed.
        options: the person's settings.
        station: its id.
        on: today, tomorrow or a date; else what `target_day` says.
        wardrobe: a file of what the person owns.
        now: the reader's time, with its zone.

    Raises:
        ConfigError: the pipeline hasn't run yet, or an option isn't valid.
        ModelError: the station or the day isn't in the forecast.
    """
    settings = checked(Settings, dict(options), "what you asked for")
    if not paths.snapshot.is_file():
        raise ConfigError(
            f"{paths.snapshot} is not there yet. Run `make repro` or `dvc repro` first."
        )
    snapshot = Snapshot.from_bytes(paths.snapshot.read_bytes())
    place = snapshot.stations[snapshot.index(station) if station else 0]
    chosen = target_day(snapshot, place.id, _day(on) if on else None, settings, now)
    console.print(
        page(
            day_advice(
                snapshot, place.id, chosen, settings, read_own(wardrobe) if wardrobe else None
            ),
            place,
        )
    )
    origin = say(
        settings.language,
        "Forecast by model {model} from {source}",
        model=snapshot.origin.model,
        source=snapshot.origin.source,
    )
    told = "\n".join(filter(None, (origin, attribution(snapshot.origin.source))))
    console.print(Padding(Text(told, style=QUIET), (1, 0, 0, 0)))


def page(advice: Advice, place: Station) -> Group:
    """All of an advice, one part below the other."""
    settings = advice.settings
    style: Named = builtin().styles[settings.style]
    head = Text.assemble(
        (name(settings.language, place), "bold"), "  ", iso_date(settings.language, advice.date)
    )
    who = (
        activity(settings.language, settings.activity),
        _sensitivity(settings),
        name(settings.language, style),
    )
    parts: list[RenderableType] = [
        head.append(f"  {' · '.join(who)}", style=QUIET),
        Padding(Text(advice.why, style="bold green"), (1, 0)),
        outfit(advice),
        *(
            Padding(Text(said, style="yellow"), (1, 0, 0, 0))
            for said in (advice.missing, advice.unknown)
            if said
        ),
        Padding(notes(advice), (1, 0)),
        timeline(advice),
    ]
    return Group(*parts)


def outfit(advice: Advice) -> Table:
    """The outfit from the outermost garment inwards, each with its reason."""
    language = advice.settings.language
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column(say(language, "Wear"), style="bold", no_wrap=True)
    table.add_column(say(language, "Why"))
    for piece in advice.pieces:
        table.add_row(piece.name, piece.reason)
    return table


def notes(advice: Advice) -> Table:
    """What to carry, the tips, and how sure the outfit is."""
    language = advice.settings.language
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    for thing in advice.carry:
        table.add_row(
            say(language, "Carry") if thing is advice.carry[0] else "",
            f"{thing.name} ({thing.reason})",
        )
    table.add_row(say(language, "Layers"), advice.layering_tip)
    table.add_row(say(language, "Activity"), advice.activity_tip)
    table.add_row(say(language, "How sure"), advice.certainty.text)
    if advice.certainty.second_text:
        table.add_row("", advice.certainty.second_text)
    return table


def timeline(advice: Advice) -> Table:
    """The hours outdoors: the weather, and what to put on or take off."""
    language = advice.settings.language
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column(say(language, "Hour"))
    for column in (
        say(language, "Air"),
        say(language, "Feels like"),
        say(language, "Wind"),
        say(language, "Rain"),
    ):
        table.add_column(column, justify="right")
    table.add_column(say(language, "What to do"), style="bold")
    for step in advice.timeline:
        table.add_row(*_row(advice, step), style=QUIET if step.observed else None)
    return table


def _row(advice: Advice, step: Step) -> tuple[str, ...]:
    units = advice.settings.units
    return (
        clock(step.at),
        temperature(step.temp_c, units),
        temperature(step.feels_c, units),
        "–" if step.wind_ms is None else speed(step.wind_ms, units),
        _rain(advice, step),
        say(advice.settings.language, "observed") if step.observed else step.change,
    )


def _rain(advice: Advice, step: Step) -> str:
    language = advice.settings.language
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


def _day(text: str) -> date | Relative:
    try:
        return read_day(text)
    except ValueError as error:
        raise ConfigError(f"--date {text!r}: {error}.") from error
