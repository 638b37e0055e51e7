"""The OpenAPI document: FastAPI's, with errors, headers and examples added."""

import json
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema

from wearcast.serving.api.problem_details import Problem

EXAMPLES: Final = Path(__file__).with_name("examples.json")
"""Requests and responses by operation; scripts/api_examples.py writes the file."""
_CACHE_HEADERS: Final = {
    "ETag": (
        "Changes with all but the answer's age.",
        {"type": "string", "examples": ['W/"5823d39b913e5fab"']},
    ),
    "Cache-Control": (
        "For how long it may be kept.",
        {"type": "string", "examples": ["public, max-age=1800"]},
    ),
}
_FORECAST_HEADERS: Final = {
    "Wearcast-Issued-At": (
        "As `issued_at`.",
        {"type": "string", "examples": ["2013-12-30T23:00:00Z"]},
    ),
    "Wearcast-Model": ("As `model`.", {"type": "string", "examples": ["5136f5f6b779"]}),
    "Wearcast-Age": ("As `age_s`.", {"type": "integer", "minimum": 0}),
    "Wearcast-Stale": ("As `stale`.", {"type": "string", "enum": ["true", "false"]}),
    "Wearcast-Replay": ("As `replay`.", {"type": "string", "enum": ["true", "false"]}),
}
_WITHOUT_FORECAST: Final = ("/feedback", "/health/live", "/health/ready", "/metrics", "/places")
"""Paths whose responses are of no forecast and may not be cached."""


def install(app: FastAPI) -> None:
    """Make the app generate the complete document."""
    generate = app.openapi

    def complete() -> dict[str, Any]:
        document = generate()
        if "Problem" not in document["components"]["schemas"]:
            _add_errors_headers_and_examples(document)
        return document

    app.openapi = complete  # type: ignore[method-assign]


def _add_errors_headers_and_examples(document: dict[str, Any]) -> None:
    _, problems = models_json_schema(
        [(Problem, "serialization")], ref_template="#/components/schemas/{model}"
    )
    document["components"]["schemas"] |= problems["$defs"]
    _add_headers(document)
    examples = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    for label, parts in examples.items():
        method, path = label.split()
        _add_examples(document["paths"][path][method.lower()], parts)


def _add_headers(document: dict[str, Any]) -> None:
    every_header = _CACHE_HEADERS | _FORECAST_HEADERS
    components = document["components"]["headers"] = {}
    for name, (description, schema) in every_header.items():
        components[name] = {"description": description, "required": True, "schema": schema}
    for path, methods in document["paths"].items():
        if path in _WITHOUT_FORECAST:
            continue
        for method, operation in methods.items():
            names = _FORECAST_HEADERS if method == "post" else every_header
            references = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
            operation["responses"]["200"]["headers"] = references


def _add_examples(operation: dict[str, Any], parts: dict[str, dict[str, dict[str, Any]]]) -> None:
    for part, by_media_type in parts.items():
        body = operation["requestBody"] if part == "request" else operation["responses"][part]
        for media_type, examples in by_media_type.items():
            values = {name: {"value": value} for name, value in examples.items()}
            content = body["content"][media_type]
            content["examples"] = values
