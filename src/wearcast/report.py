"""What the pipeline made, in the terminal: the scores, the verdict, and the seven days ahead."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from wearcast import artifacts
from wearcast.config import Paths
from wearcast.errors import ConfigError
from wearcast.forecasting.evaluation import verdict
from wearcast.forecasting.forecast import Snapshot
from wearcast.forecasting.issuing import outlook
from wearcast.forecasting.local_time import local_time


def show(paths: Paths, console: Console) -> None:
    """Print the scores of reports/metrics.json and the outlook of the snapshot.

    Raises:
        ConfigError: the pipeline hasn't run yet.
    """
    missing = [path for path in (paths.metrics, paths.snapshot) if not path.is_file()]
    if missing:
        raise ConfigError(f"{missing[0]} is not there yet. Run `make repro` or `dvc repro` first.")
    metrics = artifacts.read_json(paths.metrics)
    console.print(scores(metrics))
    for line in verdict(metrics):
        console.print(f"  {line}", style="dim", highlight=False)
    snapshot = Snapshot.from_bytes(paths.snapshot.read_bytes())
    for station in snapshot.stations:
        console.print()
        console.print(week(snapshot, station.id))
    console.print(f"model {snapshot.origin.model}, observations: {snapshot.origin.source}", style="dim", highlight=False)


def scores(metrics: Mapping[str, Any]) -> Group:
    """The mean absolute error of every method over each range of leads, the best first."""
    mae, covered = metrics["temp_c"]["mae"], metrics["temp_c"]["coverage_80"]["network"]
    told = f"{metrics['period']} period: {metrics['forecasts']} forecasts issued {metrics['from'][:10]} to {metrics['until'][:10]}"
    table = Table("method")
    for label in covered:
        table.add_column("all leads" if label == "all" else f"{label} h", justify="right")
    for name, errors in sorted(mae.items(), key=lambda item: float(item[1]["all"])):
        style = "bold" if name == "network" else None
        table.add_row(name.replace("_", " "), *(f"{errors[label]:.2f}" for label in covered), style=style)
    table.add_section()
    table.add_row("within the 80 % interval", *(f"{share:.0%}" for share in covered.values()))
    return Group(Text(f"Mean absolute error of the temperature, °C ({told})", style="bold"), table)


def week(snapshot: Snapshot, station: str) -> Group:
    """The seven days of a station, each with the middle of what is expected and its 80 % interval."""
    s = snapshot.index(station)
    place = snapshot.stations[s]
    issued = local_time(snapshot.issued_at[[s]], place)[0].item()
    table = Table()
    rows = outlook(snapshot, station)
    for column in rows[0]:
        table.add_column(column, justify="left" if column == "day" else "right")
    for row in rows:
        table.add_row(*row.values())
    return Group(Text(f"{place.name_en}, issued {issued:%a %Y-%m-%d %H:%M} local time", style="bold"), table)
