"""The OpenAPI document: whole, with examples that are true, and shown by a page that needs no
internet."""

import json
import re
from html.parser import HTMLParser
from urllib.parse import urljoin

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from pydantic import BaseModel, TypeAdapter

from wearcast.serving.api import schemas
from wearcast.serving.api.openapi_document import EXAMPLES
from wearcast.serving.api.problem_details import Problem

MAIN = {
    "GET /forecast/latest",
    "GET /forecast/latest.csv",
    "POST /forecast",
    "GET /stations",
    "GET /recommendation/by_day",
    "POST /recommendation/by_day",
}
MAIN |= {
    "GET /recommendation/by_hour",
    "POST /recommendation/by_hour",
    "GET /model",
    "GET /model/verification",
    "GET /verification/recent",
}
MAIN |= {"GET /health/live", "GET /health/ready", "GET /places", "POST /places"}
RECOMMENDATION = schemas.Recommendation | schemas.RecommendationImperial
ANSWERS = {
    "GET /forecast/latest": schemas.Forecast
    | schemas.ForecastImperial
    | schemas.Forecasts
    | schemas.ForecastsImperial
    | list[schemas.PlainHour],
    "POST /forecast": schemas.Forecast | schemas.ForecastImperial,
    "GET /stations": schemas.Stations,
    "GET /model": schemas.ModelCard,
    "GET /model/verification": schemas.Verification,
    "GET /verification/recent": schemas.Recent,
    "GET /places": schemas.FoundPlaces,
    "POST /places": schemas.FoundPlace,
    "GET /health/live": schemas.Health,
    "GET /health/ready": schemas.Health,
} | dict.fromkeys(sorted(name for name in MAIN if "/recommendation" in name), RECOMMENDATION)


@pytest.fixture(scope="module")
def document(cities):
    return cities.read("/openapi.json")


def examples():
    """Every example: its operation, status or `request`, media type, name, and itself."""
    for label, parts in json.loads(EXAMPLES.read_text(encoding="utf-8")).items():
        for part, by_media_type in parts.items():
            for media_type, named in by_media_type.items():
                for name, value in named.items():
                    yield pytest.param(label, part, media_type, value, id=f"{label} {part} {name}")


def described(document, label, part):
    """What the document says of a part of an operation, by media type."""
    method, path = label.split()
    operation = document["paths"][path][method.lower()]
    return (operation["requestBody"] if part == "request" else operation["responses"][part])[
        "content"
    ]


def test_every_main_operation_has_an_example_of_its_answer(document):
    shown = {
        label
        for label in MAIN
        for content in described(document, label, "200").values()
        if content.get("examples")
    }
    assert shown == MAIN
    for label in MAIN:
        if label.startswith("POST"):
            assert described(document, label, "request")["application/json"]["examples"]


@pytest.mark.parametrize(("label", "part", "media_type", "value"), list(examples()))
def test_an_example_is_in_the_document_and_fits_its_schema(
    document, label, part, media_type, value
):
    content = described(document, label, part)[media_type]
    assert value in [example["value"] for example in content["examples"].values()]
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "components": document["components"],
        **content["schema"],
    }
    # Pieces of long lists are shown.
    errors = [
        error
        for error in Draft202012Validator(whole, format_checker=FormatChecker()).iter_errors(value)
    ]
    assert not errors


@pytest.mark.parametrize(
    ("label", "part", "media_type", "value"),
    [one for one in examples() if one.values[1] == "200" and "json" in one.values[2]],
)
def test_an_example_of_an_answer_has_every_field_and_no_other(label, part, media_type, value):
    told = TypeAdapter(ANSWERS[label]).validate_python(value)
    assert (part, media_type) == ("200", "application/json")
    assert plain(told) == value


def plain(told):
    """A model, or a list of them, as JSON has it."""
    return (
        json.loads(told.model_dump_json())
        if isinstance(told, BaseModel)
        else [plain(one) for one in told]
    )


