"""The tables and outputs of docs/clothing.md, and docs/outfits.md, made anew: python
scripts/clothing_docs.py [--check].

What stands between `<!-- made: NAME -->` and `<!-- end -->` comes from here, the rest is written by
hand.
"""

import io
import re
import sys
from pathlib import Path

import captions
import numpy as np
from rich.console import Console

from wearcast.cli.advice_page import page
from wearcast.clothing.advice import Advice, advise
from wearcast.clothing.bands import MIDDLES_C, MIDDLES_CLO
from wearcast.clothing.comfort import required_clo
from wearcast.clothing.ladders import ladder
from wearcast.clothing.settings import Settings
from wearcast.clothing.wardrobe import Garment, builtin
from wearcast.clothing.weather_input import Weather
from wearcast.messages import listed, name
from wearcast.vocabulary import LANGUAGES, Activity, Language, Sensitivity, Style
from wearcast.weather.stations import resolve

ROOT = captions.ROOT
PAGE = ROOT / "docs/clothing.md"
"""In which the four days are told."""

MATRIX_PAGE = ROOT / "docs/outfits.md"
"""All of it is made here."""

PART = re.compile(r"(<!-- made: (\w+) -->\n)(.*?)(<!-- end -->)", flags=re.DOTALL)
MADE = re.compile(r"<!-- made: (\w+) -->")

SEOUL = resolve(["108"])[0]
AHEAD_OF_UTC_H = 9
MEMBERS = 50
HOUR = np.arange(24)

BANDS = (
    "below 5 °C",
    "5 to 9 °C",
    "9 to 12 °C",
    "12 to 17 °C",
    "17 to 20 °C",
    "20 to 23 °C",
    "23 to 28 °C",
    "28 °C and more",
)
"""The Korean table's, the coldest first."""


def main(check: bool) -> None:
    """Write the pages anew, or fail if that would change one."""
    for page_file, new in pages().items():
        old = page_file.read_text(encoding="utf-8") if page_file.is_file() else ""
        if check and new != old:
            sys.exit(f"{page_file} is out of date. Run: python scripts/clothing_docs.py")
        if not check:
            page_file.write_text(new, encoding="utf-8")


def pages() -> dict[Path, str]:
    """What the pages should hold."""
    matrix_before = MATRIX_PAGE.read_text(encoding="utf-8") if MATRIX_PAGE.is_file() else ""
    return {
        PAGE: made_anew(PAGE.read_text(encoding="utf-8")),
        MATRIX_PAGE: captions.kept(matrix_before, matrix()),
    }


def made_anew(text: str) -> str:
    """The page with its made parts made again."""
    made = {"bands": bands(), "ladder": rungs(), "steps": steps()}
    made |= {case: days_of(case) for case in CASES}
    made = {part: captions.captioned(content, caption()) for part, content in made.items()}

    def replaced(match: re.Match[str]) -> str:
        return match[1] + captions.kept(match[3], made[match[2]]) + match[4]

    return PART.sub(replaced, text)


def caption() -> str:
    """The line under a table of this page: the code that dresses people, as it is today."""
    code = captions.folder_hash(ROOT / "src/wearcast/clothing")
    return captions.caption("make regenerate ONLY=docs", captions.today(), code=code)


def bands() -> str:
    """The table of the Korean bands."""
    lines = [
        "| band | its ensemble | required | chosen | what that is (casual) |",
        "|---|---|---|---|---|",
    ]
    casual = ladder(Style.CASUAL)
    for band, middle_c, ensemble in reversed(list(zip(BANDS, MIDDLES_C, MIDDLES_CLO, strict=True))):
        needed = float(
            required_clo(
                np.array(middle_c), Activity.STROLLING, Sensitivity.AVERAGE, for_hours=False
            )
        )
        chosen = casual.at(needed)
        names = listed(name("en", garment) for garment in chosen.garments)
        lines.append(f"| {band} | {ensemble:.2f} | {needed:.2f} | {chosen.clo:.2f} | {names} |")
    return "\n".join(lines) + "\n"


def rungs() -> str:
    """How far each style's ladder reaches."""
    lines = ["| style | rungs | clo | largest step |", "|---|---|---|---|"]
    for style in Style:
        clo = ladder(style).clo
        lines.append(
            f"| {style.value} | {len(clo)} | {clo[0]:.2f} to {clo[-1]:.2f} |"
            f" {np.diff(clo).max():.2f} |"
        )
    return "\n".join(lines) + "\n"


def steps() -> str:
    """What is worn on a day of one temperature, and what changes to the next one."""
    lines = ["| from | clo | casual, with everything on | instead of |", "|---|---|---|---|"]
    last: Advice | None = None
    for temp_c in range(36, -21, -1):
        told = advise(constant(temp_c), Settings())
        if last and worn(told) == worn(last):
            continue
        gone = [garment for garment in worn(last) if garment not in worn(told)] if last else []
        lines.append(
            f"| {temp_c} °C | {told.clo:.2f} | {named(worn(told))} | {named(gone) or '–'} |"
        )
        last = told
    return "\n".join(lines).replace("| -", "| −") + "\n"


