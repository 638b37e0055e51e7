"""A site of real processes, all of which Prometheus scrapes: the API, the dashboard, the proxy,
what the rollout leaves for node exporter, and a probe that asks through the proxy."""

import json
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import yaml

from dashboard.dashboard_process import dashboard_process
from deploy.program import BLUE, watching
from pipeline.projects import REPOSITORY
from ports import free_port
from real import monitoring
from real.monitoring import Prometheus
from real.processes import api, deployed, wait_until
from real.published_forecasts import PublishedForecasts
from rollout import telemetry
from rollout.journal import add_to_history
from rollout.state import State

PROGRAMS = (
    *monitoring.PROGRAMS,
    "prometheus-node-exporter",
    "prometheus-blackbox-exporter",
    "openssl",
)


@contextmanager
def watched_site(root: Path, folder: Path, rollout: Path) -> Iterator[Prometheus]:
    """The Prometheus that watches it, once it has scraped all of it twice.

    Args:
        root: a project with a model.
        folder: where all of them leave what they write.
        rollout: the state's folder of a rollout.
    """
    forecasts = PublishedForecasts(folder / "store", has_guidance=True)
    forecasts.publish()
    _tell_of_rollouts()
    with ExitStack() as stack:
        asking = {"PLACE_REQUESTS": "anyone", "PLACE_QUEUE": str(folder / "place-requests")}
        settings = deployed(root, str(forecasts.folder), REVALIDATE_EVERY="1s", **asking)
        service = stack.enter_context(api(root, folder / "api.log", settings))
        wait_until(lambda: service.ready()["status"] == "ready", "the forecast is served")
        port = free_port()
        stack.enter_context(
            dashboard_process(
                folder / "dashboard.log",
                API=service.url,
                DASHBOARD_POOL="1",
                DASHBOARD_KERNELS="4",
                DASHBOARD_METRICS_PORT=str(port),
            )
        )
        site, proxy = stack.enter_context(_proxy(folder, service.url))
        manager = stack.enter_context(
            monitoring.alertmanager(folder, REPOSITORY / "deploy/alertmanager/alertmanager.yaml")
        )
        addresses = {
            "service-blue:8000": service.url.removeprefix("http://"),
            "dashboard-blue:8502": f"127.0.0.1:{port}",
            "proxy:8082": proxy,
            "node-exporter:9100": stack.enter_context(
                monitoring.node_exporter(folder, rollout / "metrics")
            ),
            "blackbox-exporter:9115": stack.enter_context(
                monitoring.blackbox_exporter(folder, folder / "certificate.pem")
            ),
            "alertmanager:9093": manager.removeprefix("http://"),
        }
        _write_target(folder, site)
        rules = monitoring.scaled_rules(folder / "rules", 1)
        running = stack.enter_context(monitoring.prometheus(folder, rules, addresses))
        trusted = ssl.create_default_context(cafile=folder / "certificate.pem")
        for path, status in {"/forecast/latest": 200, "/nowhere": 404}.items():
            answer = httpx.get(site + path, verify=trusted, trust_env=False, timeout=60)
            assert answer.status_code == status, answer.text
        up = "count(up == 1) == 7 and on () min(probe_success) == 1"
        wait_until(lambda: running.query(up), lambda: str(running.query("up")))
        evaluated = "min(prometheus_rule_group_iterations_total) > 10"
        wait_until(lambda: running.query(evaluated), "rules are evaluated ten times")
        yield running


def _tell_of_rollouts() -> None:
    """As the rollout does: one release, one that went back, one that runs, and a look."""
    live = {**BLUE, "since": "2026-01-01T00:00:00Z", "schema": 1}
    add_to_history(what="released", seconds=41, **live)
    add_to_history(what="went back", at_step="watch", reason="tested")
    running = watching("green", live).to_json()
    running["since"] = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    telemetry.tell_look()
    telemetry.tell(State.from_json({"live": live, "previous": None, "running": running}))


@contextmanager
def _proxy(folder: Path, service_url: str) -> Iterator[tuple[str, str]]:
    """Traefik before the API, with a certificate: the site's address, and that of its metrics."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30"]
    made += ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    made += ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(made, check=True, capture_output=True)
    routes = {
        "http": {
            "routers": {"all": {"rule": "PathPrefix(`/`)", "service": "api", "tls": {}}},
            "services": {"api": {"loadBalancer": {"servers": [{"url": service_url}]}}},
        },
        "tls": {
            "stores": {
                "default": {
                    "defaultCertificate": {"certFile": str(certificate), "keyFile": str(key)}
                }
            }
        },
    }
    (folder / "routes.yaml").write_text(yaml.safe_dump(routes))
    site, inside = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
    command = [
        str(Path(sys.executable).with_name("traefik")),
        f"--entrypoints.websecure.address={site}",
        f"--entrypoints.inside.address={inside}",
        "--ping.entrypoint=inside",
        "--metrics.prometheus.entrypoint=inside",
        f"--providers.file.filename={folder / 'routes.yaml'}",
        "--global.sendanonymoususage=false",
        "--global.checknewversion=false",
    ]
    log = folder / "proxy.log"
    with monitoring.process(command, log):
        wait_until(lambda: monitoring.is_ready(f"http://{inside}/ping"), log.read_text)
        yield f"https://{site}", inside


def _write_target(folder: Path, site: str) -> None:
    """What the rollout tells Prometheus that the site is called."""
    labels = {"probe": "api", "__param_module": "api"}
    targets = [{"targets": [f"{site}/health/ready"], "labels": labels}]
    (folder / "site.json").write_text(json.dumps(targets))
