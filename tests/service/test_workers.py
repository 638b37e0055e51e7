"""The server with its workers, as processes: what is asked of them, and what happens without."""

import asyncio
import contextlib
import os
import signal
import socket
import time
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from service.in_process_service import StoreFolder, serving
from service.service_process import served
from service.synthetic_snapshots import two_cities

pytestmark = pytest.mark.real
PATHS = [
    "/forecast/latest",
    "/forecast/latest?format=csv",
    "/stations",
    "/recommendation/by_day?station=108&lang=ko",
    "/recommendation/by_hour?hour=8",
    "/verification/recent",
    "/model",
    "/openapi.json",
    "/docs",
    "/static-offline-docs/swagger-ui.css",
    "/forecast/latest?station=JFK",
    "/nowhere",
]


@pytest.fixture(scope="module")
def service(tmp_path_factory, trained):
    """A server with one worker, over a folder of snapshots."""
    root = tmp_path_factory.mktemp("workers")
    StoreFolder(root / "store").publish(two_cities())
    settings = {"STORE": str(root / "store"), "MODEL": str(trained), "REPORTS": str(root)}
    with served(root, **settings, REVALIDATE_EVERY="1s") as process:
        yield process


def metrics_of(service):
    """The server's metrics without labels, by name."""
    return {
        sample.name.removeprefix("wearcast_"): sample.value
        for family in text_string_to_metric_families(service.get("/metrics").text)
        for sample in family.samples
        if not sample.labels
    }


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_a_worker_answers_as_the_app_alone_does(service, cities_of_trained, path, encoding):
    headers = {"Accept-Encoding": encoding, "X-Request-ID": "same"}
    ours, alone = service.get(path, headers=headers), cities_of_trained.get(path, headers)
    assert ours.status_code == alone.status_code
    changing = {"date", "wearcast-age", "etag", "cache-control", "content-length", "server"}
    assert {n: v for n, v in ours.headers.items() if n not in changing} == {
        n: v for n, v in alone.headers.items() if n not in changing
    }
    assert len(ours.content) == pytest.approx(len(alone.content), abs=20)


@pytest.fixture(scope="module")
def cities_of_trained(tmp_path_factory, trained):
    """The same in this process, without workers."""
    root = tmp_path_factory.mktemp("alone")
    with serving(root, two_cities(), model=trained, reports=root) as service:
        yield service


def test_a_worker_that_is_killed_is_replaced_and_kept_answers_go_on(service):
    assert service.get("/forecast/latest?station=108").status_code == 200
    [worker] = service.workers()
    os.kill(worker, signal.SIGKILL)
    assert service.get("/forecast/latest?station=108").status_code == 200
    until = time.monotonic() + 20
    statuses = []
    while time.monotonic() < until:
        path = f"/recommendation/by_day?station=108{'&' * len(statuses)}"
        statuses.append(service.get(path, timeout=30).status_code)
        if statuses[-1] == 200 and service.workers() not in ([], [worker]):
            break
        time.sleep(0.2)
    assert set(statuses) <= {200, 503}
    assert statuses[-1] == 200
    assert len(service.workers()) == 1
    assert "worker_1" in service.log.read_text()


def test_the_worker_ends_with_its_server(tmp_path, trained):
    StoreFolder(tmp_path / "store").publish(two_cities())
    with served(tmp_path, STORE=str(tmp_path / "store"), MODEL=str(trained)) as process:
        [worker] = process.workers()
        os.kill(process.running.pid, signal.SIGKILL)
        until = time.monotonic() + 10
        while Path(f"/proc/{worker}").exists() and time.monotonic() < until:
            time.sleep(0.05)
        assert not Path(f"/proc/{worker}").exists()


def test_it_starts_where_the_operator_s_token_lets_people_ask_for_places(tmp_path, trained):
    token = "0123456789abcdef" * 2
    StoreFolder(tmp_path / "store").publish(two_cities())
    asking = {"PLACE_REQUESTS": "token", "PLACE_TOKEN": token, "PLACE_QUEUE": str(tmp_path / "q")}
    with served(tmp_path, STORE=str(tmp_path / "store"), MODEL=str(trained), **asking) as process:
        assert process.get("/places?name=Seoul").status_code == 401


def test_more_than_can_be_computed_gets_503_with_a_time_and_the_rest_is_answered(service):
    paths = [f"/recommendation/by_day?station=108&{'&' * number}" for number in range(120)]

    async def crowd():
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(base_url=service.url, limits=limits, timeout=60) as client:
            return await asyncio.gather(*map(client.get, paths))

    before = metrics_of(service)["worker_requests_refused_total"]
    answers = asyncio.run(crowd())
    refused = [answer for answer in answers if answer.status_code == 503]
    assert {answer.headers["retry-after"] for answer in refused} == {"1"}
    assert {answer.status_code for answer in answers if answer not in refused} == {200}
    # 64 wait, and one is being computed.
    assert 30 <= len(refused) <= 120 - 65
    assert metrics_of(service)["worker_requests_refused_total"] - before == len(refused)
    assert service.get("/recommendation/by_day?station=108&wake=9").status_code == 200


def test_metrics_tell_of_the_workers(service):
    found = metrics_of(service)
    [worker] = service.workers()
    pages = int(Path(f"/proc/{worker}/statm").read_text().split()[1])
    held_bytes = pages * os.sysconf("SC_PAGE_SIZE")
    assert found["workers"] == found["workers_target"] == 1
    assert found["worker_resident_memory_bytes"] == pytest.approx(held_bytes, rel=0.1)
    assert found["worker_requests_waiting"] == 0
    assert found["worker_requests_waiting_limit"] == 64


def test_a_new_snapshot_is_computed_from_before_it_is_served(service):
    store = StoreFolder(Path(service.log).parent / "store")
    before = service.get("/forecast/latest?station=108").json()["forecast"]["version"]
    record = store.publish(two_cities(seed=31, mean_c=21.0))
    until = time.monotonic() + 20
    while service.get("/forecast/latest?station=108").json()["forecast"]["version"] == before:
        assert time.monotonic() < until
        time.sleep(0.1)
    told = service.get("/recommendation/by_day?station=108").json()
    assert told["forecast"]["version"] == record.version


def test_what_the_server_refuses_itself_is_counted_and_logged(service):
    head = b"GET / HTTP/1.1\r\nX: " + b"x" * 40_000
    with socket.create_connection(("127.0.0.1", httpx.URL(service.url).port), 5) as client:
        client.sendall(head)
        with contextlib.suppress(ConnectionError):
            assert client.recv(1_000).startswith(b"HTTP/1.1 431 ")
    assert 'path="other",status="431"' in service.get("/metrics").text
    until = time.monotonic() + 5
    while '"status": 431' not in service.log.read_text():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_body_that_is_too_large_is_refused_with_a_message_while_it_is_sent(service):
    answer = service.ask("POST", "/recommendation/by_day", content=b"x" * 3_000_000)
    assert answer.status_code == 413
    assert answer.json()["detail"] == "The body may have 64000 bytes at most."
