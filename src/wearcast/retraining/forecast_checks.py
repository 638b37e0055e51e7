"""The challenger's forecasts beside the champion's: not worse over any range of leads, better over
all of them, calibrated, no worse in rain."""

from collections.abc import Iterator

import numpy as np

from wearcast.config import Gate
from wearcast.forecasting import verification
from wearcast.forecasting.array_types import Floats
from wearcast.forecasting.channels import TARGETS
from wearcast.forecasting.quantiles import MEDIAN
from wearcast.forecasting.verification import Interval
from wearcast.retraining.check import Check
from wearcast.retraining.paired_comparison import MovingBlocks, mean_difference, percent_change
from wearcast.retraining.paired_forecasts import PairedForecasts
from wearcast.vocabulary import lead_ranges


def blocks_of(settings: Gate) -> MovingBlocks:
    """How the settings have days drawn again."""
    return MovingBlocks(settings.block_d, settings.bootstrap, settings.seed)


def forecast_checks(paired: PairedForecasts, settings: Gate) -> Iterator[Check]:
    """A check for each thing that forecasts are judged by."""
    yield from _temperature_checks(paired, settings)
    yield _climatology_check(paired, settings)
    yield from _coverage_checks(paired, settings)
    for name in TARGETS[1:]:
        if np.isfinite(paired.observed[name]).any():
            yield _variable_check(paired, name, settings)
    if np.isfinite(paired.wet).any():
        yield _rain_check(paired, settings)


def numbers_of(interval: Interval) -> dict[str, float]:
    """An interval as a check's numbers."""
    return {"value": interval.value, "low": interval.low, "high": interval.high}


def _temperature_checks(paired: PairedForecasts, settings: Gate) -> Iterator[Check]:
    ours = verification.crps_of_each(paired.challenger["temp_c"], paired.observed["temp_c"])
    theirs = verification.crps_of_each(paired.champion["temp_c"], paired.observed["temp_c"])
    worst, margin_pct = settings.most_gain_pct, settings.margin_pct
    plausible = []
    for label, (first, last) in lead_ranges(paired.horizon_h).items():
        change = _change(paired, ours, theirs, (first, last), settings)
        plausible.append(change.value >= -worst)
        yield Check(
            name=f"temperature, {label} h",
            passed=change.high <= margin_pct,
            found=f"CRPS {_percent(change)}",
            wanted=f"not worse by more than {margin_pct:g} %, surely",
            numbers=numbers_of(change),
        )
    overall = _change(paired, ours, theirs, (1, paired.horizon_h), settings)
    least = settings.least_gain_pct
    yield Check(
        name="temperature, all leads",
        passed=overall.high < -least,
        found=f"CRPS {_percent(overall)}",
        wanted=f"better by more than {least:g} %, surely",
        numbers=numbers_of(overall),
    )
    yield Check(
        name="no implausible gain",
        passed=all(plausible),
        found="plausible" if all(plausible) else "as if it knew the future",
        wanted=f"no range of leads better by more than {worst:g} %",
    )


def _climatology_check(paired: PairedForecasts, settings: Gate) -> Check:
    observed = paired.observed["temp_c"]
    ours = np.abs(paired.challenger["temp_c"][..., MEDIAN] - observed)
    theirs = np.abs(paired.climatology - observed)
    change = _change(paired, ours, theirs, (1, paired.horizon_h), settings)
    return Check(
        name="beside climatology",
        passed=change.high < 0,
        found=f"MAE {_percent(change)}",
        wanted="better, surely",
        numbers=numbers_of(change),
    )


def _coverage_checks(paired: PairedForecasts, settings: Gate) -> Iterator[Check]:
    low, high = settings.coverage
    inside = verification.inside_80(paired.challenger["temp_c"], paired.observed["temp_c"])
    for label, (first, last) in lead_ranges(paired.horizon_h).items():
        share = float(verification.known_mean(inside[:, first - 1 : last].ravel()))
        yield Check(
            name=f"80 % interval, {label} h",
            passed=low <= share <= high,
            found=f"holds {share:.1%}",
            wanted=f"{low:.0%} to {high:.0%}",
            numbers={"value": share},
        )


def _variable_check(paired: PairedForecasts, name: str, settings: Gate) -> Check:
    observed = paired.observed[name]
    theirs = verification.crps_of_each(paired.champion[name], observed)
    ours = verification.crps_of_each(paired.challenger[name], observed)
    margin_pct = settings.variable_margin_pct
    wanted = f"not worse by more than {margin_pct:g} %, surely"
    if not np.isfinite(theirs).any():
        return Check(name, True, "the champion doesn't forecast it", wanted)
    if not np.isfinite(ours).any():
        return Check(name, False, "the challenger doesn't forecast it", wanted)
    change = _change(paired, ours, theirs, (1, paired.horizon_h), settings)
    return Check(
        name=f"{name}, all leads",
        passed=change.high <= margin_pct,
        found=f"CRPS {_percent(change)}",
        wanted=wanted,
        numbers=numbers_of(change),
    )


def _rain_check(paired: PairedForecasts, settings: Gate) -> Check:
    leads = (1, paired.horizon_h)
    ours = _mean((paired.challenger_rain - paired.wet) ** 2, leads)
    theirs = _mean((paired.champion_rain - paired.wet) ** 2, leads)
    name, wanted = "rain", f"Brier score not worse by more than {settings.brier_margin:g}, surely"
    if not np.isfinite(theirs).any():
        return Check(name, True, "the champion doesn't forecast it", wanted)
    if not np.isfinite(ours).any():
        return Check(name, False, "the challenger doesn't forecast it", wanted)
    change = mean_difference(ours, theirs, paired.issued_at, blocks_of(settings))
    return Check(
        name=name,
        passed=change.high <= settings.brier_margin,
        found=f"Brier {change.value:+.4f} ({change.low:+.4f} … {change.high:+.4f})",
        wanted=wanted,
        numbers=numbers_of(change),
    )


def _change(
    paired: PairedForecasts,
    ours: Floats,
    theirs: Floats,
    leads: tuple[int, int],
    settings: Gate,
) -> Interval:
    return percent_change(
        _mean(ours, leads), _mean(theirs, leads), paired.issued_at, blocks_of(settings)
    )


def _mean(scores: Floats, leads: tuple[int, int]) -> Floats:
    return verification.mean_over_leads(scores, *leads)


def _percent(change: Interval) -> str:
    return f"{change.value:+.1f} % ({change.low:+.1f} … {change.high:+.1f})"
