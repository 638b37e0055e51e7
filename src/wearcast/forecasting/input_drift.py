"""Whether stations' newest observations are such as their training years had, at that time of the
year: the reference that training leaves in the manifest, and the drift that a refresh finds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from wearcast.config import Station
from wearcast.forecasting.input_series import InputHours
from wearcast.forecasting.neighbour_inputs import COMPARED, NeighbourInputs
from wearcast.forecasting.station_inputs import Scores, StationInputs

CHECKS: Final = ("level", "spread", "stuck", "relation", "neighbours")
"""What is looked at in a variable; the last of them beside other stations."""

_FARTHEST_KM: Final = 60.0
_EARTH_KM: Final = 6371.0
_DIGITS: Final = 3
_MOST_SCORE: Final = 99.0


@dataclass(frozen=True)
class InputReference:
    """What the observations of a model's stations were in its training years.

    Attributes:
        stations: by id, each one's own.
        neighbours: by id and variable, what it has in common with the stations nearby.
    """

    stations: Mapping[str, StationInputs]
    neighbours: Mapping[str, Mapping[str, NeighbourInputs]]

    @classmethod
    def fit(
        cls, stations: Sequence[Station], training: Mapping[str, InputHours], annual: int
    ) -> "InputReference":
        """Fit on training hours.

        Args:
            stations: of the model.
            training: by station, its record with NaN in all other hours.
            annual: harmonics of the year.
        """
        own = {}
        neighbours = {}
        for station in stations:
            inputs = training[station.id]
            own[station.id] = StationInputs.fit(inputs, annual)
            near = {id: training[id] for id in _nearest(station, stations)}
            neighbours[station.id] = _fit_neighbours(inputs, near, annual)
        return cls(own, neighbours)

    def scores(self, station: str, inputs: Mapping[str, InputHours]) -> Scores:
        """How near each hour of a station is to an alarm.

        Args:
            station: its id.
            inputs: by station its hours, and those of the year before.
        """
        hours = inputs[station]
        found = self.stations[station].scores(hours)
        for name, reference in self.neighbours[station].items():
            found[name, "neighbours"] = reference.scores(name, hours, inputs)
        return found

    def drift(self, station: str, inputs: Mapping[str, InputHours]) -> dict[str, Any]:
        """By variable and check, how near a station's newest hour is to an alarm; what can't be
        told of it is left out.

        Returns:
            By variable and check the `score`, an alarm from 1 on, and `hours`: the length of the
            window that has it, 0 of a run of equal values.
        """
        told: dict[str, Any] = {}
        for (name, check), by_hours in self.scores(station, inputs).items():
            newest = {}
            for hours, scores in by_hours.items():
                if np.isfinite(scores[-1]):
                    newest[hours] = min(float(scores[-1]), _MOST_SCORE)
            if newest:
                hours = max(newest, key=lambda one: newest[one])
                score = round(newest[hours], _DIGITS)
                told.setdefault(name, {})[check] = {"score": score, "hours": hours}
        return told

    def to_json(self) -> dict[str, Any]:
        """All of it, for the manifest."""
        content = {}
        for id, own in self.stations.items():
            neighbours = self.neighbours[id]
            of_variables = {name: one.to_json() for name, one in neighbours.items()}
            content[id] = {**own.to_json(), "neighbours": of_variables}
        return content

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "InputReference":
        """The one that `to_json` wrote."""
        own = {}
        neighbours = {}
        for id, of_station in content.items():
            own[id] = StationInputs.from_json(of_station)
            neighbours[id] = {
                name: NeighbourInputs.from_json(one)
                for name, one in of_station["neighbours"].items()
            }
        return cls(own, neighbours)


def _fit_neighbours(
    inputs: InputHours, near: Mapping[str, InputHours], annual: int
) -> dict[str, NeighbourInputs]:
    fitted = {}
    for name in COMPARED:
        reference = NeighbourInputs.fit(name, inputs, near, annual)
        if reference:
            fitted[name] = reference
    return fitted


def _nearest(station: Station, stations: Sequence[Station]) -> list[str]:
    """The ids of the other stations that have the same weather, the nearest first."""
    distances = {}
    for other in stations:
        distance_km = _distance_km(station, other)
        if other.id != station.id and distance_km <= _FARTHEST_KM:
            distances[other.id] = distance_km
    return sorted(distances, key=lambda id: distances[id])


def _distance_km(one: Station, other: Station) -> float:
    """Along the great circle (the haversine formula)."""
    latitudes = np.deg2rad([one.latitude, other.latitude])
    longitudes = np.deg2rad([one.longitude, other.longitude])
    across = np.sin(np.diff(latitudes) / 2) ** 2
    along = np.cos(latitudes).prod() * np.sin(np.diff(longitudes) / 2) ** 2
    return float(2 * _EARTH_KM * np.arcsin(np.sqrt(across + along))[0])
