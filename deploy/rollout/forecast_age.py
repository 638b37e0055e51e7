"""Whether visitors would see an older forecast after the shift than before it."""

import json
from typing import Any

from rollout.http_client import ask_part
from rollout.releases import OTHER, Colour


def forecast_age_problem(colour: Colour) -> str:
    """Why a colour that can't read the store isn't ready with its last good forecast; empty where
    it is.

    What it kept may be from its last time live, days ago, while the colour that visitors see still
    holds a newer one.
    """
    new, live = _health(colour), _health(OTHER[colour])
    if not new.get("store") or live.get("age_s") is None or new["snapshot"] == live["snapshot"]:
        return ""
    if new["age_s"] <= live["age_s"]:
        return ""
    return (
        f"service-{colour} can't read the store ({new['store']}), and the last good forecast that"
        f" it kept is {new['age_s']} s old, the one that visitors see {live['age_s']} s"
    )


def _health(colour: Colour) -> dict[str, Any]:
    """What a colour's API says of itself where it is ready; nothing where it isn't."""
    answer = ask_part("service", colour, "/health/ready")
    return dict(json.loads(answer.body)) if answer.status == 200 else {}
