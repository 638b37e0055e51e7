"""A bad data day can't get through: the new observations keep their contract, are all there, and
are such as the champion knows them."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from wearcast.config import Gate
from wearcast.errors import ObservationsError
from wearcast.forecasting.array_types import Flags, Floats
from wearcast.forecasting.channels import CHANNELS, channel_values
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.history import History
from wearcast.forecasting.processed_data import Records
from wearcast.forecasting.standardized_series import Standardization
from wearcast.retraining.accepted_drift import AcceptedDrift
from wearcast.retraining.check import Check
from wearcast.retraining.drift_check import drift_check
from wearcast.retraining.judging_period import JudgingPeriod
from wearcast.weather.observations import read_parquet, validate

_SPAN_D = 28
"""New hours are looked at in spans of so many days, so that a bad month isn't lost in good ones."""

_YEAR_H = 8766
_MOST_YEARS = 30
"""What is usual in a span is told by the same weeks of so many years before: rain isn't measured by
the hour in every winter, and winters change more than summers."""

_LEAST_BEFORE = 0.05
"""A variable of which a smaller share was there before isn't judged by its share."""


def data_checks(
    records: Records,
    period: JudgingPeriod,
    champion: Forecaster,
    settings: Gate,
    accepted: Sequence[AcceptedDrift] = (),
) -> Iterator[Check]:
    """A check for each property of the new observations.

    Args:
        records: the processed data.
        period: what is judged on.
        champion: the serving model.
        settings: the margins.
        accepted: the drift that fails nothing.
    """
    yield _volume_check(records, period, champion.manifest.standardization, settings)
    yield drift_check(records, period, champion, accepted)


def contract_check(folder: Path) -> Check:
    """Whether the controlled observations in a folder keep their contract: what breaks it can't
    even be read as records."""
    name, wanted = "data: contract", "the contract of the observations"
    try:
        table = validate(read_parquet(folder / "observations.parquet"))
    except ObservationsError as error:
        return Check(
            name=name,
            passed=False,
            found=str(error),
            wanted=wanted,
        )
    return Check(
        name=name,
        passed=True,
        found=f"{len(table):,} hours keep it",
        wanted=wanted,
    )


def _volume_check(
    records: Records, period: JudgingPeriod, champion: Standardization, settings: Gate
) -> Check:
    """The share of hours of each variable in every span, beside the share before the period."""
    name = "data: volume"
    least = settings.least_present
    wanted = f"at least {least:.0%} of each variable's usual share of hours"
    lowest, where = 1.0, "every variable"
    for station, climate in champion.climatologies.items():
        if station not in records.histories:
            return Check(
                name=name,
                passed=False,
                found=f"station {station} isn't there any more",
                wanted=wanted,
            )
        history = records.histories[station]
        for ratio, place in _shares_beside_before(history, period, climate.reported):
            if ratio < lowest:
                lowest, where = ratio, place
    return Check(
        name=name,
        passed=lowest >= least,
        found=f"{lowest:.0%} of {where}",
        wanted=wanted,
        numbers={"value": lowest},
    )


def _shares_beside_before(
    history: History, period: JudgingPeriod, reported: Sequence[str]
) -> Iterator[tuple[float, str]]:
    """Of each variable and span the share of hours as a multiple of that before the period, and a
    name for it."""
    for span in _spans(history, period):
        share = _shares(history, span)
        same_weeks = _same_weeks(history, period, span)
        before = _shares(history, same_weeks)
        for channel in reported:
            c = CHANNELS.index(channel)
            if before[c] >= _LEAST_BEFORE:
                ratio = float(share[c] / before[c])
                yield ratio, _place(channel, history, span)


def _same_weeks(history: History, period: JudgingPeriod, span: Flags) -> Flags:
    """The hours of the same weeks in the years before the period; where there are none, all before
    it."""
    valid_at = history.valid_at
    hours = valid_at[span]
    is_before = valid_at < period.start
    same = np.zeros(len(history), dtype=bool)
    for years in range(1, _MOST_YEARS + 1):
        ago = np.timedelta64(_YEAR_H * years, "h")
        start = hours[0] - ago
        last = hours[-1] - ago
        same |= (valid_at >= start) & (valid_at <= last)
    same &= is_before
    return same if same.any() else is_before


def _spans(history: History, period: JudgingPeriod) -> Iterator[Flags]:
    """The hours of the period in spans, counted back from its end; what is left at its beginning
    goes with the first."""
    length = np.timedelta64(24 * _SPAN_D, "h")
    stop = period.stop
    while stop > period.start:
        start = stop - length
        if start - period.start < length:
            start = period.start
        inside: Flags = (history.valid_at >= start) & (history.valid_at < stop)
        yield inside
        stop = start


def _shares(history: History, hours: Flags) -> Floats:
    """The share of the hours at which each channel is known, (C,)."""
    values = channel_values(history)[hours]
    shares: Floats = np.isfinite(values).mean(axis=0)
    return shares


def _place(channel: str, history: History, span: Flags) -> str:
    first = history.valid_at[span][0].astype("datetime64[D]")
    return f"{channel} of {history.station} from {first}"
