"""Guidance as it is used at one station: fitted to it, and what comes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime

import numpy as np

from wearcast.forecasting import guidance_rain_fit, guidance_regression
from wearcast.forecasting.array_types import Flags, Floats32
from wearcast.forecasting.guidance_inputs import GuidanceInputs, newest_mean, usual_offsets
from wearcast.forecasting.guidance_rain import GuidanceRain
from wearcast.forecasting.guidance_record import STALE_H, VARIABLES, GuidanceRecord
from wearcast.forecasting.guidance_regression import Combination, LinearMaps, PastForecasts
from wearcast.forecasting.guidance_tail import Tail, last_reached
from wearcast.forecasting.guidance_used import GuidanceRun, GuidanceUsed
from wearcast.forecasting.input_series import InputHours

LEAST_DAYS = 20
"""Fewer days of archive than these say too little to use guidance at a station, or a model."""

_HOUR = np.timedelta64(1, "h")
_CHUNK = 512
"""Windows seen at a time: bounds the memory, changes nothing."""

_RAIN = "rain."
"""Begins the names of what was fitted of rain."""

_RAIN_EVERY = 5
"""Every how-many-th window rain is fitted on: neighbours have nearly the same hours ahead."""


@dataclass(frozen=True)
class GuidedForecasts:
    """The forecasts of B issue times by guidance, and by the past where it says nothing.

    Attributes:
        medians: of each target in its unit, (B, L, T).
        guided: where the forecast is as good as guidance makes it: it reaches the hour, or ends
            before it no earlier than usual; (B, L).
        reached: where it says something, (B, L).
        values: the mean of the models of each variable, NaN where none says anything, (B, L, V).
        spread_c: the standard deviation of their temperatures, (B, L).
    """

    medians: Floats32
    guided: Flags
    reached: Flags
    values: Floats32
    spread_c: Floats32


@dataclass(frozen=True)
class GuidedLeads:
    """Where the forecasts of B issue times come from guidance.

    Attributes:
        temp_c: it says something of the temperature, (B, L).
        rain: the rain is forecast from it, (B, L).
    """

    temp_c: Flags
    rain: Flags


@dataclass(frozen=True)
class StationGuidance:
    """What was fitted of a station's guidance.

    Attributes:
        models: their names, in the order of the inputs.
        offsets: by how much each usually differs from their mean, (M, 24, V).
        fresh: of a run as new as usual.
        stale: of one that is a day older.
        tail: after the last hour reached.
        usual_reach_h: the lead at which guidance usually ends.
        rain: None where there was too little to learn it from.
    """

    models: tuple[str, ...]
    offsets: Floats32
    fresh: Combination
    stale: Combination
    tail: Tail
    usual_reach_h: int
    rain: GuidanceRain | None = None

    def inputs(self, record: GuidanceRecord, observed: Floats32) -> GuidanceInputs:
        """A record beside its observations, (n, T), as this was fitted on it."""
        return GuidanceInputs(record.only(self.models), observed, self.offsets)

    def newest(self, record: GuidanceRecord) -> InputHours:
        """What the newest forecast of each hour of a record says of it, to compare what was
        observed with."""
        mean = newest_mean(record.only(self.models), self.offsets).astype(np.float64)
        return InputHours(record.valid_at, dict(zip(VARIABLES, mean.T, strict=True)))

    def __call__(self, inputs: GuidanceInputs, past: PastForecasts) -> GuidedForecasts:
        """The forecasts, each lead from the newest run that could be had."""
        leads = np.arange(1, past.medians.shape[1] + 1)
        seen = inputs.at(past.issued_at, leads)
        medians = self.fresh(seen, past)
        values, spread = seen.values, seen.spread_c
        if np.isnan(medians[..., 0]).any():
            older = inputs.at(past.issued_at, leads, STALE_H)
            medians = _first_known(medians, self.stale(older, past))
            values = _first_known(values, older.values)
            spread = _first_known(spread, older.spread_c)
        return self.completed(medians, past.medians, values, spread)

    def used(
        self, record: GuidanceRecord, issued_at: np.datetime64, leads: "GuidedLeads"
    ) -> GuidanceUsed | None:
        """What the forecast of one issue time, whose leads these are (1, L), was made from; None if
        from the station's past alone."""
        reach_h = _last_lead(leads.temp_c)
        rain_reach_h = _last_lead(leads.rain)
        newest = _newest_runs(record.only(self.models), issued_at, max(reach_h, rain_reach_h))
        if not newest:
            return None
        missing = [model for model in self.models if model not in newest]
        return GuidanceUsed(
            source=record.source,
            runs=tuple(newest.values()),
            missing=tuple(missing),
            reach_h=reach_h,
            rain_reach_h=rain_reach_h,
        )

    def completed(
        self, medians: Floats32, past: Floats32, values: Floats32, spread: Floats32
    ) -> GuidedForecasts:
        """Medians that are NaN where guidance says nothing, with what follows its end."""
        reached = np.isfinite(medians[..., 0])
        last = last_reached(medians)
        leads = np.arange(1, medians.shape[1] + 1)
        behind = leads > self.usual_reach_h
        ends_as_usual = last >= self.usual_reach_h
        return GuidedForecasts(
            medians=self.tail(medians, past),
            guided=reached | (behind & ends_as_usual[:, None]),
            reached=reached,
            values=values,
            spread_c=spread,
        )

    def arrays(self) -> dict[str, Floats32]:
        """All that was fitted as arrays by name, for a file."""
        found = {"offsets": self.offsets, "tail": self.tail.weights}
        for age, combination in (("fresh", self.fresh), ("stale", self.stale)):
            found[f"{age}.shares"] = combination.shares
            for field in fields(LinearMaps):
                found[f"{age}.{field.name}"] = getattr(combination.maps, field.name)
        if self.rain:
            found |= {f"{_RAIN}{name}": array for name, array in self.rain.arrays().items()}
        return found

    @classmethod
    def of_arrays(
        cls, models: tuple[str, ...], usual_reach_h: int, arrays: Mapping[str, Floats32]
    ) -> "StationGuidance":
        """The one whose `arrays` these are."""
        combinations = {}
        for age in ("fresh", "stale"):
            maps = {field.name: arrays[f"{age}.{field.name}"] for field in fields(LinearMaps)}
            combinations[age] = Combination(arrays[f"{age}.shares"], LinearMaps(**maps))
        of_rain = {
            name.removeprefix(_RAIN): array
            for name, array in arrays.items()
            if name.startswith(_RAIN)
        }
        return cls(
            models=models,
            offsets=arrays["offsets"],
            fresh=combinations["fresh"],
            stale=combinations["stale"],
            tail=Tail(arrays["tail"]),
            usual_reach_h=usual_reach_h,
            rain=GuidanceRain.of_arrays(of_rain) if of_rain else None,
        )


