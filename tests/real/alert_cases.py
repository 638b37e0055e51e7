"""When each alert must fire and when not, as tests/real/alerts has it, in promtool's own form.

A case names an alert, series as Prometheus' unit tests write them, the moments at which it fires
and with which labels (`also`: further ones, at the same time), and those at which it doesn't.
"""

from pathlib import Path
from typing import Any

import yaml

import alert_rules

CASES = Path(__file__).parent / "alerts"
SECONDS_BETWEEN_SAMPLES = {"forecast": 300, "refresh": 300}
"""Where it isn't a minute; a sample is good for five."""


def cases(path: Path) -> list[dict[str, Any]]:
    """The cases of a file, which bears the name of the file of rules that it tests."""
    found: list[dict[str, Any]] = yaml.safe_load(path.read_text())
    return found


def write_unit_tests(path: Path, folder: Path) -> list[Path]:
    """Files of promtool's unit tests for the rules of one file, one an alert.

    Each has a copy of its alert's rules and of those that record: promtool evaluates all rules of a
    file at every step, and twenty alerts for the sake of one take twenty times as long.
    """
    by_alert: dict[str, list[dict[str, Any]]] = {}
    for case in cases(path):
        of_alert = by_alert.setdefault(case["alert"], [])
        of_alert.append(case)
    interval = f"{SECONDS_BETWEEN_SAMPLES.get(path.stem, 60)}s"
    files = []
    for alert, of_alert in by_alert.items():
        rules = folder / f"{alert}_rules.yaml"
        rules.write_text(yaml.safe_dump(_rules_of(path.name, alert), sort_keys=False))
        content = {
            "rule_files": [rules.name],
            "evaluation_interval": interval,
            "tests": [_unit_test(case, interval) for case in of_alert],
        }
        files.append(folder / f"{alert}_test.yaml")
        files[-1].write_text(yaml.safe_dump(content, sort_keys=False))
    return files


def _rules_of(name: str, alert: str) -> dict[str, Any]:
    """A file of rules without its other alerts."""
    content: dict[str, Any] = yaml.safe_load((alert_rules.FOLDER / name).read_text())
    for group in content["groups"]:
        group["rules"] = [rule for rule in group["rules"] if rule.get("alert", alert) == alert]
    content["groups"] = [group for group in content["groups"] if group["rules"]]
    return content


def _unit_test(case: dict[str, Any], interval: str) -> dict[str, Any]:
    alert = case["alert"]
    expectations = []
    for firing in case.get("fires", []):
        all_labels = [firing["labels"], *firing.get("also", [])]
        samples = [{"labels": _firing(alert, labels), "value": 1} for labels in all_labels]
        expectations.append(_expectation(alert, firing["at"], samples))
    for at in case.get("quiet", []):
        expectations.append(_expectation(alert, at, []))
    series = case["series"].items()
    return {
        "name": alert,
        "interval": interval,
        "input_series": [{"series": one, "values": values} for one, values in series],
        "promql_expr_test": expectations,
    }


def _expectation(alert: str, at: str, samples: list[dict[str, Any]]) -> dict[str, Any]:
    query = f'ALERTS{{alertname="{alert}", alertstate="firing"}}'
    return {"expr": query, "eval_time": at, "exp_samples": samples}


def _firing(alert: str, labels: dict[str, str]) -> str:
    """The series by which Prometheus says that an alert fires: with the labels of its rule, too."""
    (first, *_) = [rule for rule in alert_rules.alerts() if rule["alert"] == alert]
    found = {"alertname": alert, "alertstate": "firing", **first["labels"], **labels}
    pairs = ", ".join(f'{name}="{value}"' for name, value in found.items())
    return f"ALERTS{{{pairs}}}"
