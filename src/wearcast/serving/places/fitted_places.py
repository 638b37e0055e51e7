"""The places that a refresh forecasts beside the stations of params.yaml."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import pandas as pd

from wearcast.config import Params, Station
from wearcast.errors import ArtifactError, ConfigError, GuidanceError, ModelError, WearcastError
from wearcast.forecasting import place_file
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.place import Place, PlaceOutline
from wearcast.forecasting.place_fit import fit_place
from wearcast.forecasting.read_on_demand import ReadOnDemand
from wearcast.serving.places import numerical_archive
from wearcast.serving.places.newer_hours import with_newer
from wearcast.serving.places.registry import AddedPlace, PlaceRegistry
from wearcast.serving.refresh import observation_cache
from wearcast.weather import guidance
from wearcast.weather.stations import resolve

_LOG: Final = logging.getLogger(__name__)

_READ_AT_ONCE: Final = 64
"""A partition has fewer."""


@dataclass(frozen=True)
class FittedPlaces:
    """Places, and what was fitted to them for one model.

    Attributes:
        fits: by the place's id, read when it is asked for: thousands would take the memory of a
            whole refresh. One that was removed or changed meanwhile raises ModelError.
        outlines: of each of them what the model's manifest knows, likewise.
        without: by its id, why a place can't be forecast.
    """

    fits: Mapping[str, Place] = field(default_factory=dict)
    outlines: Mapping[str, PlaceOutline] = field(default_factory=dict)
    without: Mapping[str, WearcastError] = field(default_factory=dict)

    @classmethod
    def read(cls, history: Path, params: Params, forecaster: Forecaster) -> "FittedPlaces":
        """Those beside a refresh's history, but for such as params.yaml names and the model was
        trained at by now. One that was fitted to another model is fitted anew, from the
        observations that are kept of it, and those that refreshes fetched since.

        Args:
            history: the folder of the refresh's observations.
            params: the experiment's, with the source that the refresh uses.
            forecaster: the model.

        Raises:
            ArtifactError: the folder can't be read or written.
        """
        registry = PlaceRegistry(history)
        named = {station.id for station in resolve(params.ingest.stations)}
        known = named & forecaster.manifest.standardization.climatologies.keys()
        outlines: dict[str, PlaceOutline] = {}
        versions: dict[str, str] = {}
        without: dict[str, WearcastError] = {}
        for id in registry.ids():
            if id in known:
                continue
            try:
                place, versions[id] = _fit(registry, id, params, forecaster, history)
                outlines[id] = place.outline
            except ArtifactError:
                raise
            except WearcastError as error:
                without[id] = error
        kept = partial(_unchanged, registry, versions, forecaster.manifest.version)
        fits = ReadOnDemand(versions, kept, _READ_AT_ONCE)
        return cls(fits, outlines, without)

    @property
    def stations(self) -> list[Station]:
        """Where they are, in their order."""
        return [outline.station for outline in self.outlines.values()]

    def place(self, id: str) -> Place | None:
        """The place with this id; None where there is none, or none any more."""
        try:
            return self.fits.get(id)
        except ModelError as error:
            _LOG.warning("%s", error)
            return None

    def known_to(self, forecaster: Forecaster) -> Forecaster:
        """The model that knows these places too."""
        return forecaster.with_places(self.fits, self.outlines) if self.fits else forecaster


def _unchanged(registry: PlaceRegistry, versions: Mapping[str, str], model: str, id: str) -> Place:
    """The place whose file has this version.

    Raises:
        ModelError: it was removed or changed meanwhile.
    """
    try:
        content = registry.fit(id, model)
    except WearcastError as error:
        raise ModelError(f"the place {id} was removed: {error}") from error
    if content is None or place_file.version(content) != versions[id]:
        raise ModelError(f"the place {id} was changed since this refresh began.")
    return place_file.from_bytes(content)


def _fit(
    registry: PlaceRegistry, id: str, params: Params, forecaster: Forecaster, history: Path
) -> tuple[Place, str]:
    """What is fitted to a place, and the version of its file."""
    added = registry.place(id)
    source = params.ingest.source
    if added.source != source:
        raise ConfigError(
            f"it was added with observations of {added.source}, and they come from {source} now."
            f" Remove it, and add it again: `wearcast stations remove {id}`."
        )
    kept = _kept_fit(registry, id, forecaster.manifest.version)
    if kept is not None:
        return kept
    place = _fitted_anew(registry, added, forecaster, params.preprocess.fill_h, history / id)
    content = place_file.to_bytes(place)
    registry.keep_fit(id, place.model, content)
    return place, place_file.version(content)


def _kept_fit(registry: PlaceRegistry, id: str, model: str) -> tuple[Place, str] | None:
    """What is kept for the model; None where nothing is, or nothing that this release can read."""
    content = registry.fit(id, model)
    if content is None:
        return None
    try:
        place = place_file.from_bytes(content)
    except ModelError as error:
        _LOG.warning("%s is fitted anew: %s", id, error)
        return None
    if place.model != model:
        return None
    return place, place_file.version(content)


def _fitted_anew(
    registry: PlaceRegistry,
    added: AddedPlace,
    forecaster: Forecaster,
    fill_h: int,
    folder: Path,
) -> Place:
    station = added.station
    archive = with_newer(registry.archive(station.id), station, added.source, folder)
    observed = observation_cache.controlled(archive, station, fill_h)
    record = None
    if forecaster.manifest.guidance:
        said = _numerical_forecasts(registry, station.id)
        record = numerical_archive.usable(said, archive, station, fill_h)
    place = fit_place(station, observed.history, forecaster, record)
    _LOG.info("%s was fitted anew, to model %s", station.id, place.model)
    return place


def _numerical_forecasts(registry: PlaceRegistry, id: str) -> pd.DataFrame:
    """Those that are kept of a place; none where they can't be read."""
    try:
        return registry.guidance(id)
    except GuidanceError as error:
        _LOG.warning("%s is fitted without numerical forecasts: %s", id, error)
        return guidance.concatenate([])
