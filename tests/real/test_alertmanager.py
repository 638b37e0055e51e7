"""Alertmanager's configuration, as deploy renders it, by Alertmanager's own tool."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Mapping
from itertools import chain, combinations
from pathlib import Path

import pytest

from pipeline.projects import REPOSITORY
from ports import free_port
from real import monitoring
from real.processes import wait_until

pytestmark = pytest.mark.real

DEPLOY = REPOSITORY / "deploy/alertmanager"
PASSWORD, TOKEN = "a password of nobody's", "a-token-of-nobody's"
WAYS = {
    "mail": {
        "ALERT_EMAIL": "operator@example.org, other@example.org",
        "ALERT_EMAIL_FROM": "wearcast@example.org",
        "ALERT_SMTP": "mail.example.org:587",
        "ALERT_SMTP_USER": "wearcast",
        "ALERT_SMTP_PASSWORD": PASSWORD,
    },
    "webhook": {"ALERT_WEBHOOK": "https://example.org/alerts", "ALERT_WEBHOOK_TOKEN": TOKEN},
    "topic": {"ALERT_SNS": "arn:aws:sns:ap-northeast-2:123456789012:wearcast-alarms"},
    "watchdog": {"ALERT_WATCHDOG": "https://example.org/alive"},
    "retraining": {"ALERT_RETRAIN": "example/wearcast", "ALERT_RETRAIN_TOKEN": TOKEN},
}
SUBSETS = [*chain.from_iterable(combinations(WAYS, size) for size in range(len(WAYS) + 1))]


def render(folder: Path, settings: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ALERT_")}
    command = [sys.executable, "-I", DEPLOY / "render", folder]
    return subprocess.run(command, env=clean | dict(settings), capture_output=True, text=True)


def settings_of(*ways: str) -> dict[str, str]:
    return {name: value for way in ways for name, value in WAYS[way].items()}


@pytest.fixture(scope="module", autouse=True)
def _amtool(real_part) -> None:
    monitoring.require(real_part, "amtool")


def amtool(*words: object) -> str:
    command = ["amtool", *[str(word) for word in words]]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_whatever_is_set_is_a_configuration(tmp_path):
    """And none holds a secret, or can be read by others."""
    paths = []
    for ways in SUBSETS:
        folder = tmp_path / ("-".join(ways) or "nothing")
        folder.mkdir()
        done = render(folder, settings_of(*ways))
        assert done.returncode == 0, done.stderr
        paths.append(folder / "alertmanager.yaml")
        text = paths[-1].read_text()
        assert PASSWORD not in text
        assert TOKEN not in text
        for path in folder.iterdir():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
    amtool("check-config", *paths)
    assert "SUCCESS" in amtool("check-config", DEPLOY / "alertmanager.yaml")


def test_a_secret_that_is_set_no_longer_is_kept_no_longer(tmp_path):
    render(tmp_path, settings_of("mail", "webhook"))
    assert (tmp_path / "smtp-password").read_text() == PASSWORD
    render(tmp_path, settings_of("topic"))
    assert [path.name for path in tmp_path.iterdir()] == ["alertmanager.yaml"]


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (settings_of("mail") | {"ALERT_SMTP": "mail.example.org"}, "ALERT_SMTP "),
        (settings_of("mail") | {"ALERT_SMTP": ""}, "ALERT_SMTP"),
        (settings_of("mail") | {"ALERT_SMTP_PASSWORD": ""}, "ALERT_SMTP_PASSWORD"),
        ({"ALERT_WEBHOOK": "example.org/secret"}, "ALERT_WEBHOOK"),
        ({"ALERT_SNS": "wearcast-alarms"}, "ALERT_SNS"),
        ({"ALERT_RETRAIN": "example/wearcast"}, "ALERT_RETRAIN_TOKEN"),
        ({"ALERT_RETRAIN": "example", "ALERT_RETRAIN_TOKEN": TOKEN}, "ALERT_RETRAIN "),
    ],
)
def test_what_would_reach_nobody_is_refused(tmp_path, settings, named):
    done = render(tmp_path, settings)
    assert done.returncode == 1
    assert named in done.stderr
    assert "secret" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("labels", "receivers"),
    [
        (["alertname=ForecastStale", "severity=page", "job=api"], "page"),
        (["alertname=StationsLeftOut", "severity=ticket", "job=api"], "ticket"),
        (
            ["alertname=RainWorseThanClimatology", "severity=ticket", "retrain=yes"],
            "retrain,ticket",
        ),
        (["alertname=Watchdog", "severity=none"], "watchdog"),
        (["alertname=WithoutSeverity"], "ticket"),
    ],
)
def test_each_alert_goes_to_whom_it_concerns(labels, receivers):
    path = DEPLOY / "alertmanager.yaml"
    assert amtool("config", "routes", "test", f"--config.file={path}", *labels).strip() == receivers


def test_what_does_not_answer_hides_what_it_says_of_itself(tmp_path):
    """By a running Alertmanager, and of no other job."""
    with monitoring.alertmanager(tmp_path, DEPLOY / "alertmanager.yaml") as url:
        for alert in (
            ["alertname=TargetDown", "job=api", "severity=page"],
            ["alertname=RefreshNotRunning", "job=api", "severity=ticket"],
            ["alertname=WatcherDead", "job=host", "severity=page"],
            ["alertname=DiskShort", "job=host", "mountpoint=/", "severity=page"],
            ["alertname=DiskShort", "job=host", "mountpoint=/", "severity=ticket"],
            ["alertname=DiskShort", "job=host", "mountpoint=/data", "severity=ticket"],
        ):
            amtool("alert", "add", f"--alertmanager.url={url}", *alert)
        query = ["alert", "query", f"--alertmanager.url={url}", "--output=json"]
        found = wait_until(lambda: json.loads(amtool(*query, "--inhibited")), "any is inhibited")
        hidden = {(one["labels"]["alertname"], one["labels"].get("mountpoint")) for one in found}
        assert hidden == {("RefreshNotRunning", None), ("DiskShort", "/")}


@pytest.fixture
def relay(tmp_path):
    """What asks GitHub for a retraining, and who stands in for GitHub."""
    with monitoring.webhook() as github:
        port = free_port()
        settings = {
            "ALERT_RETRAIN": "example/wearcast",
            "ALERT_RETRAIN_TOKEN": TOKEN,
            "ALERT_RETRAIN_API": github.url,
        }
        given = [f"{name}={value}" for name, value in settings.items()]
        program = [sys.executable, "-I", DEPLOY / "ask_for_retraining.py", port]
        log = tmp_path / "relay.log"
        with monitoring.process(["env", *given, *program], log):
            wait_until(lambda: monitoring.answers(f"http://127.0.0.1:{port}"), log.read_text)
            yield f"http://127.0.0.1:{port}", github


def notification(status: str, **labels: str) -> dict[str, object]:
    return {
        "alerts": [
            {"status": status, "labels": {"alertname": "RainWorseThanClimatology", **labels}}
        ]
    }


def test_a_retraining_is_asked_for_once_a_day_and_again_where_github_failed(relay):
    url, github = relay
    asking = notification("firing", retrain="yes")
    assert monitoring.post(url, notification("resolved", retrain="yes")) == 200
    assert monitoring.post(url, notification("firing")) == 200
    assert github.received.empty()
    github.status = 503
    assert monitoring.post(url, asking) == 502
    github.status = 204
    assert monitoring.post(url, asking) == 200
    assert monitoring.post(url, asking) == 200
    assert github.received.qsize() == 2


@pytest.mark.parametrize(
    "body", [[], {"alerts": 1}, {"alerts": [{}]}, {}, "alerts", {"a": "x" * 2_000_000}]
)
def test_anything_else_is_refused(relay, body):
    url, github = relay
    assert monitoring.post(url, body) in (400, 413)
    assert github.received.empty()
