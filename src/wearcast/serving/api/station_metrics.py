"""Prometheus' metrics of the stations that are served: how many, never one by one, since there may
be thousands."""

from collections.abc import Iterator

from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from wearcast.serving.store.current_snapshot import CurrentSnapshot, ServedSnapshot


def of_stations(reader: CurrentSnapshot, current: ServedSnapshot) -> Iterator[Metric]:
    """How many stations have a forecast, and how many a stale one: the age of a snapshot is that of
    its newest station."""
    stations = len(current.snapshot.stations)
    yield GaugeMetricFamily("wearcast_stations", "Stations that have a forecast.", stations)
    yield GaugeMetricFamily(
        "wearcast_stale_stations",
        "Stations whose forecast is older than it should be.",
        reader.stale_stations(current),
    )
