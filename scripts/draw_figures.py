"""Bring the images of the READMEs and docs/forecasting up to what the pipeline made: `make
regenerate ONLY=figures`, after `make repro`.

Each document gets images in its own language. They need Chrome or Chromium, which kaleido finds by
itself.
"""

from datetime import UTC
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from korean_tables import KOREAN

from wearcast import messages
from wearcast.clothing.advice import advise
from wearcast.clothing.bands import table_clo
from wearcast.clothing.comfort import LEAST_CLO, menex_line, people_clo
from wearcast.clothing.settings import Settings
from wearcast.clothing.weather_input import UnknownPlace, Weather
from wearcast.config import Paths
from wearcast.figures import clothing, forecast, verification
from wearcast.forecasting.local_time import local_time
from wearcast.forecasting.snapshot import Snapshot
from wearcast.vocabulary import Language


def main() -> None:
    """Write docs/images/."""
    paths = Paths.find()
    draw_images(paths)
    draw_outfits(paths.root / "docs/images")


def draw_images(paths: Paths) -> None:
    """The week ahead and the error by lead, in each language."""
    images = paths.root / "docs/images"
    snapshot = Snapshot.from_bytes(paths.snapshot.read_bytes())
    station = snapshot.stations[0]
    week = week_ahead(snapshot, f"{station.name_en}: the week ahead, and how sure")
    week.write_image(images / "forecast.png", width=1000, height=620, scale=1.5)
    week = in_korean_chart(week, f"{station.name_ko}: 앞으로 일주일")
    week.update_xaxes(tickformat="%-m월 %-d일")
    week.write_image(images / "forecast.ko.png", width=1000, height=620, scale=1.5)
    errors = error_by_lead(paths, "Error of the temperature by lead")
    errors.write_image(images / "error-by-lead.png", width=1000, height=440, scale=1.5)
    errors = in_korean_chart(errors, "며칠 뒤 예보인지에 따른 기온 오차")
    errors.write_image(images / "error-by-lead.ko.png", width=1000, height=440, scale=1.5)


def draw_outfits(images: Path) -> None:
    """Outfits by temperature, in each language."""
    chart = outfits_by_temperature("en")
    chart.update_layout(title_text="What is worn on days of one temperature, calm and dry")
    chart.write_image(images / "outfits.png", width=1000, height=680, scale=1.5)
    chart = in_korean_chart(
        outfits_by_temperature("ko"), "기온이 종일 같은 날의 옷차림 (바람·비 없음)"
    )
    chart.write_image(images / "outfits.ko.png", width=1000, height=680, scale=1.5)


def outfits_by_temperature(language: Language) -> go.Figure:
    """The casual outfits of constant days, from -20 to 36 °C, beside what people wear."""
    temp_c = np.arange(-20.0, 37.0)
    told = [advise(constant(temp), Settings()) for temp in temp_c]
    worn = [[piece.garment for piece in advice.pieces] for advice in told]
    changes = []
    for i, (colder, warmer) in enumerate(pairwise(told)):
        new = [garment for garment in worn[i] if garment not in worn[i + 1]]
        if new:
            names = messages.listed(messages.name(language, garment) for garment in new)
            changes.append(clothing.Change(temp_c[i] + 0.5, warmer.clo, colder.clo, names))
    lines = {
        "Korean table": table_clo(temp_c),
        "UTCI clothing": people_clo(temp_c),
        "MENEX_2005": np.maximum(menex_line(temp_c), LEAST_CLO),
    }
    return clothing.by_temperature(
        temp_c, np.array([advice.clo for advice in told]), lines, changes
    )


def constant(temp_c: float) -> Weather:
    """A day of one temperature, calm and dry, without sun."""
    hours = np.datetime64("2024-10-05", "h") + np.arange(24)
    return Weather.of(UnknownPlace(UTC), hours, np.full(24, temp_c), precip_mm=np.zeros(24))


def week_ahead(snapshot: Snapshot, title: str) -> go.Figure:
    """The first station's week."""
    station = snapshot.stations[0]
    return forecast.week(
        local_time(snapshot.valid_at(0), station),
        snapshot.quantiles["temp_c"][0],
        snapshot.hourly_rain_chance[0],
        snapshot.quantiles["wind_ms"][0],
        local_time(snapshot.observed_at(0), station),
        snapshot.observed["temp_c"][0],
        title,
    )


def error_by_lead(paths: Paths, title: str) -> go.Figure:
    """Every method's error by lead."""
    table = pd.read_csv(paths.plots / "error_by_lead.csv")
    errors = {name: table[name].to_numpy() for name in table.columns.drop("lead_h")}
    return verification.error_by_lead(table["lead_h"].to_numpy(), errors, title)


def in_korean_chart(chart: go.Figure, title: str) -> go.Figure:
    """The chart with its legend and axes in Korean."""
    chart.for_each_trace(lambda trace: trace.update(name=trace.name and KOREAN[trace.name]))
    for axes in (chart.for_each_xaxis, chart.for_each_yaxis):
        axes(lambda axis: axis.title.update(text=axis.title.text and KOREAN[axis.title.text]))
    return chart.update_layout(title_text=title)


if __name__ == "__main__":
    main()
