"""What one client does can't take the dashboard from the others."""

import itertools
import json
import os
import random
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress

import httpx
import nbformat
import pytest
from nbformat import v4
from websockets.exceptions import ConnectionClosed, InvalidStatus

from dashboard.dashboard_process import DashboardProcess, dashboard_process
from dashboard.python_visitor import PythonVisitor, closing_code, message
from real.processes import wait_until

pytestmark = pytest.mark.real
PATHS = (
    "",
    "?units=imperial",
    "?tab=about",
    "voila/render",
    "voila/visit",
    "voila/static/voila.js",
    "robots.txt",
    "x",
    "api/kernels",
    "health/ready",
    "voila/query/00000000-0000-0000-0000-000000000000",
)


LARGE = "import time; held = bytes(range(256)) * 2_000_000; time.sleep(60)"
"""512 MB."""
PYTHON = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


@pytest.fixture(scope="module")
def served(line, said) -> Iterator[DashboardProcess]:
    settings = {"DASHBOARD_POOL": "1", "DASHBOARD_KERNELS": "4"}
    with dashboard_process(said / "hostile.log", API=line.url, **settings) as one:
        yield one


@pytest.fixture(autouse=True)
def pages_work_afterwards(served) -> Iterator[None]:
    """After each attack another visitor gets a page that is connected to its kernel."""
    yield
    with PythonVisitor(served, "127.0.0.9").page() as page:
        page.channel.send(message("comm_info_request", {}, "shell", None))
        page.channel.recv(timeout=20)


def test_a_thousand_gets_of_any_path_start_no_kernel(served):
    served.heats(1)
    before = served.kernels()
    with httpx.Client(base_url=served.url, timeout=20) as client:
        paths = itertools.islice(itertools.cycle(PATHS), 1_000)
        codes = {client.get(path).status_code for path in paths}
        for path in PATHS:
            assert client.post(path).status_code in (403, 404, 405), path
    assert codes <= {200, 400, 404, 405}
    assert served.kernels() == before


def test_a_thousand_handshakes_and_closes_in_any_order_take_no_kernel(served):
    attacker, rng = PythonVisitor(served), random.Random(1)  # noqa: S311 - an order, no secret
    strange = "voila/query/00000000-0000-0000-0000-000000000000"

    def some_of_them(_: int) -> None:
        with ExitStack() as stack:
            for path in rng.choices(["voila/visit", strange], k=10):
                try:
                    stack.enter_context(attacker.socket(path))
                except (InvalidStatus, ConnectionClosed):
                    assert path == strange

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(some_of_them, range(100)))
    wait_until(lambda: served.health()["heated"] >= 1, "a kernel waits again")


def test_a_visit_that_ends_before_its_page_leaves_the_kernel_to_the_next(served):
    served.heats(1)
    before = served.kernels()
    visitor = PythonVisitor(served)
    with visitor.visit() as visit:
        assert visitor.ticket(visit)
    wait_until(lambda: served.health()["heated"] == 1, "the kernel waits again", 20)
    assert served.kernels() == before


def test_a_kernel_ends_with_the_visit_of_a_page_that_never_connected(served):
    served.heats(1)
    visitor = PythonVisitor(served)
    with visitor.visit() as visit:
        [kernel] = served.kernels()
        assert "wearcast" in visitor.render(visitor.ticket(visit)).text
    wait_until(lambda: kernel not in served.kernels(), "the kernel ends", 9)


def test_a_ticket_makes_one_page(served):
    visitor = PythonVisitor(served)
    with visitor.visit() as visit:
        ticket = visitor.ticket(visit)
        assert visitor.render(ticket).status_code == 200
        assert visitor.render(ticket).status_code == 403
    assert visitor.render("guessed").status_code == 403


def test_one_client_gets_half_of_the_kernels_at_most(served):
    attacker = PythonVisitor(served)
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(attacker.page())
        third = stack.enter_context(attacker.visit())
        assert closing_code(third) == 1013
        with PythonVisitor(served, "127.0.0.2").page():
            assert served.health()["kernels"] <= 4


