"""The daily chance of rain: how good, how true, and what umbrella it is worth, evening by evening.

    python tests/bench/rain.py FOLDER    Seoul 2018-2021, each year forecast by a model of the three
    others; fails over a bar; takes about a quarter of an hour
    python tests/bench/rain.py           the tracked model on the sample's validation hours, which
                                         calibrated it

FOLDER holds the Korean portal's hourly exports of station 108. A day is wet if an hour outdoors
(7-22 h) is, or a 3-hour sum of winter that reaches into them. What is usual for the season is the
share of wet days by the time of year in the training years.

The model of three years has its trajectories ordered by forecasts of each of them by a model of the
two others, so that nothing was fitted to the year judged or stopped by it.
"""

import itertools
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import seoul
import yaml
from rich.console import Console
from rich.table import Table

from wearcast.clothing.hindcast_cases import CLIMATOLOGY_DRIFT, NETWORK, PERSON, StationHindcasts
from wearcast.clothing.judged_day import observed_wet
from wearcast.clothing.required_insulation import Needs
from wearcast.config import Paths, Train
from wearcast.forecasting import model_assembly, onnx_export, training
from wearcast.forecasting.channels import TARGETS
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.processed_data import Records
from wearcast.forecasting.split import Role, Segment, Split
from wearcast.forecasting.trajectories import Ranks
from wearcast.forecasting.verification import known_mean
from wearcast.forecasting.wet_spells import PastRain, rain_order
from wearcast.forecasting.window_dataset import WindowDataset, build_dataset
from wearcast.vocabulary import UMBRELLA_CHANCE

YEARS = (2018, 2019, 2020, 2021)
MARGIN = np.timedelta64(7 * 24, "h")
EPOCHS = 10
"""About where validation stops; here no year may."""

THRESHOLDS = (0.2, 0.24, 0.28, 0.3, 0.32, 0.34, 0.36, 0.4, 0.44)
"""Of 50 members: a chance is a whole number of 0.02."""
LEAST_SKILL, MOST_OFF, MOST_OFF_IN_A_YEAR, LEAST_HITS, MOST_FALSE_ALARMS = (
    0.1,
    0.02,
    0.05,
    0.5,
    0.18,
)


@dataclass(frozen=True)
class Days:
    """Days ahead of N evenings, D of each, (N, D).

    Attributes:
        said, usual: the chance of rain by our forecast, and what is usual for the season.
        wet: 1 or 0, NaN where nobody knows.
    """

    said: np.ndarray
    usual: np.ndarray
    wet: np.ndarray

    @classmethod
    def joined(cls, parts: Sequence["Days"]) -> "Days":
        """The evenings of all of them."""
        fields = [(part.said, part.usual, part.wet) for part in parts]
        return cls(*(np.concatenate(columns) for columns in zip(*fields, strict=True)))

    @property
    def off(self) -> np.ndarray:
        """By how much more was said than came, (D,)."""
        return known_mean(self.said - self.wet)

    @property
    def brier(self) -> np.ndarray:
        """Of ours, (D,)."""
        return known_mean((self.said - self.wet) ** 2)

    @property
    def skill(self) -> np.ndarray:
        """By which share the Brier score is below the season's, (D,)."""
        return 1 - self.brier / known_mean((self.usual - self.wet) ** 2)

    def umbrellas(self, threshold: float) -> tuple[np.ndarray, np.ndarray]:
        """The share of wet days with one, and of dry ones, (D,) each."""
        advised = (self.said >= threshold).astype(float)
        return tuple(known_mean(np.where(self.wet == wet, advised, np.nan)) for wet in (1, 0))  # type: ignore[return-value]


