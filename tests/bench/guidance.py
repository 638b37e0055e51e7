"""What numerical forecasts add at a station: Budva, or any place with the same files.

    python tests/bench/guidance.py FOLDER [FIRST..END] [MODEL,MODEL,…]

FOLDER holds PLACE_observations.parquet and PLACE_previous_runs.parquet. Everything is fitted before
FIRST, the day that the test begins on: by default the first of the month after a year of archive;
forecasts are issued every 6 hours up to END, by default the end of the data. The test period is
looked at by this and nothing else, and each look is written into docs/test-looks.md. NOTE=no writes
nothing, for other data than Budva's.

The pipeline's own notebooks run in a copy of the project, once with and once without guidance.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import seoul
import yaml
from rich.console import Console
from rich.table import Table

from wearcast import artifacts
from wearcast.config import Train
from wearcast.forecasting import guided_windows, linear_path, model_assembly
from wearcast.forecasting.channels import TARGETS
from wearcast.forecasting.forecaster import Forecaster, Marginals
from wearcast.forecasting.guidance_record import STALE_H, GuidanceRecord
from wearcast.forecasting.guidance_regression import PastForecasts
from wearcast.forecasting.history import History
from wearcast.forecasting.processed_data import Records
from wearcast.forecasting.quantiles import MEDIAN
from wearcast.forecasting.standardized_series import StandardizedSeries
from wearcast.forecasting.station_guidance import StationGuidance
from wearcast.forecasting.verification import crps_of_each, inside_80, percent_change
from wearcast.forecasting.window_dataset import WindowDataset, build_dataset
from wearcast.forecasting.windows import enough_present

PLACES = {
    "budva": {
        "name_en": "Budva",
        "name_ko": "부드바",
        "latitude": 42.29,
        "longitude": 18.84,
        "elevation_m": 10.0,
        "time_zone": "Europe/Podgorica",
    }
}
MODELS = ("gfs_seamless", "gem_global", "knmi_seamless")
ONE_MODEL = "gfs_seamless"
DAYS = ((1, 24), (25, 48), (49, 72), (73, 96), (97, 114))
AFTER_THE_END = ((115, 138), (139, 162))
EVENING_UTC, FIRST_UTC, LAST_UTC = 18, 5, 18
"""A day's high is forecast in the evening before, of the hours between the two."""
CLOSE_C = 2.0
EVERY_H = 6
SHORT_ARCHIVE_D = 30
YEAR_D = 366
RESAMPLES, SEED = 1000, 2013
HOUR = np.timedelta64(1, "h")

BARS: dict[str, Sequence[float]] = {
    "past alone, MAE °C": (1.56, 2.05, 2.18, 2.19, 2.23),
    "temperature, regression": (-22, -30, -31, -29, -29),
    "temperature, served": (-23, -32, -33, -31, -31),
    "served on its own base": (0.5, -1, -1.5, -1.5, -1.5),
    "temperature, one model": (-12, -24, -24, -21, -19),
    "CRPS, served": (-25, -34, -35, -34, -33),
    "guidance withheld": (1, 1, 1, 1, 1),
    "dew point": (-24, -39, -40, -35, -30),
    "wind": (0, 0, 0, 0, 0),
    "a run a day older, on the fresh one": (13, 8, 8, 6),
    "30 days of archive": (-15, -24, -25, -23, -23),
    "after the end": (-16, -7),
}
"""What each line may be at most; of all but the first in per cent of the forecast from the past."""

COVERAGE = (0.74, 0.86)


