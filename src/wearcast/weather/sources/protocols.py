"""What every source of observations can do."""

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
