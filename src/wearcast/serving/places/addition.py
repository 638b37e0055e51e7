"""Adding a place: its observations are fetched, what the model needs to know of it is fitted to
them, and the forecast that comes of it is checked. Nothing is trained."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import pandas as pd

from wearcast.config import SourceName, Station
from wearcast.errors import ConfigError, RefusedError, SourceError
from wearcast.forecasting import place_file
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.history import History
from wearcast.forecasting.place import Place
from wearcast.forecasting.place_fit import fit_place
from wearcast.forecasting.snapshot_creation import issue_for
from wearcast.serving.places import numerical_archive
from wearcast.serving.places.newer_hours import ARCHIVE_D
from wearcast.serving.places.numerical_archive import Archived, NumericalArchive
from wearcast.serving.places.registry import AddedPlace, PlaceLimits, PlaceRegistry
from wearcast.serving.refresh import checks, observation_cache
from wearcast.weather.observations import conform, validate_raw
from wearcast.weather.sources import Source

GUIDED_A_DAY: Final = 8
"""Additions within a day that ask for numerical forecasts: they weigh 4,000 of the 10,000 that
Open-Meteo gives away, and leave the refreshes the rest."""


@dataclass(frozen=True)
class Addition:
    """What came of adding a place.

    Attributes:
        place: as it was fitted.
        without: why numerical forecasts, or a part of them, are missing; empty where none are, or
            none were wanted.
    """

    place: Place
    without: str


@dataclass(frozen=True)
class PlaceAddition:
    """What adds places.

    Attributes:
        source, source_name: of their observations, the refresh's own.
        forecaster: the model.
        registry: keeps them.
        limits: how many there may be.
        known: the stations of params.yaml that the model was trained at, which need no adding.
        fill_h: as quality control takes it.
        oldest: as the refresh's checks take it.
        now: returns the current time.
        numerical: an archive of numerical forecasts; None where the model makes nothing of any.
    """

    source: Source
    source_name: SourceName
    forecaster: Forecaster
    registry: PlaceRegistry
    limits: PlaceLimits
    known: Collection[str]
    fill_h: int
    oldest: timedelta
    now: Callable[[], datetime]
    numerical: NumericalArchive | None = None

    def add(self, station: Station) -> Addition:
        """Add a place; the next refresh forecasts it.

        Raises:
            ConfigError: it is known already, the source is a replay, or no further place is
                allowed.
            BusyError: no further place is allowed today.
            SourceError: its observations can't be had.
            ObservationsError: they break the contract.
            ModelError: the model can't be fitted to them.
            RefusedError: the forecast fails its checks.
            ArtifactError: it can't be written.
        """
        self._require_new(station)
        today = self.registry.begin_addition(station.id, self.limits, self.now())
        archive = self._archive(station)
        observed = observation_cache.controlled(archive, station, self.fill_h)
        said = self._numerical_forecasts(station, archive, today)
        record = numerical_archive.usable(said.rows, archive, station, self.fill_h)
        place = fit_place(station, observed.history, self.forecaster, record)
        self._require_sound(place, observed.history)
        added = AddedPlace(station, self.source_name, self.now())
        fits = {place.model: place_file.to_bytes(place)}
        self.registry.add(added, archive, fits, self.limits, said.rows)
        without = said.missing
        if self.numerical and not (without or place.guidance):
            without = "their archive has too few days that can be used."
        return Addition(place, without)

    def _numerical_forecasts(self, station: Station, archive: pd.DataFrame, today: int) -> Archived:
        """What is to be had of them.

        Args:
            station: the place.
            archive: its observations.
            today: additions within a day, this one included.
        """
        if self.numerical is None:
            return Archived()
        if today > GUIDED_A_DAY:
            return Archived(
                missing=f"{today - 1} places were asked for within a day before, and only the first"
                f" {GUIDED_A_DAY} may ask for them. Remove it and add it again another day."
            )
        return self.numerical.fetch(station, archive["valid_at"].iloc[0])

    def _require_new(self, station: Station) -> None:
        if self.source_name == "sample":
            raise ConfigError(
                "the observations are the bundled sample's, which has its own stations alone. Take"
                " a source that has any place: WEARCAST_SOURCE=open_meteo, here and for `wearcast"
                " refresh`, or ingest.source in params.yaml."
            )
        if station.id in self.known:
            raise ConfigError(
                f"{station.id} is a station of params.yaml, which is forecast anyway. If this is"
                " another place, give it another id: --id."
            )
        if station.id in self.forecaster.manifest.standardization.climatologies:
            raise ConfigError(
                f"the model was trained at a station {station.id}: name it in ingest.stations of"
                " params.yaml. If this is another place, give it another id: --id."
            )

    def _archive(self, station: Station) -> pd.DataFrame:
        """The station's newest hours from its source, as a raw table."""
        first, last = self.source.span(station)
        begin = last - timedelta(days=ARCHIVE_D)
        start = max(first, begin.replace(hour=0))
        given = self.source.fetch(station, start, last + timedelta(hours=1))
        rows = validate_raw(conform(given))
        if rows.empty:
            raise SourceError(
                f"{self.source_name} has no hour of {station.id} since {start:%Y-%m-%d}. Check its"
                " coordinates, or its id."
            )
        return rows

    def _require_sound(self, place: Place, history: History) -> None:
        """Refuse a place whose forecast of now no refresh would publish."""
        station = place.station
        forecaster = self.forecaster.with_places({station.id: place})
        snapshot = issue_for([station], {station.id: history}, self.source_name, forecaster)
        reported = place.climatology.reported
        failed = checks.failed_checks(snapshot, 0, reported, self.now(), self.oldest)
        if failed:
            raise RefusedError(
                f"{station.id} isn't added, since its forecast fails its checks:"
                f" {'; '.join(failed)}."
            )
