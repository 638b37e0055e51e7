"""Prometheus' rules, by Prometheus itself: every alert fires where it should, and where not it
doesn't."""

import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

import alert_rules
from real import alert_cases

pytestmark = pytest.mark.real

CASES = sorted(alert_cases.CASES.glob("*.yaml"))
ALWAYS_FIRES = "Watchdog"


@pytest.fixture(scope="module")
def promtool(real_part) -> str:
    """Prometheus' tool."""
    program = shutil.which("promtool")
    real_part("promtool (Debian: prometheus)", program)
    return str(program)


def run(*command: object) -> str:
    """What a program says; it must succeed."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_prometheus_takes_the_rules(promtool):
    run(promtool, "check", "rules", "--lint=all", "--lint-fatal", *alert_rules.files())


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_alerts_fire_and_clear(promtool, tmp_path, path: Path):
    run(promtool, "test", "rules", *alert_cases.write_unit_tests(path, tmp_path))


def test_every_alert_has_a_case_in_which_it_fires_and_one_in_which_not():
    firing: Counter[str] = Counter()
    quiet: Counter[str] = Counter()
    for path in CASES:
        for case in alert_cases.cases(path):
            firing[case["alert"]] += len(case.get("fires", []))
            quiet[case["alert"]] += len(case.get("quiet", []))
    assert {path.name for path in CASES} == {path.name for path in alert_rules.files()}
    assert set(alert_rules.names()) == {alert for alert in firing if firing[alert]}
    assert set(alert_rules.names()) == {alert for alert in quiet if quiet[alert]} | {ALWAYS_FIRES}
