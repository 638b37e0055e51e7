"""Prometheus, Alertmanager and Grafana beside the site, where its settings ask for them."""

import json

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
    """Let it run as a release has it, or not at all.

    Raises:
        Failed: it can't.
    """
    if not is_on("SITE_MONITORING"):
        _remove()
        return
    _write_targets()
    name = docker.container_name("alertmanager")
    before = docker.inspect(name).get("Id")
    compose, image = compose_file(release), release.images["service"]
    docker.compose_pull(compose, *SERVICES, NOTICES=image)
    docker.compose_up(compose, *SERVICES, NOTICES=image)
    if before == docker.inspect(name).get("Id"):
        # The settings may have changed its file, which it reads at its start alone.
        docker.run("kill", "--signal", "HUP", name)


def _remove() -> None:
    for service in (*SERVICES, "alerts"):
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
