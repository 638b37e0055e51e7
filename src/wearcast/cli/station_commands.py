"""The commands of `wearcast stations`. Each imports what it needs itself, as in `cli.app`."""

from typing import Annotated

import typer

from wearcast.cli.command_groups import CommandGroups, one_of
from wearcast.vocabulary import LANGUAGES

stations = typer.Typer(
    help="The stations that Wearcast knows, and any other place on Earth.",
    cls=CommandGroups,
    rich_markup_mode=None,
    no_args_is_help=True,
)


@stations.command("list")
def list_stations() -> None:
    """Print every station that params.yaml may name by its id alone."""
    from rich.console import Console

    from wearcast.cli.stations import show_known

    show_known(Console())


@stations.command("search")
def search_stations(
    name: Annotated[
        str, typer.Argument(help="Of a city, an airport, a mountain, … or a postal code.")
    ],
    lang: Annotated[
        str, typer.Option(help=f"The language the name is in: {one_of(LANGUAGES)}")
    ] = LANGUAGES[0],
) -> None:
    """Find a place by its name (through Open-Meteo), and print it as params.yaml takes it."""
    from wearcast.cli.stations import found

    print(found(name, lang))
