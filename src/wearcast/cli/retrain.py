"""Retraining: ingest what is new, train a challenger as of the start of the judging period, let the
gate decide, and where it passes, train what is served on all hours.

What comes of it lies in .retraining/: the report, the champion and the challenger.
"""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from rich.console import Console

from wearcast.cli import committed_model
from wearcast.cli.gate import gate_settings, judged_model, show, write
from wearcast.config import Gate, Paths
from wearcast.errors import ModelError
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.processed_data import Records
from wearcast.retraining.accepted_drift import AcceptedDrift
from wearcast.retraining.check import Check
from wearcast.retraining.gate import Candidates, judge, judge_data
from wearcast.retraining.judging_period import JudgingPeriod, after, last_days, seen_until
from wearcast.retraining.project_as_of import train_as_of
from wearcast.retraining.refit_checks import Refit, refit_checks
from wearcast.retraining.report import Report


def retrain(paths: Paths, console: Console, accepted: Sequence[AcceptedDrift] = ()) -> Report:
    """Retrain, and show and write the report.

    Args:
        paths: of the project.
        console: where to show it.
        accepted: the drift of the observations that fails nothing.

    Raises:
        ConfigError: what is accepted is of a station that the champion doesn't have.
        RemoteError: the serving model can't be fetched.
        ModelError: a stage failed, or the models can't be compared.
    """
    shutil.rmtree(paths.retraining, ignore_errors=True)
    _dvc(paths, "repro", "--force", "--single-item", "ingest")
    _dvc(paths, "repro", "preprocess")
    champion = committed_model.fetch(paths, paths.retraining / "champion")
    report = _Retraining(paths, champion, gate_settings(paths), accepted).report()
    show(report, console)
    write(report, paths.retraining / "report.json", paths.retraining / "report.md")
    return report


@dataclass(frozen=True)
class _Retraining:
    """One retraining, once the data are there."""

    paths: Paths
    champion: Path
    settings: Gate
    accepted: Sequence[AcceptedDrift]

    def report(self) -> Report:
        """Train and judge as far as what came before allows."""
        manifest = Forecaster.load(self.champion).manifest
        records = Records.read(self.paths.processed)
        whole = last_days(records.histories.values(), self.settings.days)
        period = after(manifest, whole, self.settings)
        if period is None:
            since = seen_until(manifest)
            return Report(manifest.version, "", str(whole), [_too_early(since, self.settings)])
        of_data = judge_data(
            self.champion, self.paths.processed, period.start, self.settings, self.accepted
        )
        if not of_data.passed:
            return of_data
        return self._judged(period)

    def _judged(self, period: JudgingPeriod) -> Report:
        project = train_as_of(self.paths, period.start, self.paths.retraining / "challenger")
        candidates = Candidates(
            champion=self.champion,
            challenger=project.model,
            judged=judged_model(project.model),
            trained_on=project.processed,
        )
        report = judge(candidates, self.paths.processed, period.start, self.settings, self.accepted)
        if not report.passed:
            return report
        _dvc(self.paths, "repro")
        refit = Refit(
            judged=project.model,
            served=self.paths.model,
            validated=self.paths.judged_model,
            data=self.paths.processed,
        )
        return _with(report, list(refit_checks(refit, period, self.settings)))


def _too_early(since: np.datetime64, settings: Gate) -> Check:
    return Check(
        name="period",
        passed=False,
        found=f"the champion has learned from the record until {since} UTC",
        wanted=f"at least {settings.least_days} days since",
    )


def _with(report: Report, checks: Sequence[Check]) -> Report:
    return replace(report, checks=[*report.checks, *checks])


def _dvc(paths: Paths, *arguments: str) -> None:
    command = [sys.executable, "-m", "dvc", *arguments]
    done = subprocess.run(command, cwd=paths.root, check=False)  # noqa: S603 - our own arguments
    if done.returncode:
        raise ModelError(f"`dvc {' '.join(arguments)}` failed; it says above why.")
