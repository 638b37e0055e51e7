"""What was fitted of numerical forecasts at places, which are read where they are asked for."""

from collections.abc import Collection, Iterator, Mapping

from wearcast.forecasting.place import Place
from wearcast.forecasting.station_guidance import StationGuidance


class GuidanceOfPlaces(Mapping[str, StationGuidance]):
    """By place what was fitted of numerical forecasts.

    Args:
        places: all there are.
        guided: the ids of those that have any.
    """

    def __init__(self, places: Mapping[str, Place], guided: Collection[str]) -> None:
        self._places = places
        self._guided = guided

    def __getitem__(self, place: str) -> StationGuidance:
        guidance = self._places[place].guidance if place in self._guided else None
        if guidance is None:
            raise KeyError(place)
        return guidance

    def __contains__(self, place: object) -> bool:
        return place in self._guided

    def __iter__(self) -> Iterator[str]:
        return iter(self._guided)

    def __len__(self) -> int:
        return len(self._guided)
