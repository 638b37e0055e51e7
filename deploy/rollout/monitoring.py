"""Prometheus, Alertmanager and Grafana beside the site, where its settings ask for them."""

import json
from pathlib import Path

from rollout import docker
from rollout.containers import compose_file
from rollout.releases import Candidate
from rollout.settings import is_on, site_setting, state_folder
from rollout.state_folder import write_atomically

SERVICES = (
    "prometheus",
    "alertmanager",
    "retraining",
    "grafana",
    "node-exporter",
    "blackbox-exporter",
)

PROBES = {"page": "/", "api": "/api/health/ready"}
"""What is asked for as by a visitor, by the name of blackbox.yaml's module."""


def settle(release: Candidate) -> None:
    """Let it run as a release has it, or not at all: a release of before there was any has none
    of these services, and what a later one left running would tell of what isn't there.

    Raises:
        Failed: it can't.
    """
    compose, image = compose_file(release), release.images["service"]
    wanted = _services(compose) if is_on("SITE_MONITORING") else []
    _remove_all_but(wanted)
    if not wanted:
        return
    _write_targets()
    name = docker.container_name("alertmanager")
    before = docker.inspect(name).get("Id")
    docker.compose_pull(compose, *wanted, NOTICES=image)
    docker.compose_up(compose, *wanted, NOTICES=image)
    if before and before == docker.inspect(name).get("Id"):
        # The settings may have changed its file, which it reads at its start alone.
        docker.run("kill", "--signal", "HUP", name)


def _services(compose: Path) -> list[str]:
    """Those that a release has."""
    known = docker.compose_services(compose, "monitoring")
    return [service for service in SERVICES if service in known]


def _remove_all_but(wanted: list[str]) -> None:
    # Which writes Alertmanager's file.
    kept = {*wanted, "alerts"} if "alertmanager" in wanted else set(wanted)
    for service in sorted({*SERVICES, "alerts"} - kept):
        name = docker.container_name(service)
        if docker.inspect(name):
            docker.run("rm", "--force", name)


def _write_targets() -> None:
    """Tell Prometheus what the site is called outside; without a name, its proxy is asked."""
    domain = site_setting("SITE_DOMAIN", "")
    site = f"https://{domain}" if domain else "http://proxy"
    targets = [
        {"targets": [site + path], "labels": {"probe": name, "__param_module": name}}
        for name, path in PROBES.items()
    ]
    path = state_folder() / "prometheus/site.json"
    path.parent.mkdir(exist_ok=True)
    write_atomically(path, json.dumps(targets))
