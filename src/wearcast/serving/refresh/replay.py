"""The replay of the bundled sample: its test period hour by hour, each served as the present."""

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
from wearcast.weather.sources import Source

_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class SourceAsOf:
    """A source as it was at an hour, without any later observation."""

    source: Source
    until: datetime

    def fetch(self, station: Station, start: datetime, end: datetime) -> pd.DataFrame:
        """The station's hours with start <= valid_at < end, none after `until`.

        Raises:
            SourceError: as the source itself does.
        """
        observed_before = self.until + _HOUR
        until = min(end, observed_before)
        return self.source.fetch(station, start, until)

    def span(self, station: Station) -> tuple[datetime, datetime]:
        """The station's first hour, and its last one up to `until`.

        Raises:
            SourceError: there is none up to `until`.
        """
        first, last = self.source.span(station)
        if first > self.until:
            raise SourceError(
                f"station {station.id}: the source begins at {first:%Y-%m-%dT%HZ}, nothing was"
                f" observed at {self.until:%Y-%m-%dT%HZ}."
            )
        return first, min(last, self.until)

    def fingerprint(self) -> str:
        """The source's own: an observed hour never changes, so no partition goes stale."""
        return self.source.fingerprint()


def replay_split(source: Source, stations: Sequence[Station], params: Params) -> Split:
    """The split of the source's hours, computed as the stage `preprocess` does: a host that only
    serves doesn't have that stage's output.

    The stage also looks at the days that have temperatures; here all count. For a sample of one
    year, which is all that is replayed, that makes no difference.

    Raises:
        SourceError: the source doesn't have a station.
        ConfigError: the split leaves nothing to train on, or no test hours.
    """
    spans = [source.span(station) for station in stations]
    first = _hour_of(min(first for first, _ in spans))
    last = _hour_of(max(last for _, last in spans))
    if params.ingest.start:
        first = max(first, _hour_of(params.ingest.start))
    if params.ingest.end:
        last = min(last, _hour_of(params.ingest.end) - 1)
    split = plan(first, last, params.preprocess)
    if not split.test:
        raise ConfigError(
            f"preprocess.scheme = {params.preprocess.scheme} leaves no test hours, so there is"
            " nothing to replay. Give it some."
        )
    return split


def issue_times(split: Split, horizon_h: int) -> Hours:
    """The issue times whose horizon lies within one test segment, in order: UTC, shape (n,).

    Raises:
        ConfigError: no test segment is as long as the horizon.
    """
    segments = []
    for start, stop in split.test:
        segments.append(np.arange(start - 1, stop - horizon_h))
    issued_at = np.concatenate(segments)
    if not len(issued_at):
        raise ConfigError(
            f"no test segment holds the {horizon_h} hours of a forecast, so there is nothing to"
            " replay. Give a longer preprocess.blocks.test_d or preprocess.periods.test, or a"
            " shorter train.horizon_h."
        )
    return issued_at


def next_issue_times(
    hours: Hours, records: Iterable[SnapshotRecord], source: str
) -> Iterator[datetime]:
    """The issue times in the order in which to try them, each once: from the one after the latest
    replay to the end, then from the start.

    A snapshot must be issued at the hour that was tried. The latest record's issue time then is one
    of these hours, and the replay always advances, also where hours lack observations and at the
    end.
    """
    replayed = [record for record in records if record.replay and record.source == source]
    first = 0
    if replayed:
        latest = _hour_of(replayed[0].issued_at)
        first = int(np.searchsorted(hours, latest, side="right"))
    for hour in np.roll(hours, -first):
        yield hour.item().replace(tzinfo=UTC)


def was_observed(source: Source, stations: Iterable[Station], at: datetime) -> bool:
    """Whether the source has a temperature at that hour at any of the stations."""
    for station in stations:
        observations = source.fetch(station, at, at + _HOUR)
        if observations["temp_c"].notna().any():
            return True
    return False


def require_unseen(manifest: Manifest, split: Split, source: str) -> None:
    """Require a model that was trained on this split.

    Raises:
        ModelError: it was trained on other hours, so that the replayed ones may not be unseen.
    """
    if "judged" in manifest.origin:
        raise ModelError(
            f"model {manifest.version} was fitted once more on all years (train.refit), those that"
            " the replay shows too. Set train.refit to auto or false and run `dvc repro`, or set"
            " WEARCAST_SOURCE to another source than the sample."
        )
    trained, expected = manifest.origin.get("trained_on"), trained_on(split, source)
    if trained != expected:
        raise ModelError(
            f"model {manifest.version} was trained on {trained}, the replay's split trains on"
            f" {expected}: what is replayed may not be new to it. Run `dvc repro` for a model of"
            " this params.yaml, or set WEARCAST_SOURCE to another source than the sample."
        )


def _hour_of(at: datetime | date) -> np.datetime64:
    if isinstance(at, datetime):
        at = at.astimezone(UTC).replace(tzinfo=None)
    return np.datetime64(at, "h")
