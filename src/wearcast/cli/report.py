"""What the pipeline made, in the terminal: the scores, the verdict, and the days ahead."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from rich import box
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from wearcast import artifacts
from wearcast.cli import advice_scores
from wearcast.cli.outlook import outlook
from wearcast.clothing.judged_day import COMPARED
from wearcast.config import Paths
from wearcast.errors import ConfigError
from wearcast.forecasting.evaluation import verdict
from wearcast.forecasting.local_time import local_time
from wearcast.forecasting.manifest import MANIFEST
from wearcast.forecasting.snapshot import Snapshot
from wearcast.serving.snapshot_basis import snapshot_basis

SYNOPTIC: Final = ("network", "ridge")
"""The methods whose errors at 00 and 12 local stand in the tables too."""


def show(paths: Paths, console: Console) -> None:
    """Print the scores of reports/verification.json and the outlook of the snapshot.

    Raises:
        ConfigError: the pipeline hasn't run yet, or not since the advice is judged too.
    """
    missing = [path for path in (paths.verification, paths.snapshot) if not path.is_file()]
    if missing:
        raise ConfigError(f"{missing[0]} is not there yet. Run `make repro` or `dvc repro` first.")
    metrics = artifacts.read_json(paths.verification)
    judged = metrics.get("clothing", {}).get("scores", {})
    if any(score not in judged for score in COMPARED):
        raise ConfigError(
            f"{paths.verification} doesn't tell of the advice; an older version wrote it. Run `make"
            " repro` or `dvc repro`."
        )
    parts = (
        (scores(metrics), verdict(metrics)),
        (clothes(metrics), advice_scores.verdict(metrics)),
    )
    for table, sentences in parts:
        console.print(table)
        for sentence in sentences:
            console.print(f"  {sentence}", style="dim", highlight=False)
    snapshot = Snapshot.from_bytes(paths.snapshot.read_bytes())
    for station in snapshot.stations:
        console.print()
        console.print(week(snapshot, station.id))
    console.print(
        f"model {snapshot.origin.model}, observations: {snapshot.origin.source}",
        style="dim",
        highlight=False,
    )
    console.print(chosen(paths), style="dim", highlight=False)


def chosen(paths: Paths) -> str:
    """How the hours were split and how many harmonics the climatology has; empty where no model, or
    one of an earlier release, tells."""
    manifest = paths.model / MANIFEST
    if not manifest.is_file():
        return ""
    found = artifacts.read_json(manifest)["origin"].get("chosen")
    if not found:
        return ""
    cycle = f" of {found['cycle_d']} days" if found["cycle_d"] else ""
    harmonics = found["annual_harmonics"]
    return f"split by {found['scheme']}{cycle}, annual harmonics: {harmonics}"


def scores(metrics: Mapping[str, Any]) -> Group:
    """The mean absolute error of every method over each range of leads, the best first."""
    headings, rows = _cells(metrics)
    table = Table()
    for i, heading in enumerate(headings):
        table.add_column(heading, justify="right" if i else "left")
    methods = len(metrics["temp_c"]["mae"])
    for row in rows[:methods]:
        table.add_row(*row, style="bold" if row[0] == "network" else None)
    table.add_section()
    for row in rows[methods:]:
        table.add_row(*row)
    title = f"Mean absolute error of the temperature, °C ({_period(metrics)})"
    return Group(Text(title, style="bold"), table)


def markdown(metrics: Mapping[str, Any]) -> str:
    """The same table in Markdown, for the README."""
    headings, rows = _cells(metrics)
    table = _in_markdown([headings, *rows])
    return f"{table}\n\nMean absolute error of the temperature, °C; {_period(metrics)}."


def _period(metrics: Mapping[str, Any]) -> str:
    """Which forecasts the scores are of."""
    first, last = metrics["from"][:10], metrics["until"][:10]
    told = (
        f"{metrics['period']} period, {metrics['forecasts']} forecasts issued {first} to {last},"
        f" {metrics['independent_blocks']} independent 14-day blocks"
    )
    at_00_12 = metrics.get("forecasts_at_00_12")
    return f"{told}; {at_00_12} issued at 00 and 12 local" if at_00_12 else told


def _cells(metrics: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """The headings and the rows of the table: a method each, the best first, then those issued at
    00 and 12 local, and at the end how often the 80 % interval held."""
    temperature = metrics["temp_c"]
    mae = temperature["mae"]
    covered = temperature["coverage_80"]["network"]
    headings = ["method"]
    for label in covered:
        heading = "all leads" if label == "all" else f"{label} h"
        headings.append(heading)
    best_first = sorted(mae.items(), key=lambda item: float(item[1]["all"]))
    rows = []
    for name, errors in best_first:
        method = name.replace("_", " ")
        rows.append([method, *_at_leads(errors, covered)])
    for name, errors in synoptic_errors(metrics).items():
        rows.append([name, *_at_leads(errors, covered)])
    shares = [f"{share:.0%}" for share in covered.values()]
    rows.append(["within the 80 % interval", *shares])
    return headings, rows


def _at_leads(errors: Mapping[str, Any], labels: Iterable[str]) -> list[str]:
    """A method's errors at the leads of these labels, as text."""
    return [f"{errors[label]:.2f}" for label in labels]


