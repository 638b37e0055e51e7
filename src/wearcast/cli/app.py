"""The command `wearcast`. Each command imports what it needs itself, so that it starts without the
other commands' libraries."""

import sys
from pathlib import Path

import typer

from wearcast import checkout
from wearcast.cli import pipeline_commands, place_commands, service_commands, wear_commands
from wearcast.cli.command_groups import PIPELINE, PLACES, SERVICE, WEAR, CommandGroups
from wearcast.cli.command_line import print_error
from wearcast.cli.experiment_commands import experiment
from wearcast.cli.feedback_commands import feedback
from wearcast.cli.station_commands import stations
from wearcast.cli.terminal import replace_what_cannot_be_shown
from wearcast.errors import WearcastError

app = typer.Typer(
    help="What to wear, hour by hour, for the days ahead, and how sure that is.",
    cls=CommandGroups,
    rich_markup_mode=None,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)

app.command("advise", rich_help_panel=WEAR)(wear_commands.advise)
app.command("report", rich_help_panel=WEAR)(wear_commands.report)

app.add_typer(stations, name="stations", rich_help_panel=PLACES)
app.command("inspect", rich_help_panel=PLACES)(place_commands.inspect_file)

app.add_typer(feedback, name="feedback", rich_help_panel=SERVICE)
app.add_typer(experiment, name="experiment", rich_help_panel=SERVICE)
app.command("serve", rich_help_panel=SERVICE)(service_commands.serve)
app.command("dashboard", rich_help_panel=SERVICE)(service_commands.dashboard)
app.command("refresh", rich_help_panel=SERVICE)(service_commands.refresh)
app.command("backcast", rich_help_panel=SERVICE)(service_commands.backcast)
app.command("recent-errors", hidden=True)(service_commands.recent_errors)

app.command("run-notebook", rich_help_panel=PIPELINE)(pipeline_commands.run_notebook)
app.command("check-params", hidden=True)(pipeline_commands.check_params)
app.command("explain-lock", rich_help_panel=PIPELINE)(pipeline_commands.explain_lock)
app.command("gate", rich_help_panel=PIPELINE)(pipeline_commands.gate)
app.command("retrain", rich_help_panel=PIPELINE)(pipeline_commands.retrain)
app.command("set-remote", rich_help_panel=PIPELINE)(pipeline_commands.set_remote)
app.command("verify-remote", rich_help_panel=PIPELINE)(pipeline_commands.verify_remote)


@app.callback()
def _several_commands() -> None:
    """Make Typer require command names even if there is only one command."""


def main() -> None:
    """Run the command with the code of the project around the working folder; a WearcastError
    becomes a message without a traceback."""
    replace_what_cannot_be_shown()
    try:
        if root := checkout.project_around(Path.cwd().resolve()):
            checkout.restart_with_own_source(root)
        app()
    except WearcastError as error:
        print_error(error)
        sys.exit(1)
