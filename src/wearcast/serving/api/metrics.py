"""The service's Prometheus metrics, and the middleware that counts and logs requests and gives each
an id."""

import logging
import random
import re
import threading
import time
from bisect import bisect_left
from collections.abc import Iterable
from itertools import accumulate
from typing import Final

from fastapi.responses import Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Gauge,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wearcast.serving.api.asgi import first_header, route_path
from wearcast.serving.api.forecast_metrics import (
    PastAdvice,
    PastForecasts,
    PastRainDays,
    VerifiedDays,
)
from wearcast.serving.api.guidance_metrics import of_guidance
from wearcast.serving.api.input_metrics import InputDrift, of_inputs
from wearcast.serving.api.problem_details import unexpected_response
from wearcast.serving.api.published_metrics import PublishedMetrics
from wearcast.serving.api.refresh_metrics import of_refreshes
from wearcast.serving.api.station_metrics import of_stations
from wearcast.serving.json_logging import REQUEST_ID, access_line
from wearcast.serving.log_writer import LogWriter
from wearcast.serving.store.current_snapshot import ServedSnapshot
from wearcast.serving.store.shard_files import SnapshotOfShards
from wearcast.serving.store.snapshot_reader import SnapshotReader
from wearcast.serving.supervisor import Supervisor

_LOG: Final = logging.getLogger(__name__)
_BUCKETS_S: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_ID: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_ID_HEADER: Final = b"x-request-id"
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_IDS: Final = random.Random()  # noqa: S311 - no secrets, and the system's randomness is slow
_CLIENT_LEFT: Final = 499
"""Counted where a client left before there was a response."""
_NOSNIFF: Final = (b"x-content-type-options", b"nosniff")
_TALLIES: Final = {
    "input drift": InputDrift,
    "past forecasts": PastForecasts,
    "verified days": VerifiedDays,
    "past rain days": PastRainDays,
    "past advice": PastAdvice,
}


class Metrics:
    """A service's own registry: requests, the snapshot that is served, and background tasks."""

    def __init__(self, reader: SnapshotReader, supervisor: Supervisor, log: LogWriter) -> None:
        self._registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self._registry)
        self._of_snapshot = _SnapshotCollector(reader)
        self._registry.register(self._of_snapshot)
        self._registry.register(_TaskCollector(supervisor, log))
        self._requests = _RequestCollector()
        self._registry.register(self._requests)
        self.requests_under_way = 0
        under_way = Gauge(
            "wearcast_http_requests_under_way", "Requests being answered.", registry=self._registry
        )
        under_way.set_function(lambda: self.requests_under_way)

    def prepare(self, snapshot: ServedSnapshot) -> None:
        """Make what is told of a snapshot, in another thread than the event loop's: no scrape is to
        take long."""
        self._of_snapshot.of_past(snapshot)

    def watch(self, collector: Collector) -> None:
        """Tell of something else at each scrape, too."""
        self._registry.register(collector)

    def response(self) -> Response:
        """All metrics in Prometheus' text format."""
        return Response(
            generate_latest(self._registry),
            headers={"Cache-Control": "no-store"},
            media_type=CONTENT_TYPE_LATEST,
        )

    def count(self, method: str, path: str, status: int, took_s: float) -> None:
        """Count a response."""
        self._requests.count(method, path, status, took_s)


class _RequestCollector(Collector):
    """Counts of responses, on the event loop alone: prometheus_client's own counters take a lock
    for each, which is as long as half of sending a kept answer."""

    def __init__(self) -> None:
        self._by_labels: dict[tuple[str, str, int], _Counted] = {}

    def count(self, method: str, path: str, status: int, took_s: float) -> None:
        """Count a response."""
        labels = (method, path, status)
        counted = self._by_labels.get(labels)
        if counted is None:
            counted = self._by_labels[labels] = _Counted()
        bucket = bisect_left(_BUCKETS_S, took_s)
        counted.by_bucket[bucket] += 1
        counted.sum_s += took_s

    def collect(self) -> Iterable[Metric]:
        """The families of metrics."""
        by_labels = dict(self._by_labels)
        requests = CounterMetricFamily(
            "wearcast_http_requests", "Requests answered.", labels=("method", "path", "status")
        )
        for (method, path, status), counted in by_labels.items():
            answered = sum(counted.by_bucket)
            requests.add_metric([method, path, str(status)], answered)
        yield requests
        took = HistogramMetricFamily(
            "wearcast_http_request_seconds", "How long answers took.", labels=("path",)
        )
        bounds = [*map(str, _BUCKETS_S), "+Inf"]
        paths = dict.fromkeys(path for _, path, _ in by_labels)
        for path in paths:
            of_path = [counted for labels, counted in by_labels.items() if labels[1] == path]
            by_bucket = [
                sum(counts) for counts in zip(*(one.by_bucket for one in of_path), strict=True)
            ]
            cumulative = list(zip(bounds, accumulate(by_bucket), strict=True))
            total_s = sum(one.sum_s for one in of_path)
            took.add_metric([path], cumulative, total_s)
        yield took


class _Counted:
    """Responses with the same labels: how many by how long they took, and that in all."""

    __slots__ = ("by_bucket", "sum_s")

    def __init__(self) -> None:
        self.by_bucket = [0] * (len(_BUCKETS_S) + 1)
        self.sum_s = 0.0


