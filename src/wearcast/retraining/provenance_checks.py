"""What a challenger was trained on, as far as the data beside it show: the record that it says, cut
off before the judging period, the same hours as the record that it is judged on, and a network that
scores on its validation hours what training noted."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from wearcast.forecasting import held_out_forecasts, model_assembly
from wearcast.forecasting.array_types import Floats
from wearcast.forecasting.channels import channel_values
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.history import History
from wearcast.forecasting.processed_data import Records
from wearcast.forecasting.window_dataset import build_dataset
from wearcast.retraining.check import Check
from wearcast.retraining.judging_period import JudgingPeriod, seen_until

_SAME_SHARE = 0.98
"""The share of hours in which both records agree: quality control decides a few by what came
later, and a live source revises its last days."""

_NEAR = 1e-6
_PARITY_SD = 0.002
"""How far a validation score may be from the noted one: those are rounded to four digits, and other
processors round the last bits of the network otherwise."""


def provenance_checks(
    challenger: Forecaster,
    judged: Forecaster,
    trained_on: Records,
    records: Records,
    period: JudgingPeriod,
) -> Iterator[Check]:
    """A check for each property.

    Args:
        challenger: the model.
        judged: the one that it was refitted from, or itself.
        trained_on: the data that it is said to be trained on.
        records: those that it is judged on.
        period: the judging period.
    """
    is_own = challenger.manifest.origin.get("data") == trained_on.sha256
    yield Check(
        name="training: data",
        passed=is_own,
        found="the hash that its manifest names" if is_own else "another hash than its manifest's",
        wanted="the data that its manifest names",
    )
    yield _end_check(challenger, trained_on, period)
    yield _agreement_check(trained_on, records, period)
    if is_own:
        yield parity_check(challenger, judged, trained_on)


def _end_check(challenger: Forecaster, trained_on: Records, period: JudgingPeriod) -> Check:
    """The data end before the period, and no earlier than the model says that it has seen them."""
    last = max(history.issued_at for history in trained_on.histories.values())
    seen = seen_until(challenger.manifest)
    known = last + np.timedelta64(1, "h")
    return Check(
        name="training: end",
        passed=bool(seen <= known <= period.start),
        found=f"its data end before {known} UTC, and it has seen those before {seen} UTC",
        wanted=f"no hour from {period.start} UTC on, and none that its data lack",
    )


def _agreement_check(trained_on: Records, records: Records, period: JudgingPeriod) -> Check:
    shares = {}
    for station, history in trained_on.histories.items():
        if station in records.histories:
            shares[station] = _agreement(history, records.histories[station], period)
    lowest = min(shares.values(), default=0.0)
    return Check(
        name="training: hours",
        passed=lowest >= _SAME_SHARE,
        found=f"{lowest:.1%} as in the record",
        wanted=f"at least {_SAME_SHARE:.0%} of a variable's hours as in the record",
        numbers={"value": lowest},
    )


def _agreement(history: History, record: History, period: JudgingPeriod) -> float:
    """The share of the record's hours, as far as the history reaches, in which that has the same
    value, or none as well, of the variable that agrees least."""
    before = period.start - np.timedelta64(1, "h")
    last = min(before, history.issued_at)
    until = record.until(last)
    if not len(until):
        return 0.0
    first = max(until.valid_at[0], history.valid_at[0])
    is_common = until.valid_at >= first
    wanted = channel_values(until)[is_common]
    hours = until.valid_at[is_common]
    found = _at_hours(history, hours)
    is_near = np.abs(found - wanted) <= _NEAR
    both_missing = np.isnan(found) & np.isnan(wanted)
    is_same = is_near | both_missing
    by_channel = is_same.mean(axis=0)
    return float(by_channel.min())


def _at_hours(history: History, hours: Floats) -> Floats:
    """The channels at these hours, NaN where the history doesn't reach: (n, C)."""
    values = channel_values(history)
    shape = (len(hours), values.shape[1])
    found = np.full(shape, np.nan)
    since_first = hours - history.valid_at[0]
    row = since_first.astype(np.int64)
    inside = (row >= 0) & (row < len(values))
    rows_inside = row[inside]
    found[inside] = values[rows_inside]
    return found


def parity_check(challenger: Forecaster, judged: Forecaster, trained_on: Records) -> Check:
    """The network as it is in the file scores on the validation hours what training noted of it;
    of a refitted model the one that it was refitted from."""
    name = "training: parity"
    wanted = f"the noted validation scores within {_PARITY_SD:g} standard deviations"
    if challenger.manifest.guidance:
        return Check(
            name=name,
            passed=True,
            found="with guidance: its network learned once more since",
            wanted=wanted,
        )
    version = challenger.manifest.origin.get("judged", challenger.manifest.version)
    if judged.manifest.version != version:
        return Check(
            name=name,
            passed=False,
            found=f"refitted from {version}, which isn't there: {judged.manifest.version} is",
            wanted=wanted,
        )
    furthest = _furthest_score(judged, trained_on)
    return Check(
        name=name,
        passed=furthest <= _PARITY_SD,
        found=f"at most {furthest:.4f} off",
        wanted=wanted,
        numbers={"value": furthest},
    )


def _furthest_score(judged: Forecaster, trained_on: Records) -> float:
    """How far the file's validation scores are from the noted ones at most, in standard
    deviations."""
    manifest = judged.manifest
    dataset = build_dataset(
        list(trained_on.histories.values()),
        manifest.standardization,
        trained_on.split,
        "validation",
    )
    windows = held_out_forecasts.calibration_windows(dataset)
    at = dataset.at[windows]
    raw, _, _ = judged.network(dataset.series, at)
    quantiles = manifest.calibration(raw)
    observed = dataset.targets(at).astype(np.float64)
    found = model_assembly.validation_scores(quantiles, observed)
    noted = manifest.origin["validation"]
    differences = [abs(found["windows"] - noted["windows"])]
    for score in ("mae_sd", "crps_sd"):
        differences += _differences(found[score], noted[score])
    return float(np.max(differences))


def _differences(found: Mapping[str, Any], noted: Mapping[str, Any]) -> Iterator[float]:
    """By how much a score differs from the noted one, for each target and range of leads that has
    a noted one."""
    for target, by_range in noted.items():
        for leads, value in (by_range or {}).items():
            found_by_range = found[target] or {}
            score = found_by_range.get(leads, np.inf)
            yield abs(score - value)
