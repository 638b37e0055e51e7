"""Errors: problem details that say what was wrong, where, and under which id the log has it."""

import json
import logging

import pytest

from service.synthetic_snapshots import two_cities
from wearcast.serving.api import metrics
from wearcast.serving.api.problem_details import Problem

POST = "/recommendation/by_day"


def problem(answer):
    """The problem that an answer must be."""
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    told = Problem.model_validate_json(answer.content)
    assert told.status == answer.status_code
    assert told.request_id == answer.headers["x-request-id"]
    return told


def test_an_unknown_address_is_a_problem(cities):
    told = problem(cities.get("/forecasts"))
    assert (told.status, told.title) == (404, "Not Found")
    assert "/docs" in told.detail


@pytest.mark.parametrize(
    "path", ["/stations/", "/STATIONS", "/stations/../stations%2f", "/static-offline-docs/none.js"]
)
def test_paths_are_case_sensitive_and_exact(cities, path):
    assert problem(cities.get(path)).status == 404


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/forecast/latest", "GET, HEAD"),
        ("POST", "/stations", "GET, HEAD"),
        ("GET", "/forecast", "POST"),
        ("HEAD", "/forecast", "POST"),
        ("PUT", POST, "GET, HEAD, POST"),
        ("BREW", POST, "GET, HEAD, POST"),
        ("PATCH", "/docs", "GET, HEAD"),
    ],
)
def test_a_wrong_method_gets_the_allowed_ones(cities, method, path, allowed):
    answer = cities.ask(method, path)
    assert answer.headers["allow"] == allowed
    assert answer.status_code == 405
    assert method == "HEAD" or problem(answer).title == "Method Not Allowed"


def test_several_wrong_fields_are_all_named(cities):
    told = problem(cities.get("/recommendation/by_day?wake=30&sleep=-1&style=x&colour=red"))
    assert {error.field for error in told.errors} == {
        "query.wake",
        "query.sleep",
        "query.style",
        "query.colour",
    }
    assert told.status == 422
    assert told.detail.startswith("query.")


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"", 422, "body"),
        (b"{", 422, "body.1"),
        (b"own=tshirt", 422, "body.0"),
        (b'{"own": [NaN]}', 422, "body.own.0"),
        (b'{"own": ["\xff"]}', 400, ""),
        (b"[" * 100, 422, "body.100"),
        (b'{"own": ' + b"9" * 5_000 + b"}", 400, ""),
        (b'"tshirt"', 422, "body"),
        (b"null", 422, "body"),
    ],
)
def test_an_invalid_wardrobe_is_refused_by_field(cities, body, status, field):
    answer = cities.ask("POST", POST, content=body, headers={"Content-Type": "application/json"})
    told = problem(answer)
    assert told.status == status
    assert [error.field for error in told.errors] == ([field] if field else [])
    assert told.detail
    assert told.detail.startswith(f"{field}: " if field else "")


@pytest.mark.parametrize(
    "media_type",
    [
        "text/plain",
        "application/xml",
        "multipart/form-data; boundary=x",
        "",
        "///",
        "application/json; charset=x",
    ],
)
def test_another_media_type_is_a_client_error(cities, media_type):
    answer = cities.ask(
        "POST",
        POST,
        content=b'{"own": ["tshirt", "jeans", "canvas_sneakers"]}',
        headers={"Content-Type": media_type},
    )
    assert answer.status_code == 200 if "json" in media_type else problem(answer).status == 415


def test_invalid_characters_can_be_reported(cities):
    for body in ({"garments": {"\ud800": {}}}, {"own": ["\udfff"]}, {"\ud912": 1}):
        answer = cities.ask(
            "POST", POST, content=json.dumps(body), headers={"Content-Type": "application/json"}
        )
        assert problem(answer).status == 422
        assert problem(answer).errors


def test_long_names_and_many_errors_are_shortened(cities):
    body = {"x" * 20_000: 1} | {f"field{number}": 1 for number in range(20)}
    answer = cities.ask("POST", POST, json=body)
    assert len(problem(answer).errors) == 20
    assert len(answer.content) < 10_000


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({f"field{n}": 1 for n in range(4_000)}, "has 4000 fields; there are only: own, garments"),
        ({"garments": {f"g{n}": {} for n in range(900)}}, "has 900 garments; there may be 60"),
        ({"own": ["no such garment"] * 60}, "String should match pattern"),
    ],
)
def test_of_very_many_errors_the_first_is_enough(cities, body, said):
    told = problem(cities.ask("POST", POST, json=body))
    assert told.status == 422
    assert len(told.errors) == 1
    assert said in told.detail


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"[" * 60_000, "has 60000 objects and lists; it may have 1000"),
        (b'{"own": [' + b"1," * 9_000 + b"1]}", "has 9000 values; it may have 5000"),
    ],
)
def test_a_body_that_holds_too_much_is_refused_before_it_is_parsed(cities, body, said):
    headers = {"Content-Type": "application/json"}
    told = problem(cities.ask("POST", POST, content=body, headers=headers))
    assert told.status == 422
    assert said in told.detail


@pytest.fixture
def broken(serve, monkeypatch):
    """A service with a fault in it."""
    service = serve(two_cities(), raises=False)

    def fail(*_):
        raise RuntimeError("password=hunter2 in https://user:hunter2@example.org")

    monkeypatch.setattr("wearcast.serving.api.forecast_view.StationForecastView.as_json", fail)
    return service


def test_an_unexpected_error_is_a_problem_with_its_request_id_only(broken, caplog):
    with caplog.at_level(logging.ERROR):
        answer = broken.get("/forecast/latest", headers={"X-Request-ID": "traced-17"})
    told = problem(answer)
    assert (told.status, told.request_id) == (500, "traced-17")
    assert "RuntimeError" not in answer.text
    assert "hunter2" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert [
        record.getMessage() for record in caplog.records if record.name == metrics.__name__
    ] == ["a request failed: RuntimeError"]


def test_an_unexpected_error_ends_no_other_request_and_is_counted(broken):
    assert broken.get("/forecast/latest").status_code == 500
    assert broken.get("/recommendation/by_day").status_code == 200
    assert (
        'wearcast_http_requests_total{method="GET",path="/forecast/latest",status="500"} 1.0'
        in broken.get("/metrics").text
    )


def test_every_response_has_a_request_id_and_nosniff(cities):
    for path in (
        "/forecast/latest",
        "/nowhere",
        "/docs",
        "/openapi.json",
        "/static-offline-docs/swagger-ui.css",
        "/metrics",
    ):
        headers = cities.get(path).headers
        assert headers["x-request-id"]
        assert headers["x-content-type-options"] == "nosniff"
