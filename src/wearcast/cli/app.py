"""The command `wearcast`. Each command imports what it needs itself, so that it starts without the
other commands' libraries."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wearcast import checkout
from wearcast.cli.command_groups import PIPELINE, PLACES, SERVICE, WEAR, CommandGroups, one_of
from wearcast.cli.station_commands import stations
from wearcast.cli.terminal import replace_what_cannot_be_shown
from wearcast.errors import ConfigError, WearcastError
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

if TYPE_CHECKING:
    from wearcast.config import Paths

ADVICE_FORMATS = ("text", "json")

app = typer.Typer(
    help="What to wear, hour by hour, for the days ahead, and how sure that is.",
    cls=CommandGroups,
    rich_markup_mode=None,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)


def main() -> None:
    """Run the command with the code of the project around the working folder; a WearcastError
    becomes a message without a traceback."""
    replace_what_cannot_be_shown()
    try:
        if root := checkout.project_around(Path.cwd().resolve()):
            checkout.restart_with_own_source(root)
        app()
    except WearcastError as error:
        _print_error(error)
        sys.exit(1)


def _project() -> "Paths":
    """The project around the working folder.

    Raises:
        ConfigError: there is none.
    """
    from wearcast.config import Paths

    return Paths.find()


def _print_error(error: WearcastError) -> None:
    # Not by typer.echo, which writes UTF-8 where the terminal says ASCII.
    mark = "Error: "
    if sys.stderr.isatty():
        mark = typer.style(mark, fg=typer.colors.RED, bold=True)
    print(f"{mark}{error}", file=sys.stderr)


app.add_typer(stations, name="stations", rich_help_panel=PLACES)
feedback = typer.Typer(
    help="What people said of past advice: too cold, right or too warm (WEARCAST_FEEDBACK).",
    rich_markup_mode=None,
    no_args_is_help=True,
)
app.add_typer(feedback, name="feedback", rich_help_panel=SERVICE)
_Token = Annotated[
    str,
    typer.Option(help="The person's; their page or client has it.", prompt=True, hide_input=True),
]
_AcceptDrift = Annotated[
    list[str] | None,
    typer.Option(
        metavar="STATION[:VARIABLE]",
        envvar="WEARCAST_ACCEPT_DRIFT",
        help="A drift of the observations that is to stay, such as of a station that has moved.",
    ),
]

_Cluster = Annotated[
    str,
    typer.Option(
        metavar="ADDRESS",
        help="A Dask scheduler whose workers do the work, such as tcp://10.20.0.5:8786.",
    ),
]


@app.command("inspect", rich_help_panel=PLACES)
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


@app.callback()
def _several_commands() -> None:
    """Make Typer require command names even if there is only one command."""


@app.command("advise", rich_help_panel=WEAR)
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
        str, typer.Option(help=f"{one_of(ADVICE_FORMATS)} json is what the API answers.")
    ] = ADVICE_FORMATS[0],
) -> None:
    """What to wear on a day: the outfit with its reasons, hour by hour, and how sure that is."""
    from datetime import UTC, datetime

    from rich.console import Console

    if format not in ADVICE_FORMATS:
        raise ConfigError(f"--format {format}: choose {one_of(ADVICE_FORMATS)}")
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

    from wearcast.cli import advise

    if format == "json":
        from wearcast.cli.advice_document import of_forecast

        typer.echo(of_forecast(advise.ForecastDay.asked_for(_project(), *asked)))
    else:
        advise.show(_project(), Console(), *asked)


@app.command("run-notebook", rich_help_panel=PIPELINE)
def run_notebook(
    name: Annotated[
        str, typer.Argument(help="A stage: ingest, preprocess, train, evaluate or forecast.")
    ],
) -> None:
    """Run a stage's notebook with its group of params.yaml; `dvc repro` calls this."""
    from wearcast.notebook.runner import run

    run(name, _project())


@app.command("check-params", hidden=True)
def check_params() -> None:
    """Say what is wrong in params.yaml; `make repro` calls this, since DVC would say less."""
    from wearcast.config import read_groups

    read_groups(_project().params)


@app.command("report", rich_help_panel=WEAR)
def report() -> None:
    """Print the scores and the outlook of what the pipeline made last."""
    from rich.console import Console

    from wearcast.cli.report import show

    show(_project(), Console())


@app.command("explain-lock", rich_help_panel=PIPELINE)
def explain_lock() -> None:
    """Say why dvc.lock changed, where code, data and params are those committed; else nothing."""
    from wearcast.cli.changed_lock import show

    show(_project())


@app.command("gate", rich_help_panel=PIPELINE)
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
    accept_drift: _AcceptDrift = None,
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
    report = gate.decide(_project(), options)
    gate.show(report, Console())
    gate.write(report, json, markdown)
    raise typer.Exit(0 if report.passed else gate.KEPT)


@app.command("retrain", rich_help_panel=PIPELINE)
def retrain(accept_drift: _AcceptDrift = None) -> None:
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
    report = retrain(_project(), Console(), accepted)
    raise typer.Exit(0 if report.passed else KEPT)


@app.command("serve", rich_help_panel=SERVICE)
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


experiment = typer.Typer(
    help="Several models side by side: what their forecasts have been worth.",
    cls=CommandGroups,
    rich_markup_mode=None,
    no_args_is_help=True,
)
app.add_typer(experiment, name="experiment", rich_help_panel=SERVICE)


