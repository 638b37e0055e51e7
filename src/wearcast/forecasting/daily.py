"""Days: local calendar dates of a station, from observed hours where they have passed and from
trajectories else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from functools import cached_property, lru_cache
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np

from wearcast.config import Station
from wearcast.forecasting.array_types import Flags, Floats, Hours, LocalTimes
from wearcast.forecasting.local_time import as_shown, in_zone
from wearcast.forecasting.quantiles import LEVELS
from wearcast.forecasting.snapshot import OBSERVED_H, Snapshot
from wearcast.vocabulary import WET_MM

_EVENING: Final = np.timedelta64(21, "h")
"""A day that a forecast ends in before this local hour is left out: its warmest hours and its
evening would be missing."""


@dataclass(frozen=True)
class Day:
    """A local date of a station.

    Attributes:
        date: the date.
        valid_at: its hours in UTC, observed and forecast.
        hours: their local times.
        observed_h: how many of them had passed at the issue time.
        temp_c: quantiles of the lowest, mean and highest temperature, by `min`, `mean` and `max`,
            each (Q,).
        daily_rain_chance: of at least one wet hour among those ahead, NaN where the station doesn't
            report rain.
        members: per variable the hours of every trajectory, (M, hours), the observed ones the same
            in all.
    """

    date: date
    valid_at: Hours
    hours: LocalTimes
    observed_h: int
    temp_c: Mapping[str, Floats]
    daily_rain_chance: float
    members: Mapping[str, Floats]


@dataclass(frozen=True, eq=False)
class StationHours:
    """Every hour of a station that a snapshot knows, T of them: the observed ones, `OBSERVED_H`,
    and those ahead.

    Attributes:
        station: where.
        valid_at: UTC, (T,).
        members: per variable the hours of every trajectory, (M, T), the observed ones the same in
            all.
        rain_reach_h: the last lead whose rain is forecast from numerical forecasts, else 0.
    """

    station: Station
    valid_at: Hours
    members: Mapping[str, Floats]
    rain_reach_h: int = 0

    @cached_property
    def local_times(self) -> Sequence[datetime]:
        """The hours in the station's time zone, T of them."""
        return in_zone(self.valid_at, self.station.zone)

    @cached_property
    def hours(self) -> LocalTimes:
        """The local times of the hours as clocks show them, (T,)."""
        return as_shown(self.valid_at, self.local_times)

    @cached_property
    def known(self) -> Flags:
        """Which hours have a temperature, (T,)."""
        finite = np.isfinite(self.members["temp_c"])
        known: Flags = np.all(finite, axis=0)
        return known

    @cached_property
    def days(self) -> Sequence[Day]:
        """The issue date and every day after it that the snapshot covers to its evening: as many
        as its horizon has, or one more."""
        dates = self.hours.astype("datetime64[D]")
        temp_c = self.members["temp_c"]
        horizon_h = len(self.valid_at) - OBSERVED_H
        covered = _covered_dates(self.valid_at[OBSERVED_H - 1], self.station.zone, horizon_h)
        spans = [_span(dates == np.datetime64(day)) for day in covered]
        extremes = _extremes(temp_c, spans)
        quantiles = np.quantile(extremes, LEVELS, axis=1)
        days = []
        for i, span in enumerate(spans):
            of_day = quantiles[..., i]
            days.append(_day(self, span, of_day))
        return tuple(days)


_KNOWN: Final[WeakKeyDictionary[Snapshot, dict[str, StationHours]]] = WeakKeyDictionary()
"""The series of the stations that were asked for last, as long as their snapshot is there: whoever
asks for advice asks for them."""
_MAX_KNOWN: Final = 16
"""Of each snapshot: a station's series take 0.6 MB."""


def station_hours(snapshot: Snapshot, station: str) -> StationHours:
    """Every hour of a station in one snapshot.

    Raises:
        ModelError: the station isn't in the snapshot.
    """
    known = _KNOWN.setdefault(snapshot, {})
    series = known.get(station)
    if series is None:
        s = snapshot.index(station)
        series = _station_hours(snapshot, s)
        known[station] = series
        for oldest in list(known)[:-_MAX_KNOWN]:
            known.pop(oldest, None)
    return series


def _station_hours(snapshot: Snapshot, s: int) -> StationHours:
    observed_at = snapshot.observed_at(s)
    ahead = snapshot.valid_at(s)
    used = snapshot.guidance[s]
    return StationHours(
        station=snapshot.stations[s],
        valid_at=np.concatenate([observed_at, ahead]),
        members=_with_past(snapshot, s),
        rain_reach_h=used.rain_reach_h if used else 0,
    )


def reader_clock(snapshot: Snapshot, station: str, now: datetime) -> datetime:
    """What a reader's clock shows in the station's zone; a replay has a clock of its own, its issue
    time.

    Args:
        snapshot: what is read.
        station: its id.
        now: the reader's time, with its zone.

    Raises:
        ModelError: the station isn't in the snapshot.
    """
    s = snapshot.index(station)
    if snapshot.origin.replay:
        issued_at = snapshot.issued_at[s].astype("datetime64[s]")
        now = issued_at.item().replace(tzinfo=UTC)
    return now.astimezone(snapshot.stations[s].zone)


