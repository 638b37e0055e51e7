"""Places nobody trained on: each of nine Korean cities by a model of the other eight, and Budva by
a model of all nine.

    python tests/bench/places.py FOLDER validation    to choose by: trained on 2021, judged on 2022;
                                                      writes nothing
    python tests/bench/places.py FOLDER               a look: trained on 2021 and 2022, judged on
                                                      2023; appends it to docs/test-looks.md, and
                                                      writes its tables into docs/places

FOLDER holds kma-asos-nine-cities and numerical-forecasts (for Budva's observations). A place is
compared with training on its own record of the same hours. JOBS=2 takes two processes.
"""

import concurrent.futures
import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import measured_tables
import numpy as np
import pandas as pd
import seoul
import yaml
from rich.console import Console
from rich.table import Table

from wearcast import artifacts
from wearcast.config import Station, Train
from wearcast.forecasting import linear_path, model_assembly, onnx_export, training
from wearcast.forecasting.channels import CHANNELS, TARGETS
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.history import History
from wearcast.forecasting.place import Place
from wearcast.forecasting.place_fit import fit_place
from wearcast.forecasting.processed_data import Records, history_of
from wearcast.forecasting.quantiles import MEDIAN
from wearcast.forecasting.split import Split
from wearcast.forecasting.verification import inside_80
from wearcast.forecasting.window_dataset import build_dataset, role_positions
from wearcast.forecasting.windows import thinned
from wearcast.weather import quality
from wearcast.weather.observations import conform

CITIES = {
    "105": ("Gangneung", "강릉", 37.7515, 128.8910, 26.0),
    "108": ("Seoul", "서울", 37.5714, 126.9658, 85.7),
    "112": ("Incheon", "인천", 37.4777, 126.6249, 69.0),
    "119": ("Suwon", "수원", 37.2575, 126.9830, 39.8),
    "133": ("Daejeon", "대전", 36.3720, 127.3721, 67.8),
    "143": ("Daegu", "대구", 35.8780, 128.6530, 54.3),
    "146": ("Jeonju", "전주", 35.8408, 127.1190, 61.4),
    "156": ("Gwangju", "광주", 35.1729, 126.8916, 72.4),
    "159": ("Busan", "부산", 35.1047, 129.0320, 69.6),
}
BUDVA = ("Budva", "부드바", 42.29, 18.84, 10.0)
SPACED_H = 11
"""Hours between the windows of eight cities, which have nearly the same weather."""

EPOCHS = 1
"""The network sets the intervals alone here: the record is too short to leave out years."""

EVERY_H = 5
UP_TO_H, DAY_H = 72, 24
COVERAGE = (0.76, 0.85)
BARS = {
    "pooled": 1.5,
    "worst": 4.0,
    "day 1": 2.5,
    "Budva": 2.0,
    "one year": 3.0,
    "half a year": 5.0,
}
"""By how many per cent the error may be larger than with training on the place itself."""


@dataclass(frozen=True)
class Periods:
    """What is known, and what is judged: hours, UTC; Budva's record is longer."""

    begin: np.datetime64
    budva_begin: np.datetime64
    budva_judged: np.datetime64
    judged: np.datetime64
    end: np.datetime64

    @property
    def test(self) -> Split:
        """The split whose test period is judged."""
        return Split(train=(), validation=(), test=((self.judged, self.end),))


def hour(text: str) -> np.datetime64:
    return np.datetime64(text, "h")


PERIODS = {
    "validation": Periods(
        begin=hour("2021-01-01"),
        judged=hour("2022-01-01"),
        end=hour("2023-01-01"),
        budva_begin=hour("2020-04-01"),
        budva_judged=hour("2022-05-01"),
    ),
    "test": Periods(
        begin=hour("2021-01-01"),
        judged=hour("2023-01-01"),
        end=hour("2024-01-01"),
        budva_begin=hour("2020-04-01"),
        budva_judged=hour("2023-01-01"),
    ),
}


@dataclass(frozen=True)
class Errors:
    """The absolute errors of a method at a place, °C, (N, UP_TO_H)."""

    of_hours: np.ndarray

    @property
    def all(self) -> float:
        return float(np.nanmean(self.of_hours))

    @property
    def first_day(self) -> float:
        return float(np.nanmean(self.of_hours[:, :DAY_H]))


