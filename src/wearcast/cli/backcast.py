"""What the model's forecasts of the last months would have been worth, station by station."""

from collections.abc import Mapping
from typing import Any, Final

from rich import box
from rich.console import Console
from rich.table import Table

from wearcast.config import Params
from wearcast.serving.cluster.engine import open_engine
from wearcast.serving.refresh.backcast import backcast
from wearcast.serving.settings import Deployment

_ALL: Final = "all"


def scores(settings: Deployment, params: Params, cluster: str) -> dict[str, Any]:
    """The scores of every station, as JSON.

    Args:
        settings: the deployment's.
        params: the experiment's.
        cluster: the address of a Dask scheduler; empty for this process.

    Raises:
        ConfigError: the address can't be used.
        WearcastError: as `backcast`.
    """
    return backcast(settings, params, open_engine(cluster))


def show(found: Mapping[str, Any], console: Console) -> None:
    """Print a row a station, over all leads."""
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("station")
    for heading in ("forecasts", "error, °C", "climatology's, °C", "bias, °C", "80 % held", "rain"):
        table.add_column(heading, justify="right")
    for station, of_station in found["stations"].items():
        table.add_row(station, str(of_station["forecasts"]), *_cells(of_station))
    console.print(f"model {found['model']}", highlight=False)
    console.print(table)
    for station, reason in found["left_out"].items():
        console.print(f"without {station}: {reason}", highlight=False)


def _cells(scores: Mapping[str, Any]) -> list[str]:
    return [
        _number(scores["mae_c"], ".2f"),
        _number(scores["climatology_mae_c"], ".2f"),
        _number(scores["bias_c"], "+.2f"),
        _number(scores["coverage_80"], ".0%"),
        _number(scores["rain_brier"], ".3f"),
    ]


def _number(by_range: Mapping[str, float | None], form: str) -> str:
    value = by_range[_ALL]
    return "–" if value is None else format(value, form)
