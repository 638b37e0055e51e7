"""Days: local calendar dates of a station, told from observed hours where they have passed and from trajectories else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np

from wearcast.forecasting.arrays import Floats, Hours, LocalTimes, Positions
from wearcast.forecasting.channels import WET_MM
from wearcast.forecasting.forecast import OBSERVED_H, Snapshot
from wearcast.forecasting.local_time import local_time
from wearcast.forecasting.quantiles import LEVELS

DAYS = 7
"""Today and the next six."""

_EVENING: Final = np.timedelta64(21, "h")
"""A day that a forecast ends in before this local hour isn't told: its warmest hours and its evening would be missing."""


@dataclass(frozen=True)
class Day:
    """A local date of a station.

    Attributes:
        date: the date.
        valid_at: its hours in UTC, observed and forecast.
        hours: their local times.
        observed_h: how many of them had passed at the issue time.
        temp_c: quantiles of the lowest, mean and highest temperature, by `min`, `mean` and `max`, each (Q,).
        rain_chance: of at least one wet hour among those ahead, NaN where the station doesn't report rain.
        members: per variable the hours of every trajectory, (M, hours), the observed ones the same in all.
    """

    date: date
    valid_at: Hours
    hours: LocalTimes
    observed_h: int
    temp_c: Mapping[str, Floats]
    rain_chance: float
    members: Mapping[str, Floats]


_TOLD: Final[WeakKeyDictionary[Snapshot, dict[str, Sequence[Day]]]] = WeakKeyDictionary()
"""The days of each station that were told once, for as long as their snapshot is there: whoever asks for advice asks for them."""


def reader_clock(snapshot: Snapshot, station: str, now: datetime) -> datetime:
    """What a reader's clock shows in the station's zone; a replay has a clock of its own, its issue time.

    Args:
        snapshot: what is read.
        station: its id.
        now: the reader's time, with its zone.

    Raises:
        ModelError: the station isn't in the snapshot.
    """
    s = snapshot.index(station)
    if snapshot.origin.replay:
        now = snapshot.issued_at[s].astype("datetime64[s]").item().replace(tzinfo=UTC)
    return now.astimezone(snapshot.stations[s].zone)


def days(snapshot: Snapshot, station: str, today: date | None = None) -> Sequence[Day]:
    """Today at a station and the next six days, as far as the snapshot covers them; where it doesn't cover today, what it has.

    Args:
        snapshot: a forecast.
        station: its id.
        today: the reader's date by the station's clocks; None for the issue date.

    Raises:
        ModelError: the station isn't in the snapshot.
    """
    covered = covered_days(snapshot, station)
    if today is None or today < covered[0].date:
        return covered[:DAYS]
    from_today = [day for day in covered if day.date >= today]
    return from_today[:DAYS] or covered[-DAYS:]


def covered_days(snapshot: Snapshot, station: str) -> Sequence[Day]:
    """The issue date of a station and every day after it that the snapshot covers: six or seven.

    Raises:
        ModelError: the station isn't in the snapshot.
    """
    told = _TOLD.setdefault(snapshot, {})
    if station not in told:
        told[station] = _covered(snapshot, snapshot.index(station))
    return told[station]


def _covered(snapshot: Snapshot, s: int) -> Sequence[Day]:
    at = snapshot.issued_at[s]
    valid_at = at + np.arange(1 - OBSERVED_H, snapshot.rain_chance.shape[1] + 1)
    local = local_time(valid_at, snapshot.stations[s])
    dates = local.astype("datetime64[D]")
    members = {name: _with_past(snapshot, name, s) for name in snapshot.trajectories}
    evenings = np.arange(dates[OBSERVED_H - 1], dates[-1] + 1) + _EVENING
    own = [np.flatnonzero(dates == evening.astype("datetime64[D]")) for evening in evenings if evening <= local[-1]]
    temp_c = np.quantile([_extremes(members["temp_c"][:, hours]) for hours in own], LEVELS, axis=-1)
    return tuple(_day(valid_at, local, hours, members, temp_c[:, day]) for day, hours in enumerate(own))


def _with_past(snapshot: Snapshot, name: str, s: int) -> Floats:
    ahead = snapshot.trajectories[name][s]
    past = np.broadcast_to(snapshot.observed[name][s], (len(ahead), OBSERVED_H))
    return np.concatenate([past, ahead], axis=1).astype(np.float64)


def _extremes(temp_c: Floats) -> Floats:
    """The lowest, mean and highest temperature of each member (M, hours), shape (3, M)."""
    return np.stack([np.nanmin(temp_c, axis=1), np.nanmean(temp_c, axis=1), np.nanmax(temp_c, axis=1)])


def _day(valid_at: Hours, local: LocalTimes, own: Positions, members: Mapping[str, Floats], temp_c: Floats) -> Day:
    ahead = own[own >= OBSERVED_H]
    return Day(
        date=local[own[0]].astype("datetime64[D]").astype(date),
        valid_at=valid_at[own],
        hours=local[own],
        observed_h=len(own) - len(ahead),
        temp_c=dict(zip(("min", "mean", "max"), temp_c.T, strict=True)),
        rain_chance=_chance_of_rain(members["precip_mm"][:, ahead]),
        members={name: values[:, own] for name, values in members.items()},
    )


def _chance_of_rain(ahead: Floats) -> float:
    """The share of members (M, hours) with a wet hour; NaN where nobody knows, which is not the same as dry."""
    return float("nan") if np.isnan(ahead).any() else float((ahead >= WET_MM).any(axis=1).mean())
