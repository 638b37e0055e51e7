"""The tables and outputs of docs/clothing.md, made anew: python scripts/clothing_docs.py [--check].

What stands between `<!-- made: NAME -->` and `<!-- end -->` comes from here, the rest is written by
hand.
"""

import io
import re
import sys
from pathlib import Path

import numpy as np
from rich.console import Console

from wearcast.cli.advise import page
from wearcast.clothing.advice import advise
from wearcast.clothing.comfort import required_clo
from wearcast.clothing.ladders import ladder
from wearcast.clothing.settings import Settings
from wearcast.clothing.weather_input import Weather
from wearcast.messages import listed, name
from wearcast.vocabulary import LANGUAGES, Activity, Language, Sensitivity, Style
from wearcast.weather.stations import resolve

PAGE = Path(__file__).parents[1] / "docs/clothing.md"
"""In which the four days are told."""

PART = re.compile(r"(<!-- made: (\w+) -->\n).*?(<!-- end -->)", flags=re.DOTALL)
MADE = re.compile(r"<!-- made: (\w+) -->")

SEOUL = resolve(["108"])[0]
AHEAD_OF_UTC_H = 9
MEMBERS = 50
HOUR = np.arange(24)

BANDS = (
    # The Korean table's bands, the middle of each, and the insulation of the ensemble it names.
    ("28 °C and more", 30.0, 0.36),
    ("23 to 28 °C", 25.5, 0.51),
    ("20 to 23 °C", 21.5, 0.65),
    ("17 to 20 °C", 18.5, 0.78),
    ("12 to 17 °C", 14.5, 1.00),
    ("9 to 12 °C", 10.5, 1.16),
    ("5 to 9 °C", 7.0, 1.43),
    ("below 5 °C", 0.0, 1.71),
)


def main(check: bool) -> None:
    """Write the page anew, or fail if that would change it."""
    old = PAGE.read_text(encoding="utf-8")
    new = made_anew(old)
    if check and new != old:
        sys.exit(f"{PAGE} is out of date. Run: python scripts/clothing_docs.py")
    if not check:
        PAGE.write_text(new, encoding="utf-8")


def made_anew(text: str) -> str:
    """The page with its made parts made again."""
    made = {"bands": bands(), "ladder": rungs()} | {case: days_of(case) for case in CASES}
    return PART.sub(lambda match: match[1] + made[match[2]] + match[3], text)


def bands() -> str:
    """The table of the Korean bands."""
    lines = [
        "| band | its ensemble | required | chosen | what that is (casual) |",
        "|---|---|---|---|---|",
    ]
    casual = ladder(Style.CASUAL)
    for band, middle_c, ensemble in BANDS:
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
