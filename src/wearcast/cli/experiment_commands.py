"""The commands of `wearcast experiment`. Each imports what it needs itself, as in `cli.app`."""

from typing import Annotated

import typer

from wearcast.cli.command_groups import CommandGroups, one_of
from wearcast.cli.command_line import FORMATS, require_known

experiment = typer.Typer(
    help="Several models side by side: what their forecasts have been worth.",
    cls=CommandGroups,
    rich_markup_mode=None,
    no_args_is_help=True,
)


@experiment.command("report")
def experiment_report(
    format: Annotated[str, typer.Option(help=one_of(FORMATS))] = FORMATS[0],
) -> None:
    """Print each model of WEARCAST_VARIANTS beside the champion, on the same days.

    Its intervals hold however often you look. It reads what `wearcast refresh` keeps
    in WEARCAST_HISTORY.
    """
    from rich.console import Console

    from wearcast.cli.experiment import as_json, show
    from wearcast.serving.settings import deployment_settings

    require_known(format)
    settings = deployment_settings()
    if format == "json":
        typer.echo(as_json(settings))
    else:
        show(settings, Console())
