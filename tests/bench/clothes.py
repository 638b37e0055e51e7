"""What the advice puts on for the days of Seoul 2018-2021, with the weather that came, beside what
people wear.

    python tests/bench/clothes.py FOLDER    prints the tables; fails over a bar

FOLDER holds the Korean portal's hourly exports of station 108. The person is the usual one: casual,
strolling, feels cold as most do, out 7-22 h. A whole outfit is every piece that is on at some of
these hours; bands are of the day's mean air temperature.
"""

import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from tqdm import tqdm

from wearcast.clothing.advice import Advice, advise
from wearcast.clothing.bands import band_with_frost, names_with_frost, table_clo
from wearcast.clothing.comfort import LEAST_CLO, menex_line, people_clo
from wearcast.clothing.dressing import Dressed
from wearcast.clothing.garment_groups import ids_of
from wearcast.clothing.ladders import ladder
from wearcast.clothing.outfits import clo_of
from wearcast.clothing.required_insulation import Needs
from wearcast.clothing.settings import Settings
from wearcast.clothing.wardrobe import builtin
from wearcast.clothing.weather_input import Weather
from wearcast.config import Files, Ingest, Station
from wearcast.forecasting.array_types import Floats
from wearcast.forecasting.local_time import local_time
from wearcast.variables import FORECAST
from wearcast.vocabulary import Style
from wearcast.weather import quality, raw_data
from wearcast.weather.observations import station_arrays
from wearcast.weather.sources import open_source
from wearcast.weather.stations import resolve

STATION, FIRST, LAST = "108", "2018-01-01", "2022-01-01"
PERSON = Settings()
FILL_H = 3

GROUP_NAMES = {
    "short_sleeves": "short sleeves or none",
    "shorts": "shorts",
    "coat": "coat or padded jacket",
    "gloves": "gloves",
}

IREQ_C = (-20.0, -10.0, -5.0, 0.0)
IREQ_CLO = (3.5, 2.7, 2.3, 1.9)
"""What ISO 11079 (IREQ) asks at least of a walk of 2.0 met; straight between."""


@dataclass(frozen=True)
class Day:
    """A day's weather and what was advised for it.

    Attributes:
        mean_c: of the air over its 24 hours.
        advice: for the weather as it came.
        outfit: every piece that is on at some hour.
        warmer_outfit: the same, had every hour been 0.5 °C warmer.
        clo_by_style: insulation of the whole outfit in every style.
    """

    mean_c: float
    advice: Advice
    outfit: frozenset[str]
    warmer_outfit: frozenset[str]
    clo_by_style: Mapping[Style, float]

    @property
    def clo(self) -> float:
        """Insulation of the whole outfit."""
        garments = builtin().garments
        return clo_of([garments[id] for id in sorted(self.outfit)])

    @property
    def above_table_clo(self) -> float:
        """How far the whole outfit is above the Korean table's."""
        return self.clo - self.table_clo

    @property
    def table_clo(self) -> float:
        """Insulation of the Korean table's outfit."""
        return float(table_clo(np.asarray(self.mean_c)))

    @property
    def changes_of_layers(self) -> int:
        """How often layers go on or off after the first hour."""
        worn = [step.worn for step in self.advice.timeline]
        return sum(one != other for one, other in pairwise(worn))

    @property
    def swapped_when_warmer(self) -> int:
        """How many garments half a degree changes."""
        gone, new = self.outfit - self.warmer_outfit, self.warmer_outfit - self.outfit
        return max(len(gone), len(new))


@dataclass(frozen=True)
class Bar:
    """A figure and what it has to be at most."""

    label: str
    value: float
    most: float

    @property
    def passed(self) -> bool:
        """Whether it is."""
        return abs(self.value) <= self.most


def main(data: Path) -> None:
    """Dress for every day, print the tables, and fail over a bar."""
    days = list(dressed_days(data))
    hours = np.array(
        [
            (step.feels_c, step.needs_clo, step.wears_clo)
            for day in days
            for step in day.advice.timeline
        ]
    )
    console = Console(width=100)
    console.print(f"{len(days)} days, {len(hours)} hours outdoors, Seoul 2018-2021, observed")
    console.print(by_band(days), by_temperature(days))
    bars = [
        *bars_of_bands(days),
        *bars_of_frost(days),
        *bars_of_styles(days),
        *bars_of_days(days),
        *bars_of_hours(*hours.T),
    ]
    console.print(as_table(bars))
    missed = sum(not bar.passed for bar in bars)
    if missed:
        sys.exit(f"{missed} of {len(bars)} figures miss their bars")