@dataclass(frozen=True)
class Verifying:
    """What came of B windows.

    Attributes:
        targets: in their units, NaN where missing, (B, L, T).
        wet: the chance that the hour was wet, NaN where unknown, (B, L).
        log_mm: the log of its amount if so, NaN where unknown, (B, L).
    """

    targets: Floats32
    wet: Floats32
    log_mm: Floats32


def fit(
    record: GuidanceRecord,
    observed: Floats32,
    past: PastForecasts,
    verifying: Verifying,
    days: int,
    folds: int,
    to_serve: bool = True,
) -> tuple[StationGuidance, GuidedForecasts]:
    """Fit a station's guidance, and forecast each window by coefficients that never saw its time.

    Args:
        record: the guidance that training may see.
        observed: the targets at the record's hours, as far as training may see them, (n, T).
        past: the forecasts from the station's past, out of fold; B windows.
        verifying: what came.
        days: of the archive; those of the whole one, where a part of it is left out.
        folds: spans of time that are held out.
        to_serve: whether it has to do with a run that is a day older, and with rain, as well.
    """
    observed_ahead = verifying.targets
    record = record.only(_with_archive(record))
    inputs = GuidanceInputs(record, observed, usual_offsets(record))
    fresh, out_of_fold = guidance_regression.fit(inputs, past, observed_ahead, days, folds)
    stale = fresh.never()
    rain = None
    if to_serve:
        stale, _ = guidance_regression.fit(inputs, past, observed_ahead, days, folds, STALE_H)
        wet = verifying.wet[::_RAIN_EVERY]
        log_mm = verifying.log_mm[::_RAIN_EVERY]
        rain = guidance_rain_fit.fit(record, past.every(_RAIN_EVERY), wet, log_mm, days, folds)
    fitted = StationGuidance(
        models=record.models,
        offsets=inputs.offsets,
        fresh=fresh,
        stale=stale,
        tail=Tail.fit(out_of_fold, past.medians, observed_ahead),
        usual_reach_h=int(np.max(last_reached(out_of_fold), initial=0)),
        rain=rain,
    )
    values, spread = _seen(inputs, past)
    return fitted, fitted.completed(out_of_fold, past.medians, values, spread)


