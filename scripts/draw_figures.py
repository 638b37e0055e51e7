"""Bring the images and the printed parts of both READMEs up to what the pipeline made: `make
figures`, after `make repro`.

Both quote the same English output, so that what is read is what was printed. The images need Chrome
or Chromium, which kaleido finds by itself.
"""

import io
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pandas as pd
from rich.console import Console

from wearcast import artifacts
from wearcast.cli.app import advise
from wearcast.cli.report import clothes_markdown, markdown, week
from wearcast.config import Paths
from wearcast.figures import forecast, verification
from wearcast.forecasting.local_time import local_time
from wearcast.forecasting.snapshot import Snapshot

READMES: Final = ("README.md", "README.ko.md")


def main() -> None:
    """Write docs/images/, and what stands between marks in the READMEs."""
    paths = Paths.find()
    draw_forecast(paths, paths.root / "docs/images/forecast.png")
    draw_errors(paths, paths.root / "docs/images/error-by-lead.png")
    parts = readme_parts(paths)
    for name in READMES:
        write_into(paths.root / name, parts)


def draw_forecast(paths: Paths, to: Path) -> None:
    """The first station's week."""
    snapshot = Snapshot.from_bytes(paths.snapshot.read_bytes())
    place = snapshot.stations[0]
    ahead, before = (
        local_time(snapshot.valid_at(0), place),
        local_time(snapshot.observed_at(0), place),
    )
    temp_c, wind_ms = snapshot.quantiles["temp_c"][0], snapshot.quantiles["wind_ms"][0]
    title = f"{place.name_en}: the week ahead, and how sure"
    chart = forecast.week(
        ahead,
        temp_c,
        snapshot.hourly_rain_chance[0],
        wind_ms,
        before,
        snapshot.observed["temp_c"][0],
        title,
    )
    chart.write_image(to, width=1000, height=620, scale=1.5)


def draw_errors(paths: Paths, to: Path) -> None:
    """Every method's error by lead."""
    table = pd.read_csv(paths.plots / "error_by_lead.csv")
    errors = {name: table[name].to_numpy() for name in table.columns.drop("lead_h")}
    chart = verification.error_by_lead(
        table["lead_h"].to_numpy(), errors, "Error of the temperature by lead"
    )
    chart.write_image(to, width=1000, height=440, scale=1.5)


def readme_parts(paths: Paths) -> dict[str, str]:
    """What the READMEs quote, by the name of its mark."""
    snapshot = Snapshot.from_bytes(paths.snapshot.read_bytes())
    metrics = artifacts.read_json(paths.verification)
    return {
        "outlook": printed(lambda console: console.print(week(snapshot, snapshot.stations[0].id))),
        "advice": printed(
            lambda console: advise.show(
                paths, console, {}, None, "tomorrow", None, datetime.now(UTC)
            )
        ),
        "scores": markdown(metrics),
        "clothes": clothes_markdown(metrics),
    }


def printed(show: Callable[[Console], None]) -> str:
    """What `show` prints on 100 columns, as a block of code."""
    console = Console(width=100, record=True, file=io.StringIO())
    show(console)
    lines = "\n".join(line.rstrip() for line in console.export_text().splitlines())
    return f"```\n{lines}\n```"


def write_into(document: Path, parts: dict[str, str]) -> None:
    """Replace what stands between `<!-- name: … -->` and `<!-- /name -->`."""
    text = document.read_text(encoding="utf-8")
    for name, content in parts.items():
        between = re.compile(rf"(<!-- {name}: [^>]*-->\n).*?(<!-- /{name} -->)", re.DOTALL)
        text = between.sub(lambda found, content=content: f"{found[1]}{content}\n{found[2]}", text)
    artifacts.write_bytes(document, text.encode())


if __name__ == "__main__":
    main()
