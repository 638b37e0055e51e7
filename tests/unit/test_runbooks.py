"""Whoever gets an alert finds in both languages what to do."""

import re

import pytest

import alert_rules
from pipeline.projects import REPOSITORY

PARTS = {
    "runbooks.md": ["Users", "Look", "Do", "Ends"],
    "runbooks.ko.md": ["사용자", "살펴볼 것", "할 일", "끝나는 때"],
}


def sections(name: str) -> dict[str, str]:
    """By alert what its section says."""
    text = (REPOSITORY / "docs" / name).read_text()
    found = re.findall(r"^### (\w+)\n(.*?)(?=^##|\Z)", text, re.MULTILINE | re.DOTALL)
    return dict(found)


@pytest.mark.parametrize("name", PARTS)
def test_each_alert_has_a_section_and_each_section_an_alert(name):
    assert sorted(sections(name)) == alert_rules.names()


@pytest.mark.parametrize("name", PARTS)
def test_each_section_says_what_it_means_where_to_look_what_to_do_and_when_it_ends(name):
    for alert, text in sections(name).items():
        assert re.findall(r"^- \*\*(.+?)\*\*: ", text, re.MULTILINE) == PARTS[name], alert


def test_both_languages_name_the_same_commands_metrics_and_settings():
    english, korean = (sections(name) for name in PARTS)
    assert list(english) == list(korean)
    for alert in english:
        quoted = [sorted(set(re.findall(r"`([^`]+)`", of[alert]))) for of in (english, korean)]
        assert quoted[0] == quoted[1], alert


@pytest.mark.parametrize("alert", alert_rules.alerts(), ids=lambda alert: alert["alert"])
def test_each_alert_says_how_urgent_it_is_and_leads_to_its_section(alert):
    name, notes = alert["alert"], alert["annotations"]
    assert alert["labels"]["severity"] in {"page", "ticket", "none"}
    link = f"{{{{ $externalLabels.repository }}}}/blob/main/docs/runbooks.md#{name.lower()}"
    assert notes["runbook_url"] == link
    assert notes["summary"]
    assert notes["description"].endswith(".")


def test_a_retraining_is_asked_for_only_where_the_gate_may_let_it_pass():
    """It refuses observations that drift."""
    asking = {one["alert"] for one in alert_rules.alerts() if "retrain" in one["labels"]}
    assert asking == {"ForecastWorseThanClimatology", "RainWorseThanClimatology"}
