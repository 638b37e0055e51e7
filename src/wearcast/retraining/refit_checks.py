"""The model that is served after a verdict, fitted on all hours, beside the one that was judged.

No hour is left that could judge it: it is checked for being the same kind of model.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from wearcast.config import Gate
from wearcast.forecasting import verification
from wearcast.forecasting.array_types import Floats
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.processed_data import Records
from wearcast.forecasting.quantiles import MEDIAN
from wearcast.retraining.check import Check
from wearcast.retraining.judging_period import JudgingPeriod
from wearcast.retraining.paired_forecasts import PairedForecasts, forecast_both
from wearcast.retraining.provenance_checks import parity_check
from wearcast.retraining.soundness_checks import Model, size_check, weights_check

_MOST_COVERED = 0.97
"""The share that the 80 % interval may hold at most, of hours that the model has learned from."""


@dataclass(frozen=True)
class Refit:
    """What is compared.

    Attributes:
        judged: the folder of the challenger that passed the gate.
        served: the folder of the model that is to be served.
        validated: the folder of the model of the same training whose validation scores it names.
        data: the folder of the processed data that both were trained on.
    """

    judged: Path
    served: Path
    validated: Path
    data: Path


def refit_checks(refit: Refit, period: JudgingPeriod, settings: Gate) -> Iterator[Check]:
    """A check for each property; the forecasts compared are of the judging period.

    Raises:
        ModelError: a model can't be loaded, or no forecast can be made.
    """
    judged = Model.load(refit.judged)
    served = Model.load(refit.served)
    records = Records.read(refit.data)
    validated = Forecaster.load(refit.validated)
    yield _of_refit(weights_check(served))
    yield _of_refit(parity_check(served.forecaster, validated, records))
    yield _of_refit(size_check(judged, served, settings))
    paired = forecast_both(
        period.records(records),
        champion=judged.forecaster,
        challenger=served.forecaster,
        every_h=settings.every_h,
    )
    yield _coverage_check(paired, settings)
    yield _distance_check(paired, settings)


def _of_refit(check: Check) -> Check:
    """The check with a name of its own."""
    name = check.name.rpartition(": ")[2]
    return replace(check, name=f"refit: {name}")


def _coverage_check(paired: PairedForecasts, settings: Gate) -> Check:
    low, _ = settings.coverage
    inside = verification.inside_80(paired.challenger["temp_c"], paired.observed["temp_c"])
    share = float(verification.known_mean(inside.ravel()))
    return Check(
        name="refit: 80 % interval",
        passed=low <= share <= _MOST_COVERED,
        found=f"holds {share:.1%} of hours that it has learned from",
        wanted=f"{low:.0%} to {_MOST_COVERED:.0%}",
        numbers={"value": share},
    )


def _distance_check(paired: PairedForecasts, settings: Gate) -> Check:
    """How far its medians are from the judged model's, beside how far those are from the
    weather."""
    judged_c = paired.champion["temp_c"][..., MEDIAN]
    served_c = paired.challenger["temp_c"][..., MEDIAN]
    distance_c = _mean(np.abs(served_c - judged_c))
    error_c = _mean(np.abs(judged_c - paired.observed["temp_c"]))
    return Check(
        name="refit: distance",
        passed=distance_c <= settings.most_distance * error_c,
        found=f"medians {distance_c:.2f} °C apart, where the judged model's error is"
        f" {error_c:.2f} °C",
        wanted=f"at most {settings.most_distance:g} of that error",
        numbers={"value": distance_c, "error": error_c},
    )


def _mean(values: Floats) -> float:
    return float(verification.known_mean(values.ravel()))
