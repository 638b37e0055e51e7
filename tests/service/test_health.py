"""Health and metrics: alive is not ready, ready is not fresh, and a counter counts."""

import asyncio
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from unittest.mock import AsyncMock, Mock

import pytest
from prometheus_client.parser import text_string_to_metric_families

from service.synthetic_snapshots import hole, joined, two_cities
from wearcast.forecasting.guidance_used import GuidanceRun, GuidanceUsed
from wearcast.serving.api.metrics import Metrics, RequestTelemetry

DATA = [
    "/forecast/latest",
    "/stations",
    "/recommendation/by_day",
    "/recommendation/by_hour?hour=8",
    "/verification/recent",
]


def metrics(service):
    """Every sample by name and labels."""
    page = service.get("/metrics")
    assert page.headers["content-type"].startswith("text/plain; version=")
    families = text_string_to_metric_families(page.text)
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def test_before_the_first_snapshot_it_is_alive_and_not_ready(serve):
    service = serve()
    assert service.read("/health/live")["status"] == "alive"
    answer = service.get("/health/ready")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.json()["status"] == "waiting"
    assert "waiting for the first snapshot" in answer.json()["store"]
    assert metrics(service)[("wearcast_ready", ())] == 0


@pytest.mark.parametrize("path", DATA)
def test_before_the_first_snapshot_data_is_503_with_retry_after(serve, path):
    answer = serve(revalidate_every=timedelta(seconds=15)).get(path)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.headers["content-type"] == "application/problem+json"
    assert "etag" not in answer.headers


@pytest.mark.parametrize("path", DATA)
def test_the_first_snapshot_is_served_at_once(serve, path):
    service = serve()
    assert service.get(path).status_code == 503
    service.shelf.publish(two_cities())
    service.reader.poll()
    assert service.get(path).status_code == 200
    assert service.get("/health/ready").status_code == 200


def test_until_the_first_snapshot_the_store_is_polled_every_second(serve):
    service = serve(revalidate_every=timedelta(hours=1))
    assert service.reader.poll_interval(timedelta(hours=1)) == timedelta(seconds=1)
    assert service.reader.poll_interval(timedelta(milliseconds=200)) == timedelta(milliseconds=200)
    service.shelf.publish(two_cities())

    async def served():
        async with asyncio.timeout(30):
            while service.reader.current is None:
                await asyncio.sleep(0.01)

    service.run(served())
    assert service.reader.poll_interval(timedelta(hours=1)) == timedelta(hours=1)


def test_ready_has_the_served_snapshot_and_its_age(serve):
    service = serve(joined(two_cities(), replay=True))
    told = service.read("/health/ready")
    assert told["status"] == "ready"
    assert told["snapshot"] == service.reader.current.record.version
    assert (told["stale"], told["store"]) == (False, "")
    assert told["age_s"] < 60


def test_an_old_snapshot_is_ready_and_stale(cities):
    told = cities.read("/health/ready")
    assert (told["status"], told["stale"]) == ("ready", True)
    assert metrics(cities)[("wearcast_snapshot_stale", ())] == 1


def test_a_store_error_is_reported_while_forecasts_are_served(serve):
    service = serve(two_cities())
    (service.shelf.root / "latest.json").write_text("{")
    service.reader.poll()
    assert "latest.json is broken" in service.read("/health/ready")["store"]
    assert service.get("/forecast/latest").status_code == 200
    counted = metrics(service)
    assert counted[("wearcast_store_trouble", ())] == 1
    assert counted[("wearcast_store_failures_total", ())] == 1
    assert counted[("wearcast_store_looks_total", ())] >= 2


def test_health_and_metrics_are_not_cacheable(cities):
    for path in ("/health/live", "/health/ready", "/metrics"):
        answer = cities.get(path)
        assert answer.headers["cache-control"] == "no-store"
        assert "etag" not in answer.headers


def test_requests_are_counted_by_method_path_and_status(serve):
    service = serve(two_cities())
    for _ in range(3):
        service.get("/forecast/latest")
    service.ask("HEAD", "/stations")
    service.get("/recommendation/by_day", target_date="1999-01-01")
    counted = metrics(service)

    def requests(method, path, status):
        return counted[
            (
                "wearcast_http_requests_total",
                (("method", method), ("path", path), ("status", status)),
            )
        ]

    assert requests("GET", "/forecast/latest", "200") == 3
    assert requests("HEAD", "/stations", "200") == 1
    assert requests("GET", "/recommendation/by_day", "404") == 1
    assert counted[("wearcast_http_request_seconds_count", (("path", "/forecast/latest"),))] == 3


