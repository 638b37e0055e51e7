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

_SAID = 0.8
"""What the 80 % interval says of itself."""


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
    """How often the 80 % interval held. In twelve weeks of unusual weather no model's need hold as
    often as it says, so one that is no further from it than the champion's is calibrated too."""
    low, high = settings.coverage
    observed = paired.observed["temp_c"]
    ours = verification.inside_80(paired.challenger["temp_c"], observed)
    theirs = verification.inside_80(paired.champion["temp_c"], observed)
    for label, leads in lead_ranges(paired.horizon_h).items():
        share = _share(ours, leads)
        of_champion = _share(theirs, leads)
        distance = abs(share - _SAID)
        is_nearer = distance <= abs(of_champion - _SAID)
        yield Check(
            name=f"80 % interval, {label} h",
            passed=low <= share <= high or is_nearer,
            found=f"holds {share:.1%}, the champion's {of_champion:.1%}",
            wanted=f"{low:.0%} to {high:.0%}, or no further from {_SAID:.0%} than the champion's",
            numbers={"value": share, "champion": of_champion},
        )


def _share(inside: Floats, leads: tuple[int, int]) -> float:
    first, last = leads
    of_leads = inside[:, first - 1 : last]
    return float(verification.known_mean(of_leads.ravel()))


def _variable_check(paired: PairedForecasts, name: str, settings: Gate) -> Check:
    observed = paired.observed[name]
    theirs = verification.crps_of_each(paired.champion[name], observed)
    ours = verification.crps_of_each(paired.challenger[name], observed)
    margin_pct = settings.variable_margin_pct
    wanted = f"not worse by more than {margin_pct:g} %, surely"
    unforecast = _unforecast_check(name, ours, theirs, wanted)
    if unforecast:
        return unforecast
    change = _change(paired, ours, theirs, (1, paired.horizon_h), settings)
    return Check(
        name=f"{name}, all leads",
        passed=change.high <= margin_pct,
        found=f"CRPS {_percent(change)}",
        wanted=wanted,
        numbers=numbers_of(change),
    )


def _rain_check(paired: PairedForecasts, settings: Gate) -> Check:
    name = "rain"
    margin = settings.brier_margin
    wanted = f"Brier score not worse by more than {margin:g}, surely"
    ours = _brier(paired.challenger_rain, paired)
    theirs = _brier(paired.champion_rain, paired)
    unforecast = _unforecast_check(name, ours, theirs, wanted)
    if unforecast:
        return unforecast
    change = mean_difference(ours, theirs, paired.issued_at, blocks_of(settings))
    if np.isnan(change.high):
        # A winter whose rain was measured by sums of three hours alone.
        return Check(
            name=name,
            passed=change.value <= margin,
            found=f"Brier {change.value:+.4f}, on too few days for an interval",
            wanted=wanted,
            numbers={"value": change.value},
        )
    return Check(
        name=name,
        passed=change.high <= margin,
        found=f"Brier {change.value:+.4f} ({change.low:+.4f} … {change.high:+.4f})",
        wanted=wanted,
        numbers=numbers_of(change),
    )


def _unforecast_check(name: str, ours: Floats, theirs: Floats, wanted: str) -> Check | None:
    """The check of what one of the models doesn't forecast: the challenger must have all that the
    champion has. None where both do."""
    champion_does = bool(np.isfinite(theirs).any())
    challenger_does = bool(np.isfinite(ours).any())
    if champion_does and challenger_does:
        return None
    who = "challenger" if champion_does else "champion"
    return Check(
        name=name,
        passed=not champion_does,
        found=f"the {who} doesn't forecast it",
        wanted=wanted,
    )


def _brier(chance: Floats, paired: PairedForecasts) -> Floats:
    """Of each forecast over its leads, (N,)."""
    scores = (chance - paired.wet) ** 2
    all_leads = (1, paired.horizon_h)
    return _mean(scores, all_leads)


def _change(
    paired: PairedForecasts,
    ours: Floats,
    theirs: Floats,
    leads: tuple[int, int],
    settings: Gate,
) -> Interval:
    return percent_change(
        ours=_mean(ours, leads),
        theirs=_mean(theirs, leads),
        issued_at=paired.issued_at,
        blocks=blocks_of(settings),
    )


def _mean(scores: Floats, leads: tuple[int, int]) -> Floats:
    return verification.mean_over_leads(scores, *leads)


def _percent(change: Interval) -> str:
    return f"{change.value:+.1f} % ({change.low:+.1f} … {change.high:+.1f})"
