"""Whether the new observations are such as the champion's training years had, at that time of the
year: another unit, a stuck value, a sensor that was replaced or has slipped."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from wearcast.forecasting.array_types import Floats, Hours
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.history import History
from wearcast.forecasting.input_series import InputHours
from wearcast.forecasting.processed_data import Records
from wearcast.forecasting.snapshot_creation import HISTORY_H
from wearcast.retraining.accepted_drift import AcceptedDrift, require_known
from wearcast.retraining.check import Check
from wearcast.retraining.judging_period import JudgingPeriod

_MOST_NAMED = 3

_Scores = Mapping[tuple[str, str], Mapping[int, Floats]]
"""By variable and check, and by the windows' length in hours, how near each hour is to an alarm."""


@dataclass(frozen=True)
class _Drift:
    """How near a variable of a station came to an alarm.

    Attributes:
        station, variable: what it is of.
        check, window_h: what has the highest score, and the length of its window; 0 of a run of
            equal values.
        score: the highest that two of the new hours in a row have at least; an alarm from 1 on, as
            the one that a refresh's scores raise wants two hours.
        since: the first hour that is an alarm, by whichever check; else that of the highest score.
    """

    station: str
    variable: str
    check: str
    window_h: int
    score: float
    since: np.datetime64

    def __str__(self) -> str:
        how = f"{self.check} over {self.window_h} h" if self.window_h else self.check
        return f"{self.variable} of {self.station} since {self.since} UTC ({self.score:.2f}, {how})"


def drift_check(
    records: Records,
    period: JudgingPeriod,
    champion: Forecaster,
    accepted: Sequence[AcceptedDrift] = (),
) -> Check:
    """The drift of the inputs that a refresh watches, in the hours of the period.

    Args:
        records: the processed data.
        period: what is judged on.
        champion: the serving model.
        accepted: what is named, but fails nothing.

    Raises:
        ConfigError: what is accepted is of a station that the champion doesn't have.
    """
    name = "data: drift"
    wanted = "scores below 1 beside the same weeks of the champion's training years"
    if champion.manifest.inputs is None:
        return Check(
            name=name,
            passed=False,
            found="the champion doesn't say what those were like: an earlier release trained it."
            " Train it anew: `dvc repro`",
            wanted=wanted,
        )
    require_known(accepted, champion.manifest.inputs.stations)
    drifts = sorted(_found(records, period, champion), key=lambda one: one.score, reverse=True)
    alarms = [one for one in drifts if one.score >= 1]
    excused = [one for one in alarms if _is_accepted(one, accepted)]
    others = [one for one in alarms if one not in excused]
    return Check(
        name=name,
        passed=bool(drifts) and not others,
        found=_in_words(others, excused) if alarms else _nearest(drifts),
        wanted=wanted,
        numbers={"value": drifts[0].score} if drifts else {},
    )


def _is_accepted(drift: _Drift, accepted: Sequence[AcceptedDrift]) -> bool:
    return any(one.covers(drift.station, drift.variable) for one in accepted)


def _found(records: Records, period: JudgingPeriod, champion: Forecaster) -> Iterator[_Drift]:
    """Of each variable of each of the champion's stations."""
    reference = champion.manifest.inputs
    if reference is None:
        return
    inputs = {id: _inputs(history, period) for id, history in records.histories.items()}
    for station in reference.stations:
        if station in inputs:
            said = _said(records, champion, station)
            scores = reference.scores(station, inputs, said)
            of_checks = _of_checks(station, scores, inputs[station].valid_at, period)
            yield from _of_variables(of_checks)


def _inputs(history: History, period: JudgingPeriod) -> InputHours:
    """The hours of the period, and as many before it as a refresh has before its newest."""
    new_h = int(np.sum(history.valid_at >= period.start))
    return InputHours.of(history).last(new_h + HISTORY_H)


def _said(records: Records, champion: Forecaster, station: str) -> InputHours | None:
    """What guidance said of a station's hours; None where the champion makes nothing of it."""
    fitted = champion.station_guidance.get(station)
    record = records.guidance.get(station)
    return fitted.newest(record) if fitted and record else None


def _of_checks(
    station: str, scores: _Scores, valid_at: Hours, period: JudgingPeriod
) -> Iterator[_Drift]:
    """Of each variable and check in the period; none where nothing is known of it."""
    is_new = period.contains(valid_at)
    hours = valid_at[is_new]
    for (variable, check), by_window in scores.items():
        windows_h = list(by_window)
        of_windows = np.array([by_window[one][is_new] for one in windows_h])
        held = _held(of_windows)
        if np.isfinite(held).any():
            highest = int(np.nanargmax(held))
            yield _Drift(
                station=station,
                variable=variable,
                check=check,
                window_h=windows_h[int(np.nanargmax(of_windows[:, highest]))],
                score=float(held[highest]),
                since=_since(hours, held),
            )


def _held(of_windows: Floats) -> Floats:
    """The highest score that any window, (windows, n), has at least at each hour and at the next:
    (n - 1,), NaN where one of the two isn't known."""
    if not of_windows.size:
        return np.full(0, np.nan)
    highest = np.fmax.reduce(of_windows)
    held: Floats = np.minimum(highest[:-1], highest[1:])
    return held


def _since(hours: Hours, held: Floats) -> np.datetime64:
    alarms = np.flatnonzero(held >= 1)
    first = alarms[0] if len(alarms) else np.nanargmax(held)
    hour: np.datetime64 = hours[first]
    return hour


def _of_variables(of_checks: Iterable[_Drift]) -> Iterator[_Drift]:
    """Of each variable the highest, since the earliest alarm."""
    by_variable: dict[str, list[_Drift]] = {}
    for one in of_checks:
        by_variable.setdefault(one.variable, []).append(one)
    for drifts in by_variable.values():
        highest = max(drifts, key=lambda one: one.score)
        alarms = [one.since for one in drifts if one.score >= 1]
        yield replace(highest, since=min(alarms, default=highest.since))


def _in_words(alarms: Sequence[_Drift], excused: Sequence[_Drift]) -> str:
    parts = [_named(alarms)] if alarms else []
    if excused:
        parts.append(f"accepted: {_named(excused)}")
    return "; ".join(parts)


def _named(drifts: Sequence[_Drift]) -> str:
    named = "; ".join(map(str, drifts[:_MOST_NAMED]))
    more = len(drifts) - _MOST_NAMED
    return f"{named}; and {more} more" if more > 0 else named


def _nearest(drifts: Sequence[_Drift]) -> str:
    if not drifts:
        return "nothing can be told of them"
    nearest = drifts[0]
    return f"at most {nearest.score:.2f}, {nearest.variable} of {nearest.station}"
