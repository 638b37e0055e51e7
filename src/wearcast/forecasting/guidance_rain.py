"""Rain by guidance: from what the models give, the chance of a wet hour and of a wet waking day,
and the amount of a wet hour.

No model keeps a chance of rain, and no raw amount is believed: logistic regressions on the amounts
of all models around an hour or over a day, on humidity, cloud and pressure, on what the station's
past says and on the time of year and day. They are fitted for each day ahead, since a model's rain
loses its hour long before it loses its day.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from wearcast.forecasting import logistic_regression
from wearcast.forecasting.array_types import Flags, Floats, Floats32, Positions
from wearcast.forecasting.guidance_inputs import known_mean
from wearcast.forecasting.guidance_record import STALE_H, VARIABLES, GuidanceRecord
from wearcast.forecasting.guidance_regression import PURGE_H, PastForecasts
from wearcast.forecasting.logistic_regression import chance_of, logit_of
from wearcast.forecasting.quantiles import LEVELS
from wearcast.forecasting.ridge_regression import spans_held_out
from wearcast.forecasting.windows import solar_hour
from wearcast.vocabulary import USUAL_SLEEP, USUAL_WAKE

LEAST_DAYS = 90
"""Of archive from which on rain is forecast by it: with fewer there are too few wet days."""

_LEAST_WET = 30
"""Wet days, and wet hours, that a regression needs."""

_DAY_H = 24
_WAKING_H = USUAL_SLEEP - USUAL_WAKE
_LEAST_WAKING_H = 8
"""A waking day of which fewer hours are ahead has no chance of its own."""

_LEAST_KNOWN = 0.75
"""The share of a span's hours of which a model has to say something."""

_AROUND_H = (0, 1, 3, 6, 12)
"""Hours on both sides of an hour over which the models' rain is averaged."""

_LARGEST_AROUND_H = (1, 3)
"""Those over which the wettest model and the share of wet models count as well."""

_DAY_STEPS_MM = (0.2, 1.0, 5.0)
"""Amounts of a waking day that the share of models is counted of."""

_TRACE_MM = 0.05
_USUAL_DEPRESSION_C = 6.0
_AMOUNT_PENALTY = 100.0
_BOUNDS = (0.005, 0.95)
"""Of the chance that the station's past gives: its linear model has none."""


@dataclass(frozen=True)
class WetDays:
    """Waking days ahead with a chance of a wet hour, for B issue times and D days.

    Attributes:
        first, stop: the hours of each, counted from 0, up to before `stop`: (B, D).
        chance: NaN where nothing is known of the day, (B, D).
    """

    first: Positions
    stop: Positions
    chance: Floats

    def one(self, i: int) -> "WetDays":
        """Those of one issue time."""
        return WetDays(self.first[[i]], self.stop[[i]], self.chance[[i]])

    @classmethod
    def joined(cls, parts: Sequence["WetDays"]) -> "WetDays":
        """Those of several issue times, one after the other."""
        columns = [np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(cls)]
        return cls(*columns)


@dataclass(frozen=True)
class RainForecasts:
    """The forecasts of rain by guidance for B issue times.

    Attributes:
        hourly_chance: NaN where guidance says nothing, (B, L).
        log_mm: quantiles of log mm of a wet hour, NaN where it says nothing, (B, L, Q).
        days: the waking days ahead.
    """

    hourly_chance: Floats
    log_mm: Floats
    days: WetDays


@dataclass(frozen=True)
class _Maps:
    """A linear map for each day ahead: shapes (K, F), (K, F), (K, F) and (K,); the intercept NaN
    where there is none."""

    mean: Floats32
    scale: Floats32
    weights: Floats32
    intercept: Floats32

    def __call__(self, features: Floats, day: Positions) -> Floats:
        """For features (…, F), each of a day ahead (…): (…); NaN where a feature is."""
        last = len(self.intercept) - 1
        within = np.minimum(day, last)
        standardised = (features - self.mean[within]) / self.scale[within]
        summed = (standardised * self.weights[within]).sum(axis=-1)
        mapped: Floats = summed + self.intercept[within]
        return np.where(day <= last, mapped, np.nan)

    @classmethod
    def of(cls, models: Sequence["_Map | None"], size: int) -> "_Maps":
        """Those of each day ahead."""
        nothing = (np.zeros(size), np.ones(size), np.zeros(size), np.nan)
        rows = [nothing if model is None else model for model in models]
        columns = zip(*rows, strict=True)
        return cls(*(np.array(column, dtype=np.float32) for column in columns))


