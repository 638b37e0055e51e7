"""Grafana's dashboards, as their files have them."""

import json
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

from pipeline.projects import REPOSITORY

FOLDER = REPOSITORY / "deploy/grafana/dashboards"


def files() -> list[Path]:
    """All dashboards."""
    return sorted(FOLDER.glob("*.json"))


def dashboard(path: Path) -> dict[str, Any]:
    """What a file says."""
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def panels(path: Path) -> list[dict[str, Any]]:
    """Those of a dashboard that show something."""
    return [panel for panel in dashboard(path)["panels"] if panel["type"] != "row"]


def queries(path: Path) -> Iterator[str]:
    """Every query of a dashboard, for every choice of its variables; of those that take several
    values, each alone."""
    variables = dashboard(path)["templating"]["list"]
    for panel in panels(path):
        for target in panel["targets"]:
            used = [one for one in variables if f"${one['name']}" in target["expr"]]
            for values in product(*[one["query"].split(",") for one in used]):
                query = target["expr"]
                for variable, value in zip(used, values, strict=True):
                    query = re.sub(rf"\${variable['name']}\b", value, query)
                yield query