def _with_archive(record: GuidanceRecord) -> tuple[str, ...]:
    """The models that have said something on enough days to be known: of one that is new, or of
    which the newest run alone is there, nobody knows the bias."""
    temp_c = record.known_before(1.0)[..., VARIABLES.index("temp_c")]
    kept = []
    for name, said in zip(record.models, temp_c, strict=True):
        hours = record.valid_at[np.isfinite(said)]
        days = np.unique(hours.astype("datetime64[D]"))
        if len(days) >= LEAST_DAYS:
            kept.append(name)
    return tuple(kept) or record.models


def _seen(inputs: GuidanceInputs, past: PastForecasts) -> tuple[Floats32, Floats32]:
    """The models' mean of every variable and the spread of their temperatures at every lead, as in
    `GuidedForecasts`."""
    leads = np.arange(1, past.medians.shape[1] + 1)
    values = []
    spreads = []
    for first in range(0, len(past.issued_at), _CHUNK):
        seen = inputs.at(past.issued_at[first : first + _CHUNK], leads)
        values.append(seen.values)
        spreads.append(seen.spread_c)
    return np.concatenate(values), np.concatenate(spreads)


def _last_lead(flags: Flags) -> int:
    """The last lead with a flag, 0 without any, of one issue time (1, L)."""
    leads = np.flatnonzero(flags[0]) + 1
    return int(leads.max(initial=0))


def _newest_runs(
    record: GuidanceRecord, issued_at: np.datetime64, reach_h: int
) -> dict[str, GuidanceRun]:
    """By model its newest run among those that the hours up to a lead are forecast from."""
    leads = np.arange(1, reach_h + 1)
    rows = ((issued_at - record.valid_at[0]) / _HOUR + leads).astype(np.int64)
    inside = (rows >= 0) & (rows < len(record))
    rows = rows[None, inside]
    leads = leads[inside]
    fresh = record.runs_at(rows, leads)
    older = record.runs_at(rows, leads + STALE_H)
    is_said = (fresh >= 0).any(axis=0)
    run = np.where(is_said, fresh, older)
    newest = run.max(axis=(1, 2), initial=-1)
    found = {}
    for model, r in zip(record.models, newest, strict=True):
        if r >= 0:
            issued_from, issued_until = (_in_utc(at) for at in record.runs[r])
            found[model] = GuidanceRun(model, issued_from, issued_until)
    return found


def _in_utc(minute: np.datetime64) -> datetime:
    seconds = minute.astype("datetime64[s]").astype(np.int64)
    return datetime.fromtimestamp(int(seconds), UTC)


def _first_known(values: Floats32, others: Floats32) -> Floats32:
    return np.where(np.isfinite(values), values, others)