@dataclass(frozen=True)
class Judged:
    """A place: its own training, what was fitted, each judged on the same hours.

    Attributes:
        own: of training on itself.
        methods: by name.
        coverage: of the 80 % interval over all leads, as its own past calibrates it.
        told: what its own past said of that.
    """

    name: str
    own: Errors
    methods: Mapping[str, Errors]
    coverage: float
    told: float

    def change(self, method: str, first_day: bool = False) -> float:
        """By how many per cent a method's error is larger than that of its own training."""
        one, own = self.methods[method], self.own
        ratio = one.first_day / own.first_day if first_day else one.all / own.all
        return 100 * (ratio - 1)


def main(folder: Path, period: str) -> None:
    """Judge every city and Budva; a look at the test year is written down for good."""
    periods = PERIODS[period]
    cities = read_cities(folder, periods)
    jobs = int(os.environ.get("JOBS", "1"))
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(jobs, mp_context=context) as pool:
        of_budva = pool.submit(judge_budva, folder, cities, periods)
        of_cities = [pool.submit(judge_city, id, cities, periods) for id in cities]
        judged = [one.result() for one in of_cities]
        budva = of_budva.result()
    rows = lines(judged, budva)
    show(rows, period)
    if period == "test":
        write_down(rows)


def settings() -> Train:
    """Those of params.yaml."""
    params = yaml.safe_load((seoul.ROOT / "params.yaml").read_text(encoding="utf-8"))
    return Train(**params["train"])


def station(id: str, about: tuple[str, str, float, float, float], zone: str) -> Station:
    name_en, name_ko, latitude, longitude, elevation_m = about
    return Station(
        id=id,
        name_en=name_en,
        name_ko=name_ko,
        latitude=latitude,
        longitude=longitude,
        elevation_m=elevation_m,
        time_zone=zone,
    )


def read_cities(folder: Path, periods: Periods) -> dict[str, tuple[Station, History]]:
    """The nine, with nothing known from the end of the judged period on."""
    table = pd.read_parquet(next((folder / "kma-asos-nine-cities").glob("*.parquet"))).reset_index()
    table = table.rename(columns={"humidity_pct": "rh_pct", "valid_at_utc": "valid_at"})
    table["cloud_pct"] = 10 * table["cloud_tenths"]
    table["station"] = table["station"].astype(str)
    known = ["station", "valid_at", "temp_c", "wind_ms", "rh_pct", "cloud_pct"]
    cities = {id: station(id, about, "Asia/Seoul") for id, about in CITIES.items()}
    histories = controlled(table[known], list(cities.values()), periods)
    return {id: (cities[id], histories[id]) for id in cities}


def read_budva(folder: Path, periods: Periods) -> tuple[Station, History]:
    path = folder / "numerical-forecasts" / "budva_observations.parquet"
    table = pd.read_parquet(path).reset_index().drop(columns="sampled")
    table = table.rename(columns={"humidity_pct": "rh_pct", "valid_at_utc": "valid_at"})
    budva = station("BUDVA", BUDVA, "Europe/Podgorica")
    table["station"] = budva.id
    return budva, controlled(table, [budva], periods)[budva.id]


def controlled(
    table: pd.DataFrame, stations: Sequence[Station], periods: Periods
) -> dict[str, History]:
    """The records after quality control."""
    at = pd.to_datetime(table["valid_at"], utc=True)
    end = pd.Timestamp(periods.end).tz_localize("UTC")
    observations, _ = quality.control(
        conform(table[at < end].assign(valid_at=at[at < end])), stations, fill_h=3
    )
    return {one.id: history_of(observations, one.id) for one in stations}


def between(history: History, begin: np.datetime64, end: np.datetime64) -> History:
    """A part of a record."""
    last = end - 1
    hours = int((min(last, history.issued_at) - max(begin, history.valid_at[0])).astype(int)) + 1
    return history.until(last, hours)


def records_of(places: Sequence[tuple[Station, History]], end: np.datetime64) -> Records:
    """Records of places that train up to an hour."""
    first = min(history.valid_at[0] for _, history in places)
    return Records(
        stations=tuple(one for one, _ in places),
        histories={history.station: history for _, history in places},
        split=Split(train=((first, end),), validation=(), test=()),
        source="files",
        sha256="",
    )


def trained(places: Sequence[tuple[Station, History]], end: np.datetime64) -> Forecaster:
    """A model of these places, as the stage `train` makes it where no year can be left out: the
    median is the linear path's."""
    known = settings()
    records = records_of(places, end)
    standardization = model_assembly.fit_standardization(records, known)
    histories = list(records.histories.values())
    train_set = build_dataset(histories, standardization, records.split, "train", SPACED_H)
    fitted = training.train_for(train_set, EPOCHS, known)
    unmoved = np.zeros((known.horizon_h, len(TARGETS)))
    network = fitted.network.with_median_share(unmoved)
    onnx = onnx_export.export(network, known.history_h)
    manifest = model_assembly.uncalibrated(onnx, records, standardization, known)
    return Forecaster(manifest, onnx)


