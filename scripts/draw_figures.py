"""Bring the images and the generated parts of the READMEs and docs/forecasting up to what the
pipeline made: `make regenerate ONLY=figures`, after `make repro`.

Each document gets outputs, tables and images in its own language. The images need Chrome or
Chromium, which kaleido finds by itself.
"""

import io
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from rich.console import Console

from wearcast import artifacts, messages
from wearcast.cli import advise as advise_command
from wearcast.cli.report import clothes_markdown, markdown
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

DOCUMENTS: Final = {
    "README.md": "en",
    "README.ko.md": "ko",
    "docs/forecasting.md": "en",
    "docs/forecasting.ko.md": "ko",
}
"""The language of each document with generated parts; `x.ko.md` is the Korean `x.md`."""

COPIED: Final = ("seoul", "seoul-differences", "seoul-clothes")
"""Tables that the English documents take from docs/test-looks.md, and the Korean ones translate."""

KOREAN: Final = {
    "method": "방법",
    "network": "신경망",
    "ridge": "릿지 회귀",
    "damped anomaly": "감쇠 편차",
    "climatology drift": "기후값 + 최근 한 해 편차",
    "climatology + drift": "기후값 + 최근 한 해 편차",
    "climatology": "기후값",
    "seasonal naive": "마지막 하루 반복",
    "persistence": "지속성",
    "persistence (last day)": "지속성 (전날)",
    "our forecast": "우리 예보",
    "the prototype's rule": "시제품의 규칙",
    "the Korean table": "기온별 옷차림 표",
    "the weather itself": "실제 날씨",
    "within the 80 % interval": "80% 구간에 든 비율",
    "coverage of 80 %": "80% 구간에 든 비율",
    "all": "전체",
    "all leads": "전체",
    "day 1": "1일 뒤",
    "day 3": "3일 뒤",
    "day 7": "7일 뒤",
    "MAE, °C": "평균 절대 오차, °C",
    "band, day 1/3/7": "맞은 기온대, 1/3/7일 뒤",
    "advice driven by": "조언의 바탕",
    "right band": "맞은 기온대",
    "clo error": "clo 오차",
    "clo error: our forecast minus …": "clo 오차: 우리 예보에서 뺀 것",
    "hours off": "안 맞는 시간",
    "off by 0.15": "0.15 넘게 어긋난 시간",
    "too cold": "추운 시간",
    "too warm": "더운 시간",
    "umbrella hits": "우산 적중",
    "false alarms": "빗나간 우산",
    "50 %": "50%",
    "80 %": "80%",
    "median": "중앙값",
    "observed": "관측",
    "temperature (°C)": "기온 (°C)",
    "rain (%)": "비 올 확률 (%)",
    "wind (m/s)": "바람 (m/s)",
    "lead, days": "선행시간, 일",
    "mean absolute error, °C": "평균 절대 오차, °C",
    "said to be right": "맞는다고 한 시간",
    "days": "일수",
    "said": "말한 평균",
    "was right": "실제로 맞은 평균",
    "outfit": "옷차림",
    "Korean table": "기온별 옷차림 표",
    "UTCI clothing": "UTCI의 옷차림",
    "MENEX_2005": "MENEX_2005",
    "temperature all day, °C": "종일 같은 기온, °C",
    "insulation, clo": "보온력, clo",
}
"""The words of tables and charts; `cli.report` and `wearcast.figures` have them in English only."""

WORD: Final = re.compile(r"[A-Za-z]{2,}")


def main() -> None:
    """Write docs/images/, and what stands between marks in the documents."""
    paths = Paths.find()
    draw_images(paths)
    draw_outfits(paths.root / "docs/images")
    metrics = artifacts.read_json(paths.verification)
    for name, language in DOCUMENTS.items():
        document = paths.root / name
        parts = scores(metrics, language) | copied(document, language)
        parts["advice"] = advice(paths, language)
        artifacts.write_bytes(document, filled(document, parts).encode())


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


