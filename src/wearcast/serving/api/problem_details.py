"""Errors as problem details (RFC 9457): what was wrong, where, and what to do."""

import http
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import FastAPI, Header, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from wearcast.serving.api.asgi import route_path
from wearcast.serving.json_logging import REQUEST_ID

MEDIA_TYPE: Final = "application/problem+json"
_MAX_FIELDS: Final = 20
"""The most invalid fields that a response lists."""
_MAX_LENGTH: Final = 200
"""The most characters of a field's name or of its message; clients can influence both."""


class FieldProblem(BaseModel):
    """A field that was wrong."""

    field: str = Field(examples=["query.units"])
    message: str = Field(examples=["Input should be 'metric' or 'imperial'"])


class Problem(BaseModel):
    """What went wrong."""

    type: str = Field(
        default="about:blank",
        description="Always about:blank: the status and the detail say it all.",
    )
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(
        examples=["No forecast for 2031-01-01 at EWR; there is one for 2013-12-30 to 2014-01-05."]
    )
    request_id: str = Field(description="Also in the header X-Request-ID and in the log.")
    errors: list[FieldProblem] = Field(
        default=[], description="The wrong fields, where fields were wrong."
    )


class ProblemError(Exception):
    """An error whose response is a problem."""

    def __init__(
        self,
        status: int,
        detail: str,
        retry_after_s: int | None = None,
        errors: Sequence[FieldProblem] = (),
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = list(errors)
        self.headers = {} if retry_after_s is None else {"Retry-After": str(retry_after_s)}


def invalid_field(field: str, message: str) -> ProblemError:
    """The error 422 of a request whose field is invalid."""
    problem = FieldProblem(field=field, message=message)
    return ProblemError(422, f"{field}: {message}", errors=[problem])


async def require_json(content_type: Annotated[str, Header(include_in_schema=False)] = "") -> None:
    """Refuse a body that isn't said to be JSON, rather than guess what it is.

    Raises:
        ProblemError: 415.
    """
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type != "application/json" and not media_type.endswith("+json"):
        raise ProblemError(
            415, "Send the body as JSON, with the header `Content-Type: application/json`."
        )


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error responses in a route's documentation."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    responses: dict[int | str, dict[str, Any]] = {}
    for status in statuses:
        description = http.HTTPStatus(status).phrase
        responses[status] = {"description": description, "content": content}
    return responses


def problem_response(
    status: int,
    detail: str,
    headers: Mapping[str, str] | None = None,
    errors: Sequence[FieldProblem] = (),
) -> Response:
    """A problem as a response."""
    problem = Problem(
        title=http.HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        request_id=REQUEST_ID.get(),
        errors=list(errors),
    )
    return Response(
        problem.model_dump_json(),
        status,
        {"Cache-Control": "no-store", **(headers or {})},
        MEDIA_TYPE,
    )


def install_handlers(app: FastAPI) -> None:
    """Make the app respond to every error with a problem."""
    app.add_exception_handler(ProblemError, _handle_problem)
    app.add_exception_handler(RequestValidationError, _handle_validation_error)
    app.add_exception_handler(HTTPException, _handle_http_exception)
    app.add_exception_handler(Exception, _handle_unexpected)


async def _handle_problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)  # noqa: S101 - what the handler is installed for
    return problem_response(error.status, error.detail, error.headers, error.errors)


async def _handle_validation_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    first_errors = error.errors()[:_MAX_FIELDS]
    problems = [_field_problem(one) for one in first_errors]
    lines = [f"{problem.field}: {problem.message}" for problem in problems[:3]]
    detail = "; ".join(lines) or "the request is not valid"
    return problem_response(422, detail, errors=problems)


def _field_problem(error: Any) -> FieldProblem:
    field = ".".join(map(str, error["loc"]))
    message = _message(error)
    return FieldProblem(field=field[:_MAX_LENGTH], message=message[:_MAX_LENGTH])


def _message(error: Any) -> str:
    if error["type"] == "extra_forbidden":
        return "there is no such field; is it misspelt?"
    return str(error["msg"]).removeprefix("Value error, ")


async def _handle_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    headers = dict(error.headers or {})
    if error.status_code == 405:
        # Starlette names the methods of one route only; several routes may have the same path.
        path = route_path(request.scope)
        methods = request.app.state.methods.get(path, ("GET", "HEAD"))
        headers["Allow"] = ", ".join(methods)
    return problem_response(error.status_code, _detail(error), headers)


def _detail(error: HTTPException) -> str:
    match error.status_code:
        case 404:
            return "There is nothing here. /docs lists what there is."
        case 405:
            return "This address doesn't answer that method. /docs lists what it answers."
        case _:
            return str(error.detail)


async def _handle_unexpected(_: Request, _error: Exception) -> Response:
    # Starlette raises it again after this response.
    return unexpected_response()


def unexpected_response() -> Response:
    """The response to a request that failed for a reason of our own."""
    return problem_response(
        500,
        "Something went wrong here, not with what you asked. The log has it under this request_id.",
    )
