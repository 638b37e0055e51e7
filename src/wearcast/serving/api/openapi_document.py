"""The OpenAPI document: FastAPI's own, and what FastAPI can't know of errors and headers."""

import json
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema

from wearcast.serving.api.problem_details import Problem

EXAMPLES: Final = Path(__file__).with_name("examples.json")
"""By operation, what is sent and what is answered; scripts/api_examples.py writes it."""
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
        {"type": "string", "examples": ["2013-12-30T23:00Z"]},
    ),
    "Wearcast-Model": ("As `model`.", {"type": "string", "examples": ["5136f5f6b779"]}),
    "Wearcast-Age": ("As `age_s`.", {"type": "integer", "minimum": 0}),
    "Wearcast-Stale": ("As `stale`.", {"type": "string", "enum": ["true", "false"]}),
    "Wearcast-Replay": ("As `replay`.", {"type": "string", "enum": ["true", "false"]}),
}
_WITHOUT_FORECAST: Final = ("/health/live", "/health/ready", "/metrics")
"""What tells of no forecast, and may not be kept."""


def install(app: FastAPI) -> None:
    """Let the app tell the whole document."""
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
    document["components"]["headers"] = {
        name: {"description": description, "required": True, "schema": schema}
        for name, (description, schema) in (_CACHE_HEADERS | _FORECAST_HEADERS).items()
    }
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if path not in _WITHOUT_FORECAST:
                names = (
                    _FORECAST_HEADERS if method == "post" else _CACHE_HEADERS | _FORECAST_HEADERS
                )
                operation["responses"]["200"]["headers"] = {
                    name: {"$ref": f"#/components/headers/{name}"} for name in names
                }
    for label, parts in json.loads(EXAMPLES.read_text(encoding="utf-8")).items():
        method, path = label.split()
        _add_examples(document["paths"][path][method.lower()], parts)


def _add_examples(operation: dict[str, Any], parts: dict[str, dict[str, dict[str, Any]]]) -> None:
    for part, by_media_type in parts.items():
        content = (operation["requestBody"] if part == "request" else operation["responses"][part])[
            "content"
        ]
        for media_type, examples in by_media_type.items():
            content[media_type]["examples"] = {
                name: {"value": value} for name, value in examples.items()
            }