@dataclass(frozen=True)
class Place:
    """A place, its data, and the test period."""

    name: str
    observations: pd.DataFrame
    forecasts: pd.DataFrame
    first: np.datetime64
    end: np.datetime64
    models: tuple[str, ...]

    @classmethod
    def read(cls, folder: Path, period: str, models: str) -> "Place":
        """The place whose files are in the folder."""
        path = next(iter(sorted(folder.glob("*_previous_runs.parquet"))))
        name = path.name.removesuffix("_previous_runs.parquet")
        forecasts = pd.read_parquet(path)
        observations = pd.read_parquet(folder / f"{name}_observations.parquet").reset_index()
        known = sorted(forecasts["model"].unique())
        chosen = tuple(models.split(",")) if models else tuple(m for m in MODELS if m in known)
        chosen = chosen or tuple(known)
        forecasts = forecasts[forecasts["model"].isin(chosen)]
        first, _, end = period.partition("..")
        begins = forecasts.groupby("model", observed=True)["valid_at_utc"].min().max()
        month = (begins + pd.Timedelta(days=YEAR_D)).normalize() + pd.offsets.MonthBegin()
        return cls(
            name,
            observations,
            forecasts,
            np.datetime64(first or f"{month:%Y-%m-%d}", "h"),
            np.datetime64(end or observations["valid_at_utc"].max(), "h"),
            chosen,
        )

    def before(self, end: np.datetime64) -> "Place":
        """The place with nothing known from `end` on."""
        observations = self.observations[self.observations["valid_at_utc"] < end]
        forecasts = self.forecasts[self.forecasts["valid_at_utc"] < end]
        return replace(self, observations=observations, forecasts=forecasts)


@dataclass(frozen=True)
class Trained:
    """A model and what its training left."""

    forecaster: Forecaster
    records: Records


def main(folder: Path, period: str, models: str) -> None:
    """Train on what was before the test period, look at it once, and write it down."""
    place = Place.read(folder, period, models)
    with tempfile.TemporaryDirectory(prefix="wearcast-guidance-") as temporary:
        root = Path(temporary)
        with_guidance = trained(root / "with", place, guided=True)
        without = trained(root / "without", place, guided=False)
        everything = preprocessed(root / "test", place, guided=True)
        code = seoul.captions.code_hash(root / "with")
    rows, shares = judged(place, with_guidance, without, everything)
    show(place, rows, shares)
    if os.environ.get("NOTE") != "no":
        write_down(place, rows, shares, with_guidance.forecaster.manifest.version, code)


def preprocessed(project: Path, place: Place, guided: bool) -> Records:
    """The records of a project with the place's data."""
    project.mkdir()
    seoul.copy_sources(project)
    for name, table in (("own", place.observations), ("forecasts", place.forecasts)):
        (project / "data" / name).mkdir(parents=True)
        table.drop(columns="sampled", errors="ignore").to_parquet(
            project / "data" / name / f"{place.name}.parquet", index=False
        )
    params = project_params(place, guided)
    (project / "params.yaml").write_text(yaml.safe_dump(params, allow_unicode=True))
    for stage in ("ingest", "preprocess"):
        subprocess.run(["wearcast", "run-notebook", stage], cwd=project, check=True)
    return Records.read(project / "data/processed")


def trained(project: Path, place: Place, guided: bool) -> Trained:
    """The model of a project that knows nothing of the test period."""
    records = preprocessed(project, place.before(place.first), guided)
    subprocess.run(["wearcast", "run-notebook", "train"], cwd=project, check=True)
    return Trained(Forecaster.load(project / "models/forecaster"), records)


def project_params(place: Place, guided: bool) -> dict[str, Any]:
    """params.yaml with what this benchmark changes: the year before the test validates, and what is
    served learns from it too."""
    base = yaml.safe_load((seoul.ROOT / "params.yaml").read_text(encoding="utf-8"))
    changes = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    params = seoul.merge(base, changes)
    station = {"id": "PLACE", "name_en": place.name, "name_ko": place.name}
    params["ingest"]["stations"] = [
        {**station, **PLACES.get(place.name, dict(PLACES["budva"], **station))}
    ]
    if guided:
        params["ingest"]["guidance"]["models"] = list(place.models)
    else:
        params["ingest"]["guidance"]["source"] = None
    year_before = place.first - np.timedelta64(YEAR_D + 9, "D")
    begin = place.observations["valid_at_utc"].min()
    margin = np.timedelta64(7, "D")
    params["preprocess"]["periods"] = {
        "train": [[f"{begin:%Y-%m-%d}", str((year_before - margin).astype("datetime64[D]"))]],
        "validation": [[str(t.astype("datetime64[D]")) for t in (year_before, place.first)]],
        "test": [],
    }
    params["train"]["refit"] = True
    return params


