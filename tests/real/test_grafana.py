"""Grafana's dashboards: they are what Grafana's schema says, every query has data of a site of real
processes, and they and the rules ask for nothing that no process tells."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import alert_rules
import grafana_dashboards
from pipeline.projects import REPOSITORY
from real import monitoring
from real.monitoring import Prometheus
from real.watched_site import PROGRAMS, watched_site

pytestmark = pytest.mark.real

CHECKED = REPOSITORY / "tests/grafana"
DASHBOARDS = grafana_dashboards.files()
NAME = re.compile(r"\b(?:wearcast|traefik|node|probe|process|prometheus|alertmanager)_\w+")
OF_RULES = re.compile(r"\b\w+:\w+:\w+")
NEVER_SO_FAR = {
    "wearcast_dashboard_visits_refused_total",  # nobody was refused
}
"""What has no sample before it happens; the process tells its name all the same."""


def type_errors(folder: Path, dashboard: str) -> str:
    """What TypeScript's compiler says of a dashboard as JSON; nothing where it is one."""
    (folder / "node_modules").symlink_to(CHECKED / "node_modules")
    for name in ("panels.ts", "tsconfig.json"):
        shutil.copy(CHECKED / name, folder)
    head = 'import type { WearcastDashboard } from "./panels";\n'
    head += "export const dashboard: WearcastDashboard = "
    (folder / "dashboard.ts").write_text(f"{head}{dashboard};\n")
    command = [CHECKED / "node_modules/.bin/tsc", "--project", folder]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    return done.stdout + done.stderr


@pytest.fixture
def tsc(real_part) -> None:
    compiler = CHECKED / "node_modules/.bin/tsc"
    real_part("@grafana/schema (npm ci --prefix tests/grafana)", compiler.exists())


@pytest.mark.usefixtures("tsc")
@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_is_what_grafanas_schema_says(tmp_path, path):
    assert type_errors(tmp_path, path.read_text()) == ""


@pytest.mark.usefixtures("tsc")
@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('"unit": "s"', '"unit": 1'),
        ('"colorMode": "value"', '"colorMode": "loud"'),
        ('"showPoints": "never"', '"showDots": "never"'),
        ('"expr": ', '"expression": '),
        ('"type": "stat"', '"type": "staat"'),
    ],
)
def test_the_check_finds_what_is_wrong(tmp_path, right, wrong):
    (path,) = [path for path in DASHBOARDS if path.stem == "service"]
    broken = path.read_text().replace(right, wrong, 1)
    assert broken != path.read_text()
    assert "error TS" in type_errors(tmp_path, broken)


@pytest.fixture(scope="module")
def rollout(tmp_path_factory) -> Iterator[Path]:
    """The folder that a rollout keeps its notes in."""
    folder = tmp_path_factory.mktemp("rollout")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ROLLOUT_STATE", str(folder))
        yield folder


@pytest.fixture(scope="module")
def prometheus(real_part, small_project, tmp_path_factory, rollout) -> Iterator[Prometheus]:
    monitoring.require(real_part, *PROGRAMS)
    with watched_site(small_project, tmp_path_factory.mktemp("site"), rollout) as found:
        yield found


@pytest.mark.full
@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_every_query_has_data(prometheus, path):
    empty = [query for query in grafana_dashboards.queries(path) if not prometheus.query(query)]
    assert empty == []


@pytest.mark.full
def test_rules_and_dashboards_ask_for_nothing_that_nobody_tells(prometheus):
    asked = [rule["expr"] for rule in alert_rules.rules()]
    for path in DASHBOARDS:
        asked += grafana_dashboards.queries(path)
    recorded = {rule["record"] for rule in alert_rules.rules() if "record" in rule}
    text = " ".join(asked)
    assert set(OF_RULES.findall(text)) <= recorded
    # Names that rules record hold names of metrics.
    names = set(NAME.findall(OF_RULES.sub("", text)))
    told = prometheus.metric_names()
    assert names - told - NEVER_SO_FAR == set()


@pytest.mark.full
def test_no_rule_fails(prometheus):
    """Nor does any text of an alert."""
    assert prometheus.query("sum(prometheus_rule_evaluation_failures_total)")[0]["value"][1] == "0"
    for alert in prometheus.alerts():
        assert "error expanding" not in json.dumps(alert)
