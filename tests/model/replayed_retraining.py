"""Retraining on replayed Seoul, month by month: what a better, an equal and every kind of broken
challenger gets from the gate.

The pipeline's own stages train them, with settings so small that a training takes a minute or two.
"""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from model.tampering import OBSERVATIONS, with_origin, with_values, with_weights
from wearcast import artifacts
from wearcast.config import Gate, Paths
from wearcast.errors import ModelError
from wearcast.retraining.gate import Candidates, judge
from wearcast.retraining.project_as_of import project_as_of

ROOT = Path(__file__).parents[2]
OWN = Path("data/seoul")
FIRST = np.datetime64("2021-04-01T00", "h")
"""The end of the first judging period; the next ones end a month later each."""

SMALL: dict[str, Any] = {
    "hidden": 16,
    "epochs": 3,
    "folds": 2,
    "every_h": 7,
    "members": 20,
    "refit": True,
}
WEAK: dict[str, Any] = {"annual_harmonics": 1, "diurnal_harmonics": 1, "epochs": 1, "refit": False}
"""The first champion's: one with too smooth a climatology, of 2018 and 2019 alone."""

QUICK: dict[str, Any] = {"epochs": 1, "hidden": 4, "every_h": 23}
"""Those of the ones that nothing but their data must betray."""

WEAK_UNTIL = np.datetime64("2020-01-01T00", "h")
_DAY = np.timedelta64(24, "h")


@dataclass(frozen=True)
class Verdict:
    """A row of the table."""

    month: str
    challenger: str
    verdict: str
    because: str

    @property
    def promoted(self) -> bool:
        """Whether it took the champion's place."""
        return self.verdict == "promoted"


@dataclass
class Replay:
    """A project with the whole record, and the models that were trained in it.

    Attributes:
        root: a scratch folder.
        seoul: the Korean portal's exports.
        settings: the gate's.
    """

    root: Path
    seoul: Path
    settings: Gate = field(default_factory=Gate)

    def prepare(self) -> None:
        """Ingest and preprocess the whole record."""
        whole = self.root / "whole"
        ignored = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
        for name in ("src", "notebooks", "requirements"):
            shutil.copytree(ROOT / name, whole / name, ignore=ignored)
        for name in ("dvc.yaml", "pyproject.toml"):
            shutil.copy(ROOT / name, whole / name)
        (whole / OWN).mkdir(parents=True)
        for year in (2018, 2019, 2020, 2021):
            [export] = self.seoul.glob(f"*_HR_{year}_{year}_*.csv")
            shutil.copy(export, whole / OWN)
        params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
        params["ingest"] |= {"source": "files", "stations": ["108"]}
        params["ingest"]["files"]["path"] = OWN.as_posix()
        (whole / "params.yaml").write_text(yaml.safe_dump(params, allow_unicode=True))
        for stage in ("ingest", "preprocess"):
            run_stage(stage, whole)

    def record_until(self, end: np.datetime64) -> Path:
        """The processed record as it was at an hour."""
        folder = self.root / f"record-{end}"
        if not folder.exists():
            project_as_of(Paths(self.root / "whole"), end, folder)
        return Paths(folder).processed

    def train(
        self,
        name: str,
        until: np.datetime64,
        change: Callable[[pd.DataFrame], pd.DataFrame] | None = None,
        **train: Any,
    ) -> Path:
        """Train on the record up to an hour, or on what `change` makes of it; the folder of the
        project."""
        folder = self.root / name
        if not folder.exists():
            project = project_as_of(Paths(self.root / "whole"), until, folder)
            params = yaml.safe_load(project.params.read_text())
            params["train"] |= SMALL | train
            project.params.write_text(yaml.safe_dump(params, allow_unicode=True))
            if change:
                with_values(project.processed, folder / "changed", change)
                shutil.copy(folder / "changed" / OBSERVATIONS, project.processed)
            run_stage("train", folder)
        return folder

    def verdict(
        self,
        end: np.datetime64,
        what: str,
        champion: Path,
        challenger: Path,
        data: Path | None = None,
        trained_on: Path | None = None,
    ) -> Verdict:
        """The gate's verdict on a challenger in the twelve weeks before an hour; both are folders
        of projects."""
        ours = Paths(challenger)
        is_refitted = "judged" in artifacts.read_json(ours.model / "manifest.json")["origin"]
        candidates = Candidates(
            champion=Paths(champion).model,
            challenger=ours.model,
            judged=ours.judged_model if is_refitted else ours.model,
            trained_on=trained_on or ours.processed,
        )
        month = str((end - _DAY).astype("datetime64[M]"))
        try:
            record = data or self.record_until(end)
            report = judge(candidates, record, self.start(end), self.settings)
        except ModelError as error:
            return Verdict(month, what, "refused", str(error))
        if report.passed:
            [gain] = [each for each in report.checks if each.name == "temperature, all leads"]
            return Verdict(month, what, "promoted", gain.found)
        because = "; ".join(f"{each.name}: {each.found}" for each in report.failed)
        return Verdict(month, what, "kept", because)

    def start(self, end: np.datetime64) -> np.datetime64:
        """The first hour of the judging period that ends at an hour."""
        return end - self.settings.days * _DAY

    def copy(self, project: Path, name: str) -> Path:
        """A project's model and data under another name, to be tampered with."""
        for part in ("models", "data/processed"):
            shutil.copytree(project / part, self.root / name / part, dirs_exist_ok=True)
        return self.root / name