class EveryDay(StationHindcasts):
    """Judged on every day ahead."""

    @property
    def days_ahead(self) -> tuple[int, ...]:
        """All that the forecaster reaches."""
        horizon_h = self.forecaster.manifest.standardization.horizon_h
        return tuple(range(1, horizon_h // 24 + 1))


def main(data: Path | None) -> None:
    """Print the tables, and what misses a bar."""
    console = Console(width=120)
    if data is None:
        paths = Paths.find()
        records = Records.read(paths.processed)
        of_sample = judged(records, Forecaster.load(paths.model), "validation")
        show(console, "The sample's validation hours", of_sample)
        return
    by_year = dict(left_out_years(data))
    for year, days in by_year.items():
        show(console, f"Seoul {year}, by a model of the other years", days)
    together = Days.joined(list(by_year.values()))
    show(console, "Seoul, all years left out together", together)
    thresholds(console, together)
    missed = list(misses(together, by_year))
    console.print("\n".join(missed) or "All bars are kept.")
    if missed:
        sys.exit(1)


def left_out_years(data: Path) -> Iterator[tuple[int, Days]]:
    """Each year, as a model of the others forecast it."""
    with tempfile.TemporaryDirectory(prefix="wearcast-rain-") as folder:
        records, settings = seoul_records(Path(folder), data)
    past = {}
    for pair in itertools.combinations(YEARS, 2):
        model, forecaster = trained(records, pair, settings)
        for year in YEARS:
            if year not in pair:
                past[pair, year] = past_rain(year_of(model, pair, year), forecaster)
    for year in YEARS:
        others = tuple(other for other in YEARS if other != year)
        parts = []
        for other in others:
            pair = tuple(each for each in others if each != other)
            parts.append(past[pair, other])
        rain = PastRain(
            chance=np.concatenate([part.chance for part in parts]),
            wet=np.concatenate([part.wet for part in parts]),
        )
        model, forecaster = trained(records, others, settings)
        order = rain_order(rain, settings.members, settings.seed)
        forecaster = with_rain_order(forecaster, order)
        yield year, judged(year_of(model, others, year), forecaster, "test")


def seoul_records(project: Path, data: Path) -> tuple[Records, Train]:
    """The record that the pipeline makes of the exports, and the benchmark's training settings."""
    seoul.copy_sources(project)
    (project / seoul.OWN).parent.mkdir(parents=True, exist_ok=True)
    (project / seoul.OWN).symlink_to(data.resolve())
    params = seoul.params("validation")
    (project / "params.yaml").write_text(yaml.safe_dump(params, allow_unicode=True))
    for stage in ("ingest", "preprocess"):
        subprocess.run(["wearcast", "run-notebook", stage], cwd=project, check=True)
    return Records.read(project / "data/processed"), Train(**params["train"])


def trained(records: Records, years: Sequence[int], settings: Train) -> tuple[Records, Forecaster]:
    """A model of these years, its trajectories without an order yet."""
    split = Split(train=segments(years), validation=(), test=())
    own = replace(records, split=split)
    standardization = model_assembly.fit_standardization(own, settings)
    histories = list(own.histories.values())
    windows = build_dataset(histories, standardization, split, "train")
    network = training.train_for(windows, EPOCHS, settings).network
    onnx = onnx_export.export(network, settings.history_h)
    manifest = model_assembly.uncalibrated(onnx, own, standardization, settings)
    return own, Forecaster(manifest, onnx)


def segments(years: Sequence[int]) -> tuple[Segment, ...]:
    """Whole years; each but the record's first begins a week late where the year before is another
    role's."""
    found: list[Segment] = []
    for year in years:
        start, stop = (np.datetime64(f"{each}-01-01T00", "h") for each in (year, year + 1))
        if found and found[-1][1] == start:
            found[-1] = (found[-1][0], stop)
        else:
            found.append((start if year == YEARS[0] else start + MARGIN, stop))
    return tuple(found)


def year_of(records: Records, train: Sequence[int], year: int) -> Records:
    """The record with a year to judge beside those that trained."""
    split = Split(train=segments(train), validation=(), test=segments([year]))
    return replace(records, split=split)


def past_rain(records: Records, forecaster: Forecaster) -> PastRain:
    """The chances of rain forecast in the hours to judge, and the rain that came."""
    histories = list(records.histories.values())
    standardization = forecaster.manifest.standardization
    windows: WindowDataset = build_dataset(histories, standardization, records.split, "test", 5)
    _, rain_logit, _ = forecaster.network(windows.series, windows.at)
    wet, _ = windows.rain_targets(windows.at)
    return PastRain(1 / (1 + np.exp(-rain_logit)), wet.astype(np.float64))


def with_rain_order(forecaster: Forecaster, order: np.ndarray) -> Forecaster:
    """The same forecaster with its trajectories in this order by rain; that of other variables
    plays no part here."""
    others = np.zeros((*order.shape, len(TARGETS)), dtype=np.uint8)
    ranks = Ranks(np.concatenate([others, order[..., None]], axis=2))
    reordered = object.__new__(Forecaster)
    reordered.__dict__.update(forecaster.__dict__)
    reordered.manifest = replace(forecaster.manifest, ranks=ranks)
    return reordered


def judged(records: Records, forecaster: Forecaster, role: Role) -> Days:
    """Every evening of the role's hours."""
    said, usual, wet = [], [], []
    for station in records.stations:
        history = records.histories[station.id]
        hindcasts = EveryDay(station, history, records.split, forecaster)
        for evening in hindcasts.evenings(role):
            needs = {
                driver: [Needs.of(day[driver], PERSON) for day in evening.forecasts]
                for driver in (NETWORK, CLIMATOLOGY_DRIFT)
            }
            said.append([day.wet_chance_outdoors for day in needs[NETWORK]])
            usual.append([day.wet_chance_outdoors for day in needs[CLIMATOLOGY_DRIFT]])
            outdoors = [Needs.of(day, PERSON).weather for day in evening.observed]
            wet.append([observed_wet(day) for day in outdoors])
    return Days(np.array(said), np.array(usual), np.array(wet))


def show(console: Console, title: str, days: Days) -> None:
    """A row a day ahead."""
    headings = (
        "day",
        "said",
        "observed",
        "Brier",
        "season's",
        "less by, %",
        "hits",
        "false alarms",
    )
    table = Table(*headings, title=f"{title}: {len(days.said)} evenings")
    hits, false_alarms = days.umbrellas(UMBRELLA_CHANCE)
    observed = known_mean(days.wet)
    season = known_mean((days.usual - days.wet) ** 2)
    for i in range(days.said.shape[1]):
        numbers = (observed[i] + days.off[i], observed[i], days.brier[i], season[i])
        shares = (days.skill[i], hits[i], false_alarms[i])
        table.add_row(
            f"{i + 1}",
            *(f"{number:.3f}" for number in numbers),
            *(f"{100 * share:.1f}" for share in shares),
        )
    console.print(table)


def thresholds(console: Console, days: Days) -> None:
    """What umbrella each threshold would have been worth on the first day: the share of wet days
    with one minus that of dry ones is its value to whom rain costs most for its frequency."""
    table = Table("umbrella from", "hits", "false alarms", "hits − false alarms", title="Day 1")
    for threshold in THRESHOLDS:
        hits, false_alarms = days.umbrellas(threshold)
        shares = (hits[0], false_alarms[0], hits[0] - false_alarms[0])
        table.add_row(f"{threshold:.2f}", *(f"{100 * share:.0f} %" for share in shares))
    console.print(table)


def misses(together: Days, by_year: dict[int, Days]) -> Iterator[str]:
    """The bars that are missed, with their figures."""
    if together.skill[0] < LEAST_SKILL:
        yield f"Day 1's Brier score is {together.skill[0]:.1%} below the season's."
    for day, off in enumerate(together.off, start=1):
        if abs(off) > MOST_OFF:
            yield f"Day {day}: said {off:+.3f} more than came."
    for year, days in by_year.items():
        for day, off in enumerate(days.off, start=1):
            if abs(off) > MOST_OFF_IN_A_YEAR:
                yield f"Day {day} of {year}: said {off:+.3f} more than came."
    hits, false_alarms = together.umbrellas(UMBRELLA_CHANCE)
    if hits[0] < LEAST_HITS or false_alarms[0] > MOST_FALSE_ALARMS:
        yield f"Day 1's umbrella: {hits[0]:.0%} hits, {false_alarms[0]:.0%} false alarms."


if __name__ == "__main__":
    if len(sys.argv) > 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]) if len(sys.argv) == 2 else None)