def advice(paths: Paths, language: str) -> str:
    """What `wearcast advise --date tomorrow` prints in a language."""
    now = datetime.now(UTC)
    options = {"language": language}
    return printed(
        lambda console: advise_command.show(paths, console, options, None, "tomorrow", None, now)
    )


def printed(show: Callable[[Console], None]) -> str:
    """What `show` prints on 100 columns, as a block of code."""
    console = Console(width=100, record=True, file=io.StringIO())
    show(console)
    lines = "\n".join(line.rstrip() for line in console.export_text().splitlines())
    return f"```\n{lines}\n```"


def scores(metrics: Mapping[str, Any], language: str) -> dict[str, str]:
    """The tables of scores in a language, by the name of their marks."""
    table, caption = markdown(metrics).split("\n\n")
    clothes, differences, certainty, clothes_caption = clothes_markdown(metrics).split("\n\n")
    if language == "ko":
        tables = (table, clothes, differences, certainty)
        table, clothes, differences, certainty = map(in_korean, tables)
        caption, clothes_caption = korean_captions(metrics)
    return {
        "scores": f"{table}\n\n{caption}",
        "clothes": f"{clothes}\n\n{clothes_caption}",
        "clothes-differences": differences,
        "certainty": certainty,
    }


def korean_captions(metrics: Mapping[str, Any]) -> tuple[str, str]:
    """What the two tables of scores show: the forecast's, the advice's."""
    began, ended = metrics["from"][:10], metrics["until"][:10]
    return (
        f"기온의 평균 절대 오차(°C). 시험 기간: {began}부터 {ended}까지 발표한 예보"
        f" {metrics['forecasts']}개, 서로 독립인 14일 구간 {metrics['independent_blocks']}개.",
        "1/3/7일 뒤의 조언. 입은 옷이 0.3 clo 넘게 춥거나 더우면 안 맞는 시간으로 셉니다. 0.15라고"
        " 쓴 열은 0.15 clo를 기준으로 셉니다."
        f" 시험 기간: 저녁 {metrics['clothing']['evenings']}번.",
    )


def copied(document: Path, language: str) -> dict[str, str]:
    """The tables of Seoul that a Korean document takes from the English one."""
    if language == "en":
        return {}
    english = document.with_name(document.name.replace(".ko.md", ".md")).read_text(encoding="utf-8")
    found = {name: between_marks(english, name) for name in COPIED}
    return {name: in_korean(table) for name, table in found.items() if table}


def in_korean(table: str) -> str:
    """A table in Markdown with its words in Korean.

    Raises:
        KeyError: a cell says something that KOREAN doesn't have.
    """
    rows = (line.split(" | ") for line in table.splitlines())
    return "\n".join(" | ".join(in_korean_cell(cell) for cell in row) for row in rows)


def in_korean_cell(cell: str) -> str:
    """A cell in Korean; one at an edge of the table has the edge's bar with it."""
    before, text, after = re.fullmatch(r"((?:\| ?)?)(.*?)((?: ?\|)?)", cell).groups()
    text = text.replace("_", " ")
    if hours := re.fullmatch(r"([\d-]+) h", text):
        text = f"{hours[1]}시간"
    elif rival := re.fullmatch(r"network − (.+), %", text):
        text = f"신경망 − {KOREAN[rival[1]]}, %"
    elif WORD.search(text) and text != "CRPS":
        text = KOREAN[text]
    return before + text + after


def between_marks(text: str, name: str) -> str:
    """What stands between `<!-- name: … -->` and `<!-- /name -->`; empty where there is none."""
    found = re.search(rf"<!-- {name}: [^>]*-->\n(.*?)\n<!-- /{name} -->", text, re.DOTALL)
    return found[1] if found else ""


def filled(document: Path, parts: Mapping[str, str]) -> str:
    """The document with what stands between its marks replaced."""
    text = document.read_text(encoding="utf-8")
    for name, content in parts.items():
        between = re.compile(rf"(<!-- {name}: [^>]*-->\n).*?(<!-- /{name} -->)", re.DOTALL)
        text = between.sub(lambda found, content=content: f"{found[1]}{content}\n{found[2]}", text)
    return text


if __name__ == "__main__":
    main()
