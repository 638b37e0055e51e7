"""The tracked model as the API shows it: its card, its scores, and itself for forecasts from a
client's own history."""

import csv
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from wearcast.artifacts import read_json
from wearcast.errors import ModelError
from wearcast.forecasting.forecaster import Forecaster

_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrackedModel:
    """What there is of the model; the service answers everything else without it.

    Attributes:
        forecaster: the model, None where it can't be loaded.
        trouble: why it can't.
        metrics: its scores on the test period, None where they aren't at hand.
        verification: all scores on it, of every method.
        plots: the tables that `dvc plots` draws, by name: columns and rows.
    """

    forecaster: Forecaster | None
    load_error: str
    metrics: dict[str, Any] | None
    verification: dict[str, Any] | None
    plots: dict[str, dict[str, Any]]

    @classmethod
    def load(cls, model: Path, reports: Path) -> "TrackedModel":
        """Read the model and its reports; what can't be read is missing, and said."""
        forecaster, load_error = None, ""
        try:
            forecaster = Forecaster.load(model)
        except ModelError as error:
            load_error = str(error)
            _LOG.error("the model can't be used: %s", error)
        return cls(
            forecaster,
            load_error,
            _read_report(reports / "metrics.json"),
            _read_report(reports / "verification.json"),
            {
                path.stem: table
                for path in sorted((reports / "plots").glob("*.csv"))
                if (table := _read_plot(path))
            },
        )

    @property
    def stations(self) -> list[str]:
        """The ids of the stations it was trained for, in the order of params.yaml."""
        return (
            [station.id for station in self.forecaster.manifest.stations] if self.forecaster else []
        )


def _read_report(path: Path) -> dict[str, Any] | None:
    try:
        content = read_json(path)
        if not isinstance(content, dict):
            raise ValueError("not an object")
    except (OSError, ValueError) as error:
        _warn_left_out(path, error)
        return None
    return content


def _read_plot(path: Path) -> dict[str, Any] | None:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
    except (OSError, ValueError, csv.Error) as error:
        _warn_left_out(path, error)
        return None
    return {"columns": header, "rows": [[_cell_value(cell) for cell in row] for row in rows]}


def _warn_left_out(path: Path, error: Exception) -> None:
    _LOG.warning("%s can't be read (%s); it is left out", path, error)


def _cell_value(cell: str) -> float | str | None:
    try:
        return float(cell) if cell else None
    except ValueError:
        return cell