def run_stage(stage: str, project: Path) -> None:
    """Run a stage of a project with its own code."""
    command = [sys.executable, "-m", "wearcast", "run-notebook", stage]
    subprocess.run(command, cwd=project, check=True, capture_output=True)


def verdicts(replay: Replay, count: int) -> Iterator[Verdict]:
    """Those of so many months one after the other, then those on broken challengers a month later.

    Each month the same recipe is trained on what was there: it is better than the weak champion
    first, and then its equal.
    """
    replay.prepare()
    champion = replay.train("weak", WEAK_UNTIL, **WEAK)
    learned_until = WEAK_UNTIL
    for i in range(count):
        end = _month(i)
        challenger = replay.train(f"month-{i}", replay.start(end))
        what = "the same recipe, a month more" if i else "a better recipe"
        verdict = replay.verdict(end, what, champion, challenger)
        if verdict.promoted:
            champion = challenger
            learned_until = replay.start(end)
        yield verdict
    end = _month(count)
    yield replay.verdict(end, "the champion itself", champion, champion)
    seed = replay.train("seed", learned_until, seed=7)
    yield replay.verdict(end, "the same recipe and data, another seed", champion, seed)
    yield from broken(replay, champion, end)


def _month(i: int) -> np.datetime64:
    """The end of the i-th judging period."""
    month = FIRST.astype("datetime64[M]") + i
    end: np.datetime64 = month.astype("datetime64[h]")
    return end


def broken(replay: Replay, champion: Path, end: np.datetime64) -> Iterator[Verdict]:
    """Every kind of broken challenger beside the champion."""
    start = replay.start(end)
    good = replay.train("good", start, seed=7)
    for what, change in TRAINED_ON_WRONG.items():
        wrong = replay.train(what, start, change, **QUICK | {"refit": False})
        yield replay.verdict(end, what, champion, wrong)
    for what, change in NEW_DATA_WRONG.items():
        data = with_values(replay.record_until(end), replay.root / what, change)
        yield replay.verdict(end, what, champion, good, data)
    yield from _leaked(replay, champion, good, end)
    yield from _tampered(replay, champion, good, end)


def _leaked(replay: Replay, champion: Path, good: Path, end: np.datetime64) -> Iterator[Verdict]:
    start = replay.start(end)
    leaked = replay.train("leaked", end, **QUICK)
    yield replay.verdict(end, "leaked future", champion, leaked)
    lying = replay.copy(leaked, "lying")
    with_origin(lying / "models/forecaster", seen_until=str(start))
    yield replay.verdict(end, "leaked future, and says it isn't", champion, lying)
    own = Paths(good).processed
    yield replay.verdict(end, "leaked future, beside honest data", champion, lying, trained_on=own)


def _tampered(replay: Replay, champion: Path, good: Path, end: np.datetime64) -> Iterator[Verdict]:
    nan = replay.copy(good, "nan")
    for model in ("forecaster", "judged"):
        with_weights(nan / "models" / model, lambda values: np.full_like(values, np.nan))
    yield replay.verdict(end, "NaN weights", champion, nan)
    stale = replay.train("weak", WEAK_UNTIL, **WEAK)
    yield replay.verdict(end, "a stale model", champion, stale)
    renamed = replay.copy(stale, "renamed")
    with_origin(renamed / "models/forecaster", seen_until=str(replay.start(end)))
    yield replay.verdict(end, "a stale model renamed", champion, renamed)
    own = Paths(good).processed
    data = artifacts.read_json(good / "models/judged/manifest.json")["origin"]["data"]
    with_origin(renamed / "models/forecaster", data=data)
    yield replay.verdict(
        end, "a stale model renamed, beside new data", champion, renamed, trained_on=own
    )


def _shuffled(table: pd.DataFrame) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    order = rng.permutation(len(table))
    values = {name: table[name].to_numpy()[order] for name in ("temp_c", "dewpoint_c")}
    return table.assign(**values)


def _in_kmh(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(wind_ms=3.6 * table["wind_ms"])


def _every_other_month(table: pd.DataFrame) -> pd.DataFrame:
    gone = table["valid_at"].dt.month % 2 == 1
    return table.assign(
        temp_c=table["temp_c"].mask(gone), dewpoint_c=table["dewpoint_c"].mask(gone)
    )


def _is_new(table: pd.DataFrame, days: int) -> "pd.Series[bool]":
    since: pd.Series[bool] = table["valid_at"] > table["valid_at"].max() - pd.Timedelta(days=days)
    return since


def _three_days_in_kmh(table: pd.DataFrame) -> pd.DataFrame:
    new = _is_new(table, 3)
    return table.assign(wind_ms=table["wind_ms"].where(~new, 3.6 * table["wind_ms"]))


def _half_of_a_month(table: pd.DataFrame) -> pd.DataFrame:
    gone = _is_new(table, 28) & (table["valid_at"].dt.hour % 2 == 1)
    return table.assign(
        temp_c=table["temp_c"].mask(gone), dewpoint_c=table["dewpoint_c"].mask(gone)
    )


TRAINED_ON_WRONG = {
    "shuffled targets": _shuffled,
    "wrong units in training (km/h)": _in_kmh,
    "half the months missing in training": _every_other_month,
}
NEW_DATA_WRONG = {
    "wrong units in the new data (3 days of km/h)": _three_days_in_kmh,
    "half the hours missing in the new data": _half_of_a_month,
}
