"""A bad data day can't get through: the new observations keep their contract, are all there, and
are in the units and at the level that the champion knows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wearcast.config import Gate
from wearcast.errors import ObservationsError
from wearcast.forecasting.array_types import Flags, Floats
from wearcast.forecasting.channels import CHANNELS, channel_values
from wearcast.forecasting.history import History
from wearcast.forecasting.processed_data import Records
from wearcast.forecasting.standardized_series import Standardization
from wearcast.forecasting.station_climatology import StationClimatology
from wearcast.retraining.check import Check
from wearcast.retraining.judging_period import JudgingPeriod
from wearcast.weather.observations import read_parquet, validate

_SPAN_D = 28
"""New hours are looked at in spans of so many days, so that a bad month isn't lost in good ones."""

_SHORT_SPAN_D = 3
_SHORT_SPAN_FACTOR = 2.5
"""Their level also in short spans, which the weather takes further from the climatology."""

_YEAR_H = 8766
_MOST_YEARS = 30
"""What is usual in a span is told by the same weeks of so many years before: rain isn't measured by
the hour in every winter, and winters change more than summers."""

_LEAST_BEFORE = 0.05
"""A variable of which a smaller share was there before isn't judged by its share."""

_LEAST_KNOWN = 0.5
"""The share of a span's hours that a mean and a spread take."""

_NO_SPREAD = 1e-3
"""A deviation below this is that of a stuck sensor."""


def data_checks(
    records: Records,
    period: JudgingPeriod,
    champion: Standardization,
    settings: Gate,
) -> Iterator[Check]:
    """A check for each property of the new observations, those of the period.

    Args:
        records: the processed data.
        period: what is new.
        champion: what standardises the champion's records.
        settings: the margins.
    """
    yield _volume_check(records, period, champion, settings)
    yield from _level_checks(records, period, champion, settings)


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
    for span in _spans(history, period, _SPAN_D):
        share = _shares(history, span)
        same_weeks = _same_weeks(history, period, span)
        before = _shares(history, same_weeks)
        for channel in reported:
            c = CHANNELS.index(channel)
            if before[c] >= _LEAST_BEFORE:
                ratio = float(share[c] / before[c])
                yield ratio, _place(channel, history, span)


@dataclass(frozen=True)
class _Anomalies:
    """A variable's known standardised anomalies in a span of so many days.

    Attributes:
        channel: its name.
        days: of the span.
        values: the anomalies, (n,).
        before: those of the same weeks of the years before, (m,).
        place: a name for it.
    """

    channel: str
    days: int
    values: Floats
    before: Floats
    place: str

    @property
    def drift_sd(self) -> float:
        """Their mean, of a short span as far as it would be in a long one."""
        mean = float(self.values.mean())
        return mean / _SHORT_SPAN_FACTOR if self.days == _SHORT_SPAN_D else mean

    @property
    def spread(self) -> float:
        """By which factor their deviation is larger or smaller than before; 1 of rain, whose
        deviation is that of a few storms, and of a short span."""
        is_short = self.days == _SHORT_SPAN_D
        if self.channel == "log_rain" or is_short or not len(self.before):
            return 1.0
        deviation = max(float(self.values.std()), _NO_SPREAD)
        usual = max(float(self.before.std()), _NO_SPREAD)
        return max(deviation / usual, usual / deviation)


def _level_checks(
    records: Records, period: JudgingPeriod, champion: Standardization, settings: Gate
) -> Iterator[Check]:
    """How far the mean and the spread of each variable in every span are from the champion's
    climatology: another unit, a replaced sensor, a stuck one."""
    spans: list[_Anomalies] = []
    for station, climate in champion.climatologies.items():
        if station in records.histories:
            spans += _anomalies(records.histories[station], climate, period)
    if not spans:
        return
    drifted = max(spans, key=lambda span: abs(span.drift_sd))
    yield Check(
        name="data: level",
        passed=abs(drifted.drift_sd) <= settings.most_drift_sd,
        found=f"mean {drifted.values.mean():+.2f} standard deviations, {drifted.place}",
        wanted=f"within {settings.most_drift_sd:g} of the champion's climatology over"
        f" {_SPAN_D} days, {_SHORT_SPAN_FACTOR * settings.most_drift_sd:g} over {_SHORT_SPAN_D}",
        numbers={"value": drifted.drift_sd},
    )
    spread = max(spans, key=lambda span: span.spread)
    yield Check(
        name="data: spread",
        passed=spread.spread <= settings.most_spread,
        found=f"a factor of {spread.spread:.2f}, {spread.place}",
        wanted=f"within a factor of {settings.most_spread:g} of that of the same weeks before",
        numbers={"value": spread.spread},
    )


def _anomalies(
    history: History, climate: StationClimatology, period: JudgingPeriod
) -> Iterator[_Anomalies]:
    """Of each variable of a station in every span."""
    usual = climate.at(history.valid_at)
    anomalies = (channel_values(history) - usual) / climate.scale
    for days in (_SPAN_D, _SHORT_SPAN_D):
        for span in _spans(history, period, days):
            before = _same_weeks(history, period, span)
            for channel in climate.reported:
                column = anomalies[:, CHANNELS.index(channel)]
                known = _known(column[span])
                if len(known) >= _LEAST_KNOWN * span.sum():
                    yield _Anomalies(
                        channel=channel,
                        days=days,
                        values=known,
                        before=_known(column[before]),
                        place=_place(channel, history, span),
                    )


def _known(values: Floats) -> Floats:
    known: Floats = values[np.isfinite(values)]
    return known


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


def _spans(history: History, period: JudgingPeriod, days: int) -> Iterator[Flags]:
    """The hours of the period in spans of so many days, counted back from its end; what is left at
    its beginning goes with the first."""
    length = np.timedelta64(24 * days, "h")
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
