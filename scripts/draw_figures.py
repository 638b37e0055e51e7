"""Bring the README's images and its table of scores up to what the pipeline made: `make figures`, after `make repro`.

The images need Chrome or Chromium, which kaleido finds by itself.
"""

import re
from pathlib import Path

import pandas as pd

from wearcast import artifacts
from wearcast.config import Paths
from wearcast.figures import forecast, verification
from wearcast.forecasting.forecast import Snapshot
from wearcast.forecasting.local_time import local_time
from wearcast.report import markdown

TABLE = re.compile(r"(<!-- scores: [^>]*-->\n).*?(<!-- /scores -->)", re.DOTALL)


def main() -> None:
    """Write docs/images/ and the README's table."""
    paths = Paths.find()
    draw_forecast(paths, paths.root / "docs/images/forecast.png")
    draw_errors(paths, paths.root / "docs/images/error-by-lead.png")
    write_table(paths, paths.root / "README.md")


def draw_forecast(paths: Paths, to: Path) -> None:
    """The first station's week."""
    snapshot = Snapshot.from_bytes(paths.snapshot.read_bytes())
    place = snapshot.stations[0]
    ahead, before = local_time(snapshot.valid_at(0), place), local_time(snapshot.observed_at(0), place)
    temp_c, wind_ms = snapshot.quantiles["temp_c"][0], snapshot.quantiles["wind_ms"][0]
    title = f"{place.name_en}: the week ahead, and how sure"
    chart = forecast.week(ahead, temp_c, snapshot.rain_chance[0], wind_ms, before, snapshot.observed["temp_c"][0], title)
    chart.write_image(to, width=1000, height=620, scale=1.5)


def draw_errors(paths: Paths, to: Path) -> None:
    """Every method's error by lead."""
    table = pd.read_csv(paths.plots / "error_by_lead.csv")
    errors = {name: table[name].to_numpy() for name in table.columns.drop("lead_h")}
    chart = verification.error_by_lead(table["lead_h"].to_numpy(), errors, "Error of the temperature by lead")
    chart.write_image(to, width=1000, height=440, scale=1.5)


def write_table(paths: Paths, readme: Path) -> None:
    """The scores of reports/metrics.json, between the README's marks."""
    table = markdown(artifacts.read_json(paths.metrics))
    text = TABLE.sub(lambda found: f"{found[1]}{table}\n{found[2]}", readme.read_text(encoding="utf-8"))
    artifacts.write_bytes(readme, text.encode())


if __name__ == "__main__":
    main()
