"""Prometheus, Alertmanager and exporters as processes of their own, with the rules of deploy, and
whoever Alertmanager tells."""

import json
import queue
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx

import alert_rules
from pipeline.projects import REPOSITORY
from ports import free_port
from real.processes import dying_with_us, wait_until

PROGRAMS = ("prometheus", "promtool", "prometheus-alertmanager", "amtool")
CONFIGURATION = REPOSITORY / "deploy/prometheus/prometheus.yaml"
REPOSITORY_URL = "https://github.com/example/wearcast"
SCRAPED_EVERY = "500ms"
PROBED_EVERY = "2s"
"""The blackbox exporter gives up half a second before the scrape would."""
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def require(real_part: Callable[[str, object], None], *programs: str) -> None:
    """Debian's programs, each in a package of its name, promtool and amtool beside theirs."""
    for program in programs:
        real_part(f"{program} (of Debian's packages)", shutil.which(program))


class Webhook:
    """Somebody who is posted to, and keeps what comes until the test asks for it."""

    def __init__(self, status: int = 200) -> None:
        self.received: queue.Queue[tuple[str, Mapping[str, str], Any]] = queue.Queue()
        self.status = status
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                owner.received.put((self.path, dict(self.headers), json.loads(body)))
                self.send_response(owner.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Listen no longer."""
        self._server.shutdown()
        self._server.server_close()

    def wait_for(self, alert: str, status: str, within_s: float = 60.0) -> dict[str, Any]:
        """The first alert of that name that is told to be `firing` or `resolved` from now on."""
        seen = set()
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            _, _, notification = self.received.get(timeout=within_s)
            for one in notification["alerts"]:
                found: dict[str, Any] = one
                told = (found["labels"]["alertname"], found["status"])
                if told == (alert, status):
                    return found
                seen.add(told)
        raise AssertionError(f"{alert} isn't told to be {status}, but {seen}")


@contextmanager
def webhook(status: int = 200) -> Iterator[Webhook]:
    """Somebody who is posted to."""
    one = Webhook(status)
    try:
        yield one
    finally:
        one.close()


def scaled(text: str, keys: Sequence[str], factor: float) -> str:
    """A YAML text with the durations of these keys multiplied, to whole milliseconds."""

    def replaced(match: re.Match[str]) -> str:
        seconds = int(match[2]) * _UNITS[match[3]]
        return f"{match[1]}{max(1, round(1000 * factor * seconds))}ms"

    return re.sub(rf"(\b(?:{'|'.join(keys)}): )(\d+)([smhd])\b", replaced, text)


def scaled_rules(folder: Path, factor: float) -> Path:
    """A folder with the rules of deploy whose `for` lasts `factor` times as long; their queries are
    the same."""
    folder.mkdir()
    for path in alert_rules.files():
        (folder / path.name).write_text(scaled(path.read_text(), ["for"], factor))
    return folder


@dataclass(frozen=True)
class Prometheus:
    """A running Prometheus."""

    url: str

    def query(self, query: str) -> list[dict[str, Any]]:
        """What a query has now; it must be one that Prometheus takes."""
        response = httpx.get(
            f"{self.url}/api/v1/query", params={"query": query}, trust_env=False, timeout=20
        )
        found = response.json()
        assert found["status"] == "success", f"{query}: {found.get('error')}"
        result: list[dict[str, Any]] = found["data"]["result"]
        return result

    def firing(self) -> set[str]:
        """The names of the alerts that fire."""
        samples = self.query('ALERTS{alertstate="firing"}')
        return {sample["metric"]["alertname"] for sample in samples}

    def alerts(self) -> list[dict[str, Any]]:
        """The alerts that fire or soon will, with their texts."""
        found = httpx.get(f"{self.url}/api/v1/alerts", trust_env=False, timeout=20).json()
        alerts: list[dict[str, Any]] = found["data"]["alerts"]
        return alerts

    def metric_names(self) -> set[str]:
        """The names of all that was scraped or recorded."""
        url = f"{self.url}/api/v1/label/__name__/values"
        return set(httpx.get(url, trust_env=False, timeout=20).json()["data"])

    def targets_up(self) -> int:
        """How many targets answer."""
        return len(self.query("up == 1"))


@contextmanager
def process(command: Sequence[object], log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a program until the test is over, with its output in a file."""
    words = [str(word) for word in command]
    with log.open("ab") as file:
        running = subprocess.Popen(words, stdout=file, stderr=file, preexec_fn=dying_with_us)
    try:
        yield running
    finally:
        running.terminate()
        try:
            running.wait(20)
        finally:
            running.kill()


def is_ready(url: str) -> bool:
    """Whether it answers well."""
    try:
        return httpx.get(url, trust_env=False, timeout=5).status_code == 200
    except httpx.TransportError:
        return False


@contextmanager
def ready_process(command: Sequence[object], log: Path, url: str) -> Iterator[None]:
    """The same, once it answers well at an address."""
    with process(command, log):
        wait_until(lambda: is_ready(url), lambda: log.read_text()[-2_000:])
        yield


@contextmanager
def prometheus(folder: Path, rules: Path, addresses: Mapping[str, str]) -> Iterator[Prometheus]:
    """A Prometheus with deploy's configuration, these rules, and in place of the host's names these
    addresses; of those that aren't there, nobody answers."""
    own = f"127.0.0.1:{free_port()}"
    text = CONFIGURATION.read_text().replace("localhost:9090", own)
    for name in re.findall(r"[a-z-]+:\d{4}", text):
        text = text.replace(name, addresses.get(name) or f"127.0.0.1:{free_port()}")
    text = text.replace("interval: 15s", f"interval: {SCRAPED_EVERY}")
    slower = f"interval: {PROBED_EVERY}\n    scrape_timeout: {PROBED_EVERY}"
    text = text.replace("interval: 30s", slower)
    text = text.replace("/etc/prometheus/rules", str(rules)).replace("/srv/targets", str(folder))
    (folder / "prometheus.yaml").write_text(text)
    command = [
        "env",
        f"SITE_REPOSITORY={REPOSITORY_URL}",
        "prometheus",
        # What the image's newer release does unasked.
        "--enable-feature=expand-external-labels",
        f"--config.file={folder / 'prometheus.yaml'}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address={own}",
        "--rules.alert.resend-delay=1s",
    ]
    with ready_process(command, folder / "prometheus.log", f"http://{own}/-/ready"):
        yield Prometheus(f"http://{own}")


@contextmanager
def alertmanager(folder: Path, configuration: Path) -> Iterator[str]:
    """An Alertmanager, and its address."""
    address = f"127.0.0.1:{free_port()}"
    command = [
        "prometheus-alertmanager",
        f"--config.file={configuration}",
        f"--storage.path={folder / 'alertmanager'}",
        f"--web.listen-address={address}",
        "--cluster.listen-address=",
    ]
    with ready_process(command, folder / "alertmanager.log", f"http://{address}/-/ready"):
        yield f"http://{address}"


OF_FILES_ALONE = ("--collector.disable-defaults", "--collector.textfile")
"""The flags of a node exporter that says nothing of this machine: its disk may be full, its clock
be nobody's."""


@contextmanager
def node_exporter(folder: Path, textfiles: Path, *flags: str) -> Iterator[str]:
    """A node exporter that reads files of metrics, and its address without http://."""
    address = f"127.0.0.1:{free_port()}"
    command = [
        "prometheus-node-exporter",
        f"--web.listen-address={address}",
        f"--collector.textfile.directory={textfiles}",
        *flags,
    ]
    with ready_process(command, folder / "node-exporter.log", f"http://{address}/metrics"):
        yield address


@contextmanager
def blackbox_exporter(folder: Path, certificate: Path | None = None) -> Iterator[str]:
    """A blackbox exporter with deploy's configuration, which trusts a site's certificate, and its
    address without http://."""
    address = f"127.0.0.1:{free_port()}"
    command = [
        "env",
        *([f"SSL_CERT_FILE={certificate}"] if certificate else []),
        "prometheus-blackbox-exporter",
        f"--config.file={REPOSITORY / 'deploy/prometheus/blackbox.yaml'}",
        f"--web.listen-address={address}",
    ]
    with ready_process(command, folder / "probe.log", f"http://{address}/metrics"):
        yield address


def answers(url: str) -> bool:
    """Whether anybody listens there."""
    try:
        httpx.get(url, trust_env=False, timeout=5)
    except httpx.TransportError:
        return False
    return True


def post(url: str, body: Any) -> int:
    """The status of what somebody answers to JSON."""
    return httpx.post(url, json=body, trust_env=False, timeout=20).status_code
