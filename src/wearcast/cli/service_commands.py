"""The commands of a service of one's own. Each imports what it needs itself, as in `cli.app`."""

from pathlib import Path
from typing import Annotated

import typer

from wearcast.cli.command_groups import one_of
from wearcast.cli.command_line import FORMATS, print_error, project, require_known
from wearcast.errors import WearcastError

Cluster = Annotated[
    str,
    typer.Option(
        metavar="ADDRESS",
        help="A Dask scheduler whose workers do the work, such as tcp://10.20.0.5:8786.",
    ),
]


def serve(
    host: Annotated[
        str, typer.Option(help="Where to listen; else WEARCAST_HOST, else this machine alone.")
    ] = "",
    port: Annotated[str, typer.Option(help="Else WEARCAST_PORT, else 8000.")] = "",
) -> None:
    """Serve forecasts and advice over HTTP from the store that `wearcast refresh` fills."""
    from wearcast.serving.api.started_workers import started_processes
    from wearcast.serving.settings import deployment_settings

    settings = deployment_settings(WEARCAST_HOST=host, WEARCAST_PORT=port)
    with started_processes(settings.workers) as started:
        # Loading this takes a second, and a worker takes one beside it.
        from wearcast.serving.api.server import serve

        serve(settings, started)


def dashboard(
    host: Annotated[
        str,
        typer.Option(
            help="Where to listen; else WEARCAST_DASHBOARD_HOST, else this machine alone."
        ),
    ] = "",
    port: Annotated[str, typer.Option(help="Else WEARCAST_DASHBOARD_PORT, else 8501.")] = "",
    notebook: Annotated[str, typer.Option(help="Else notebooks/dashboard.ipynb.")] = "",
) -> None:
    """Serve the dashboard.

    It asks the API of WEARCAST_API, else this machine's, else works the answers out itself.
    """
    from wearcast.serving.dashboard_server.server import dashboard, default_notebook
    from wearcast.serving.settings import deployment_settings

    settings = deployment_settings(WEARCAST_DASHBOARD_HOST=host, WEARCAST_DASHBOARD_PORT=port)
    dashboard(settings, Path(notebook) if notebook else default_notebook())


def refresh(
    every: Annotated[
        str, typer.Option(help="Go on, and refresh again every 30m, 1h, …; else once.")
    ] = "",
    cluster: Cluster = "",
    shard: Annotated[
        str,
        typer.Option(
            metavar="I/N",
            help=(
                "Work on the I-th of N shares; whichever is the last publishes (docs/scale.md)."
                " Else WEARCAST_SHARD, else all."
            ),
        ),
    ] = "",
) -> None:
    """Forecast from the newest observations and publish the snapshot for the API.

    Settings come from the environment: WEARCAST_STORE, WEARCAST_HISTORY, …
    The log goes to the standard error, a JSON object a line. With --every,
    SIGTERM and SIGINT end it: at once, or after the refresh that is running.

    \b
    Exit codes, for cron:
      0   published, or nothing new to publish
      1   the settings, params.yaml or the model can't be used
      3   as 0, but without some station
      65  no forecast passed its checks; nothing was published
      69  the source gives no observations
      73  the store or the disk can't take it; what was published still is
      75  another refresh is running, or published meanwhile, the cluster can't
          do it now, or other shares are not done yet; try again later
    """
    from wearcast.cli.refresh import RefreshCommand
    from wearcast.serving.refresh.exit_codes import ExitCode

    command = RefreshCommand.prepared(project(), cluster, shard)
    try:
        outcome = command.run(every)
    except WearcastError as error:
        print_error(error)
        raise typer.Exit(ExitCode.of(error)) from error
    if outcome:
        typer.echo(outcome.summary)
        raise typer.Exit(outcome.exit)


def backcast(
    cluster: Cluster = "",
    format: Annotated[str, typer.Option(help=one_of(FORMATS))] = FORMATS[0],
) -> None:
    """What forecasts of the last 180 days would have been worth, at every station.

    Made anew from what `wearcast refresh` keeps in WEARCAST_HISTORY, and from a
    station's past alone; nothing is fetched or published. json has the scores by
    range of leads.
    """
    import json
    import os

    from rich.console import Console

    from wearcast.cli import backcast
    from wearcast.config import Params, checked, read_groups
    from wearcast.serving.settings import Deployment

    require_known(format)
    paths = project()
    settings = Deployment.from_environment(os.environ, paths.root)
    params = checked(Params, read_groups(paths.params), where=str(paths.params))
    found = backcast.scores(settings, params, cluster)
    if format == "json":
        typer.echo(json.dumps(found, indent=2, ensure_ascii=False, allow_nan=False))
    else:
        backcast.show(found, Console())


def recent_errors() -> None:
    """Print as JSON how far the model's forecasts of the last months would have been off; a rollout
    calls this."""
    import json

    from wearcast.config import Params, checked, read_groups
    from wearcast.forecasting.forecaster import Forecaster
    from wearcast.serving.refresh.recent_errors import recent_errors
    from wearcast.serving.settings import deployment_settings

    paths = project()
    settings = deployment_settings()
    params = checked(Params, read_groups(paths.params), where=str(paths.params))
    found = recent_errors(Forecaster.load(settings.model), params, settings.history)
    typer.echo(json.dumps(found))
