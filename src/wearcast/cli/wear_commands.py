"""The commands that say what to wear, and how good that is. Each imports what it needs itself, as
in `cli.app`."""

from pathlib import Path
from typing import Annotated

import typer

from wearcast.cli.command_groups import one_of
from wearcast.cli.command_line import FORMATS, project, require_known
from wearcast.vocabulary import (
    LANGUAGES,
    UNITS,
    USUAL_ACTIVITY,
    USUAL_EXPOSURE,
    USUAL_SENSITIVITY,
    USUAL_SLEEP,
    USUAL_STYLE,
    USUAL_WAKE,
    Activity,
    Exposure,
    Sensitivity,
    Style,
)


def advise(
    date: Annotated[
        str,
        typer.Option(
            help=(
                "today, tomorrow or YYYY-MM-DD; else today while an hour outdoors is still to come,"
                " then tomorrow; with --weather the first that has one."
            )
        ),
    ] = "",
    station: Annotated[
        str,
        typer.Option(
            help=(
                "Its id; else the forecast's first. With --weather one of `wearcast stations list`;"
                " else the place is unknown."
            )
        ),
    ] = "",
    activity: Annotated[str, typer.Option(help=one_of(Activity))] = USUAL_ACTIVITY,
    sensitivity: Annotated[
        str,
        typer.Option(help=f"How easily you feel cold: {one_of(Sensitivity)}"),
    ] = USUAL_SENSITIVITY,
    exposure: Annotated[
        str, typer.Option(help=f"How long you are out at a stretch: {one_of(Exposure)}")
    ] = USUAL_EXPOSURE,
    style: Annotated[str, typer.Option(help=one_of(Style))] = USUAL_STYLE,
    wake: Annotated[
        int | None, typer.Option(help=f"The first hour you are out; else {USUAL_WAKE}.")
    ] = None,
    sleep: Annotated[
        int | None,
        typer.Option(
            help=(
                "The hour from which you are in; before --wake, the next morning's. Else"
                f" {USUAL_SLEEP}."
            )
        ),
    ] = None,
    out: Annotated[
        str,
        typer.Option(
            help=(
                "Outings instead of --wake and --sleep, such as 8-9,18-19; how long they are"
                " replaces --exposure."
            )
        ),
    ] = "",
    lang: Annotated[str, typer.Option(help=one_of(LANGUAGES))] = LANGUAGES[0],
    units: Annotated[str, typer.Option(help=one_of(UNITS))] = UNITS[0],
    wardrobe: Annotated[
        str, typer.Option(help="A file of what you own; else everything of the style.")
    ] = "",
    weather: Annotated[
        str,
        typer.Option(
            help=(
                "A CSV file of hours to dress for instead of the forecast, - for the standard"
                " input. Its columns: valid_at with the offset from UTC, temp_c, and others that"
                " docs/clothing.md lists."
            )
        ),
    ] = "",
    format: Annotated[
        str, typer.Option(help=f"{one_of(FORMATS)} json is what the API answers.")
    ] = FORMATS[0],
) -> None:
    """What to wear on a day: the outfit with its reasons, hour by hour, and how sure that is."""
    from datetime import UTC, datetime

    from rich.console import Console

    require_known(format)
    person = {
        "activity": activity,
        "sensitivity": sensitivity,
        "exposure": exposure,
        "style": style,
        "out": out,
    }
    hours = {"wake": wake, "sleep": sleep}
    given_hours = {name: hour for name, hour in hours.items() if hour is not None}
    options = person | given_hours | {"language": lang, "units": units}
    own_file = Path(wardrobe) if wardrobe else None
    asked = (options, station or None, date or None, own_file, datetime.now(UTC))
    if weather:
        from wearcast.cli import given_weather

        given = given_weather.read(weather, *asked)
        if format == "json":
            from wearcast.cli.advice_document import of_given_weather

            typer.echo(of_given_weather(given))
        else:
            given_weather.show(Console(), given)
        return
    if format == "json":
        from wearcast.cli.advice_document import of_forecast
        from wearcast.cli.asked_day import ForecastDay

        typer.echo(of_forecast(ForecastDay.asked_for(project(), *asked)))
    else:
        from wearcast.cli.advise import show

        show(project(), Console(), *asked)


def report() -> None:
    """Print the scores and the outlook of what the pipeline made last."""
    from rich.console import Console

    from wearcast.cli.report import show

    show(project(), Console())
