"""Prometheus' metrics of the models that are served beside the champion."""

from collections.abc import Iterable, Mapping

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from wearcast.serving.store.refresh_totals import OUTCOMES
from wearcast.serving.store.snapshot_reader import SnapshotReader


class VariantCollector(Collector):
    """Metrics of the variants, read when they are scraped.

    Args:
        readers: of their snapshots, by the variant's name.
    """

    def __init__(self, readers: Mapping[str, SnapshotReader]) -> None:
        self._readers = readers

    def collect(self) -> Iterable[Metric]:
        """The families of metrics."""
        ages = GaugeMetricFamily(
            "wearcast_variant_forecast_age_seconds",
            "Age of the forecast of a variant; absent while there is none.",
            labels=("variant",),
        )
        refreshes = CounterMetricFamily(
            "wearcast_variant_refreshes",
            "Refreshes of a variant by how they ended.",
            labels=("variant", "outcome"),
        )
        for name, reader in self._readers.items():
            if reader.current is not None:
                ages.add_metric([name], reader.age(reader.current).total_seconds())
            counts = reader.refresh_totals.outcomes if reader.refresh_totals else {}
            for outcome in OUTCOMES:
                refreshes.add_metric([name, outcome], counts.get(outcome, 0))
        return ages, refreshes
