"""The service under hostile clients, each attack beside a reader who wants an answer.

    python tests/bench/hostile.py [PART …]    parts: api, dashboard, proxy; default: all; fails
    where a bar is missed; takes about six minutes

Servers, attackers and readers share one machine: bars are ratios to what the reader sees alone, or
bounds that only something wrong can pass. All addresses are this machine's. It needs what `make
repro` makes.
"""

import importlib
import os
import sys

from figure import Figure
from rich.console import Console
from rich.table import Table

PARTS = ("api", "dashboard", "proxy")


def main(parts: list[str]) -> None:
    """Attack, print the table, and fail where a bar is missed."""
    load = os.getloadavg()[0]
    missed = []
    for part in parts or PARTS:
        table = Table("attack", "found", "bar", "", title=f"{part}; load before: {load:.1f}")
        for figure in importlib.import_module(f"attacks_{part}").attacks():
            table.add_row(*row(figure))
            if not figure.kept:
                missed.append(figure.name)
        Console(width=140).print(table)
    if missed:
        sys.exit(f"missed: {'; '.join(missed)}")


def row(figure: Figure) -> tuple[str, str, str, str]:
    """A line of the table."""
    unit = f" {figure.unit}" if figure.unit else ""
    return (
        figure.name,
        f"{figure.found:.4g}{unit}",
        f"≤ {figure.most:.4g}{unit}",
        "kept" if figure.kept else "MISSED",
    )


if __name__ == "__main__":
    main(sys.argv[1:])
