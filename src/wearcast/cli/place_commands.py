"""The command `wearcast inspect`. It imports what it needs itself, as in `cli.app`."""

import sys
from pathlib import Path
from typing import Annotated

import typer


def inspect_file(
    file: Annotated[
        Path, typer.Argument(help="A table of hourly weather of your own, or a folder of such.")
    ],
    station: Annotated[
        str | None, typer.Option(help="The id of the station that all its rows belong to.")
    ] = None,
    place: Annotated[
        str | None, typer.Option(help="A town's name, to look up where the station is.")
    ] = None,
    time_zone: Annotated[
        str | None, typer.Option(help="The zone whose clock its times follow, such as Asia/Seoul.")
    ] = None,
) -> None:
    """Look at a file of your own: print what its columns are taken for, and its settings for
    params.yaml (to standard output, all else to standard error)."""
    from rich.console import Console

    from wearcast.cli.inspect import look

    settings, found = look(file, station, place, time_zone, Console(stderr=True))
    sys.stderr.flush()
    print(settings)
    if found.failure is not None:
        raise found.failure
