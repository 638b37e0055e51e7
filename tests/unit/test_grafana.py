"""Grafana's dashboards can be read: each panel says what it shows and in which unit, leads to its
runbooks, and no variable has any number of values."""

import pytest
import yaml

import alert_rules
import grafana_dashboards
from pipeline.projects import REPOSITORY

PROVISIONING = REPOSITORY / "deploy/grafana/provisioning"
DASHBOARDS = grafana_dashboards.files()
WIDTH = 24
by_name = pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)


@by_name
def test_each_panel_has_a_title_a_unit_and_a_place_of_its_own(path):
    taken = set()
    for panel in grafana_dashboards.dashboard(path)["panels"]:
        assert panel["title"]
        at = panel["gridPos"]
        for x in range(at["x"], at["x"] + at["w"]):
            for y in range(at["y"], at["y"] + at["h"]):
                assert (x, y) not in taken
                assert x < WIDTH
                taken.add((x, y))
    for panel in grafana_dashboards.panels(path):
        assert panel["fieldConfig"]["defaults"]["unit"]


@by_name
def test_panels_and_queries_are_told_apart(path):
    panels = grafana_dashboards.dashboard(path)["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in grafana_dashboards.panels(path):
        targets = panel["targets"]
        assert len({target["refId"] for target in targets}) == len(targets)


@by_name
def test_links_lead_to_alerts_and_dashboards_that_there_are(path):
    uids = {grafana_dashboards.dashboard(other)["uid"] for other in DASHBOARDS}
    for link in grafana_dashboards.dashboard(path)["links"]:
        assert link["url"].startswith("/alerting/list") or link["url"].removeprefix("/d/") in uids
    for panel in grafana_dashboards.panels(path):
        for link in panel["links"]:
            assert link["url"].removeprefix("/alerting/list?search=") in alert_rules.names()


def test_every_alert_has_a_panel():
    """But those of the monitoring itself, which a dashboard would be of no help with."""
    of_itself = {"AlertsNotSent", "ConfigurationBroken", "NotificationsFailing", "RulesFailing"}
    linked = {
        link["url"].removeprefix("/alerting/list?search=")
        for path in DASHBOARDS
        for panel in grafana_dashboards.panels(path)
        for link in panel["links"]
    }
    assert linked | of_itself | {"Watchdog"} == set(alert_rules.names())


@by_name
def test_no_variable_grows(path):
    for variable in grafana_dashboards.dashboard(path)["templating"]["list"]:
        assert variable["type"] == "custom"
        assert not variable["includeAll"]
        assert len(variable["query"].split(",")) <= 6


@by_name
def test_all_ask_the_source_that_is_provisioned(path):
    text = (PROVISIONING / "datasources/prometheus.yaml").read_text()
    (source,) = yaml.safe_load(text)["datasources"]
    wanted = {"type": source["type"], "uid": source["uid"]}
    for panel in grafana_dashboards.panels(path):
        assert panel["datasource"] == wanted
        assert all(target["datasource"] == wanted for target in panel["targets"])
