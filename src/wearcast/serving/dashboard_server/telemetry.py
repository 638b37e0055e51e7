"""Prometheus' metrics of the dashboard's server: its requests, its visits, and its kernels."""

import re
from collections.abc import Iterable
from typing import Any, Final
from weakref import WeakSet

from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from tornado.web import RequestHandler

from wearcast.serving.dashboard_server.http_server import LimitedServer
from wearcast.serving.dashboard_server.kernel_pool import KernelPool
from wearcast.serving.dashboard_server.kernels import CULLED
from wearcast.serving.dashboard_server.visits import REFUSALS, Visits

_BUCKETS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_PAGE_OUTCOMES: Final = ("made", "left", "late", "ended")
_WORD_START: Final = re.compile(r"(?<=.)(?=[A-Z])")


class Telemetry:
    """The server's own registry, and what its handlers count.

    Attributes:
        under_way: the handlers of requests that aren't answered yet, without WebSockets.
    """

    def __init__(self) -> None:
        # A series of when each counter began would double their number.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.under_way: WeakSet[RequestHandler] = WeakSet()
        self._registry = registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=registry)
        self._requests = Counter(
            "wearcast_dashboard_http_requests",
            "Requests answered; of a WebSocket, its handshake.",
            ("handler", "status"),
            registry=registry,
        )
        self._request_s = Histogram(
            "wearcast_dashboard_http_request_seconds",
            "How long answers took; of a WebSocket, its handshake.",
            ("handler",),
            buckets=_BUCKETS_S,
            registry=registry,
        )
        self._kernel_wait_s = Histogram(
            "wearcast_dashboard_kernel_wait_seconds",
            "How long visitors waited for the kernel that they got.",
            buckets=_BUCKETS_S,
            registry=registry,
        )
        self._pages = Counter(
            "wearcast_dashboard_page_loads",
            "Pages that a kernel began to make: made whole, left by their visitor meanwhile, given"
            " up as too late, or ended with their kernel.",
            ("outcome",),
            registry=registry,
        )
        for outcome in _PAGE_OUTCOMES:
            self._pages.labels(outcome)

    def watch(self, visits: Visits, pool: KernelPool, kernels: Any, server: LimitedServer) -> None:
        """Tell of these at each scrape, too."""
        self._registry.register(_StateCollector(self, visits, pool, kernels, server))

    def count_request(self, handler: RequestHandler) -> None:
        """Count a request that is answered."""
        name = _handler_name(handler)
        self._requests.labels(name, str(handler.get_status())).inc()
        self._request_s.labels(name).observe(handler.request.request_time())

    def count_page(self, outcome: str) -> None:
        """Count a page that a kernel began to make, by how that ended."""
        self._pages.labels(outcome).inc()

    def observe_kernel_wait(self, waited_s: float) -> None:
        """Count a visitor who got a kernel."""
        self._kernel_wait_s.observe(waited_s)

    def exposition(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self._registry)


class _StateCollector(Collector):
    """What the server is like at the moment of a scrape."""

    def __init__(
        self,
        telemetry: Telemetry,
        visits: Visits,
        pool: KernelPool,
        kernels: Any,
        server: LimitedServer,
    ) -> None:
        self._telemetry = telemetry
        self._visits = visits
        self._pool = pool
        self._kernels = kernels
        self._server = server

    def collect(self) -> Iterable[Metric]:
        """The families of metrics."""
        yield from self._of_requests()
        yield from self._of_kernels()
        yield from self._of_visits()
        yield from self._of_memory()

    def _of_requests(self) -> Iterable[Metric]:
        yield GaugeMetricFamily(
            "wearcast_dashboard_http_requests_under_way",
            "Requests being answered, without WebSockets.",
            len(self._telemetry.under_way),
        )
        self._server.forget_closed()
        yield GaugeMetricFamily(
            "wearcast_dashboard_connections", "Open connections.", self._server.connections
        )
        yield CounterMetricFamily(
            "wearcast_dashboard_connections_refused",
            "Connections beyond a client's limit or that of all.",
            self._server.refused,
        )

    def _of_kernels(self) -> Iterable[Metric]:
        kernels, pool = self._kernels, self._pool
        yield GaugeMetricFamily(
            "wearcast_dashboard_kernels", "Kernels that run, waiting ones included.", len(kernels)
        )
        yield GaugeMetricFamily(
            "wearcast_dashboard_kernels_limit", "Kernels there may be.", int(kernels.limit)
        )
        yield GaugeMetricFamily(
            "wearcast_dashboard_kernels_preheated",
            "Kernels that wait for a visitor and are ready.",
            pool.ready_count,
        )
        yield GaugeMetricFamily(
            "wearcast_dashboard_kernels_preheated_target",
            "Kernels that should wait for a visitor.",
            pool.size,
        )
        yield GaugeMetricFamily(
            "wearcast_dashboard_kernels_connected",
            "Kernels whose page is connected.",
            kernels.connected_count,
        )
        yield CounterMetricFamily(
            "wearcast_dashboard_kernels_lost",
            "Waiting kernels that died, hung or ran on without a visitor.",
            pool.lost,
        )
        culled = CounterMetricFamily(
            "wearcast_dashboard_kernels_culled",
            "Kernels that the server ended: unused for long, or with too much memory.",
            labels=("reason",),
        )
        for reason in CULLED:
            culled.add_metric([reason], kernels.culled[reason])
        yield culled

    def _of_visits(self) -> Iterable[Metric]:
        refused = CounterMetricFamily(
            "wearcast_dashboard_visits_refused",
            "Visitors without a kernel: all are taken (full), their client has enough of kernels,"
            " pages or WebSockets, or none could be started (failed).",
            labels=("reason",),
        )
        for reason in REFUSALS:
            refused.add_metric([reason], self._visits.refused[reason])
        yield refused
        yield GaugeMetricFamily(
            "wearcast_dashboard_websockets",
            "Open WebSockets of visits and pages.",
            self._visits.open_sockets,
        )

    def _of_memory(self) -> Iterable[Metric]:
        memory = GaugeMetricFamily(
            "wearcast_dashboard_resident_memory_bytes",
            "Resident memory of the server and of all its kernels; shared pages count once.",
            labels=("process",),
        )
        for process, held_bytes in self._kernels.memory_bytes().items():
            memory.add_metric([process], held_bytes)
        yield memory


def _handler_name(handler: RequestHandler) -> str:
    """`page` of PageHandler, `kernel_channel` of KernelChannelHandler."""
    name = type(handler).__name__.removesuffix("Handler")
    return _WORD_START.sub("_", name).lower()
