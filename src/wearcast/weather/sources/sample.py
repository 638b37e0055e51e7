"""The bundled sample: a year of real observations at New York's three airports, offline."""

from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Final

import pandas as pd

from wearcast.artifacts import sha256
from wearcast.config import Station
from wearcast.errors import SourceError
from wearcast.weather.fetched_rows import between
from wearcast.weather.observations import read_parquet, stations_in, validate_raw

SAMPLE: Final = Path(__file__).parents[1] / "sample" / "nyc2013.parquet"
"""The sample's table; `README.md` beside it has its provenance, scripts/build_sample.py rebuilds
it."""


class SampleSource:
    """The hourly observations of 2013 at EWR, JFK and LGA."""

    @cached_property
    def _table(self) -> pd.DataFrame:
        return validate_raw(read_parquet(SAMPLE))

    def fetch(self, station: Station, start: datetime, end: datetime) -> pd.DataFrame:
        """The station's hours with start <= valid_at < end.

        Raises:
            SourceError: the sample doesn't have the station.
        """
        rows = self._rows(station)
        asked = between(rows["valid_at"], start, end)
        return rows[asked].reset_index(drop=True)

    def span(self, station: Station) -> tuple[datetime, datetime]:
        """The first and the last hour of the station.

        Raises:
            SourceError: the sample doesn't have the station.
        """
        valid_at = self._rows(station)["valid_at"]
        first = valid_at.iloc[0]
        last = valid_at.iloc[-1]
        return first.to_pydatetime(), last.to_pydatetime()

    def fingerprint(self) -> str:
        """The hash of the bundled table."""
        return f"sample {sha256(SAMPLE)}"

    def _rows(self, station: Station) -> pd.DataFrame:
        rows = self._table[self._table["station"] == station.id]
        if rows.empty:
            raise SourceError(
                f"the bundled sample has no station {station.id}; it has"
                f" {', '.join(stations_in(self._table))}. Name these in ingest.stations, or set"
                " ingest.source to files."
            )
        return rows
