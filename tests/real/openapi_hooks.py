"""Schemathesis, told the rules between fields that a schema can't express: what it means to be
valid is made so."""

from typing import Any

import schemathesis
from schemathesis.generation import GenerationMode

STATIONS = ("AAA", "BBB")
"""What the served model was trained for, and what is forecast."""
DAYS = ("2024-04-10", "2024-04-13", "2024-04-15")
"""That are forecast of both."""
OUTINGS = ("8-9", "8-9,18-19", "7-8, 12-14, 22-2")
"""With hours indoors between them."""
BASICS = ("tshirt", "jeans", "canvas_sneakers")
"""What covers chest, legs and feet."""


@schemathesis.hook
def before_call(
    context: schemathesis.HookContext,  # noqa: ARG001
    case: schemathesis.Case,
    kwargs: dict[str, Any],  # noqa: ARG001
) -> None:
    """Let valid requests keep the documented rules, and ask for what there is at least half of the
    time."""
    if case.meta is None or case.meta.generation.mode is not GenerationMode.POSITIVE:
        return
    _forecast(case.query)
    if case.operation.path in {"/stations", "/model"}:
        _after_one_of_all(case.query)
    if case.operation.path == "/recommendation/by_day":
        _outings_apart(case.query)
        _some_hour_awake(case.query)
    if case.operation.label.startswith("POST /recommendation"):
        _covered(case.body)
    if case.operation.label == "POST /feedback":
        _outings_apart(case.body)
        _some_hour_awake(case.body)
        _of_the_wardrobe(case.body)
        _forecast(case.body)
    if case.operation.label == "GET /places":
        _named(case.query)
    if case.operation.label == "POST /places":
        _named(case.body)
    if case.operation.label == "POST /forecast":
        case.body["station"] = STATIONS[len(case.body["station"]) % 2]
        _observed(case.body["hours"])


def _forecast(query: dict[str, Any]) -> None:
    if len(str(query.get("station", ""))) % 2:
        query["station"] = STATIONS[ord(query["station"][0]) % 2]
    if "," in str(query.get("station", "")):
        query["station"] = ",".join(STATIONS)
        query.pop("format", None)
    last = str(query.get("target_date", ""))[-1:]
    if last in "13579" and last:
        query["target_date"] = DAYS[int(last) % len(DAYS)]


def _after_one_of_all(query: dict[str, Any]) -> None:
    if "after" in query:
        query["after"] = STATIONS[len(str(query["after"])) % 2]
        query.pop("q", None)


def _outings_apart(query: dict[str, Any]) -> None:
    if "out" in query:
        query["out"] = OUTINGS[len(str(query["out"])) % len(OUTINGS)]
        query.pop("wake", None)
        query.pop("sleep", None)


def _some_hour_awake(query: dict[str, Any]) -> None:
    if int(query.get("wake", 7)) == int(query.get("sleep", 22)):
        query["sleep"] = (int(query.get("wake", 7)) + 8) % 24


def _covered(body: dict[str, Any]) -> None:
    described = body.get("garments", {})
    body["own"] = [
        *[id for id in body.get("own", []) if id in described][: 60 - len(BASICS)],
        *BASICS,
    ]


def _of_the_wardrobe(body: dict[str, Any]) -> None:
    if body.get("piece") is not None:
        body["piece"] = BASICS[len(body["piece"]) % len(BASICS)]
    if body.get("worn"):
        body["worn"] = list(BASICS)


def _named(asked: dict[str, Any]) -> None:
    name = "".join(letter for letter in str(asked["name"]) if letter.isprintable()).strip()
    asked["name"] = name if len(name) > 1 and len(name) % 2 else "강릉"
    if "number" in asked and int(asked["number"]) % 2:
        asked["number"] = 1843137


def _observed(hours: list[dict[str, Any]]) -> None:
    for hour in hours[-168:]:
        if hour.get("temp_c") is None:
            hour["temp_c"] = 10.0