@experiment.command("report")
def experiment_report(
    format: Annotated[str, typer.Option(help=one_of(ADVICE_FORMATS))] = ADVICE_FORMATS[0],
) -> None:
    """Print each model of WEARCAST_VARIANTS beside the champion, on the same days.

    Its intervals hold however often you look. It reads what `wearcast refresh` keeps
    in WEARCAST_HISTORY.
    """
    from rich.console import Console

    from wearcast.cli.experiment import as_json, show
    from wearcast.serving.settings import deployment_settings

    if format not in ADVICE_FORMATS:
        raise ConfigError(f"--format {format}: choose {one_of(ADVICE_FORMATS)}")
    settings = deployment_settings()
    if format == "json":
        typer.echo(as_json(settings))
    else:
        show(settings, Console())


@app.command("dashboard", rich_help_panel=SERVICE)
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


@app.command("set-remote", rich_help_panel=PIPELINE)
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

    configure(_project(), url, endpoint or None)
    typer.echo(
        f"DVC's default remote is now {url}. `dvc push` fills it,"
        " `wearcast verify-remote` checks it."
    )


@app.command("verify-remote", rich_help_panel=PIPELINE)
def verify_remote() -> None:
    """Fetch all that DVC tracks into an empty cache, and compare every file's hash."""
    from wearcast.cli.remote import verify

    typer.echo(verify(_project()).summary)


@app.command("refresh", rich_help_panel=SERVICE)
def refresh(
    every: Annotated[
        str, typer.Option(help="Go on, and refresh again every 30m, 1h, …; else once.")
    ] = "",
    cluster: _Cluster = "",
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
    import os
    from functools import partial

    from wearcast.config import Params, checked, read_groups
    from wearcast.serving.cluster.shard import Shard
    from wearcast.serving.freed_table_memory import return_freed_memory_of_tables
    from wearcast.serving.json_logging import logging_to_stderr
    from wearcast.serving.refresh.exit_codes import ExitCode
    from wearcast.serving.refresh.refresh_in_shares import run_share
    from wearcast.serving.refresh.refresh_log import RefreshLog
    from wearcast.serving.refresh.refresh_on_engine import open_refresh
    from wearcast.serving.refresh.schedule import interruptible_wait, parse_period, repeat
    from wearcast.serving.refresh.variant_refreshes import Refreshes
    from wearcast.serving.settings import Deployment
    from wearcast.serving.store.object_storage import open_storage
    from wearcast.serving.store.snapshot_store import SnapshotStore
    from wearcast.serving.terms_of_use import log_terms

    return_freed_memory_of_tables()
    paths = _project()
    named = {"WEARCAST_SHARD": shard} if shard else {}
    settings = Deployment.from_environment({**os.environ, **named}, paths.root)
    if cluster and settings.shard:
        raise ConfigError("a share and --cluster are two ways to share the work: choose one.")
    params = checked(Params, read_groups(paths.params), where=str(paths.params))
    store = SnapshotStore(open_storage(settings.store, settings.store_timeout), settings.keep)
    log = RefreshLog(settings.history, store)
    opened = partial(open_refresh, settings, params, paths.root, store, cluster)
    run = Refreshes(settings, params, log, opened).run
    if settings.shard:
        share = Shard.parse(settings.shard)
        run = partial(run_share, settings, params, paths.root, store, log, share)
    try:
        with logging_to_stderr(settings.log_level):
            log_terms(settings, params.ingest, os.environ)
            if every:
                repeat(
                    lambda: run().summary,
                    parse_period(every),
                    interruptible_wait(),
                )
                return
            outcome = run()
    except WearcastError as error:
        _print_error(error)
        raise typer.Exit(ExitCode.of(error)) from error
    typer.echo(outcome.summary)
    raise typer.Exit(outcome.exit)


@app.command("backcast", rich_help_panel=SERVICE)
def backcast(
    cluster: _Cluster = "",
    format: Annotated[str, typer.Option(help=one_of(ADVICE_FORMATS))] = ADVICE_FORMATS[0],
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

    if format not in ADVICE_FORMATS:
        raise ConfigError(f"--format {format}: choose {one_of(ADVICE_FORMATS)}")
    paths = _project()
    settings = Deployment.from_environment(os.environ, paths.root)
    params = checked(Params, read_groups(paths.params), where=str(paths.params))
    found = backcast.scores(settings, params, cluster)
    if format == "json":
        typer.echo(json.dumps(found, indent=2, ensure_ascii=False, allow_nan=False))
    else:
        backcast.show(found, Console())


@app.command("recent-errors", hidden=True)
def recent_errors() -> None:
    """Print as JSON how far the model's forecasts of the last months would have been off; a rollout
    calls this."""
    import json

    from wearcast.config import Params, checked, read_groups
    from wearcast.forecasting.forecaster import Forecaster
    from wearcast.serving.refresh.recent_errors import recent_errors
    from wearcast.serving.settings import deployment_settings

    paths = _project()
    settings = deployment_settings()
    params = checked(Params, read_groups(paths.params), where=str(paths.params))
    found = recent_errors(Forecaster.load(settings.model), params, settings.history)
    typer.echo(json.dumps(found))


@feedback.command("report")
def feedback_report(
    days: Annotated[int, typer.Option(help="Of the last so many days.", min=1, max=3_650)] = 90,
) -> None:
    """How often advice was right, by how sure it had said to be, by model and by piece."""
    from wearcast.cli.feedback import opened, report
    from wearcast.serving.settings import deployment_settings

    typer.echo(report(opened(deployment_settings()), days))


@feedback.command("mine")
def feedback_mine(token: _Token) -> None:
    """The votes given with a token, and the offset in °C that they say."""
    from wearcast.cli.feedback import opened, own_votes
    from wearcast.serving.settings import deployment_settings

    typer.echo(own_votes(opened(deployment_settings()), token))


@feedback.command("erase")
def feedback_erase(token: _Token) -> None:
    """Erase the votes given with a token."""
    from wearcast.cli.feedback import erase, opened
    from wearcast.serving.settings import deployment_settings

    typer.echo(erase(opened(deployment_settings()), token))
