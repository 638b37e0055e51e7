"""Whether stations' newest observations are such as their training years had, at that time of the
year: the reference that training leaves in the manifest, and the drift that a refresh finds."""

from collections import ChainMap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

import numpy as np

from wearcast.config import Station
from wearcast.forecasting import guidance_difference
from wearcast.forecasting.distance import distance_km
from wearcast.forecasting.input_series import InputHours
from wearcast.forecasting.neighbour_inputs import COMPARED, TOLD, Difference, NeighbourInputs
from wearcast.forecasting.read_on_demand import parsed_on_demand
from wearcast.forecasting.station_inputs import Scores, StationInputs

CHECKS: Final = ("level", "spread", "stuck", "relation", "neighbours", "guidance")
"""What is looked at in a variable: in the station's own record, beside other stations, and beside
numerical forecasts."""

_FARTHEST_KM: Final = 60.0
_DIGITS: Final = 3
_MOST_SCORE: Final = 99.0


@dataclass(frozen=True)
class InputReference:
    """What the observations of a model's stations were in its training years.

    Attributes:
        stations: by id, each one's own.
        neighbours: by id and variable, what it has in common with the stations nearby.
        guidance: by id and variable, how it differs from numerical forecasts, where there are any.
    """

    stations: Mapping[str, StationInputs]
    neighbours: Mapping[str, Mapping[str, NeighbourInputs]]
    guidance: Mapping[str, Mapping[str, Difference]] = field(default_factory=dict)

    @classmethod
    def fit(
        cls,
        stations: Sequence[Station],
        training: Mapping[str, InputHours],
        annual: int,
        said: Mapping[str, InputHours] | None = None,
    ) -> "InputReference":
        """Fit on training hours.

        Args:
            stations: of the model.
            training: by station, its record with NaN in all other hours.
            annual: harmonics of the year.
            said: by station, what guidance said of each hour, where there is any.
        """
        own = {}
        neighbours = {}
        guidance = {}
        for station in stations:
            inputs = training[station.id]
            own[station.id] = StationInputs.fit(inputs, annual)
            near = {id: training[id] for id in _nearest(station, stations)}
            neighbours[station.id] = _fit_neighbours(inputs, near, annual)
            if said and station.id in said:
                guidance[station.id] = _fit_guidance(inputs, said[station.id])
        return cls(own, neighbours, guidance)

    def with_stations(self, stations: Mapping[str, StationInputs]) -> "InputReference":
        """The same, of other stations too, which are compared with nothing but their own past."""
        nothing: dict[str, Mapping[str, NeighbourInputs]] = {id: {} for id in stations}
        # Not as one dict: those of the model are read where they are asked for.
        own = ChainMap(dict(stations), cast("dict[str, StationInputs]", self.stations))
        known = cast("dict[str, Mapping[str, NeighbourInputs]]", self.neighbours)
        return InputReference(own, ChainMap(nothing, known), self.guidance)

    def neighbours_of(self, station: str) -> frozenset[str]:
        """The ids of the stations that it is compared with."""
        differences = [near.differences for near in self.neighbours[station].values()]
        return frozenset(one.other for of_variable in differences for one in of_variable)

    def scores(
        self, station: str, inputs: Mapping[str, InputHours], said: InputHours | None = None
    ) -> Scores:
        """How near each hour of a station is to an alarm.

        Args:
            station: its id.
            inputs: by station its hours, and those of the year before.
            said: what guidance said of its hours and those of the weeks before; None where there
                is none.
        """
        hours = inputs[station]
        found = self.stations[station].scores(hours)
        for name, neighbours in self.neighbours[station].items():
            found[name, "neighbours"] = neighbours.scores(name, hours, inputs)
        if said is not None:
            for name, difference in self.guidance.get(station, {}).items():
                means = difference.means(name, hours, {difference.other: said})
                found[name, "guidance"] = difference.scores(name, hours.valid_at, means)
        return found

    def drift(
        self, station: str, inputs: Mapping[str, InputHours], said: InputHours | None = None
    ) -> dict[str, Any]:
        """By variable and check, how near a station's newest hour is to an alarm; what can't be
        told of it is left out.

        Args:
            station: its id.
            inputs, said: as `scores` takes them.

        Returns:
            By variable and check the `score`, an alarm from 1 on, and `hours`: the length of the
            window that has it, 0 of a run of equal values.
        """
        told: dict[str, Any] = {}
        for (name, check), by_hours in self.scores(station, inputs, said).items():
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
            # Where a release before this one looks, only what it compares in the same way.
            told = {TOLD: of_variables.pop(TOLD)} if TOLD in of_variables else {}
            content[id] = {**own.to_json(), "neighbours": of_variables, "told_by_neighbours": told}
            guidance = self.guidance.get(id, {})
            if guidance:
                content[id]["guidance"] = {name: one.to_json() for name, one in guidance.items()}
        return content

    @classmethod
    def from_texts(cls, texts: Mapping[str, str]) -> "InputReference":
        """The one that `to_json` wrote, from each station's JSON."""
        return cls(
            stations=parsed_on_demand(texts, StationInputs.from_json),
            neighbours=parsed_on_demand(texts, _neighbours_from_json),
            guidance=parsed_on_demand(texts, _guidance_from_json),
        )


def _neighbours_from_json(content: Mapping[str, Any]) -> dict[str, NeighbourInputs]:
    told = content.get("told_by_neighbours", {})
    neighbours = {**told, **content["neighbours"]}
    return {name: NeighbourInputs.from_json(one) for name, one in neighbours.items()}


def _guidance_from_json(content: Mapping[str, Any]) -> dict[str, Difference]:
    # A release that compared nothing with guidance wrote none.
    guidance = content.get("guidance", {})
    return {name: Difference.from_json(one) for name, one in guidance.items()}


def _fit_neighbours(
    inputs: InputHours, near: Mapping[str, InputHours], annual: int
) -> dict[str, NeighbourInputs]:
    fitted = {}
    for name in COMPARED:
        reference = NeighbourInputs.fit(name, inputs, near, annual)
        if reference:
            fitted[name] = reference
    return fitted


def _fit_guidance(inputs: InputHours, said: InputHours) -> dict[str, Difference]:
    fitted = {}
    for name in guidance_difference.COMPARED:
        reference = guidance_difference.fit(name, inputs, said)
        if reference:
            fitted[name] = reference
    return fitted


def _nearest(station: Station, stations: Sequence[Station]) -> list[str]:
    """The ids of the other stations that have the same weather, the nearest first."""
    distances = {}
    for other in stations:
        apart_km = distance_km(station, other)
        if other.id != station.id and apart_km <= _FARTHEST_KM:
            distances[other.id] = apart_km
    return sorted(distances, key=lambda id: distances[id])
