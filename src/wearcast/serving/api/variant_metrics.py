"""Prometheus' metrics of the models beside the champion, those that nobody is served, too.

They have names of their own: no rule and no panel of the champion's takes them for the champion's.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from wearcast.serving.api.forecast_metrics import (
    PastAdvice,
    PastForecasts,
    PastRainDays,
    VerifiedDays,
)
from wearcast.serving.api.published_metrics import PublishedMetrics
from wearcast.serving.store.refresh_totals import OUTCOMES
from wearcast.serving.store.snapshot_reader import SnapshotReader

_SCORES: Final = (PastForecasts, VerifiedDays, PastRainDays, PastAdvice)
_OWN: Final = "wearcast_variant_"
_CHAMPION_S: Final = "wearcast_"


class VariantCollector(Collector):
    """Metrics of the variants, read when they are scraped.

    Args:
        readers: of their snapshots, by the variant's name.
    """

    def __init__(self, readers: Mapping[str, SnapshotReader]) -> None:
        self._readers = readers
        self._published = PublishedMetrics()

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
        return ages, refreshes, *self._scores()

    def _scores(self) -> Iterable[Metric]:
        """What past forecasts and advice of each variant were worth, as those of the champion."""
        families: dict[str, Metric] = {}
        for name, reader in self._readers.items():
            if reader.current is None:
                continue
            tallies = {f"{tally.__name__} of variant {name}": tally for tally in _SCORES}
            past = reader.current.live_verification or {}
            for family in self._published.tallied(tallies, reader.current, past.values()):
                own = families.setdefault(family.name, _own(family))
                for sample in family.samples:
                    own.add_sample(own.name, {"variant": name, **sample.labels}, sample.value)
        return families.values()


def _own(family: Metric) -> Metric:
    """A family of the variants without samples."""
    name = _OWN + family.name.removeprefix(_CHAMPION_S)
    return Metric(name, family.documentation, family.type)
