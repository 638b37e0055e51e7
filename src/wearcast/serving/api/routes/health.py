"""Health checks and metrics."""

from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from wearcast.serving.api import schemas
from wearcast.serving.api.operation import OperationDep

router = APIRouter(tags=["operation"])
_LATER: Final = {"Retry-After": "5"}


@router.get("/health/live", summary="The process answers", response_model=schemas.Health)
async def health_live() -> Response:
    """The process answers; nothing else is asked."""
    return _health_response(200, schemas.Health(status="alive"))


@router.get(
    "/health/ready",
    summary="There is a forecast to serve",
    response_model=schemas.Health,
    responses={
        503: {
            "model": schemas.Health,
            "description": "No snapshot yet, or nobody looks for newer ones",
        }
    },
)
async def health_ready(operation: OperationDep) -> Response:
    """There is a forecast to serve, and newer ones are looked for; an old one is still one, and
    told as stale."""
    tasks = operation.supervisor.error_summary
    errors: dict[str, Any] = {
        "store": operation.reader.last_error,
        "model": operation.model_error(),
        "tasks": tasks,
    }
    current = operation.reader.current
    # A variant's clients aren't to get the champion's answers for the first moment.
    if current is None or not operation.looked_for_all():
        waiting = schemas.Health(status="failing" if tasks else "waiting", **errors)
        return _health_response(503, waiting, _LATER)
    served: dict[str, Any] = {
        "snapshot": current.record.version,
        "age_s": int(operation.reader.age(current).total_seconds()),
        "stale": operation.reader.stale(current),
    }
    if tasks:
        return _health_response(503, schemas.Health(status="failing", **served, **errors), _LATER)
    return _health_response(200, schemas.Health(status="ready", **served, **errors))


@router.get("/metrics", summary="Counters for Prometheus", response_class=PlainTextResponse)
async def metrics(operation: OperationDep) -> Response:
    """Counters and gauges for Prometheus."""
    return operation.metrics.response()


@router.get("/", include_in_schema=False)
async def root(request: Request) -> Response:
    """Redirect browsers to the documentation, also where a proxy's prefix is asked for without its
    slash, from which a relative address would lead beside it."""
    return RedirectResponse(f"{request.scope.get('root_path', '')}/docs")


def _health_response(
    status: int, health: schemas.Health, headers: dict[str, str] | None = None
) -> Response:
    every_header = {"Cache-Control": "no-store", **(headers or {})}
    return JSONResponse(health.model_dump(), status, every_header)