def dressed_days(data: Path) -> Iterator[Day]:
    """Every day with a temperature in all its hours."""
    [station] = resolve([STATION])
    valid_at, values = observed(data, station)
    dates = local_time(valid_at, station).astype("datetime64[D]")
    starts = np.flatnonzero(np.diff(dates, prepend=dates[0] - 1))
    for first in tqdm(starts, unit="day", leave=False):
        rows = slice(first, first + 24)
        of_day = {name: column[rows] for name, column in values.items()}
        temp_c = of_day.pop("temp_c")
        if (dates[rows] == dates[first]).sum() < 24 or np.isnan(temp_c).any():
            continue
        weather, warmer_weather = (
            Weather.of(station, valid_at[rows], temp_c + more, **of_day) for more in (0.0, 0.5)
        )
        now, warmer = advise(weather, PERSON), advise(warmer_weather, PERSON)
        clo_by_style = worn_in_every_style(weather)
        yield Day(float(temp_c.mean()), now, ever_worn(now), ever_worn(warmer), clo_by_style)


def worn_in_every_style(weather: Weather) -> dict[Style, float]:
    """The insulation of all pieces that are on at some hour, by style."""
    needs = Needs.of(weather, PERSON)
    clo = {}
    for style in Style:
        dressed = Dressed.of(needs, ladder(style, PERSON.activity))
        clo[style] = clo_of([g for g in dressed.outfit.garments if dressed.worn(g).any()])
    return clo


def observed(data: Path, station: Station) -> tuple[np.ndarray, dict[str, Floats]]:
    """The station's hours in UTC, (H,), and what the advice takes of them, each (H,)."""
    settings = Ingest(
        source="files",
        stations=[station.id],
        start=FIRST,
        end=LAST,
        files=Files(path=data.resolve()),
    )
    with tempfile.TemporaryDirectory() as folder:
        source = open_source(settings, Path(folder))
        raw = Path(folder, "raw")
        raw_data.sync(source, [station], settings.start, settings.end, raw, tqdm)
        table, stations = raw_data.read_raw(raw)
    controlled, _ = quality.control(table, stations, FILL_H)
    valid_at, arrays = station_arrays(controlled, station.id)
    return valid_at, {name: arrays[name] for name in FORECAST if name in arrays}


def ever_worn(advice: Advice) -> frozenset[str]:
    """The ids of all pieces that are on at some hour."""
    return frozenset(id for step in advice.timeline for id in step.worn)


def in_bands(days: list[Day]) -> Iterator[tuple[str, list[Day]]]:
    """The days by the Korean band of their mean, those below 0 °C first and apart."""
    bands = band_with_frost(np.array([day.mean_c for day in days]))
    for band, name in enumerate(names_with_frost()):
        yield name, [day for day, its_band in zip(days, bands, strict=True) if its_band == band]


def by_band(days: list[Day]) -> Table:
    """The whole outfit beside the Korean table and UTCI's clothing, by band."""
    table = Table(title="The whole outfit minus the Korean table, and minus UTCI's clothing, clo")
    for heading in ("daily mean", "days", "table", "> .15 above", "> .15 below", "UTCI"):
        table.add_column(heading, justify="left" if heading == "daily mean" else "right")
    for name, of_band in in_bands(days):
        if of_band:
            above = np.array([day.above_table_clo for day in of_band])
            shares = (f"{(above > 0.15).mean():.0%}", f"{(above < -0.15).mean():.0%}")
            above_utci = np.mean([day.clo - people_clo(np.asarray(day.mean_c)) for day in of_band])
            figures = (f"{above.mean():+.3f}", *shares, f"{above_utci:+.2f}")
            table.add_row(name, str(len(above)), *figures)
    return table