def constant(temp_c: float) -> Weather:
    """A day in Seoul of one temperature, calm and dry, without sun."""
    valid_at = np.datetime64("2024-10-05", "h") - AHEAD_OF_UTC_H + HOUR
    return Weather.of(SEOUL, valid_at, np.full(24, float(temp_c)), precip_mm=np.zeros(24))


def worn(told: Advice) -> list[Garment]:
    """The garments of an advice."""
    return [piece.garment for piece in told.pieces]


def named(garments: list[Garment]) -> str:
    """Their names."""
    return listed(name("en", garment) for garment in garments)


def matrix() -> str:
    """The page of every style in every activity and weather."""
    parts = [
        "# Outfits: 5 styles, 5 activities, 9 days",
        "",
        "What Wearcast has people wear on nine made-up days in Seoul, out from 7 to 22 o'clock,",
        "feeling cold as most do. Layers that come off stand first. The page is made by",
        "`make regenerate`; a test holds that nobody does anything in clothes that aren't for it.",
        "",
        caption(),
    ]
    for style in Style:
        parts += ["", f"## {builtin().styles[style].name_en.capitalize()}"]
        for activity in Activity:
            parts += ["", f"### {activity.value.capitalize()}", "", "| day | worn | carried |"]
            parts.append("|---|---|---|")
            parts += [matrix_row(day, style, activity) for day in WEATHERS]
    return "\n".join(parts) + "\n"


def matrix_row(day: str, style: Style, activity: Activity) -> str:
    """One outfit."""
    told = advise(WEATHERS[day], Settings(style=style, activity=activity))
    carried = listed(name("en", builtin().carry[thing.item]) for thing in told.carry)
    return f"| {day} | {named(worn(told))} | {carried or '–'} |"


def course(low: float, high: float) -> np.ndarray:
    """A day's course, lowest at 06:00, highest at 15:00."""
    return np.interp(
        HOUR, [0, 6, 15, 24], [low + (high - low) * 0.3, low, high, low + (high - low) * 0.3]
    )


def weather(
    date: str,
    low: float,
    high: float,
    dewpoint_c: float,
    wind_ms: float,
    cloud_pct: float,
    showers: float,
) -> Weather:
    """A made-up day in Seoul whose members differ by a degree or two; `showers` is the share of wet
    members an hour."""
    rng = np.random.default_rng(2013)
    temp_c = course(low, high) + rng.normal(0, 1.2, (MEMBERS, 1))
    wet = rng.random((MEMBERS, 24)) < showers
    rain = np.where(wet, rng.exponential(1.5, (MEMBERS, 24)) + 0.1, 0.0)
    rest = {"dewpoint_c": dewpoint_c, "wind_ms": wind_ms, "cloud_pct": cloud_pct}
    return Weather.of(
        SEOUL, np.datetime64(date, "h") - AHEAD_OF_UTC_H + HOUR, temp_c, precip_mm=rain, **rest
    )


CASES = {
    "windy": weather("2024-03-06", 4.0, 6.0, -4.0, 10.0, 80.0, 0.0),
    "rainy": weather("2024-04-20", 11.0, 13.0, 10.5, 4.0, 100.0, 0.5),
    "wide": weather("2024-04-11", 3.0, 15.0, 1.0, 1.5, 20.0, 0.0),
    "humid": weather("2024-08-05", 27.0, 33.0, 26.5, 2.0, 40.0, 0.01),
}


WEATHERS = {
    "34/26 °C": weather("2024-08-05", 26, 34, 23, 2, 40, 0),
    "28/18 °C": weather("2024-06-10", 18, 28, 13, 2, 50, 0),
    "25/14 °C": weather("2024-05-15", 14, 25, 9, 2, 50, 0),
    "14/8 °C": weather("2024-11-05", 8, 14, 3, 2, 50, 0),
    "5/−3 °C": weather("2024-12-10", -3, 5, -8, 2, 50, 0),
    "−1/−10 °C": weather("2024-01-15", -10, -1, -15, 2, 50, 0),
    "rain, 20/16 °C": weather("2024-05-20", 16, 20, 15, 3, 100, 0.9),
    "rain in gusts, 14/10 °C": weather("2024-04-20", 10, 14, 9, 11, 100, 0.9),
    "snow, 0/−4 °C": weather("2024-01-20", -4, 0, -5, 3, 100, 0.9),
}
"""The matrix' days: high and low."""


def days_of(case: str) -> str:
    """A day's advice as the terminal shows it, in each language."""
    return "\n".join(f"```text\n{shown(CASES[case], language)}\n```\n" for language in LANGUAGES)


def shown(day: Weather, language: Language) -> str:
    """What `wearcast advise` prints of a day."""
    console = Console(file=io.StringIO(), width=100, color_system=None)
    console.print(page(advise(day, Settings(language=language)), SEOUL))
    return "\n".join(line.rstrip() for line in console.file.getvalue().rstrip().splitlines())


if __name__ == "__main__":
    main("--check" in sys.argv[1:])
