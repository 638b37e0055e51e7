"""What one client can do to a dashboard: kernels that it takes, memory that it fills, and how long
another visitor waits for a page after it.

    python tests/bench/attacks_dashboard.py    takes about three minutes
"""

import json
import resource
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from statistics import median
from threading import Event, Thread

from figure import Figure

# Not this folder, where `dashboard` would be a file, but the one that holds all tests.
_PATH = list(sys.path)
sys.path[:] = [str(Path(__file__).parents[1]), *_PATH[1:]]

import httpx
from websockets.exceptions import WebSocketException

from dashboard.dashboard_process import DashboardProcess, dashboard_process
from dashboard.python_visitor import PythonPage, PythonVisitor, message
from real.processes import api, environment
from service.in_process_service import StoreFolder
from service.synthetic_snapshots import two_cities

sys.path[:] = _PATH

PATHS = ("", "voila/render", "voila/visit", "voila/static/voila.js", "x", "api/kernels")
GETS, HANDSHAKES, COMMS, CONNECTIONS = 1_000, 88, 3_000, 987
STRANGE = "voila/query/00000000-0000-0000-0000-%012d"
MOST_KERNELS, MOST_MB, MOST_WAIT_S, MOST_LOG_MB = 0, 50.0, 20.0, 0.5
NEVER_S = 60.0
MESSAGES_PER_S, CHOICES_S, MOST_TIMES_ALONE = 1_000, 30.0, 2.0
SOFT_LIMIT = 1_024


def attacks() -> Iterator[Figure]:
    """Each attack on a dashboard of its own, one after the other."""
    with tempfile.TemporaryDirectory(prefix="wearcast-bench-") as name:
        root = Path(name)
        shelf = StoreFolder(root / "store")
        shelf.publish(two_cities())
        nothing = str(root / "none")
        settings = environment(None, STORE=str(shelf.root), MODEL=nothing, REPORTS=nothing)
        with api(root, root / "api.log", settings) as service:
            for attack in (gets, handshakes, comms, messages, connections):
                with dashboard(root / f"{attack.__name__}.log", service.url) as one:
                    yield from attack(one)
                    yield waits(one, attack.__name__)


