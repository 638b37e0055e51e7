"""Prometheus' metrics of the processes that compute answers, and of the queue before them."""

from collections.abc import Iterable

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from wearcast.serving.api.workers.pool import CAPACITY, Workers
from wearcast.serving.process_memory import resident_bytes


class WorkerCollector(Collector):
    """Metrics of the workers, read when they are scraped."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers

    def collect(self) -> Iterable[Metric]:
        """The families of metrics."""
        processes = self._workers.processes
        yield GaugeMetricFamily(
            "wearcast_workers", "Processes that compute answers and are ready.", len(processes)
        )
        yield GaugeMetricFamily(
            "wearcast_workers_target", "Processes that should.", len(self._workers.tasks)
        )
        yield GaugeMetricFamily(
            "wearcast_worker_resident_memory_bytes",
            "Resident memory of all these processes together.",
            sum(map(resident_bytes, processes)),
        )
        yield GaugeMetricFamily(
            "wearcast_worker_requests_waiting",
            "Requests that wait for a worker.",
            self._workers.waiting,
        )
        yield GaugeMetricFamily(
            "wearcast_worker_requests_waiting_limit", "Requests that may wait.", CAPACITY
        )
        yield CounterMetricFamily(
            "wearcast_worker_requests_refused",
            "Requests that were refused because too many waited, or too large ones.",
            self._workers.refused,
        )
