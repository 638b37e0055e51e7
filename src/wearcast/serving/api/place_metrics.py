"""Prometheus' metrics of places that people look and ask for."""

from collections import Counter
from collections.abc import Iterable
from typing import Final, get_args

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from wearcast.serving.api.asked_places import OUTCOMES, AskedPlaces
from wearcast.serving.api.geocoder import NAMES
from wearcast.serving.places.place_requests import PlaceRequests
from wearcast.serving.places.request_states import Reason

_STATES: Final = (
    ("waiting", ""),
    ("added", ""),
    *[("refused", reason) for reason in get_args(Reason)],
)


class PlaceCollector(Collector):
    """Metrics of the places that a service lets people ask for, read when they are scraped."""

    def __init__(self, places: AskedPlaces) -> None:
        self._places = places

    def collect(self) -> Iterable[Metric]:
        """The families of metrics; those of the queue while it can be read."""
        outcomes = CounterMetricFamily(
            "wearcast_place_requests", "Places that were asked for.", labels=("outcome",)
        )
        for outcome in OUTCOMES:
            outcomes.add_metric([outcome], self._places.outcomes[outcome])
        yield outcomes
        names = CounterMetricFamily(
            "wearcast_place_names", "Names of places that were looked up.", labels=("outcome",)
        )
        for outcome in NAMES:
            names.add_metric([outcome], self._places.geocoder.names[outcome])
        yield names
        yield CounterMetricFamily(
            "wearcast_place_other_tokens",
            "Requests about places with another token than the operator's.",
            self._places.other_tokens,
        )
        if self._places.seen is not None:
            yield from self._of_queue(self._places.seen)

    def _of_queue(self, requests: PlaceRequests) -> Iterable[Metric]:
        states = GaugeMetricFamily(
            "wearcast_place_queue",
            "Requests for places by what became of them; decided ones for a week.",
            labels=("state", "reason"),
        )
        counts = Counter[tuple[str, str]]()
        for request in requests.requests:
            counts[request.state, request.reason or ""] += 1
        for state in _STATES:
            states.add_metric(state, counts[state])
        yield states
        yield GaugeMetricFamily(
            "wearcast_place_queue_wait_seconds",
            "For how long the oldest request for a place has waited; 0 where none waits.",
            self._waits_s(requests),
        )

    def _waits_s(self, requests: PlaceRequests) -> float:
        asked_at = [request.asked_at for request in requests.waiting]
        if not asked_at or self._places.queue is None:
            return 0.0
        return max(0.0, (self._places.queue.now() - min(asked_at)).total_seconds())
