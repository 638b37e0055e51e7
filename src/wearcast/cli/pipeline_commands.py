"""The commands of the pipeline and its data. Each imports what it needs itself, as in `cli.app`."""

from pathlib import Path
from typing import Annotated

import typer

from wearcast.cli.command_line import project

AcceptDrift = Annotated[
    list[str] | None,
    typer.Option(
        metavar="STATION[:VARIABLE]",
        envvar="WEARCAST_ACCEPT_DRIFT",
        help="A drift of the observations that is to stay, such as of a station that has moved.",
    ),
]


def run_notebook(
    name: Annotated[
        str, typer.Argument(help="A stage: ingest, preprocess, train, evaluate or forecast.")
    ],
) -> None:
    """Run a stage's notebook with its group of params.yaml; `dvc repro` calls this."""
    from wearcast.notebook.runner import run

    run(name, project())


def check_params() -> None:
    """Say what is wrong in params.yaml; `make repro` calls this, since DVC would say less."""
    from wearcast.config import read_groups

    read_groups(project().params)


def explain_lock() -> None:
    """Say why dvc.lock changed, where code, data and params are those committed; else nothing."""
    from wearcast.cli.changed_lock import show

    show(project())


def gate(
    champion: Annotated[Path, typer.Argument(help="The folder of the model that serves.")],
    challenger: Annotated[Path, typer.Argument(help="The folder of the one that may replace it.")],
    data: Annotated[
        Path | None,
        typer.Option(help="The folder of the observations to judge on; else data/processed."),
    ] = None,
    trained_on: Annotated[
        Path | None,
        typer.Option(help="Those that the challenger was trained on; else the ones beside it."),
    ] = None,
    start: Annotated[
        str,
        typer.Option(
            "--from", help="The first day to judge on, YYYY-MM-DD; else the last gate.days."
        ),
    ] = "",
    json: Annotated[Path | None, typer.Option(help="Write the report there too.")] = None,
    markdown: Annotated[
        Path | None, typer.Option(help="Write the table there too, for a comment.")
    ] = None,
    accept_drift: AcceptDrift = None,
) -> None:
    """Judge a newly trained model beside the serving one on days that neither has seen.

    \b
    Exit codes:
      0   the challenger takes the champion's place
      1   they can't be compared
      4   the champion is kept
    """
    from rich.console import Console

    from wearcast.cli import gate
    from wearcast.retraining.accepted_drift import AcceptedDrift

    first_day = gate.parse_day(start) if start else None
    accepted = [AcceptedDrift.parse(one) for one in accept_drift or ()]
    options = gate.Options(champion, challenger, trained_on, data, first_day, accepted)
    report = gate.decide(project(), options)
    gate.show(report, Console())
    gate.write(report, json, markdown)
    raise typer.Exit(0 if report.passed else gate.KEPT)


def retrain(accept_drift: AcceptDrift = None) -> None:
    """Ingest what is new, train a challenger, and let the gate decide; `make retrain` calls this.

    The report is in .retraining/. Where the challenger passes, the pipeline is
    repeated on all hours, and dvc.lock is ready to be committed.

    \b
    Exit codes:
      0   the challenger takes the champion's place
      1   a stage failed, or the models can't be compared
      4   the champion is kept
    """
    from rich.console import Console

    from wearcast.cli.gate import KEPT
    from wearcast.cli.retrain import retrain
    from wearcast.retraining.accepted_drift import AcceptedDrift

    accepted = [AcceptedDrift.parse(one) for one in accept_drift or ()]
    report = retrain(project(), Console(), accepted)
    raise typer.Exit(0 if report.passed else KEPT)


def set_remote(
    url: Annotated[str, typer.Argument(help="s3://bucket/prefix")],
    endpoint: Annotated[
        str, typer.Option(help="Of an S3 server other than AWS: http(s)://host:port.")
    ] = "",
) -> None:
    """Let DVC keep data and models in an S3 bucket.

    Credentials stay with the AWS settings of whoever pushes.
    """
    from wearcast.cli.remote import configure

    configure(project(), url, endpoint or None)
    typer.echo(
        f"DVC's default remote is now {url}. `dvc push` fills it,"
        " `wearcast verify-remote` checks it."
    )


def verify_remote() -> None:
    """Fetch all that DVC tracks into an empty cache, and compare every file's hash."""
    from wearcast.cli.remote import verify

    typer.echo(verify(project()).summary)
