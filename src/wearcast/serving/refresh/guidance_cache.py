"""The refresh's own cache of numerical forecasts: of each station a folder beside its observations
(`guidance_files`), so that whoever forecasts a station has what was kept of it.

Its values are those that quality control leaves, so that they are controlled once. The past and the
archive have their forecasts as an archive of values at a fixed age keeps them, which is what the
model was trained on: of each hour the newest run that started one to seven days before it. After
`KEPT_D` days they are forgotten.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import pandas as pd

from wearcast.config import Station
from wearcast.serving.refresh.earlier_guidance_cache import EarlierGuidanceCache
from wearcast.serving.refresh.guidance_files import (
    Archived,
    GuidanceFiles,
    Window,
    as_frame,
    by_station,
    place_of,
)
from wearcast.serving.refresh.ledger_files import in_usable_folder
from wearcast.weather import guidance
from wearcast.weather.guidance import DELAY_H
from wearcast.weather.guidance_ages import OLDEST_D

_LOG: Final = logging.getLogger(__name__)

KEPT_D: Final = 35
"""Days of forecasts kept: the bias is that of the last 30."""

_BEHIND: Final = pd.Timedelta(hours=24)
"""For so long the newest forecast of an hour is kept after it: observations come late."""

_FEW_H: Final = 24
"""So many unknown hours are not worth asking an archive for."""

_HOUR: Final = pd.Timedelta(hours=1)
_DAY: Final = pd.Timedelta(days=1)
_KEY: Final = ["station", "model", "valid_at"]


class GuidanceCache:
    """The forecasts of one source for some stations.

    Args:
        history: the folder with all stations' observations.
        source: the source's name; a station's forecasts of another are dropped.
        stations: where they are; those of a station that was elsewhere are dropped.
        now: the time of the refresh.

    Raises:
        ArtifactError: a folder can't be read or written; the methods that write raise it, too.
        OSError: of the methods, that the system refuses to read a file.
    """

    def __init__(
        self, history: Path, source: str, stations: Sequence[Station], now: datetime
    ) -> None:
        self._now = pd.Timestamp(now)
        self._files = {one.id: GuidanceFiles.of(history, one.id) for one in stations}
        with in_usable_folder(history):
            self._take_over(EarlierGuidanceCache.of(history), source, stations)

    def take(self, newest: pd.DataFrame) -> None:
        """Keep the newest runs, and what they replace."""
        held = guidance.conform(as_frame([files.newest for files in self._files.values()]))
        own_runs = newest[[*_KEY, "issued_until"]]
        beside = held[_KEY].merge(own_runs, how="left", on=_KEY)
        replacing = beside["issued_until"]
        is_over = held["valid_at"] < self._now - _BEHIND
        goes = replacing.notna() | is_over
        gap = replacing - held["issued_until"]
        known_gap = gap.fillna(_DAY)
        past = as_archived(held[goes], known_gap[goes])
        kept = guidance.concatenate([held[~goes], newest])
        replaced = by_station(past)
        for id, rows in by_station(kept).items():
            # First: whoever is killed between the two finds it again, and has it once.
            if id in replaced:
                self._files[id].add_past(replaced[id], self._since)
            self._files[id].write_newest(rows)

    def add_archived(self, station: str, answers: Iterable[Archived]) -> None:
        """Keep what the source's archive said of a station."""
        self._files[station].add_archived(answers, self._since)

    def lacking(self, station: str, models: Iterable[str], rows: pd.DataFrame) -> dict[str, Window]:
        """Of models the hours of which neither a forecast a day old nor what the archive says is
        known; none where they are few.

        Args:
            station: the station's id.
            models: their names.
            rows: what `read` gives.
        """
        until = self._now.floor("h")
        hours = pd.date_range(until - KEPT_D * _DAY, until, freq="h", inclusive="left")
        is_old = rows["valid_at"] - rows["issued_until"] >= _DAY
        asked = self._files[station].asked()
        found = {}
        for model in models:
            known = rows.loc[is_old & (rows["model"] == model), "valid_at"]
            is_known = hours.isin(known.unique())
            for of_model, (start, end) in asked:
                if of_model == model:
                    is_known |= (hours >= start) & (hours < end)
            unknown = hours[~is_known]
            if len(unknown) > _FEW_H:
                found[model] = (unknown[0], unknown[-1] + _HOUR)
        return found

    def read(self, station: str) -> pd.DataFrame:
        """A station's rows of the last `KEPT_D` days and of the hours ahead; broken files are
        deleted."""
        return self._files[station].read(self._since)

    @property
    def _since(self) -> pd.Timestamp:
        return self._now - KEPT_D * _DAY

    def _take_over(
        self, earlier: EarlierGuidanceCache, source: str, stations: Sequence[Station]
    ) -> None:
        """Drop what is of another source or place, and bring here what releases before have kept
        since it was done last."""
        state = earlier.state
        described: list[Station] = []
        taken_over: dict[str, GuidanceFiles] = {}
        for station in stations:
            files = self._files[station.id]
            known = files.description()
            if known and (known.get("source"), known.get("place")) != (source, place_of(station)):
                _LOG.warning(
                    "the numerical forecasts kept of station %s are dropped: they are of another"
                    " source or place",
                    station.id,
                )
                known = {}
            if not known:
                files.drop()
            if not known or (state and known.get("earlier") != state):
                described.append(station)
                if earlier.holds(source, station):
                    taken_over[station.id] = files
        if taken_over:
            newer = self._newer(earlier.newest(list(taken_over)))
            earlier.copy_to(taken_over, self._since)
            self.take(newer)
        for station in described:
            self._files[station.id].describe(source, station, state)
        earlier.drop_if_old(KEPT_D)

    def _newer(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Those of newer runs than what is held of the same hours: a cache that was copied or
        restored may be older."""
        newer = []
        for id, of_station in by_station(rows).items():
            runs = guidance.conform(self.read(id)).groupby(_KEY)["issued_until"].max()
            beside = of_station[_KEY].merge(runs.reset_index(), how="left", on=_KEY)
            is_held = of_station["issued_until"] <= beside["issued_until"]
            newer.append(of_station[~is_held])
        return guidance.concatenate(newer)


def as_archived(rows: pd.DataFrame, gap: pd.Series) -> pd.DataFrame:
    """Rows of runs as an archive keeps them that has of each hour the newest run that started one
    to seven whole days before.

    Args:
        rows: of runs.
        gap: how long after each row's run the next one started.
    """
    lead = rows["valid_at"] - rows["issued_until"]
    days = pd.TimedeltaIndex(lead).days.to_numpy()
    before = pd.to_timedelta(days, unit="D")
    is_kept = (days >= 1) & (days <= OLDEST_D) & (lead - before < gap)
    usual = rows["valid_at"] - before + DELAY_H * _HOUR
    available_at = rows["available_at"].where(rows["available_at"] > usual, usual)
    archived: pd.DataFrame = rows.assign(available_at=available_at)[is_kept]
    return archived
