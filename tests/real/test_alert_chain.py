"""The whole chain: an API and a host that Prometheus scrapes, deploy's rules and its Alertmanager's
configuration, and somebody who is told.

Every `for` of the rules, and how long Alertmanager waits, are a 21,600th of what they are: a day is
four seconds. Nothing else is changed.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.projects import REPOSITORY
from ports import free_port
from real import monitoring
from real.monitoring import Prometheus, Webhook
from real.processes import api, deployed, wait_until
from real.published_forecasts import PublishedForecasts

pytestmark = pytest.mark.real

FACTOR = 1 / 21_600
WAITS = ("group_wait", "group_interval", "repeat_interval")
DEPLOY = REPOSITORY / "deploy/alertmanager"
IN_COMPOSE = "http://retraining:9095/"
TOKEN = "a-token-of-the-tests"  # noqa: S105 - of nobody
NOT_THERE = {"dashboard", "proxy", "probe"}
"""The jobs that this host doesn't have."""


@dataclass
class Chain:
    """What is watched, and who is told."""

    forecasts: PublishedForecasts
    textfiles: Path
    prometheus: Prometheus
    operator: Webhook
    github: Webhook

    def watcher_looked(self, ago_s: float) -> None:
        """What the rollout's watch leaves for node exporter."""
        name = "wearcast_rollout_watch_last_look_timestamp_seconds"
        new = self.textfiles / "look.new"
        new.write_text(f"# TYPE {name} gauge\n{name} {time.time() - ago_s}\n")
        new.replace(self.textfiles / "look.prom")


def rendered(folder: Path, operator: Webhook, retraining: str) -> Path:
    """Alertmanager's configuration, as a deployment renders it, with its waits scaled."""
    settings = {
        "ALERT_WEBHOOK": operator.url,
        "ALERT_RETRAIN": "example/wearcast",
        "ALERT_RETRAIN_TOKEN": TOKEN,
    }
    command = [sys.executable, DEPLOY / "render", folder]
    subprocess.run(command, env={**os.environ, **settings}, check=True)
    path = folder / "alertmanager.yaml"
    text = monitoring.scaled(path.read_text(), WAITS, FACTOR)
    path.write_text(text.replace(IN_COMPOSE, retraining))
    return path


@pytest.fixture(scope="module")
def chain(real_part, small_project, tmp_path_factory) -> Iterator[Chain]:
    monitoring.require(real_part, *monitoring.PROGRAMS, "prometheus-node-exporter")
    folder = tmp_path_factory.mktemp("chain")
    textfiles = folder / "textfiles"
    textfiles.mkdir()
    forecasts = PublishedForecasts(folder / "store")
    forecasts.publish()
    with ExitStack() as stack:
        operator = stack.enter_context(monitoring.webhook())
        github = stack.enter_context(monitoring.webhook(204))
        settings = deployed(small_project, str(forecasts.folder), REVALIDATE_EVERY="1s")
        service = stack.enter_context(api(small_project, folder / "api.log", settings))
        exporter = stack.enter_context(
            monitoring.node_exporter(folder, textfiles, *monitoring.OF_FILES_ALONE)
        )
        port = free_port()
        asking = {"ALERT_RETRAIN": "example/wearcast", "ALERT_RETRAIN_TOKEN": TOKEN}
        command = ["env", *[f"{name}={value}" for name, value in asking.items()]]
        command += [f"ALERT_RETRAIN_API={github.url}", sys.executable, "-I"]
        command += [str(DEPLOY / "ask_for_retraining.py"), str(port)]
        stack.enter_context(monitoring.process(command, folder / "retraining.log"))
        configuration = rendered(folder, operator, f"http://127.0.0.1:{port}/")
        manager = stack.enter_context(monitoring.alertmanager(folder, configuration))
        rules = monitoring.scaled_rules(folder / "rules", FACTOR)
        # The dark colour is stopped.
        addresses = {
            "service-blue:8000": service.url.removeprefix("http://"),
            "node-exporter:9100": exporter,
            "alertmanager:9093": manager.removeprefix("http://"),
        }
        running = stack.enter_context(monitoring.prometheus(folder, rules, addresses))
        one = Chain(forecasts, textfiles, running, operator, github)
        one.watcher_looked(0)
        yield one


def test_all_well_but_what_is_not_there(chain):
    """It says nothing of the dark colour, nor of anything that is well."""
    wait_until(lambda: chain.prometheus.targets_up() == 4, "all targets are scraped")
    evaluated = "min(prometheus_rule_group_iterations_total) > 20"
    wait_until(lambda: chain.prometheus.query(evaluated), "rules are evaluated twenty times")
    down = chain.prometheus.query('ALERTS{alertstate="firing", alertname!="Watchdog"}')
    told = {(one["metric"]["alertname"], one["metric"]["job"]) for one in down}
    assert told == {("TargetDown", job) for job in NOT_THERE}


def test_a_stale_forecast_is_told_and_its_end(chain):
    chain.forecasts.age = timedelta(hours=5)
    chain.forecasts.publish()
    told = chain.operator.wait_for("ForecastStale", "firing")
    assert told["labels"]["severity"] == "page"
    assert told["annotations"]["summary"] == "The forecast is stale"
    link = "https://github.com/example/wearcast/blob/main/docs/runbooks.md#forecaststale"
    assert told["annotations"]["runbook_url"] == link
    chain.forecasts.age = timedelta(0)
    chain.forecasts.publish()
    chain.operator.wait_for("ForecastStale", "resolved")


def test_a_dead_watcher_is_told_and_its_end(chain):
    chain.watcher_looked(3_600)
    assert chain.operator.wait_for("WatcherDead", "firing")["labels"]["job"] == "host"
    chain.watcher_looked(0)
    chain.operator.wait_for("WatcherDead", "resolved")


def test_bad_forecasts_are_told_and_their_end_and_a_retraining_is_asked_for(chain):
    chain.forecasts.error_ratio = 1.5
    chain.forecasts.publish()
    told = chain.operator.wait_for("ForecastWorseThanClimatology", "firing")
    assert told["labels"]["retrain"] == "yes"
    assert "1.5 times climatology's" in told["annotations"]["description"]
    path, headers, body = chain.github.received.get(timeout=60)
    assert path == "/repos/example/wearcast/actions/workflows/retrain.yml/dispatches"
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert body == {"ref": "main"}
    chain.forecasts.error_ratio = 0.6
    chain.forecasts.publish()
    chain.operator.wait_for("ForecastWorseThanClimatology", "resolved")
    # Several alerts asked for it, each several times.
    assert chain.github.received.empty()