def own_errors(place: tuple[Station, History], known: History, periods: Periods) -> Errors:
    """Of training on the place itself: the linear path of its own record."""
    records = records_of([(place[0], known)], periods.judged)
    standardization = model_assembly.fit_standardization(records, settings())
    train_set = build_dataset([known], standardization, records.split, "train")
    path = linear_path.fit(train_set, settings()).path
    test_set = build_dataset([place[1]], standardization, periods.test, "test", EVERY_H)
    forecast = path(test_set.features())
    missed = test_set.targets(test_set.at)[:, :UP_TO_H, 0] - forecast[:, :UP_TO_H, 0]
    scale = standardization.climatologies[place[0].id].scale[CHANNELS.index("temp_c")]
    return Errors(np.abs(scale * missed))


def place_forecasts(
    forecaster: Forecaster, fitted: Place, history: History, periods: Periods
) -> tuple[Errors, float]:
    """Of a place, and the coverage of its 80 % interval over all leads."""
    knowing = forecaster.with_places({fitted.station.id: fitted})
    standardization = knowing.manifest.standardization
    at = role_positions(
        history, periods.test, "test", standardization.history_h, standardization.horizon_h
    )
    at = at[thinned(history.valid_at[at], EVERY_H)]
    quantiles = knowing.run(history.station, standardization.series(history), at).quantiles
    rows = at[:, None] + np.arange(1, standardization.horizon_h + 1)
    observed = history.column("temp_c")[rows]
    missed = quantiles["temp_c"][:, :UP_TO_H, MEDIAN] - observed[:, :UP_TO_H]
    covered = float(np.nanmean(inside_80(quantiles["temp_c"], observed)))
    return Errors(np.abs(missed)), covered


def judge_city(id: str, cities: Mapping[str, tuple[Station, History]], periods: Periods) -> Judged:
    """A city by a model of the others, with all of its record, its last year and its last half."""
    others = [
        (one, between(history, periods.begin, periods.judged))
        for other, (one, history) in cities.items()
        if other != id
    ]
    forecaster = trained(others, periods.judged)
    one, history = cities[id]
    lengths = {
        "place": periods.begin,
        "one year": periods.judged - 365 * 24,
        "half a year": periods.judged - 184 * 24,
    }
    methods = {}
    for name, begin in lengths.items():
        fitted = fit_place(one, between(history, begin, periods.judged), forecaster)
        errors, covered = place_forecasts(forecaster, fitted, history, periods)
        methods[name] = errors
        if name == "place":
            coverage, told = covered, fitted.record.coverage_80["all"]
    known = between(history, periods.begin, periods.judged)
    found = Judged(one.name_en, own_errors(cities[id], known, periods), methods, coverage, told)
    print(found.name, *(f"{name} {found.change(name):+.1f} %" for name in methods), flush=True)
    return found


def judge_budva(
    folder: Path, cities: Mapping[str, tuple[Station, History]], periods: Periods
) -> Judged:
    """Budva by a model of all cities, with what its archive corrects and without."""
    everyone = [
        (one, between(history, periods.begin, periods.judged)) for one, history in cities.values()
    ]
    forecaster = trained(everyone, periods.judged)
    periods = replace(periods, judged=periods.budva_judged)
    one, history = read_budva(folder, periods)
    known = between(history, periods.budva_begin, periods.judged)
    fitted = fit_place(one, known, forecaster)
    corrected, coverage = place_forecasts(forecaster, fitted, history, periods)
    plain, _ = place_forecasts(forecaster, replace(fitted, correction=None), history, periods)
    own = own_errors((one, history), known, periods)
    methods = {"place": corrected, "without a correction": plain}
    found = Judged(one.name_en, own, methods, coverage, fitted.record.coverage_80["all"])
    print(found.name, *(f"{name} {found.change(name):+.1f} %" for name in methods), flush=True)
    return found


HEADINGS = [
    "place",
    "own training, °C",
    "fitted, %",
    "day 1, %",
    "one year, %",
    "half a year, %",
    "in 80 %",
    "own past said",
]


