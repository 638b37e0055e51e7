"""The command `wearcast`. Imports stand inside the commands, so that none pays for another's libraries."""

import sys
from typing import Annotated

import typer

from wearcast.config import Paths
from wearcast.errors import WearcastError

app = typer.Typer(
    help="What to wear, hour by hour, for the next seven days, and how sure that is.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)


def main() -> None:
    """Run the command; an error of ours is a message for its reader, not a traceback."""
    try:
        app()
    except WearcastError as error:
        typer.secho("Error: ", fg=typer.colors.RED, bold=True, nl=False, err=True)
        typer.echo(error, err=True)
        sys.exit(1)


@app.callback()
def _several_commands() -> None:
    """Keeps the commands' names on the command line, however few they are."""


@app.command("run-notebook")
def run_notebook(name: Annotated[str, typer.Argument(help="A stage: ingest, preprocess, train, evaluate or forecast.")]) -> None:
    """Run a stage's notebook with its group of params.yaml; `dvc repro` calls this."""
    from wearcast.notebook.runner import run

    run(name, Paths.find())


@app.command("report")
def report() -> None:
    """Print the scores and a seven-day outlook of what the pipeline made last."""
    from rich.console import Console

    from wearcast.report import show

    show(Paths.find(), Console())


@app.command("advise")
def advise(
    date: Annotated[str, typer.Option(help="One of the forecast's seven days, YYYY-MM-DD; else tomorrow.")] = "",
    station: Annotated[str, typer.Option(help="Its id; else the forecast's first.")] = "",
    activity: Annotated[str, typer.Option(help="sitting, strolling, walking, cycling or running.")] = "strolling",
    sensitivity: Annotated[str, typer.Option(help="How easily you feel cold: very_low, low, average, high or very_high.")] = "average",
    style: Annotated[str, typer.Option(help="casual, business, sporty, feminine or minimal.")] = "casual",
    wake: Annotated[int, typer.Option(help="The first hour you are out.")] = 7,
    sleep: Annotated[int, typer.Option(help="The hour from which you are in.")] = 22,
    lang: Annotated[str, typer.Option(help="en or ko.")] = "en",
    units: Annotated[str, typer.Option(help="metric or imperial.")] = "metric",
    wardrobe: Annotated[str, typer.Option(help="A file of what you own; else everything of the style.")] = "",
) -> None:
    """What to wear on a day: the outfit with its reasons, hour by hour, and how sure that is."""
    from pathlib import Path

    from rich.console import Console

    from wearcast.advise import show

    person = {"activity": activity, "sensitivity": sensitivity, "style": style, "wake": wake, "sleep": sleep}
    options = person | {"language": lang, "units": units}
    show(Paths.find(), Console(), options, station or None, date or None, Path(wardrobe) if wardrobe else None)


@app.command("set-remote")
def set_remote(
    url: Annotated[str, typer.Argument(help="s3://bucket/prefix")],
    endpoint: Annotated[str, typer.Option(help="Of an S3 server other than AWS: http(s)://host:port.")] = "",
) -> None:
    """Let DVC keep data and models in an S3 bucket; credentials stay with the AWS settings of whoever pushes."""
    from wearcast.remote import configure

    configure(Paths.find(), url, endpoint or None)
    typer.echo(f"DVC's default remote is now {url}. `dvc push` fills it, `make verify-remote` checks it.")


@app.command("verify-remote")
def verify_remote() -> None:
    """Fetch all that dvc.lock names into an empty cache, and compare every file's hash."""
    from wearcast.remote import verify

    typer.echo(verify(Paths.find()).summary)