_Map = tuple[Floats, Floats, Floats, float]


@dataclass(frozen=True)
class GuidanceRain:
    """What was fitted of a station's rain by guidance, for each of K days ahead.

    Attributes:
        hours: the logit of a wet hour's chance.
        days: that of a waking day with a wet hour.
        amounts: the mean log mm of a wet hour.
        residuals: quantiles of what is left of it, (K, Q).
    """

    hours: _Maps
    days: _Maps
    amounts: _Maps
    residuals: Floats32

    def __call__(self, record: GuidanceRecord, past: PastForecasts) -> RainForecasts:
        """The forecasts, each hour from the newest run that could be had, and where that says
        nothing from one that is a day older as a forecast of a day later."""
        newest = self._of(_seen(record, past), past, 0)
        known = np.isfinite(newest.hourly_chance)
        if known.all():
            return newest
        older = self._of(_seen(record, past, STALE_H), past, 1)
        day_is_known = np.isfinite(newest.days.chance)
        day_chance = np.where(day_is_known, newest.days.chance, older.days.chance)
        return RainForecasts(
            hourly_chance=np.where(known, newest.hourly_chance, older.hourly_chance),
            log_mm=np.where(known[..., None], newest.log_mm, older.log_mm),
            days=replace(newest.days, chance=day_chance),
        )

    def _of(self, seen: "_Seen", past: PastForecasts, days_older: int) -> RainForecasts:
        features = _hour_features(seen, past)
        horizon_h = features.shape[1]
        day = np.broadcast_to(np.arange(horizon_h) // _DAY_H + days_older, features.shape[:2])
        first, stop = _waking_days(past.calendar)
        of_days = _day_features(seen, past, first, stop)
        log_mm = self.amounts(features, day)
        within = np.minimum(day, len(self.residuals) - 1)
        return RainForecasts(
            hourly_chance=chance_of(self.hours(features, day)),
            log_mm=log_mm[..., None] + self.residuals[within],
            days=WetDays(first, stop, chance_of(self.days(of_days, first // _DAY_H + days_older))),
        )

    def arrays(self) -> dict[str, Floats32]:
        """All that was fitted as arrays by name, for a file."""
        found = {"residuals": self.residuals}
        for kind in ("hours", "days", "amounts"):
            for field in fields(_Maps):
                found[f"{kind}.{field.name}"] = getattr(getattr(self, kind), field.name)
        return found

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, Floats32]) -> "GuidanceRain":
        """The one whose `arrays` these are."""
        maps = {}
        for kind in ("hours", "days", "amounts"):
            maps[kind] = _Maps(*(arrays[f"{kind}.{field.name}"] for field in fields(_Maps)))
        return cls(residuals=arrays["residuals"], **maps)


def fit(
    record: GuidanceRecord,
    past: PastForecasts,
    wet: Floats32,
    log_mm: Floats32,
    days: int,
    folds: int,
) -> GuidanceRain | None:
    """Fit a station's rain; None where there is too little to learn from. A day ahead of which
    guidance isn't better than the station's past, out of fold, has no regression.

    Args:
        record: the guidance that training may see.
        past: the forecasts from the station's past, out of fold; B windows.
        wet: the chance that each hour was wet, NaN where unknown, (B, L).
        log_mm: the log of its amount if so, (B, L).
        days: of archive.
        folds: spans of time that are held out.
    """
    horizon_h = wet.shape[1]
    if days < LEAST_DAYS:
        return None
    held_out = spans_held_out(past.issued_at, folds, PURGE_H)
    seen = _seen(record, past)
    features = _hour_features(seen, past)
    first, stop = _waking_days(past.calendar)
    of_days = _day_features(seen, past, first, stop)
    day_was_wet = _was_wet(wet, first, stop)
    of_past = _bounded(past.wet_chance)
    day_ahead = first // _DAY_H
    hours, wet_days, amounts, residuals = [], [], [], []
    for day in range(-(-horizon_h // _DAY_H)):
        span = slice(day * _DAY_H, (day + 1) * _DAY_H)
        cases = _Cases.of(features[:, span], wet[:, span], held_out)
        hours.append(_logistic(cases, of_past[:, span].ravel()))
        amount, left = _amount(cases, log_mm[:, span])
        amounts.append(amount)
        residuals.append(left)
        is_day = day_ahead == day
        came = np.where(is_day, day_was_wet, np.nan)
        wet_days.append(_logistic(_Cases.of(of_days, came, held_out), None))
    if all(model is None for model in hours):
        return None
    return GuidanceRain(
        hours=_Maps.of(hours, features.shape[-1]),
        days=_Maps.of(wet_days, of_days.shape[-1]),
        amounts=_Maps.of(amounts, features.shape[-1]),
        residuals=np.array(residuals, dtype=np.float32),
    )


@dataclass(frozen=True)
class _Cases:
    """Cases that a regression learns from.

    Attributes:
        known: which of the cells, (B × L,).
        features: of these, (N, F).
        came: what came of them, (N,).
        held_out: the folds, of windows (B,).
        window: of each case, (N,).
    """

    known: Flags
    features: Floats
    came: Floats
    held_out: Sequence[tuple[Flags, Flags]]
    window: Positions

    @classmethod
    def of(
        cls,
        features: Floats,
        came: Floats | Floats32,
        held_out: Sequence[tuple[Flags, Flags]],
    ) -> "_Cases":
        """The cells (B, L) of which features (B, L, F) and what came are known."""
        count, width = came.shape
        flat = features.reshape(count * width, -1)
        happened = came.reshape(-1).astype(np.float64)
        known = np.isfinite(flat).all(axis=1) & np.isfinite(happened)
        window = np.repeat(np.arange(count), width)
        return cls(known, flat[known], happened[known], held_out, window[known])

    def folds(self) -> list[tuple[Flags, Flags]]:
        """Which of the cases train, and which are held out."""
        pairs = [(train[self.window], held[self.window]) for train, held in self.held_out]
        return [(train, held) for train, held in pairs if _enough(self.came[train]) and held.any()]


def _enough(came: Floats) -> bool:
    """Whether there is enough of both."""
    happened = came.sum()
    return bool(happened >= _LEAST_WET and len(came) - happened >= _LEAST_WET)


def _logistic(cases: _Cases, of_past: Floats | None) -> _Map | None:
    """The regression of a day ahead; None where there are too few cases, or where the chance that
    the past gives has a smaller error."""
    folds = cases.folds()
    if not folds or not _enough(cases.came):
        return None
    model, out_of_fold = logistic_regression.fit(cases.features, cases.came, folds)
    judged = np.isfinite(out_of_fold)
    rival = np.full(len(cases.came), cases.came.mean())
    if of_past is not None:
        rival = of_past[cases.known]
    came = cases.came[judged]
    error = np.square(out_of_fold[judged] - came).mean()
    if error >= np.square(rival[judged] - came).mean():
        return None
    return model.mean, model.scale, model.weights, model.intercept


def _amount(cases: _Cases, log_mm: Floats32) -> tuple[_Map | None, Floats]:
    """The regression of a wet hour's log mm and quantiles of what it leaves; none where too few
    hours were wet."""
    amount = log_mm.reshape(-1)[cases.known].astype(np.float64)
    was_wet = (cases.came == 1) & np.isfinite(amount)
    if was_wet.sum() < _LEAST_WET:
        return None, np.full(len(LEVELS), np.nan)
    features = cases.features[was_wet]
    mean = features.mean(axis=0)
    deviation = features.std(axis=0)
    scale = np.where(deviation > 1e-6, deviation, 1.0)
    standardised = (features - mean) / scale
    usual = float(amount[was_wet].mean())
    left = amount[was_wet] - usual
    gram = standardised.T @ standardised + _AMOUNT_PENALTY * np.eye(len(mean))
    weights = np.linalg.solve(gram, standardised.T @ left)
    residuals = left - standardised @ weights
    return (mean, scale, weights, usual), np.quantile(residuals, LEVELS)


@dataclass(frozen=True)
class _Seen:
    """What is seen of rain by guidance, NaN where nothing is said.

    Attributes:
        rain_mm: of each model, (M, B, L).
        dewpoint_depression_c, cloud_pct, pressure_hpa: the models' mean, (B, L).
    """

    rain_mm: Floats
    dewpoint_depression_c: Floats
    cloud_pct: Floats
    pressure_hpa: Floats

    @property
    def says_rain(self) -> Flags:
        """Whether any model gives rain, (B, L)."""
        count = np.isfinite(self.rain_mm).sum(axis=0)
        is_said: Flags = count > 0
        return is_said


def _seen(record: GuidanceRecord, past: PastForecasts, stale_h: int = 0) -> _Seen:
    """What could be had at the issue times of every hour ahead, no newer than `stale_h` hours
    before."""
    leads = np.arange(1, past.wet_chance.shape[1] + 1)
    since = (past.issued_at - record.valid_at[0]) / np.timedelta64(1, "h")
    rows = since.astype(np.int64)[:, None] + leads
    inside = (rows >= 0) & (rows < len(record))
    found = record.known_at(np.where(inside, rows, 0), leads + stale_h)
    said = np.where(inside[None, :, :, None], found, np.float32(np.nan)).astype(np.float64)
    rain = said[..., VARIABLES.index("log_rain")]
    return _Seen(
        rain_mm=np.expm1(rain),
        dewpoint_depression_c=_mean(said, "temp_c") - _mean(said, "dewpoint_c"),
        cloud_pct=_mean(said, "cloud_pct"),
        pressure_hpa=_mean(said, "pressure_hpa"),
    )


def _mean(said: Floats, name: str) -> Floats:
    return known_mean(said[..., VARIABLES.index(name)]).astype(np.float64)


def _hour_features(seen: _Seen, past: PastForecasts) -> Floats:
    """What the chance of each hour is made from, (B, L, F), NaN where no model gives rain."""
    columns = []
    for around_h in _AROUND_H:
        rain_mm = _around(seen.rain_mm, around_h)
        mean_mm = known_mean(rain_mm)
        columns.append(np.log(_TRACE_MM + mean_mm))
        if around_h in _LARGEST_AROUND_H:
            columns.append(np.log(_TRACE_MM + _largest(rain_mm)))
            columns.append(_share_from(rain_mm, _TRACE_MM))
    columns += [
        *_weather(seen, lambda values: _around(values, 0)),
        np.nan_to_num(_around(seen.dewpoint_depression_c, 3) - _USUAL_DEPRESSION_C),
        logit_of(_bounded(past.wet_chance)),
    ]
    features = np.stack(columns, axis=-1)
    features = np.where(seen.says_rain[..., None], features, np.nan)
    return np.concatenate([features, past.calendar], axis=-1)


def _day_features(seen: _Seen, past: PastForecasts, first: Positions, stop: Positions) -> Floats:
    """What the chance of each waking day is made from, (B, D, G), NaN where the models say too
    little of it."""
    within = _Spans(first, stop)
    horizon_h = past.wet_chance.shape[1]
    around = _Spans(np.maximum(first - 6, 0), np.minimum(stop + 6, horizon_h))
    sum_mm = within.mean(seen.rain_mm) * within.hours
    mean_mm = known_mean(sum_mm)
    columns = [
        np.log(2 * _TRACE_MM + mean_mm),
        np.log(2 * _TRACE_MM + _largest(sum_mm)),
        np.log(2 * _TRACE_MM - _largest(-sum_mm)),
        *(_share_from(sum_mm, step_mm) for step_mm in _DAY_STEPS_MM),
        *_weather(seen, within.mean),
        within.mean(logit_of(_bounded(past.wet_chance))),
        np.log(2 * _TRACE_MM + known_mean(around.mean(seen.rain_mm) * around.hours)),
        within.hours,
    ]
    features = np.stack(columns, axis=-1)
    middle = np.clip((first + stop) // 2, 0, horizon_h - 1)
    of_year = np.take_along_axis(past.calendar, middle[..., None], axis=1)[..., :4]
    together = np.concatenate([features, of_year], axis=-1)
    enough = within.mean(seen.says_rain.astype(np.float64)) >= _LEAST_KNOWN
    long_enough = within.hours >= _LEAST_WAKING_H
    return np.where((enough & long_enough)[..., None], together, np.nan)


def _weather(seen: _Seen, over: Callable[[Floats], Floats]) -> list[Floats]:
    """Dew point depression, cloud and pressure; what no model gives is as usual."""
    centred = (
        (seen.dewpoint_depression_c, _USUAL_DEPRESSION_C),
        (seen.cloud_pct, 50.0),
        (seen.pressure_hpa, 1013.0),
    )
    return [np.nan_to_num(over(values - centre)) for values, centre in centred]


def _waking_days(calendar: Floats32) -> tuple[Positions, Positions]:
    """The waking days ahead by the sun, as `WetDays` has them: of each issue time the hours of
    every day, cut at the ends, (B, D)."""
    horizon_h = calendar.shape[1]
    hour_now = solar_hour(calendar[:, 0])
    days = np.arange(-(-horizon_h // _DAY_H) + 1)
    wake = _DAY_H * days + USUAL_WAKE - hour_now[:, None]
    return np.clip(wake, 0, horizon_h), np.clip(wake + _WAKING_H, 0, horizon_h)


def _was_wet(wet: Floats32, first: Positions, stop: Positions) -> Floats:
    """Whether any hour of each span was wet, NaN where that isn't known: (B, D)."""
    spans = _Spans(first, stop)
    was_wet = spans.mean(np.where(np.isfinite(wet), wet > 0, np.nan)) > 0
    known = spans.mean(np.isfinite(wet).astype(np.float64)) == 1
    return np.where(was_wet, 1.0, np.where(known, 0.0, np.nan))


@dataclass(frozen=True)
class _Spans:
    """Spans of hours ahead, from `first` to before `stop`, (B, D)."""

    first: Positions
    stop: Positions

    @property
    def hours(self) -> Floats:
        """How many there are in each."""
        return (self.stop - self.first).astype(np.float64)

    def mean(self, values: Floats) -> Floats:
        """The mean of what is known of values (…, B, L), NaN where nothing is: (…, B, D)."""
        total, count = _running(values)
        shape = (*values.shape[:-1], self.first.shape[1])
        first = np.broadcast_to(self.first, shape)
        stop = np.broadcast_to(self.stop, shape)
        return _mean_between(total, count, first, stop)


def _around(values: Floats, around_h: int) -> Floats:
    """The mean of what is known of values (…, L) within so many hours of each, NaN where nothing
    is."""
    horizon_h = values.shape[-1]
    leads = np.arange(horizon_h)
    first = np.maximum(leads - around_h, 0)
    stop = np.minimum(leads + around_h + 1, horizon_h)
    total, count = _running(values)
    return _mean_between(
        total, count, np.broadcast_to(first, values.shape), np.broadcast_to(stop, values.shape)
    )


def _running(values: Floats) -> tuple[Floats, Floats]:
    """The sums and counts of what is known before each hour, and up to the end, (…, L + 1)."""
    known = np.isfinite(values)
    before = [(0, 0)] * (values.ndim - 1) + [(1, 0)]
    total = np.pad(np.where(known, values, 0.0), before).cumsum(axis=-1)
    count = np.pad(known.astype(np.float64), before).cumsum(axis=-1)
    return total, count


def _mean_between(total: Floats, count: Floats, first: Positions, stop: Positions) -> Floats:
    summed = np.take_along_axis(total, stop, -1) - np.take_along_axis(total, first, -1)
    counted = np.take_along_axis(count, stop, -1) - np.take_along_axis(count, first, -1)
    mean: Floats = np.where(counted > 0, summed / np.maximum(counted, 1), np.nan)
    # What running sums leave of a span without rain is no rain.
    return np.where(np.abs(mean) < 1e-9, 0.0, mean)


def _largest(rain_mm: Floats) -> Floats:
    """The largest over models (M, …) of what is known; NaN where nothing is."""
    known = np.isfinite(rain_mm)
    largest = np.where(known, rain_mm, -np.inf).max(axis=0)
    return np.where(known.any(axis=0), largest, np.nan)


def _share_from(rain_mm: Floats, least_mm: float) -> Floats32:
    """The share of the models (M, …) that give so much."""
    gives = np.where(np.isfinite(rain_mm), rain_mm >= least_mm, np.nan)
    return known_mean(gives)


def _bounded(chance: Floats | Floats32) -> Floats:
    return np.clip(chance.astype(np.float64), *_BOUNDS)