def test_no_text_of_a_client_becomes_a_label(serve):
    service = serve(two_cities())
    for number in range(50):
        service.get(f"/secret-{number}")
        service.ask(f"METHOD{number}", "/forecast/latest")
    labels = {labels for name, labels in metrics(service) if name == "wearcast_http_requests_total"}
    assert labels == {
        (("method", "GET"), ("path", "other"), ("status", "404")),
        (("method", "OTHER"), ("path", "/forecast/latest"), ("status", "405")),
    }


def test_metrics_have_the_snapshot_and_its_age(serve):
    service = serve()
    service.shelf.publish(
        joined(two_cities(), replay=True), at=datetime.now(UTC) - timedelta(hours=2)
    )
    service.reader.poll()
    counted = metrics(service)
    assert counted[("wearcast_snapshot_age_seconds", ())] == pytest.approx(7200, abs=30)
    assert counted[("wearcast_snapshot_replay", ())] == 1
    told = {
        "version": service.reader.current.record.version,
        "model": "tested",
        "source": "made up",
    }
    assert counted[("wearcast_snapshot_info", tuple(sorted(told.items())))] == 1


def test_metrics_say_how_old_the_runs_behind_it_are_and_what_is_missing(serve):
    now = datetime.now(UTC)
    runs = [
        GuidanceRun("ecmwf_ifs025", now - timedelta(hours=14), now - timedelta(hours=8)),
        GuidanceRun("gfs_seamless", now - timedelta(hours=20), now - timedelta(hours=20)),
    ]
    used = GuidanceUsed("open_meteo", tuple(runs), ("icon_seamless",), 150, 150)
    service = serve(replace(two_cities(), guidance=(used, None)))
    counted = metrics(service)

    def of(model: str) -> tuple[tuple[str, str], ...]:
        return (("model", model),)

    ages = "wearcast_guidance_run_age_seconds"
    assert counted[(ages, of("ecmwf_ifs025"))] == pytest.approx(8 * 3600, abs=90)
    assert counted[(ages, of("gfs_seamless"))] == pytest.approx(20 * 3600, abs=90)
    missing = "wearcast_guidance_missing_stations"
    assert counted[(missing, of("ecmwf_ifs025"))] == 0
    assert counted[(missing, of("icon_seamless"))] == 1
    assert counted[("wearcast_stations_from_past_alone", ())] == 1


def test_metrics_say_which_inputs_are_missing_where_a_station_reports_them(serve):
    given = two_cities()
    for hour in range(12):
        given = hole(given, 0, hour, "dewpoint_c")
        given = hole(given, 1, hour, "dewpoint_c", "cloud_pct", "precip_mm")
    counted = metrics(serve(replace(given, filled=(0.25, 0.75))))

    def missing(variable: str) -> float:
        return counted[("wearcast_input_missing_ratio", (("variable", variable),))]

    assert (missing("temp_c"), missing("dewpoint_c")) == (0.0, 0.25)
    # Newark reports neither clouds nor rain: nothing is missing there.
    assert (missing("cloud_pct"), missing("precip_mm")) == (0.25, 0.25)
    assert counted[("wearcast_input_filled_ratio", ())] == 0.5


def test_the_root_redirects_to_the_documentation(cities):
    answer = cities.get("/")
    assert (answer.status_code, answer.headers["location"]) == (307, "/docs")


def test_behind_a_prefix_the_root_redirects_to_the_documentation_under_it(serve):
    # As a server says it that a proxy hands `/wear`, or `/wear/`, without the prefix.
    answer = serve(two_cities(), path="/wear").get("/wear/")
    assert (answer.status_code, answer.headers["location"]) == (307, "/wear/docs")


def test_requests_under_way_are_counted_until_they_end_or_their_client_leaves():
    reader = Mock(current=None, polls=0, failures=0, last_error="", refresh_totals=None)
    counted = Metrics(reader, Mock(tasks={}), Mock(lost=0))

    def under_way():
        [line] = re.findall(rb"^wearcast_http_requests_under_way (.*)$", page(), re.MULTILINE)
        return float(line)

    def page():
        return bytes(counted.response().body)

    async def ask(app):
        scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
        await RequestTelemetry(app, counted, Mock(), ["/"])(scope, AsyncMock(), AsyncMock())

    async def waiting(scope, receive, send):  # noqa: ARG001
        await asyncio.Event().wait()

    async def failing(scope, receive, send):  # noqa: ARG001
        raise OSError("nothing answers")

    async def meanwhile():
        task = asyncio.create_task(ask(waiting))
        await asyncio.sleep(0)
        assert under_way() == 1
        # As a server does when the client disconnects.
        task.cancel()
        await asyncio.wait([task])
        assert under_way() == 0
        with pytest.raises(OSError, match="nothing answers"):
            await ask(failing)
        assert under_way() == 0

    asyncio.run(meanwhile())