def by_temperature(days: list[Day]) -> Table:
    """From which feels-like temperature to which a kind of garment is on: the middle 80 % of its
    hours."""
    table = Table(title="Hours outdoors with …, by how the hour feels, °C")
    for heading in ("garment", "share of hours", "10 %", "median", "90 %"):
        table.add_column(heading, justify="left" if heading == "garment" else "right")
    steps = [step for day in days for step in day.advice.timeline]
    for group, label in GROUP_NAMES.items():
        feels_c = [step.feels_c for step in steps if ids_of(group) & set(step.worn)]
        if feels_c:
            middle = (f"{value:.0f}" for value in np.quantile(feels_c, (0.1, 0.5, 0.9)))
            table.add_row(label, f"{len(feels_c) / len(steps):.1%}", *middle)
        else:
            table.add_row(label, "0 %", "–", "–", "–")
    return table


def bars_of_bands(days: list[Day]) -> Iterator[Bar]:
    """The mean difference from the table in every band from 0 °C up."""
    for name, of_band in list(in_bands(days))[1:]:
        above = [day.above_table_clo for day in of_band]
        if above:
            yield Bar(f"mean minus table at {name}, clo", float(np.mean(above)), 0.08)


def bars_of_frost(days: list[Day]) -> Iterator[Bar]:
    """How far the mean outfit of days below 0 °C is outside what lies between UTCI's clothing and
    IREQ's minimum."""
    frosty = [day for day in days if day.mean_c < 0]
    mean_c = np.array([day.mean_c for day in frosty])
    clo = np.array([day.clo for day in frosty])
    below_utci = float((people_clo(mean_c) - clo).mean())
    above_ireq = float((clo - np.interp(mean_c, IREQ_C, IREQ_CLO)).mean())
    yield Bar("below 0 °C: mean under UTCI's clothing, clo", max(below_utci, 0), 0)
    yield Bar("below 0 °C: mean above IREQ's minimum, clo", max(above_ireq, 0), 0)


def bars_of_styles(days: list[Day]) -> Iterator[Bar]:
    """The largest mean difference from the table in any band from 0 °C up, by style."""
    for style in Style:
        means = [
            np.mean([day.clo_by_style[style] - day.table_clo for day in of_band])
            for _, of_band in list(in_bands(days))[1:]
            if of_band
        ]
        yield Bar(f"{style}: mean minus table in any band, clo", float(max(means, key=abs)), 0.12)


def bars_of_days(days: list[Day]) -> Iterator[Bar]:
    """Of whole days, in percent."""
    above = np.array([day.above_table_clo for day in days])
    yield Bar("days > .15 above the table, %", 100 * (above > 0.15).mean(), 8)
    yield Bar("days > .15 below it, %", 100 * (above < -0.15).mean(), 4)
    swapped = np.array([day.swapped_when_warmer for day in days])
    yield Bar("days where 0.5 °C changes 3 garments, %", 100 * (swapped >= 3).mean(), 1)
    changes = np.array([day.changes_of_layers for day in days])
    yield Bar("days with more than 2 changes of layers, %", 100 * (changes > 2).mean(), 10)


def bars_of_hours(feels_c: Floats, needs_clo: Floats, wears_clo: Floats) -> Iterator[Bar]:
    """Of hours outdoors, in percent, with what comes off taken off."""
    short = needs_clo - wears_clo
    menex = np.maximum(menex_line(feels_c), LEAST_CLO)
    for label, flags, most in (
        ("hours > .3 clo colder than the need", short > 0.3, 0.3),
        ("hours > .15 colder", short > 0.15, 5),
        ("hours > .3 warmer", short < -0.3, 1),
        ("hours > .15 warmer", short < -0.15, 10),
        ("hours above MENEX + .15", wears_clo > menex + 0.15, 4),
        ("hours below UTCI − .15", wears_clo < people_clo(feels_c) - 0.15, 2),
    ):
        yield Bar(f"{label}, %", 100 * float(flags.mean()), most)


def as_table(bars: list[Bar]) -> Table:
    """Every figure beside its bar."""
    table = Table(title="Bars")
    table.add_column("figure")
    for heading in ("value", "at most", ""):
        table.add_column(heading, justify="right")
    for bar in bars:
        table.add_row(
            bar.label, f"{bar.value:.3g}", f"{bar.most:g}", "" if bar.passed else "missed"
        )
    return table


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