def synoptic_errors(metrics: Mapping[str, Any]) -> dict[str, Mapping[str, float]]:
    """The errors at 00 and 12 local by a row's name; none where an older version scored."""
    mae = metrics["temp_c"].get("mae_at_00_12", {})
    return {f"{name} at 00 and 12 local": mae[name] for name in SYNOPTIC if name in mae}


def clothes(metrics: Mapping[str, Any]) -> Group:
    """What the advice was worth, by what drove it."""
    rows = advice_scores.table(metrics, advice_scores.SHORT)
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for i, heading in enumerate(rows[0]):
        widest = max(len(row[heading]) for row in rows)
        # Numbers are never broken; headings and what drove the advice are.
        if i:
            table.add_column(heading, justify="right", width=widest)
        else:
            table.add_column(heading)
    for i, row in enumerate(rows):
        style = None if i else "bold"
        table.add_row(*row.values(), style=style)
    caption = f"{_clothes_title(metrics)} ({_evenings(metrics)})"
    title = Text(caption, style="bold")
    return Group(title, table)


def clothes_markdown(metrics: Mapping[str, Any]) -> str:
    """The same in Markdown, for the README, by how much our forecast's clo error differs from each
    rival's, and how right it was where it was so sure."""
    tables = []
    for rows in (
        advice_scores.table(metrics),
        advice_scores.differences(metrics, "clo_error"),
        advice_scores.certainty(metrics),
    ):
        cells = [list(row.values()) for row in rows]
        tables.append(_in_markdown([list(rows[0]), *cells]))
    text = "\n\n".join(tables)
    return f"{text}\n\n{_clothes_title(metrics)}, or 0.15 where that is said; {_evenings(metrics)}."


def _clothes_title(metrics: Mapping[str, Any]) -> str:
    by_day = metrics["clothing"]["scores"]["clo_error"]["network"]
    days = "/".join(day.removeprefix("day_") for day in by_day)
    return (
        f"The advice {days} days ahead; an hour is off when what is worn is 0.3 clo too cold or too"
        " warm"
    )


def _evenings(metrics: Mapping[str, Any]) -> str:
    return f"{metrics['period']} period, {metrics['clothing']['evenings']} evenings"


def _in_markdown(rows: Sequence[Sequence[str]]) -> str:
    headings, *others = rows
    alignment = ["---", *["--:"] * (len(headings) - 1)]
    lines = [f"| {' | '.join(row)} |" for row in (headings, alignment, *others)]
    return "\n".join(lines)


def week(snapshot: Snapshot, station: str) -> Group:
    """The days of a station, each with the middle of what is expected and its 80 % interval; and
    what they are made from."""
    s = snapshot.index(station)
    place = snapshot.stations[s]
    issued = local_time(snapshot.issued_at[[s]], place)[0].item()
    table = Table()
    rows = outlook(snapshot, station)
    for column in rows[0]:
        table.add_column(column, justify="left" if column == "day" else "right")
    for row in rows:
        table.add_row(*row.values())
    title = f"{place.name_en}, issued {issued:%a %Y-%m-%d %H:%M} local time"
    basis = snapshot_basis("en", snapshot, s)
    return Group(Text(title, style="bold"), table, Text(basis, style="dim"))
