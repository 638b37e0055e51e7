"""The commands of `wearcast feedback`. Each imports what it needs itself, as in `cli.app`."""

from typing import Annotated

import typer

Token = Annotated[
    str,
    typer.Option(help="The person's; their page or client has it.", prompt=True, hide_input=True),
]

feedback = typer.Typer(
    help="What people said of past advice: too cold, right or too warm (WEARCAST_FEEDBACK).",
    rich_markup_mode=None,
    no_args_is_help=True,
)


@feedback.command("report")
def feedback_report(
    days: Annotated[int, typer.Option(help="Of the last so many days.", min=1, max=3_650)] = 90,
) -> None:
    """How often advice was right, by how sure it had said to be, by model and by piece."""
    from wearcast.cli.feedback import opened, report
    from wearcast.serving.settings import deployment_settings

    typer.echo(report(opened(deployment_settings()), days))


@feedback.command("mine")
def feedback_mine(token: Token) -> None:
    """The votes given with a token, and the offset in °C that they say."""
    from wearcast.cli.feedback import opened, own_votes
    from wearcast.serving.settings import deployment_settings

    typer.echo(own_votes(opened(deployment_settings()), token))


@feedback.command("erase")
def feedback_erase(token: Token) -> None:
    """Erase the votes given with a token."""
    from wearcast.cli.feedback import erase, opened
    from wearcast.serving.settings import deployment_settings

    typer.echo(erase(opened(deployment_settings()), token))