@pytest.mark.parametrize(
    ("label", "part", "media_type", "value"),
    [one for one in examples() if "problem" in one.values[2]],
)
def test_an_example_of_a_problem_is_one(label, part, media_type, value):
    assert label in MAIN
    assert media_type == "application/problem+json"
    assert Problem.model_validate(value).status == int(part)
    assert plain(Problem.model_validate(value)) == value


@pytest.mark.parametrize("path", ["/recommendation/by_day?", "/recommendation/by_hour?hour=8&"])
def test_the_example_of_a_wardrobe_is_accepted(cities, document, path):
    [example] = described(document, f"POST {path.split('?')[0]}", "request")["application/json"][
        "examples"
    ].values()
    told = cities.ask("POST", f"{path}sensitivity=very_high", json=example["value"])
    assert told.status_code == 200
    assert "grandfather's coat" in [piece["name"] for piece in told.json()["outfit"]["pieces"]]


def test_the_example_of_a_history_is_accepted(modelled, document):
    [example] = described(document, "POST /forecast", "request")["application/json"][
        "examples"
    ].values()
    known = modelled.ask("POST", "/forecast", json=example["value"] | {"station": "AAA"})
    assert known.status_code == 200


def test_every_reference_leads_somewhere(document):
    names = set(re.findall(r'"\$ref": "#/components/(\w+)/([\w-]+)"', json.dumps(document)))
    assert ("schemas", "Problem") in names
    for kind, name in names:
        assert name in document["components"][kind]
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_every_operation_says_what_it_does_and_how_it_may_fail(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], path
            assert operation["description"], path
            assert "200" in operation["responses"], path
            if method == "post":
                assert {"400", "408", "413", "415", "422", "503"} <= set(operation["responses"])
            for status, answer in operation["responses"].items():
                if int(status) >= 400 and path != "/health/ready":
                    assert list(answer["content"]) == ["application/problem+json"]


def test_documented_headers_are_sent(cities, document):
    sent = {}
    for path, methods in document["paths"].items():
        answer = cities.get(path, hour=8) if "hour" in path else cities.get(path)
        # Without a model there is no card; some paths take POST only.
        if answer.status_code == 200:
            sent[path] = [
                name.lower() for name in methods["get"]["responses"]["200"].get("headers", {})
            ]
            assert [name for name in sent[path] if name not in answer.headers] == [], path
    assert {"etag", "wearcast-issued-at"} <= set(sent["/forecast/latest"])
    assert len(sent) > 7


def test_query_parameters_are_never_null_and_their_limits_are_documented(document):
    for methods in document["paths"].values():
        for operation in methods.values():
            for parameter in operation.get("parameters", ()):
                assert "anyOf" not in parameter["schema"]
                assert parameter["schema"].get("default", "") is not None
                assert parameter["schema"].keys() & {
                    "$ref",
                    "enum",
                    "pattern",
                    "format",
                    "maximum",
                    "type",
                }


class References(HTMLParser):
    """Every address that a page loads something from."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.found += [value for name, value in attrs if name in ("src", "href") and tag != "a"]


@pytest.mark.parametrize("prefix", ["", "/api"])
def test_the_page_of_the_documentation_loads_nothing_from_elsewhere(serve, prefix):
    from service.synthetic_snapshots import two_cities

    service = serve(two_cities(), path=prefix)
    page = service.get(f"{prefix}/docs").text
    parser = References()
    parser.feed(page)
    inline = re.findall(r"url: '([^']+)'", page)
    assert inline == [f"{prefix}/openapi.json"]
    assert len(parser.found) >= 3
    for address in [*parser.found, *inline]:
        assert not re.match(r"(https?:)?//", address)
        answer = service.get(urljoin(f"{prefix}/docs", address))
        assert (answer.status_code, bool(answer.content)) == (200, True)
    # Nor do the styles: what they draw with is in them.
    style = next(address for address in parser.found if address.endswith(".css"))
    assert set(re.findall(r"url\((?!['\"]?data:)([^)]*)\)", service.get(style).text)) == set()
    assert "@import" not in service.get(style).text
    assert not re.findall(r"https?://(?:cdn|fonts|unpkg)[^'\"\s]*", page)