def pooled(judged: Sequence[Judged]) -> Judged:
    """All places' forecasts together."""
    together = {
        name: Errors(np.concatenate([one.methods[name].of_hours for one in judged]))
        for name in judged[0].methods
    }
    return Judged(
        name="all cities",
        own=Errors(np.concatenate([one.own.of_hours for one in judged])),
        methods=together,
        coverage=float(np.mean([one.coverage for one in judged])),
        told=float(np.mean([one.told for one in judged])),
    )


def lines(cities: Sequence[Judged], budva: Judged) -> list[list[str]]:
    """The table's rows, with a mark where one misses its bar."""
    rows = [city_cells(one, BARS["worst"]) for one in cities]
    together = pooled(cities)
    rows.append(
        [
            together.name,
            f"{together.own.all:.2f}",
            percent(together.change("place"), BARS["pooled"]),
            percent(together.change("place", first_day=True), BARS["day 1"]),
            percent(together.change("one year"), BARS["one year"]),
            percent(together.change("half a year"), BARS["half a year"]),
            f"{together.coverage:.2f}",
            f"{together.told:.2f}",
        ]
    )
    plain = percent(budva.change("without a correction"), np.inf)
    of_plain = percent(budva.change("without a correction", first_day=True), np.inf)
    first_day = percent(budva.change("place", first_day=True), np.inf)
    rows.append(
        [
            budva.name,
            f"{budva.own.all:.2f}",
            percent(budva.change("place"), BARS["Budva"]),
            first_day,
            "",
            "",
            covered(budva),
            f"{budva.told:.2f}",
        ]
    )
    rows.append([f"{budva.name}, not corrected", "", plain, of_plain, "", "", "", ""])
    return rows


def city_cells(one: Judged, most: float) -> list[str]:
    return [
        one.name,
        f"{one.own.all:.2f}",
        percent(one.change("place"), most),
        percent(one.change("place", first_day=True), np.inf),
        percent(one.change("one year"), np.inf),
        percent(one.change("half a year"), np.inf),
        covered(one),
        f"{one.told:.2f}",
    ]


def percent(change: float, most: float) -> str:
    return f"{change:+.1f}{' (missed)' if change > most else ''}"


def covered(one: Judged) -> str:
    low, high = COVERAGE
    return f"{one.coverage:.2f}{'' if low <= one.coverage <= high else ' (missed)'}"


def show(rows: Sequence[Sequence[str]], period: str) -> None:
    """Print the table."""
    table = Table(*HEADINGS, title=f"places nobody trained on, {period}")
    for row in rows:
        table.add_row(*row)
    Console(width=150).print(table)


def write_down(rows: Sequence[Sequence[str]]) -> None:
    """Append the look to the ledger, and put its table into docs/places."""
    code = seoul.captions.code_hash(seoul.ROOT)
    caption = seoul.captions.caption(COMMAND, seoul.captions.today(), code=code)
    table = measured_tables.markdown([HEADINGS, *rows])
    look = "\n".join(
        [
            f"## {seoul.captions.today()}: places nobody trained on",
            "",
            (
                "Nine Korean cities, each by a model of the other eight trained on 2021 and 2022,"
                " and Budva by a model of all nine; judged on 2023, issued every"
                f" {EVERY_H} h. Per cent of the error at 1-72 h of training on the place itself."
            ),
            "",
            seoul.captions.captioned(table, caption),
        ]
    )
    ledger = seoul.LOOKS.read_text(encoding="utf-8")
    artifacts.write_bytes(seoul.LOOKS, f"{ledger}\n{look}".encode())
    korean = [KOREAN_HEADINGS, *[in_korean(row) for row in rows]]
    measured_tables.write_down("places", "places", COMMAND, [HEADINGS, *rows], korean)


COMMAND = "make bench-places DATA=folder"
KOREAN_HEADINGS = [
    "지점",
    "직접 학습, °C",
    "맞춤, %",
    "첫날, %",
    "1년, %",
    "반년, %",
    "80 % 안",
    "자기 과거의 값",
]
KOREAN = {
    "all cities": "모든 도시",
    "Budva": "부드바",
    "Budva, not corrected": "부드바, 보정 없음",
    **{name_en: name_ko for name_en, name_ko, *_ in CITIES.values()},
}


def in_korean(row: Sequence[str]) -> list[str]:
    name, *figures = row
    return [KOREAN[name], *(figure.replace("(missed)", "(미달)") for figure in figures)]


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3) or sys.argv[2:] not in ([], ["validation"]):
        sys.exit(__doc__)
    main(Path(sys.argv[1]), sys.argv[2] if sys.argv[2:] else "test")
