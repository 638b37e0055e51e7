"""The sample served as a replay: its test period hour by hour, each as if it were now."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd

from wearcast.config import Params, Station
from wearcast.errors import ConfigError, ModelError, SourceError
from wearcast.forecasting.array_types import Hours
from wearcast.forecasting.manifest import Manifest
from wearcast.forecasting.model_assembly import trained_on
from wearcast.forecasting.split import Split, plan
from wearcast.serving.store.snapshot_store import SnapshotRecord
from wearcast.vocabulary import HORIZON_H
from wearcast.weather.sources import Source

_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class SourceAsOf:
    """A source as it was at an hour, when nothing after it had been observed."""

    source: Source
    until: datetime

    def fetch(self, station: Station, start: datetime, end: datetime) -> pd.DataFrame:
        """The station's hours with start <= valid_at < end that had been observed.

        Raises:
            SourceError: as the source itself does.
        """
        return self.source.fetch(station, start, min(end, self.until + _HOUR))

    def span(self, station: Station) -> tuple[datetime, datetime]:
        """The first hour of the station, and the last one that had been observed.

        Raises:
            SourceError: there was none yet.
        """
        first, last = self.source.span(station)
        if first > self.until:
            raise SourceError(
                f"station {station.id}: the source begins at {first:%Y-%m-%dT%HZ}, nothing was"
                f" observed at {self.until:%Y-%m-%dT%HZ}."
            )
        return first, min(last, self.until)

    def fingerprint(self) -> str:
        """The source's own: an hour that had been observed is the same whenever it is asked for, so
        no partition goes stale."""
        return self.source.fingerprint()


def replay_split(source: Source, stations: Sequence[Station], params: Params) -> Split:
    """The split of what the source has, as the stage `preprocess` makes it: a host that only serves
    hasn't got its output.

    Raises:
        SourceError: the source hasn't got a station.
        ConfigError: the split leaves nothing to train on, or no test hours.
    """
    firsts, lasts = zip(*(source.span(station) for station in stations), strict=True)
    first, last = _hour_of(min(firsts)), _hour_of(max(lasts))
    if params.ingest.start:
        first = max(first, _hour_of(params.ingest.start))
    if params.ingest.end:
        last = min(last, _hour_of(params.ingest.end) - 1)
    split = plan(first, last, params.preprocess)
    if not split.test:
        raise ConfigError(
            f"preprocess.{params.preprocess.scheme} leaves no test hours, so there is nothing to"
            " replay. Give it some."
        )
    return split


def issue_times(split: Split) -> Hours:
    """The hours whose week ahead lies within one test segment, in order: UTC, shape (n,)."""
    return np.concatenate([np.arange(start - 1, stop - HORIZON_H) for start, stop in split.test])


def next_issue_times(
    hours: Hours, records: Iterable[SnapshotRecord], source: str
) -> Iterator[datetime]:
    """The hours in the order in which they are to be tried, each once: from the one after the
    latest replay, round to it again.

    What is published must be issued at the hour that was tried. Then the latest record's issue time
    is one of these hours, the next is later in the circle, and the replay can't stand still: not
    where an hour has no observation, not at the end.
    """
    latest = next((record for record in records if record.replay and record.source == source), None)
    first = int(np.searchsorted(hours, _hour_of(latest.issued_at), side="right")) if latest else 0
    for hour in np.roll(hours, -first):
        yield hour.item().replace(tzinfo=UTC)


def was_observed(source: Source, stations: Iterable[Station], at: datetime) -> bool:
    """Whether any of the stations had a temperature at that hour, by the source itself."""
    return any(
        source.fetch(station, at, at + _HOUR)["temp_c"].notna().any() for station in stations
    )


def require_unseen(manifest: Manifest, split: Split, source: str) -> None:
    """Refuse a model that wasn't trained on just this split.

    Raises:
        ModelError: it was trained on other hours; a replay might show it what it has seen, and
            flatter it.
    """
    trained, expected = manifest.origin.get("trained_on"), trained_on(split, source)
    if trained != expected:
        raise ModelError(
            f"model {manifest.version} was trained on {trained}, the replay's split trains on"
            f" {expected}: what is replayed may not be new to it. Run `dvc repro` for a model of"
            " this params.yaml, or set WEARCAST_SOURCE to another source than the sample."
        )


def _hour_of(at: datetime | date) -> np.datetime64:
    naive = at.astimezone(UTC).replace(tzinfo=None) if isinstance(at, datetime) else at
    return np.datetime64(naive, "h")
