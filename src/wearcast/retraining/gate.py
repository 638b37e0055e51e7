"""The gate: whether a challenger takes the champion's place."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wearcast.config import Gate
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.processed_data import Records
from wearcast.retraining.accepted_drift import AcceptedDrift
from wearcast.retraining.advice_check import advice_check
from wearcast.retraining.check import Check
from wearcast.retraining.data_checks import contract_check, data_checks
from wearcast.retraining.forecast_checks import forecast_checks
from wearcast.retraining.judging_period import JudgingPeriod, judging_period, require_unseen
from wearcast.retraining.paired_forecasts import forecast_both
from wearcast.retraining.provenance_checks import provenance_checks
from wearcast.retraining.report import Report
from wearcast.retraining.soundness_checks import Model, soundness_checks


@dataclass(frozen=True)
class Candidates:
    """What the gate decides between.

    Attributes:
        champion: the folder of the model that serves.
        challenger: the folder of the one that may take its place.
        judged: the folder of the model that this one was refitted from, or its own.
        trained_on: the folder of the processed data that the challenger was trained on.
    """

    champion: Path
    challenger: Path
    judged: Path
    trained_on: Path


def judge(
    candidates: Candidates,
    data: Path,
    start: np.datetime64 | None,
    settings: Gate,
    accepted: Sequence[AcceptedDrift] = (),
) -> Report:
    """Compare both models on the last days, once the data and the challenger have shown to be
    sound.

    Args:
        candidates: the models.
        data: the folder of the processed data to judge on.
        start: the first hour to judge on; None: as many days from the end as the settings say.
        settings: the margins.
        accepted: the drift of the observations that fails nothing.

    Raises:
        ModelError: a model can't be loaded, or has seen a part of the period.
        ConfigError: what is accepted is of a station that the champion doesn't have.
    """
    champion = Model.load(candidates.champion)
    challenger = Model.load(candidates.challenger)
    of_champion = champion.forecaster.manifest
    of_challenger = challenger.forecaster.manifest
    versions = (of_champion.version, of_challenger.version)
    contract = contract_check(data)
    if not contract.passed:
        return Report(*versions, "", [contract])
    records = Records.read(data)
    period = judging_period(records, start, settings)
    require_unseen(of_champion, period, "champion")
    require_unseen(of_challenger, period, "challenger")
    judged = Model.load(candidates.judged)
    both = _Both(champion, challenger, judged.forecaster)
    of_data = data_checks(records, period, champion.forecaster, settings, accepted)
    others = _groups(both, candidates.trained_on, records, period, settings)
    checks = _checked(itertools.chain([of_data], others))
    return Report(*versions, str(period), [contract, *checks])


def judge_data(
    champion: Path,
    data: Path,
    start: np.datetime64,
    settings: Gate,
    accepted: Sequence[AcceptedDrift] = (),
) -> Report:
    """The checks of the new observations alone: what comes before anything is trained on them.

    Raises:
        ModelError: the champion can't be loaded.
        ConfigError: what is accepted is of a station that it doesn't have.
    """
    forecaster = Model.load(champion).forecaster
    version = forecaster.manifest.version
    contract = contract_check(data)
    if not contract.passed:
        return Report(version, "", "", [contract])
    records = Records.read(data)
    period = judging_period(records, start, settings)
    checks = data_checks(records, period, forecaster, settings, accepted)
    return Report(version, "", str(period), [contract, *checks])


@dataclass(frozen=True)
class _Both:
    champion: Model
    challenger: Model
    judged: Forecaster


def _groups(
    both: _Both, trained_on: Path, whole: Records, period: JudgingPeriod, settings: Gate
) -> Iterator[Iterable[Check]]:
    """The checks after those of the data in their order, each group only sensible when those before
    it passed."""
    records = period.records(whole)
    theirs = both.champion.forecaster
    ours = both.challenger.forecaster
    yield provenance_checks(
        challenger=ours,
        judged=both.judged,
        trained_on=Records.read(trained_on),
        records=whole,
        period=period,
    )
    yield soundness_checks(both.champion, both.challenger, records, settings)
    paired = forecast_both(records, theirs, ours, settings.every_h)
    advice = advice_check(records, theirs, ours, settings)
    yield (*forecast_checks(paired, settings), advice)


def _checked(groups: Iterator[Iterable[Check]]) -> list[Check]:
    """Every check up to the first group with a failure."""
    checks: list[Check] = []
    for group in groups:
        checks += group
        if not all(check.passed for check in checks):
            break
    return checks