def judged(
    place: Place, with_guidance: Trained, without: Trained, everything: Records
) -> tuple[dict[str, list[Any]], dict[str, list[float]]]:
    """Each line of the table by day: changes in per cent, and shares."""
    history = next(iter(everything.histories.values()))
    record = everything.guidance[history.station]
    look = Look.of(place, with_guidance.forecaster, history)
    served = look.run(with_guidance.forecaster, record)
    withheld = look.run(with_guidance.forecaster, None)
    past = look.run(without.forecaster, None)
    base = look.base(with_guidance, record)
    older = look.base(with_guidance, record, stale_h=STALE_H)
    one = look.base(refitted(with_guidance, (ONE_MODEL,)), record)
    begin = place.first - np.timedelta64(SHORT_ARCHIVE_D, "D")
    short = look.base(refitted(with_guidance, place.models, begin), record)
    own = median(past, "temp_c")
    rows: dict[str, list[Any]] = {
        "past alone, MAE °C": [look.mae(own, "temp_c", *day) for day in DAYS],
        "temperature, regression": look.changes(base["temp_c"], own),
        "temperature, served": look.changes(median(served, "temp_c"), own),
        "served on its own base": look.changes(median(served, "temp_c"), base["temp_c"]),
        "temperature, one model": look.changes(one["temp_c"], own),
        "CRPS, served": look.crps_changes(served, past),
        "guidance withheld": look.changes(median(withheld, "temp_c"), own),
        "dew point": look.changes(
            median(served, "dewpoint_c"), median(past, "dewpoint_c"), "dewpoint_c"
        ),
        "wind": look.changes(median(served, "wind_ms"), median(past, "wind_ms"), "wind_ms"),
        "a run a day older, on the fresh one": look.changes(
            older["temp_c"], base["temp_c"], days=DAYS[:4]
        ),
        "30 days of archive": look.changes(short["temp_c"], own),
        "after the end": look.changes(median(served, "temp_c"), own, days=AFTER_THE_END),
    }
    shares = {
        "80 % interval, with guidance": look.coverage(served),
        "80 % interval, without": look.coverage(withheld),
        "highs within 2 °C, with guidance": look.close_highs(with_guidance.forecaster, served),
        "highs within 2 °C, past alone": look.close_highs(without.forecaster, past),
    }
    return rows, shares


def median(marginals: Marginals, name: str) -> np.ndarray:
    """(B, horizon_h)."""
    return marginals.quantiles[name][..., MEDIAN]