def days(snapshot: Snapshot, station: str, today: date | None = None) -> Sequence[Day]:
    """Today at a station and the days after it, as many in all as the snapshot's horizon has and
    as far as it covers them; where it doesn't cover today, its last ones.

    Args:
        snapshot: a forecast.
        station: its id.
        today: the reader's date by the station's clocks; None for the issue date.

    Raises:
        ModelError: the station isn't in the snapshot.
    """
    offered = dates(snapshot, station, today)
    return [day for day in covered_days(snapshot, station) if day.date in offered]


def dates(snapshot: Snapshot, station: str, today: date | None = None) -> Sequence[date]:
    """The dates of `days`, for which no weather is read.

    Raises:
        ModelError: the station isn't in the snapshot.
    """
    s = snapshot.index(station)
    offered = snapshot.horizon_h // 24
    zone = snapshot.stations[s].zone
    covered = _covered_dates(snapshot.issued_at[s], zone, snapshot.horizon_h)
    if today is None or today < covered[0]:
        return covered[:offered]
    from_today = [day for day in covered if day >= today]
    return from_today[:offered] or covered[-offered:]


def covered_days(snapshot: Snapshot, station: str) -> Sequence[Day]:
    """The issue date of a station and every day after it that the snapshot covers to its evening:
    as many as its horizon has, or one more.

    Raises:
        ModelError: the station isn't in the snapshot.
    """
    return station_hours(snapshot, station).days


@lru_cache(maxsize=256)
def _covered_dates(issued_at: np.datetime64, zone: tzinfo, horizon_h: int) -> tuple[date, ...]:
    """The local date of an issue time and every date after it that the hours ahead cover to its
    evening; kept, since many stations share them."""
    leads = np.arange(horizon_h + 1)
    valid_at: Hours = issued_at + leads
    hours = as_shown(valid_at, in_zone(valid_at, zone))
    from_issue_on = np.unique(hours.astype("datetime64[D]"))
    is_covered = from_issue_on + _EVENING <= hours[-1]
    return tuple(from_issue_on[is_covered].tolist())


def _with_past(snapshot: Snapshot, s: int) -> dict[str, Floats]:
    """By variable the observed hours and, after them, those of every trajectory."""
    members = {}
    for name, ahead in snapshot.trajectories_of(s).items():
        observed = snapshot.observed[name][s]
        past = np.broadcast_to(observed, (len(ahead), OBSERVED_H))
        hours = np.concatenate([past, ahead], axis=1)
        members[name] = hours.astype(np.float64)
    return members


def _span(flags: Flags) -> slice:
    """From the first hour flagged to the last."""
    rows = np.flatnonzero(flags)
    first = int(rows[0])
    last = int(rows[-1])
    return slice(first, last + 1)


def _extremes(temp_c: Floats, spans: Sequence[slice]) -> Floats:
    """The lowest, mean and highest temperature of each member (M, T) in D spans, each of which
    begins where the one before it ends, as far as they are known: shape (3, M, D)."""
    starts = [span.start for span in spans]
    within = temp_c[:, : spans[-1].stop]
    is_known = ~np.isnan(within)
    known_or_0 = np.where(is_known, within, 0.0)
    total = np.add.reduceat(known_or_0, starts, axis=1)
    count = np.add.reduceat(is_known, starts, axis=1, dtype=np.int64)
    mean = total / count
    low = np.fmin.reduceat(within, starts, axis=1)
    high = np.fmax.reduceat(within, starts, axis=1)
    return np.stack([low, mean, high])


def _day(station: StationHours, span: slice, temp_c: Floats) -> Day:
    """A day of a station from its hours and the quantiles of its temperatures, (Q, 3)."""
    first_ahead = max(span.start, OBSERVED_H)
    precip_mm = station.members["precip_mm"][:, first_ahead : span.stop]
    observed_stop = min(span.stop, OBSERVED_H)
    first_hour = station.hours[span.start]
    on: date = first_hour.astype("datetime64[D]").astype(date)
    low, mean, high = temp_c.T
    members = {name: values[:, span] for name, values in station.members.items()}
    return Day(
        date=on,
        valid_at=station.valid_at[span],
        hours=station.hours[span],
        observed_h=max(0, observed_stop - span.start),
        temp_c={"min": low, "mean": mean, "max": high},
        daily_rain_chance=_daily_rain_chance(precip_mm),
        members=members,
    )


def _daily_rain_chance(precip_mm: Floats) -> float:
    """The share of members (M, hours) with a wet hour; NaN where nobody knows, which is not the
    same as dry."""
    if np.isnan(precip_mm).any():
        return float("nan")
    is_wet_hour = precip_mm >= WET_MM
    is_wet_day = is_wet_hour.any(axis=1)
    return float(is_wet_day.mean())