def test_other_sites_can_not_begin_a_visit(served):
    with (
        pytest.raises(InvalidStatus) as refused,
        PythonVisitor(served).socket("voila/visit", origin="https://elsewhere.example"),
    ):
        pass
    assert refused.value.response.status_code == 403


def test_a_page_that_sends_too_much_is_disconnected(served):
    attacker = PythonVisitor(served)
    opened = {"comm_id": "1", "target_name": "jupyter.widget.control", "data": {}}
    with attacker.page() as page:
        for size, code in ((200_000, 1009), (10, 1008)):
            request = message("comm_open", {**opened, "data": "x" * size}, "shell", None)
            with attacker.channel(page.kernel_id) as channel:
                with suppress(ConnectionClosed):
                    for _ in range(1_000):
                        channel.send(request)
                assert closing_code(channel) in (code, None)


@pytest.mark.parametrize("looks_s", [pytest.param(0.0, marks=pytest.mark.full), 0.3])
def test_a_visitor_who_leaves_during_the_render_causes_no_error(served, looks_s):
    served.heats(1)
    before = len(served.said())
    leaving = PythonVisitor(served)
    with leaving.visit() as visit:
        ticket = leaving.ticket(visit)
        asked = f"POST /voila/render HTTP/1.1\r\nHost: x\r\nX-Visit-Ticket: {ticket}\r\n\r\n"
        with socket.create_connection(("127.0.0.1", served.port)) as half:
            half.sendall(asked.encode())
            time.sleep(looks_s)
    served.heats(1)
    logged = [json.loads(line) for line in served.said()[before:].splitlines()]
    assert [line for line in logged if line["level"] == "ERROR"] == []


def test_a_stopped_kernel_delays_nobody_and_ends_with_its_page(served):
    with PythonVisitor(served).page():
        [stopped, *_] = served.kernels()
        os.kill(stopped, signal.SIGSTOP)
        assert httpx.get(f"{served.url}health/live", timeout=10).status_code == 200
    assert stopped not in served.kernels()


def test_kernels_have_the_cpu_after_the_server(served):
    served.heats(1)
    assert served.running
    assert os.getpriority(os.PRIO_PROCESS, served.running.pid) == 0
    assert {os.getpriority(os.PRIO_PROCESS, pid) for pid in served.kernels()} == {10}


@pytest.mark.full
def test_a_stopped_kernel_that_makes_no_page_ends(served):
    served.heats(1)
    [stopped] = served.kernels()
    os.kill(stopped, signal.SIGSTOP)
    visitor = PythonVisitor(served)
    with visitor.visit() as visit:
        visitor.render(visitor.ticket(visit), within_s=100)
    wait_until(lambda: stopped not in served.kernels(), "the stopped kernel ends", 20)


@pytest.mark.full
def test_a_kernel_that_holds_too_much_memory_ends(line, said, tmp_path):
    notebook = tmp_path / "large.ipynb"
    nbformat.write(v4.new_notebook(cells=[v4.new_code_cell(LARGE)], metadata=PYTHON), notebook)
    log = said / "large.log"
    with dashboard_process(log, notebook=notebook, API=line.url, DASHBOARD_POOL="0") as one:
        visitor = PythonVisitor(one)
        with visitor.visit() as visit:
            visitor.ticket(visit)
            wait_until(lambda: "holds" in one.said(), lambda: f"the kernel ends: {one.said()}", 30)
            wait_until(lambda: not one.kernels(), "its process has ended", 20)
        assert httpx.get(f"{one.url}health/ready").status_code == 200


@pytest.mark.full
def test_half_a_request_is_given_up(served):
    with socket.create_connection(("127.0.0.1", served.port)) as half:
        half.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        half.settimeout(30)
        began = time.monotonic()
        assert half.recv(100) == b""
    assert time.monotonic() - began < 25