@dataclass(frozen=True)
class Look:
    """Issue times of the test period, and what came.

    Attributes:
        history: the whole record.
        at: the rows of the issue times, (B,).
        observed: by target, (B, horizon_h), NaN where missing.
    """

    history: History
    at: np.ndarray
    observed: Mapping[str, np.ndarray]

    @classmethod
    def of(cls, place: Place, forecaster: Forecaster, history: History) -> "Look":
        """Every `EVERY_H` hours of the test period from which a forecast can be made."""
        standardization = forecaster.manifest.standardization
        present = np.isfinite(history.column("temp_c"))
        possible = enough_present(present, standardization.history_h)
        hours = history.valid_at
        within = (hours >= place.first) & (hours < place.end)
        whole = hours.astype(np.int64) % EVERY_H == 0
        at = np.flatnonzero(possible & within & whole)
        rows = at[:, None] + np.arange(1, standardization.horizon_h + 1)
        beyond = np.full(standardization.horizon_h, np.nan)
        observed = {name: np.concatenate([history.column(name), beyond])[rows] for name in TARGETS}
        return cls(history, at, observed)

    @property
    def issued_at(self) -> np.ndarray:
        """UTC, (B,)."""
        return self.history.valid_at[self.at]

    def run(self, forecaster: Forecaster, record: GuidanceRecord | None) -> Marginals:
        """The forecasts, with guidance or without."""
        series = forecaster.manifest.standardization.series(self.history)
        inputs = forecaster.guidance_inputs(self.history, record) if record else None
        return forecaster.run(self.history.station, series, self.at, inputs)

    def base(
        self, trained: Trained, record: GuidanceRecord, stale_h: int = 0
    ) -> dict[str, np.ndarray]:
        """The medians of the regressions alone, with what follows the last hour reached."""
        forecaster = trained.forecaster
        station = forecaster.station_guidance[self.history.station]
        series = forecaster.manifest.standardization.series(self.history)
        past = self.past(forecaster, series)
        inputs = forecaster.guidance_inputs(self.history, record)
        if stale_h:
            leads = np.arange(1, series.horizon_h + 1)
            seen = inputs.at(past.issued_at, leads, stale_h)
            medians = station.tail(station.stale(seen, past), past.medians)
        else:
            medians = station(inputs, past).medians
        return {name: medians[..., t] for t, name in enumerate(TARGETS)}

    def past(self, forecaster: Forecaster, series: StandardizedSeries) -> PastForecasts:
        """The linear path's forecasts."""
        parts = [forecaster.base(series, chunk) for chunk in chunks(self.at)]
        climate = forecaster.manifest.standardization.climatologies[self.history.station]
        return guided_windows.past_forecasts(series, self.at, np.concatenate(parts), climate.scale)

    def errors(self, medians: np.ndarray, name: str, first: int, last: int) -> np.ndarray:
        """The mean absolute error of each forecast over some leads, (B,)."""
        error = np.abs(medians - self.observed[name])[:, first - 1 : last]
        return mean(error)

    def mae(self, medians: np.ndarray, name: str, first: int, last: int) -> float:
        """Over all of them."""
        error = np.abs(medians - self.observed[name])[:, first - 1 : last]
        return float(np.nanmean(error))

    def changes(
        self,
        medians: np.ndarray,
        reference: np.ndarray,
        name: str = "temp_c",
        days: Sequence[tuple[int, int]] = DAYS,
    ) -> list[Any]:
        """By how many per cent the error changes, day by day."""
        return [
            percent_change(
                self.errors(medians, name, *day),
                self.errors(reference, name, *day),
                self.issued_at,
                RESAMPLES,
                SEED,
            )
            for day in days
        ]

    def crps_changes(self, served: Marginals, past: Marginals) -> list[Any]:
        """The same of the CRPS of the temperature."""
        scores = [
            crps_of_each(one.quantiles["temp_c"], self.observed["temp_c"]) for one in (served, past)
        ]
        changes = []
        for first, last in DAYS:
            ours, theirs = (mean(score[:, first - 1 : last]) for score in scores)
            changes.append(percent_change(ours, theirs, self.issued_at, RESAMPLES, SEED))
        return changes

    def coverage(self, marginals: Marginals) -> list[float]:
        """The share of temperatures within the 80 % interval, day by day."""
        inside = inside_80(marginals.quantiles["temp_c"], self.observed["temp_c"])
        return [float(np.nanmean(inside[:, first - 1 : last])) for first, last in DAYS]

    def close_highs(self, forecaster: Forecaster, marginals: Marginals) -> list[float]:
        """The share of days whose high, as it was forecast in an evening before, came within
        `CLOSE_C`, day by day; a day that lacks an hour isn't judged."""
        evenings = np.flatnonzero(self.issued_at.astype(np.int64) % 24 == EVENING_UTC)
        observed_c = self.observed["temp_c"]
        errors_c = []
        for i in evenings:
            members_c = forecaster.trajectories(marginals, i)["temp_c"]
            of_days = []
            for day in range(len(DAYS)):
                begin = 24 * (day + 1) + FIRST_UTC - EVENING_UTC
                hours = slice(begin - 1, begin + LAST_UTC - FIRST_UTC)
                forecast_c = np.median(members_c[:, hours].max(axis=1))
                of_days.append(forecast_c - observed_c[i, hours].max())
            errors_c.append(of_days)
        judged_c = np.array(errors_c)
        shares = []
        for errors in judged_c.T:
            known = errors[np.isfinite(errors)]
            shares.append(float((np.abs(known) <= CLOSE_C).mean()))
        return shares


def mean(values: np.ndarray) -> np.ndarray:
    """Over leads, of what is known; NaN where nothing is."""
    known = np.isfinite(values)
    total = np.where(known, values, 0).sum(axis=1)
    count = known.sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def chunks(at: np.ndarray) -> Iterator[np.ndarray]:
    for first in range(0, len(at), 256):
        yield at[first : first + 256]


