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
from wearcast.serving.places.registry import AddedPlace, PlaceLimits, PlaceRegistry
from wearcast.serving.refresh import checks, observation_cache
from wearcast.weather.observations import conform, validate_raw
from wearcast.weather.sources import Source

ARCHIVE_D: Final = 3 * 365
"""Days of observations that are asked for. A correction of the network wants two years; a third
one costs the source little, and shows how good it is."""


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

    def add(self, station: Station) -> Place:
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
        self.registry.begin_addition(station.id, self.limits, self.now())
        archive = self._archive(station)
        observed = observation_cache.controlled(archive, station, self.fill_h)
        place = fit_place(station, observed.history, self.forecaster)
        self._require_sound(place, observed.history)
        added = AddedPlace(station, self.source_name, self.now())
        fits = {place.model: place_file.to_bytes(place)}
        self.registry.add(added, archive, fits, self.limits)
        return place

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
