"""Whether the new observations are such as the champion's training years had, at that time of the
year: another unit, a stuck value, a sensor that was replaced or has slipped."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from wearcast.forecasting.array_types import Floats, Hours
from wearcast.forecasting.history import History
from wearcast.forecasting.input_series import InputHours
from wearcast.forecasting.manifest import Manifest
from wearcast.forecasting.processed_data import Records
from wearcast.retraining.check import Check
from wearcast.retraining.judging_period import JudgingPeriod

_YEAR_BEFORE_H = 400 * 24
"""What the newest hours are compared with lies in a year and the longest window before them."""

_MOST_NAMED = 3

_Scores = Mapping[tuple[str, str], Mapping[int, Floats]]
"""By variable and check, and by the windows' length in hours, how near each hour is to an alarm."""


@dataclass(frozen=True)
class _Drift:
    """How near a variable of a station came to an alarm, by one of the checks of its drift.

    Attributes:
        station, variable, check: what it is of.
        window_h: the length of the window; 0 of a run of equal values.
        score: the highest of the new hours; an alarm from 1 on.
        since: the first hour that is an alarm, else that of the highest score.
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


def drift_check(records: Records, period: JudgingPeriod, champion: Manifest) -> Check:
    """The drift of the inputs that a refresh watches, in every hour of the period."""
    name = "data: drift"
    wanted = "scores below 1 beside the same weeks of the champion's training years"
    if champion.inputs is None:
        return Check(
            name=name,
            passed=False,
            found="the champion doesn't say what those were like: an earlier release trained it."
            " Train it anew: `dvc repro`",
            wanted=wanted,
        )
    inputs = {id: _inputs(history, period) for id, history in records.histories.items()}
    drifts: list[_Drift] = []
    for station in champion.inputs.stations:
        if station in inputs:
            scores = champion.inputs.scores(station, inputs)
            of_station = _drifts(station, scores, inputs[station].valid_at, period)
            drifts += _highest_of_variables(of_station)
    drifts.sort(key=lambda one: one.score, reverse=True)
    alarms = [one for one in drifts if one.score >= 1]
    return Check(
        name=name,
        passed=not alarms,
        found=_in_words(alarms) if alarms else _nearest(drifts),
        wanted=wanted,
        numbers={"value": drifts[0].score} if drifts else {},
    )


def _inputs(history: History, period: JudgingPeriod) -> InputHours:
    """The hours of the period, and those of the year before."""
    new_h = int(np.sum(history.valid_at >= period.start))
    return InputHours.of(history).last(new_h + _YEAR_BEFORE_H)


def _drifts(
    station: str, scores: _Scores, valid_at: Hours, period: JudgingPeriod
) -> Iterator[_Drift]:
    """Of each variable, check and window in the period; none where nothing is known of it."""
    is_new = period.contains(valid_at)
    for (variable, check), by_window in scores.items():
        for window_h, of_window in by_window.items():
            new = of_window[is_new]
            if np.isfinite(new).any():
                yield _Drift(
                    station=station,
                    variable=variable,
                    check=check,
                    window_h=window_h,
                    score=float(np.nanmax(new)),
                    since=_since(valid_at[is_new], new),
                )


def _since(valid_at: Hours, scores: Floats) -> np.datetime64:
    alarms = np.flatnonzero(scores >= 1)
    first = alarms[0] if len(alarms) else np.nanargmax(scores)
    hour: np.datetime64 = valid_at[first]
    return hour


def _highest_of_variables(drifts: Iterable[_Drift]) -> Iterable[_Drift]:
    highest: dict[str, _Drift] = {}
    for one in drifts:
        known = highest.get(one.variable)
        if known is None or one.score > known.score:
            highest[one.variable] = one
    return highest.values()


def _in_words(alarms: list[_Drift]) -> str:
    named = "; ".join(map(str, alarms[:_MOST_NAMED]))
    more = len(alarms) - _MOST_NAMED
    return f"{named}; and {more} more" if more > 0 else named


def _nearest(drifts: list[_Drift]) -> str:
    if not drifts:
        return "nothing can be told of them"
    nearest = drifts[0]
    return f"at most {nearest.score:.2f}, {nearest.variable} of {nearest.station}"
