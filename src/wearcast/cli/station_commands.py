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
    """Print every station that params.yaml may name by its id alone, and the places that were
    added."""
    from rich.console import Console

    from wearcast.cli import added_places
    from wearcast.cli.stations import show_known

    console = Console(markup=False)
    show_known(console)
    added_places.show(console)


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


@stations.command("add")
def add_station(
    name: Annotated[
        str, typer.Argument(help="Of the place, in English or Korean, such as Gangneung or 강릉.")
    ] = "",
    latitude: Annotated[
        float | None, typer.Option(help="Degrees north, instead of looking the name up.")
    ] = None,
    longitude: Annotated[float | None, typer.Option(help="Degrees east.")] = None,
    id: Annotated[str, typer.Option(help="The station's id; else one of its name.")] = "",
    which: Annotated[int, typer.Option(help="Of several places of that name, from 1.")] = 1,
) -> None:
    """Have a place forecast that the model was not trained at, from the next refresh on.

    Its observations of three years are fetched from the refresh's own source, what the
    model needs to know of it is fitted to them in seconds, and what its own past says
    of its forecasts is printed. WEARCAST_PLACES and WEARCAST_PLACES_A_DAY limit it.
    """
    from rich.console import Console

    from wearcast.cli.added_places import add
    from wearcast.cli.wanted_places import Wanted

    add(Wanted(name, latitude, longitude, id, which), Console(markup=False))


@stations.command("remove")
def remove_station(
    id: Annotated[str, typer.Argument(help="As `wearcast stations list` shows it.")],
) -> None:
    """Remove a place that was added, with its archive and what was fitted to it."""
    from rich.console import Console

    from wearcast.cli.added_places import remove

    remove(id, Console(markup=False))
