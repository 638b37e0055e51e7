"""A release while the store is away: visitors are led to no older forecast than the one that they
see. No engine is needed."""

import json
from typing import Any

import pytest

from rollout import forecast_age
from rollout.forecast_age import forecast_age_problem
from rollout.http_client import Answer

AWAY = "StoreError: connection refused"
READY = {"snapshot": "a", "age_s": 60, "store": ""}


@pytest.fixture
def colours(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """What each colour's API says of itself; of one that isn't there, nothing."""
    said: dict[str, dict[str, Any]] = {}

    def ask_part(part: str, colour: str, path: str) -> Answer:
        assert (part, path) == ("service", "/health/ready")
        found = said.get(colour)
        return Answer(200, json.dumps(found), {}) if found else Answer(0, "it has no address", {})

    monkeypatch.setattr(forecast_age, "ask_part", ask_part)
    return said


def test_a_forecast_kept_from_days_ago_replaces_no_newer_one(colours) -> None:
    colours["blue"] = READY
    colours["green"] = {"snapshot": "b", "age_s": 172_800, "store": AWAY}
    assert "172800 s old, the one that visitors see 60 s" in forecast_age_problem("green")


@pytest.mark.parametrize(
    ("live", "new"),
    [
        (READY, {"snapshot": "b", "age_s": 90_000, "store": ""}),
        ({**READY, "store": AWAY}, {**READY, "age_s": 61, "store": AWAY}),
        ({**READY, "age_s": 7_200, "store": AWAY}, {"snapshot": "b", "age_s": 60, "store": AWAY}),
        (None, {"snapshot": "b", "age_s": 172_800, "store": AWAY}),
        ({"snapshot": None, "age_s": None, "store": AWAY}, {**READY, "store": AWAY}),
        (READY, {"snapshot": "b", "age_s": 172_800}),
    ],
    ids=[
        "another store",
        "the same forecast",
        "a newer one",
        "nothing is live",
        "nothing to see",
        "a release that says nothing of its store",
    ],
)
def test_what_else_a_release_starts_with_is_good_enough(colours, live: Any, new: Any) -> None:
    colours |= {"blue": live, "green": new}
    assert forecast_age_problem("green") == ""
