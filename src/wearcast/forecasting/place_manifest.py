"""What a model's manifest says once places that it wasn't trained for are known too."""

from collections import ChainMap
from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from wearcast.errors import ModelError
from wearcast.forecasting.manifest import Manifest
from wearcast.forecasting.place import PlaceOutline
from wearcast.forecasting.station_climatology import StationClimatology


def with_places(manifest: Manifest, places: Mapping[str, PlaceOutline]) -> Manifest:
    """The same manifest, of the same version, that knows these places behind its own stations.

    Raises:
        ModelError: a place was fitted to another model, or has the id of one of its stations.
    """
    standardization = manifest.standardization
    own: dict[str, StationClimatology] = {}
    longitudes = dict(standardization.longitudes)
    rain_days = dict(manifest.rain_days)
    inputs = {}
    for id, place in places.items():
        _require_fitting(id, place, manifest)
        own[id] = place.climatology
        longitudes[id] = place.station.longitude
        inputs[id] = place.inputs
        if place.rain_days:
            rain_days[id] = place.rain_days
    # Not as one dict: those of the model are read where they are asked for.
    trained = cast("dict[str, StationClimatology]", standardization.climatologies)
    climatologies = ChainMap(own, trained)
    added = [place.station for place in places.values()]
    known = replace(
        manifest,
        stations=(*manifest.stations, *added),
        standardization=replace(
            standardization, climatologies=climatologies, longitudes=longitudes
        ),
        inputs=manifest.inputs.with_stations(inputs) if manifest.inputs else None,
        rain_days=rain_days,
    )
    return known.known_as(manifest.version)


def _require_fitting(id: str, place: PlaceOutline, manifest: Manifest) -> None:
    if place.station.id != id:
        raise ModelError(f"the place {place.station.id} was given as {id}.")
    if place.model != manifest.version:
        raise ModelError(
            f"the place {id} was fitted to model {place.model}, and this is {manifest.version}. Fit"
            " it anew from its archive."
        )
    if id in manifest.standardization.climatologies:
        raise ModelError(
            f"the model was trained for {id}, which is a place's id too. Remove the place."
        )
