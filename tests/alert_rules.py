"""The rules that Prometheus is given, as their files have them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from pipeline.projects import REPOSITORY

FOLDER = REPOSITORY / "deploy/prometheus/rules"


def files() -> list[Path]:
    """All files of rules."""
    return sorted(FOLDER.glob("*.yaml"))


def rules() -> Iterator[dict[str, Any]]:
    """All rules, those that record and those that alert."""
    for path in files():
        for group in yaml.safe_load(path.read_text())["groups"]:
            yield from group["rules"]


def alerts() -> list[dict[str, Any]]:
    """All rules that alert; some share a name, each with a severity of its own or for another
    job."""
    return [rule for rule in rules() if "alert" in rule]


def names() -> list[str]:
    """The alerts' names."""
    return sorted({alert["alert"] for alert in alerts()})
