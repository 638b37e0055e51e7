"""What every source of observations, and of numerical forecasts, can do."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

import pandas as pd

from wearcast.config import Station


class Source(Protocol):
    """Somewhere observations come from; what it gives keeps the raw level of the contract."""

    def fetch(self, station: Station, start: datetime, end: datetime) -> pd.DataFrame:
        """The station's hours with start <= valid_at < end (both aware), as a raw table; hours it
        doesn't have are absent.

        Raises:
            SourceError: it can't give them.
        """
        ...

    def span(self, station: Station) -> tuple[datetime, datetime]:
        """The first and the last hour it has of the station.

        Raises:
            SourceError: it has none.
        """
        ...

    def fingerprint(self) -> str:
        """A short text that changes when what the source would give for the same question
        changes."""
        ...


@runtime_checkable
class LiveSource(Source, Protocol):
    """A source that grows, and revises its last hours for a while; its fingerprint doesn't change
    when it does."""

    def settled(self, station: Station) -> datetime:
        """The hour before which what it gives of the station is final; later hours are asked for
        again until they are."""
        ...


@runtime_checkable
class BatchSource(Source, Protocol):
    """A source that answers for several stations at once."""

    def fetch_all(
        self, stations: Sequence[Station], start: datetime, end: datetime
    ) -> Iterator[tuple[Sequence[Station], pd.DataFrame]]:
        """What `fetch` gives, for all `stations`: for one group of them after the other, the group
        and its table.

        A group is asked for only when it is wanted, so whoever stops after some has asked for no
        others.

        Raises:
            SourceError: it can't give a group.
        """
        ...


@runtime_checkable
class ConcurrentSource(Protocol):
    """A source that may be asked from several threads.

    Attributes:
        requests_at_once: how many requests it takes side by side.
    """

    @property
    def requests_at_once(self) -> int:
        """As many as the service allows, or as is polite where it says nothing."""
        ...


@runtime_checkable
class BatchGuidanceSource(Protocol):
    """A source of numerical forecasts that answers for several stations at once."""

    def newest_all(self, stations: Sequence[Station]) -> pd.DataFrame:
        """What `GuidanceSource.newest` gives, for all `stations`.

        Raises:
            SourceError: it can't give any.
        """
        ...


@runtime_checkable
class NotingSource(Source, Protocol):
    """A source that says what of its rows people should know of."""

    def notes(self) -> list[str]:
        """A sentence for each thing that reading found, such as numbers taken for missing."""
        ...


class GuidanceSource(Protocol):
    """Somewhere numerical forecasts come from; what it gives keeps the raw level of their contract
    (`weather.guidance`).

    Attributes:
        has_archive: whether it gives forecasts of hours long past. One that doesn't is collected
            run by run, and no run is ever thrown away.
    """

    has_archive: bool

    @property
    def models(self) -> tuple[str, ...]:
        """The names of the models it gives, in a fixed order.

        Raises:
            SourceError: it can't say, because its files can't be read.
        """
        ...

    def fetch(self, station: Station, model: str, start: datetime, end: datetime) -> pd.DataFrame:
        """The model's archived forecasts of the station's hours with start <= valid_at < end (both
        aware), every run or age that it keeps, as a raw table; empty without an archive.

        Raises:
            SourceError: it can't give them.
        """
        ...

    def span(self, station: Station, model: str) -> tuple[datetime, datetime]:
        """The first and the last hour that the archive has of the model for the station; of a live
        one up to the last full hour.

        Raises:
            SourceError: it has none.
        """
        ...

    def newest(self, station: Station) -> pd.DataFrame:
        """What each model's newest run, as far as it can be had now, says of the hours after now;
        a model that can't be had is absent. Empty of a source of files.

        Raises:
            SourceError: it can't give any.
        """
        ...

    def fingerprint(self, model: str) -> str:
        """A short text that changes when what the source would give of the model for the same
        question changes; its first word is the source's name."""
        ...
