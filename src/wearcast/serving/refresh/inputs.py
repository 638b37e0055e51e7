"""What a refresh forecasts from, so that other models may forecast from the same."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from wearcast.errors import WearcastError
from wearcast.forecasting.guidance_record import GuidanceRecord
from wearcast.forecasting.history import History
from wearcast.forecasting.input_series import InputHours
from wearcast.serving.refresh.observation_cache import Observed
from wearcast.weather.sources import Source


@dataclass(frozen=True)
class Inputs:
    """Observations and numerical forecasts, fetched once.

    Attributes:
        source: the source of the observations.
        observations: by station.
        without: by station, why it has none.
        guidance: by station, its numerical forecasts, where it has any.
        now: the time that the forecasts are checked against; of a replay, its hour.
    """

    source: Source
    observations: Mapping[str, Observed]
    without: Mapping[str, WearcastError]
    guidance: Mapping[str, GuidanceRecord]
    now: datetime

    @classmethod
    def joined(cls, source: Source, parts: Sequence["Inputs"]) -> "Inputs":
        """Those of several groups of stations, of the same time."""
        observations: dict[str, Observed] = {}
        without: dict[str, WearcastError] = {}
        guidance: dict[str, GuidanceRecord] = {}
        for part in parts:
            observations |= part.observations
            without |= part.without
            guidance |= part.guidance
        return cls(source, observations, without, guidance, parts[0].now)

    @property
    def histories(self) -> dict[str, History]:
        """By station, the hours that its forecast is made from."""
        return {station: one.history for station, one in self.observations.items()}

    @property
    def measured(self) -> dict[str, History]:
        """By station, the hours to verify past forecasts against."""
        return {station: one.measured for station, one in self.observations.items()}

    @cached_property
    def given(self) -> Mapping[str, InputHours]:
        """By station, the hours as their source gave them, made where they are asked for."""
        return _GivenHours(self.observations)


class _GivenHours(Mapping[str, InputHours]):
    def __init__(self, observations: Mapping[str, Observed]) -> None:
        self._observations = observations
        self._made: dict[str, InputHours] = {}

    def __getitem__(self, station: str) -> InputHours:
        if station not in self._made:
            self._made[station] = self._observations[station].given
        return self._made[station]

    def __contains__(self, station: object) -> bool:
        return station in self._observations

    def __iter__(self) -> Iterator[str]:
        return iter(self._observations)

    def __len__(self) -> int:
        return len(self._observations)