@contextmanager
def dashboard(log: Path, url: str) -> Iterator[DashboardProcess]:
    """A dashboard with the usual soft limit of descriptors."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(SOFT_LIMIT, hard), hard))
    with dashboard_process(log, API=url, DASHBOARD_POOL="2") as one:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(10_000, hard), hard))
        try:
            yield one
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def gets(one: DashboardProcess) -> Iterator[Figure]:
    """GETs of every path."""
    before = len(one.kernels())
    for path in PATHS:
        taken = 0
        with httpx.Client(base_url=one.url, timeout=60) as client:
            for at in range(GETS):
                client.get(path)
                if at % 50 == 0:
                    taken = max(taken, len(one.kernels()) - before)
        yield Figure(f"{GETS} GETs of /{path}: kernels started", taken, "kernels", MOST_KERNELS)


def handshakes(one: DashboardProcess) -> Iterator[Figure]:
    """Pairs of WebSockets of the kernels' own path with one id, closed in the order of opening."""
    attacker = PythonVisitor(one)
    for at in range(HANDSHAKES // 2):
        path = STRANGE % at
        with (
            suppress(WebSocketException, OSError),
            attacker.socket(path) as first,
            attacker.socket(path) as second,
        ):
            first.close()
            second.close()
    held = len(one.kernels())
    yield Figure(f"{HANDSHAKES} handshakes: kernels beyond those waiting", held - 2, "kernels", 0)


def comms(one: DashboardProcess) -> Iterator[Figure]:
    """Widgets with 200 kB each, opened by a page."""
    attacker = PythonVisitor(one)
    state = {"_model_module": "@jupyter-widgets/controls", "_model_name": "HTMLModel"}
    state |= {"_view_module": "@jupyter-widgets/controls", "_view_name": "HTMLView"}
    content = {"target_name": "jupyter.widget", "data": {"state": state | {"value": "x" * 200_000}}}
    with attacker.page() as page:
        one.heats(2)
        processes = [one.running.pid, *one.kernels()]
        before_mb = sum(memory_mb(pid, "VmRSS") for pid in processes)
        with suppress(WebSocketException, OSError, TimeoutError):
            for at in range(COMMS):
                request = {**content, "comm_id": str(at)}
                page.channel.send(message("comm_open", request, "shell", None))
        time.sleep(5)
        peak_mb = sum(memory_mb(pid, "VmHWM") for pid in processes)
    yield Figure(f"{COMMS} comms of 200 kB: memory added", peak_mb - before_mb, "MB", MOST_MB)


def messages(one: DashboardProcess) -> Iterator[Figure]:
    """Choices of one page, each of which its kernel would compute, as fast as it can send them."""
    alone_s = median(_page_s(one) for _ in range(3))
    attacker = PythonVisitor(one)
    over = Event()
    with attacker.page() as page:
        attack = Thread(target=_choose, args=(attacker, page, over))
        attack.start()
        try:
            time.sleep(1)
            beside_s = median(_page_s(one) for _ in range(3))
        finally:
            over.set()
            attack.join()
    yield Figure(
        f"{MESSAGES_PER_S} messages a second: another page's time beside it",
        beside_s / alone_s,
        "× alone",
        MOST_TIMES_ALONE,
    )


def _page_s(one: DashboardProcess) -> float:
    """How long a visitor waits for a page, once a kernel waits for one."""
    one.heats(2)
    began = time.monotonic()
    with PythonVisitor(one, "127.0.0.9").page() as page:
        page.channel.send(message("comm_info_request", {}, "shell", None))
        page.channel.recv(timeout=20)
        return time.monotonic() - began


def _choose(attacker: PythonVisitor, page: PythonPage, over: Event) -> None:
    """Send choices to every widget of a page, and connect again where the connection is closed."""
    widgets = _widgets(page)
    until = time.monotonic() + CHOICES_S
    while not over.is_set() and time.monotonic() < until:
        with (
            suppress(WebSocketException, OSError, TimeoutError),
            attacker.channel(page.kernel_id) as channel,
        ):
            for number in range(MESSAGES_PER_S):
                choice = {"kind": "choose", "n": number, "query": f"?tab=about&n={number}"}
                data = {"method": "custom", "content": choice}
                content = {"comm_id": widgets[number % len(widgets)], "data": data}
                channel.send(message("comm_msg", content, "shell", None))
                time.sleep(1 / MESSAGES_PER_S)
                if over.is_set():
                    return


def _widgets(page: PythonPage) -> list[str]:
    """The comms of a page's widgets."""
    page.channel.send(message("comm_info_request", {}, "shell", None))
    while True:
        told = json.loads(page.channel.recv(timeout=20))
        if told["header"]["msg_type"] == "comm_info_reply":
            return list(told["content"]["comms"])


def connections(one: DashboardProcess) -> Iterator[Figure]:
    """Connections that send half a request and stay."""
    with ExitStack() as stack:
        for _ in range(CONNECTIONS):
            with suppress(OSError):
                half = stack.enter_context(socket.create_connection(("127.0.0.1", one.port), 2))
                half.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        before = one.log.stat().st_size
        time.sleep(10)
        logged = (one.log.stat().st_size - before) / 1e6
        yield Figure(f"{CONNECTIONS} connections: log in 10 s", logged, "MB", MOST_LOG_MB)
        yield waits(one, "beside these connections")


def waits(one: DashboardProcess, name: str) -> Figure:
    """How long another visitor waits for a page that is connected to its kernel."""
    began = time.monotonic()
    while time.monotonic() - began < NEVER_S:
        with (
            suppress(WebSocketException, OSError, AssertionError, httpx.HTTPError),
            PythonVisitor(one, "127.0.0.9").page() as page,
        ):
            page.channel.send(message("comm_info_request", {}, "shell", None))
            page.channel.recv(timeout=20)
            return _wait(name, time.monotonic() - began)
        time.sleep(1)
    return _wait(name, NEVER_S)


def _wait(name: str, seconds: float) -> Figure:
    return Figure(f"{name}: another visitor's page comes after", seconds, "s", MOST_WAIT_S)


def memory_mb(pid: int, which: str) -> float:
    """A process's resident memory (VmRSS), or its largest so far (VmHWM)."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(f"{which}:"):
                return int(line.split()[1]) / 1e3
    return 0.0


def main(attacked: Callable[[], Iterator[Figure]] = attacks) -> None:
    """Print the figures; fail where one is beyond its bound."""
    figures = []
    for one in attacked():
        figures.append(one)
        verdict = "ok" if one.kept else "MISSED"
        print(f"{one.name}: {one.found:.1f} {one.unit} (at most {one.most:g}) {verdict}")
    if not all(one.kept for one in figures):
        sys.exit(1)


if __name__ == "__main__":
    main()