class _SnapshotCollector(Collector):
    """Metrics of the reader and its snapshot, read when they are scraped."""

    def __init__(self, reader: SnapshotReader) -> None:
        self._reader = reader
        self._published = PublishedMetrics()
        self._making = threading.Lock()

    def collect(self) -> Iterable[Metric]:
        """The families of metrics."""
        reader, current = self._reader, self._reader.current
        yield GaugeMetricFamily(
            "wearcast_ready", "1 once there is a snapshot to serve.", float(current is not None)
        )
        yield CounterMetricFamily("wearcast_store_looks", "Looks at the store.", reader.polls)
        yield CounterMetricFamily(
            "wearcast_store_failures",
            "Looks that found the store gone or its newest snapshot broken.",
            reader.failures,
        )
        yield GaugeMetricFamily(
            "wearcast_store_trouble",
            "1 while the last look failed.",
            float(bool(reader.last_error)),
        )
        if reader.refresh_totals is not None:
            totals = reader.refresh_totals
            yield from self._published.of("refreshes", lambda: of_refreshes(totals))
        if current is not None:
            age_s = reader.age(current).total_seconds()
            yield GaugeMetricFamily(
                "wearcast_snapshot_age_seconds",
                "Since issued; of a replay, since published.",
                age_s,
            )
            yield GaugeMetricFamily(
                "wearcast_snapshot_stale",
                "1 while the snapshot is older than it should be.",
                float(reader.stale(current)),
            )
            yield GaugeMetricFamily(
                "wearcast_snapshot_replay",
                "1 while past weather is replayed.",
                float(current.record.replay),
            )
            labels = {
                "version": current.record.version,
                "model": current.record.model,
                "source": current.record.source,
            }
            yield InfoMetricFamily("wearcast_snapshot", "What is served.", labels)
            yield from of_stations(reader, current)
            snapshot = current.snapshot
            now = reader.now()
            yield from self._published.of("guidance", lambda: of_guidance(snapshot, now))
            yield from self.of_past(current)

    def of_past(self, current: ServedSnapshot) -> list[Metric]:
        """The families that stay the same as long as a snapshot is served: of its observations, and
        of what those before it were worth; none while another thread makes them."""
        if not self._making.acquire(blocking=False):
            return []
        try:
            return self._made_of(current)
        finally:
            self._making.release()

    def _made_of(self, current: ServedSnapshot) -> list[Metric]:
        snapshot, past = current.snapshot, current.live_verification
        made = self._published.once("inputs", current, lambda: of_inputs(snapshot))
        if isinstance(snapshot, SnapshotOfShards):
            # This process asks no more of it: workers compute the answers.
            snapshot.leave_on_disk()
        return made + self._published.tallied(_TALLIES, current, (past or {}).values())


class _TaskCollector(Collector):
    """Metrics of the background tasks and of the log."""

    def __init__(self, supervisor: Supervisor, log: LogWriter) -> None:
        self._supervisor = supervisor
        self._log = log

    def collect(self) -> Iterable[Metric]:
        """The families of metrics."""
        running = GaugeMetricFamily(
            "wearcast_task_running",
            "1 while a task beside the requests runs well.",
            labels=("task",),
        )
        restarts = CounterMetricFamily(
            "wearcast_task_restarts", "How often such a task was started again.", labels=("task",)
        )
        for name in self._supervisor.tasks:
            running.add_metric([name], float(name not in self._supervisor.last_errors))
            restarts.add_metric([name], self._supervisor.restarts[name])
        yield running
        yield restarts
        yield CounterMetricFamily(
            "wearcast_log_lines_lost", "Log lines that could not be written.", self._log.lost
        )


class RequestTelemetry:
    """The outermost middleware: it gives each request an id, counts it and logs it."""

    def __init__(
        self, app: ASGIApp, metrics: Metrics, log: LogWriter, paths: Iterable[str]
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._log = log
        self._paths = frozenset(paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass an HTTP request on, then count and log its response."""
        started = time.perf_counter()
        status = _CLIENT_LEFT
        started_response = False
        id = _given_request_id(scope) or f"{_IDS.getrandbits(64):016x}"
        REQUEST_ID.set(id)

        async def send_with_id(message: Message) -> None:
            nonlocal status, started_response
            if message["type"] == "http.response.start":
                status = message["status"]
                started_response = True
                headers = message.get("headers", ())
                message["headers"] = [*headers, (_ID_HEADER, id.encode()), _NOSNIFF]
            await send(message)

        self._metrics.requests_under_way += 1
        try:
            await self._app(scope, receive, send_with_id)
        except Exception as error:
            status = 500
            _LOG.error("a request failed: %s", type(error).__name__)
            if not started_response:
                await unexpected_response()(scope, receive, send_with_id)
            raise  # the server logs it with its traceback
        finally:
            self._metrics.requests_under_way -= 1
            took_s = time.perf_counter() - started
            path, method = self._labels(scope)
            self._metrics.count(method, path, status, took_s)
            self._log.put(access_line(method, path, status, 1000 * took_s, id))

    def count_refusal(self, status: int) -> None:
        """Count and log a request that the server refused before its head was whole."""
        self._metrics.count("OTHER", "other", status, 0.0)
        self._log.put(access_line("OTHER", "other", status, 0.0, request_id=""))

    def _labels(self, scope: Scope) -> tuple[str, str]:
        """The path and the method, if they are known: no client may create labels or write text of
        its own into the log."""
        path = route_path(scope)
        method = scope["method"]
        known_path = path if path in self._paths else "other"
        known_method = method if method in _METHODS else "OTHER"
        return known_path, known_method


def _given_request_id(scope: Scope) -> str:
    """The id that a proxy gave the request, if it is valid."""
    given = first_header(scope["headers"], _ID_HEADER)
    if not _ID.fullmatch(given):
        return ""
    return given.decode()