def refitted(
    trained: Trained, models: tuple[str, ...], begin: np.datetime64 | None = None
) -> Trained:
    """The same model with guidance fitted to fewer models, or to a shorter archive."""
    records = model_assembly.on_all_years(trained.records)
    standardization = trained.forecaster.manifest.standardization
    settings = Train(**trained.forecaster.manifest.origin["params"])
    fitted: dict[str, StationGuidance] = {}
    for station, record in records.guidance.items():
        chosen = record.only(models)
        if begin is not None:
            chosen = chosen.visible(chosen.valid_at >= begin)
        dataset = dataset_with(records, standardization, {station: chosen})
        path = linear_path.fit(dataset, settings)
        days = guided_windows.archive_days(dataset.guided)
        stations, _ = guided_windows.fit(
            dataset, path.windows, path.out_of_fold, path.windows, settings.folds, days
        )
        fitted |= stations
    return replace(trained, forecaster=trained.forecaster.with_guidance(fitted))


def dataset_with(
    records: Records, standardization: Any, guidance: Mapping[str, GuidanceRecord]
) -> WindowDataset:
    """The training windows with other guidance."""
    histories = list(records.histories.values())
    return build_dataset(histories, standardization, records.split, "train", guidance=guidance)


def cells(name: str, values: Sequence[Any]) -> list[str]:
    """A line of the table: figures with intervals, and a mark where one misses its bar."""
    told = []
    for i, value in enumerate(values):
        figure = value if isinstance(value, float) else value.value
        missed = name in BARS and figure > BARS[name][i]
        mark = " (missed)" if missed else ""
        if isinstance(value, float):
            told.append(f"{figure:.2f}{mark}")
        else:
            told.append(f"{figure:+.1f} ({value.low:+.1f} … {value.high:+.1f}){mark}")
    return [name, *told, *[""] * (len(DAYS) - len(told))]


def share_cells(name: str, shares: Sequence[float]) -> list[str]:
    low, high = COVERAGE if name.startswith("80 %") else (0, 1)
    told = [f"{share:.2f}{'' if low <= share <= high else ' (missed)'}" for share in shares]
    return [name, *told]


HEADINGS = ["temperature unless said, %", *(f"day {i + 1}" for i in range(len(DAYS)))]


def lines(rows: Mapping[str, Sequence[Any]], shares: Mapping[str, Sequence[float]]) -> list[Any]:
    """The table's rows."""
    table = [cells(name, values) for name, values in rows.items()]
    return [*table, *(share_cells(name, of_days) for name, of_days in shares.items())]


def show(
    place: Place, rows: Mapping[str, Sequence[Any]], shares: Mapping[str, Sequence[float]]
) -> None:
    """Print the table."""
    title = f"{place.name}, {', '.join(place.models)}, {place.first} to {place.end}"
    table = Table(*HEADINGS, title=title)
    for row in lines(rows, shares):
        table.add_row(*row)
    Console(width=170).print(table)


def write_down(
    place: Place,
    rows: Mapping[str, Sequence[Any]],
    shares: Mapping[str, Sequence[float]],
    model: str,
    code: str,
) -> None:
    """Append the look to the ledger."""
    table = [HEADINGS, ["---", *["--:"] * len(DAYS)], *lines(rows, shares)]
    text = [
        (
            f"{place.name}, issued every {EVERY_H} h from {place.first} to {place.end} UTC;"
            f" {', '.join(place.models)}. Per cent of the error of the forecast from the past"
            f" alone, with 95 % intervals; day {len(DAYS)} is {DAYS[-1][0]}-{DAYS[-1][1]} h."
        ),
        "",
        *("| " + " | ".join(row) + " |" for row in table),
        "",
    ]
    caption = seoul.captions.caption(
        "make bench-guidance DATA=folder", seoul.captions.today(), model=model, code=code
    )
    told = seoul.captions.captioned("\n".join(text), caption)
    ledger = seoul.LOOKS.read_text(encoding="utf-8")
    title = f"## {seoul.captions.today()}: {place.name}, with guidance"
    artifacts.write_bytes(seoul.LOOKS, f"{ledger}\n{title}\n\n{told}".encode())


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 4:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), *[*sys.argv[2:], "", ""][:2])
