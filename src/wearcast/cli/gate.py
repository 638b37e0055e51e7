"""The gate in the terminal, as Markdown for a comment, and as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table

from wearcast import artifacts
from wearcast.config import Gate, Params, Paths, checked, read_groups
from wearcast.errors import ConfigError, ModelError
from wearcast.forecasting.manifest import MANIFEST
from wearcast.retraining.accepted_drift import AcceptedDrift
from wearcast.retraining.gate import Candidates, judge
from wearcast.retraining.report import Report

KEPT: Final = 4
"""The exit code where the champion is kept."""

_PROCESSED: Final = Path("data/processed")


@dataclass(frozen=True)
class Options:
    """What the command was given.

    Attributes:
        champion, challenger: folders of models.
        trained_on: the folder of the processed data that the challenger was trained on; None: the
            one beside it, or the project's.
        data: the folder of the processed data to judge on; None: the project's.
        start: the first day to judge on; None: as many days from the end as params.yaml says.
        accepted: the drift of the observations that fails nothing.
    """

    champion: Path
    challenger: Path
    trained_on: Path | None = None
    data: Path | None = None
    start: date | None = None
    accepted: Sequence[AcceptedDrift] = ()


def decide(paths: Paths, options: Options) -> Report:
    """The gate's report on two models.

    Raises:
        ModelError: a model can't be loaded, or has seen what it would be judged on.
        ConfigError: params.yaml is not valid, or the champion doesn't have a station whose drift is
            accepted.
    """
    start = np.datetime64(options.start, "h") if options.start else None
    candidates = Candidates(
        champion=options.champion,
        challenger=options.challenger,
        judged=judged_model(options.challenger),
        trained_on=options.trained_on or _data_beside(options.challenger, paths),
    )
    data = options.data or paths.processed
    return judge(candidates, data, start, gate_settings(paths), options.accepted)


def parse_day(text: str) -> date:
    """A day as the option --from has it.

    Raises:
        ConfigError: it is none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"--from {text}: give a day as YYYY-MM-DD") from error


def gate_settings(paths: Paths) -> Gate:
    """The group `gate` of params.yaml.

    Raises:
        ConfigError: the file is not valid.
    """
    return checked(Params, read_groups(paths.params), where=str(paths.params)).gate


def show(report: Report, console: Console) -> None:
    """Print the checks and the verdict."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for heading in ("", "check", "found", "wanted"):
        table.add_column(heading)
    for check in report.checks:
        style = None if check.passed else "bold red"
        table.add_row(_mark(check.passed), check.name, check.found, check.wanted, style=style)
    console.print(_title(report), style="bold", highlight=False)
    console.print(table)
    console.print(verdict(report), style="bold", highlight=False)


def markdown(report: Report) -> str:
    """The same for a comment on GitHub."""
    lines = [
        f"### {verdict(report)}",
        "",
        f"{_title(report)}.",
        "",
        "| | check | found | wanted |",
        "|---|---|---|---|",
    ]
    for check in report.checks:
        cells = (_mark(check.passed), check.name, _cell(check.found), check.wanted)
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "Changes and intervals (95 %, moving blocks) are the challenger's beside the"]
    lines.append("champion's on the same forecasts; negative is better.")
    return "\n".join(lines) + "\n"


def verdict(report: Report) -> str:
    """The verdict in a sentence."""
    if report.passed:
        return "The challenger takes the champion's place"
    reasons = ", ".join(check.name for check in report.failed)
    return f"The champion is kept: {reasons}"


def write(report: Report, json: Path | None, markdown_file: Path | None) -> None:
    """Write the report for machines and for a comment, where a file is named."""
    if json:
        artifacts.write_json(json, report.to_json())
    if markdown_file:
        artifacts.write_bytes(markdown_file, markdown(report).encode())


def _title(report: Report) -> str:
    challenger = report.challenger or "none trained"
    return f"Champion {report.champion}, challenger {challenger}, judged on {report.period}"


def _mark(passed: bool) -> str:
    return "✓" if passed else "✗"


def _cell(text: str) -> str:
    """A text that breaks no table."""
    return text.replace("|", "\\|").replace("\n", " ")


def judged_model(challenger: Path) -> Path:
    """Where the model lies that a challenger was refitted from: beside it, as in the project; a
    model that wasn't refitted is its own."""
    manifest = challenger / MANIFEST
    try:
        is_refitted = "judged" in artifacts.read_json(manifest)["origin"]
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{challenger} holds no model: {error}.") from error
    return challenger.parent / "judged" if is_refitted else challenger


def _data_beside(challenger: Path, paths: Paths) -> Path:
    """The processed data of the project that holds the challenger, where it is one."""
    beside = challenger.resolve().parents[1] / _PROCESSED
    return beside if beside.is_dir() else paths.processed
