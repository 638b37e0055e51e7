"""What is told of a place that the model was not trained at."""

from typing import Any

from pydantic import ValidationError

from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.station_climatology import StationClimatology
from wearcast.serving.api import schemas
from wearcast.serving.places import place_facts
from wearcast.serving.store.current_snapshot import ServedSnapshot


def is_trained(current: ServedSnapshot, forecaster: Forecaster | None, station: str) -> bool:
    """Whether the model of a snapshot was trained at a station, and not only fitted to it.

    Args:
        current: the snapshot that is served.
        forecaster: the service's model, which says it where the snapshot is of it.
        station: the station's id.
    """
    # The facts are in the scores of the station's shard, which take a moment to read.
    if forecaster is not None and forecaster.manifest.version == current.record.model:
        return station in forecaster.manifest.standardization.climatologies
    return _facts(current, station) is None


def expected(current: ServedSnapshot, station: str) -> schemas.Expected | None:
    """What to expect of the forecasts of a place that the model was not trained at; None of
    another station, and where another release tells it in another way."""
    facts = _facts(current, station)
    if facts is None:
        return None
    try:
        return schemas.Expected.model_validate(facts)
    except ValidationError:
        return None


def usual_temperature(current: ServedSnapshot, station: str) -> StationClimatology | None:
    """What temperatures are usual at a place that the model was not trained at; None of another
    station, and where that isn't told."""
    facts = _facts(current, station)
    return None if facts is None else place_facts.usual_temperature(facts)


def _facts(current: ServedSnapshot, station: str) -> Any:
    by_station = current.live_verification or {}
    return by_station.get(station, {}).get(place_facts.KEY)
