"""The tracked model with its reports, as far as they can be read."""

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
    """The tracked model and its reports; without them the service still serves snapshots.

    Attributes:
        forecaster: the model; None where it can't be loaded.
        load_error: why it can't be loaded.
        metrics: its scores on the test period; None where they can't be read.
        verification: the scores of all methods on the test period.
        plots: the tables that `dvc plots` draws, by name: columns and rows.
    """

    forecaster: Forecaster | None
    load_error: str
    metrics: dict[str, Any] | None
    verification: dict[str, Any] | None
    plots: dict[str, dict[str, Any]]

    @classmethod
    def load(cls, model: Path, reports: Path | None) -> "TrackedModel":
        """Load the model and read its reports, None where it has none; what can't be read is left
        out with a log line."""
        forecaster, load_error = None, ""
        try:
            forecaster = Forecaster.load(model)
        except ModelError as error:
            load_error = str(error)
            _LOG.error("the model can't be used: %s", error)
        if reports is None:
            return cls(forecaster, load_error, None, None, {})
        return cls(
            forecaster=forecaster,
            load_error=load_error,
            metrics=_read_report(reports / "metrics.json"),
            verification=_read_report(reports / "verification.json"),
            plots=_read_plots(reports / "plots"),
        )

    @classmethod
    def none(cls) -> "TrackedModel":
        """No model: of a process that leaves computing to others."""
        return cls(None, "", None, None, {})


def _read_report(path: Path) -> dict[str, Any] | None:
    try:
        content = read_json(path)
        if not isinstance(content, dict):
            raise ValueError("not an object")
    except (OSError, ValueError) as error:
        _warn_left_out(path, error)
        return None
    return content


def _read_plots(folder: Path) -> dict[str, dict[str, Any]]:
    plots = {}
    for path in sorted(folder.glob("*.csv")):
        if table := _read_plot(path):
            plots[path.stem] = table
    return plots


def _read_plot(path: Path) -> dict[str, Any] | None:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
    except (OSError, ValueError, csv.Error) as error:
        _warn_left_out(path, error)
        return None
    values = [[_cell_value(cell) for cell in row] for row in rows]
    return {"columns": header, "rows": values}


def _warn_left_out(path: Path, error: Exception) -> None:
    _LOG.warning("%s can't be read (%s); it is left out", path, error)


def _cell_value(cell: str) -> float | str | None:
    try:
        return float(cell) if cell else None
    except ValueError:
        return cell
