"""What every source of observations can do."""

from datetime import datetime
from typing import Protocol

import pandas as pd

from wearcast.config import Station


class Source(Protocol):
    """Somewhere observations come from; what it gives keeps the raw level of the contract."""

    def fetch(self, station: Station, start: datetime, end: datetime) -> pd.DataFrame:
        """The station's hours with start <= valid_at < end (both aware), as a raw table; hours it doesn't have are absent.

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
        """A short text that changes when what the source would give for the same question changes."""
        ...
