"""The app: its routes, and around them, from the outside in, the middleware for telemetry, CORS,
request limits, cached responses and gzip."""

import contextlib
import sys
from collections.abc import AsyncIterator
from importlib.metadata import version
from typing import Any, Final

import anyio.to_thread
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi_offline import FastAPIOffline
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response

from wearcast.serving.api import openapi_document, problem_details
from wearcast.serving.api.metrics import Metrics, RequestTelemetry
from wearcast.serving.api.model_card import TrackedModel
from wearcast.serving.api.request_limits import RequestLimits
from wearcast.serving.api.response_cache import ResponseCache
from wearcast.serving.api.routes import forecasts, health, model, recommendations
from wearcast.serving.api.service import Service
from wearcast.serving.log_writer import LogWriter
from wearcast.serving.settings import Deployment
from wearcast.serving.store.object_storage import open_storage
from wearcast.serving.store.snapshot_reader import SnapshotReader
from wearcast.serving.store.snapshot_store import SnapshotStore
from wearcast.serving.supervisor import Supervisor

_DESCRIPTION: Final = """
What to wear, hour by hour, for the days ahead, and how sure that is.

Every answer says which forecast it comes from: when it was issued, by which model, how old it is,
whether it is stale, and whether it is a replay of past weather. JSON answers say it in `forecast`,
all answers in the headers `Wearcast-…`. Answers may be kept until the next forecast is expected:
they carry `ETag` and `Cache-Control`. Errors are problem details (RFC 9457).
"""
_MIN_GZIP_BYTES: Final = 1_000
_ROUTERS: Final = (forecasts.router, recommendations.router, model.router, health.router)


def create_app(
    settings: Deployment, reader: SnapshotReader | None = None, log: LogWriter | None = None
) -> FastAPI:
    """Create the API.

    Args:
        settings: the deployment's settings.
        reader: used instead of a reader of `settings.store`.
        log: a running writer for the access log; without it the app starts one of its own on the
            standard error.
    """
    reader = reader or SnapshotReader(
        SnapshotStore(open_storage(settings.store, settings.store_timeout), settings.keep),
        settings.stale_after,
    )
    tracked_model = TrackedModel.load(settings.model, settings.reports)
    own_log = LogWriter(sys.stderr)
    writer = log or own_log
    supervisor = Supervisor({"store_watch": lambda: reader.watch(settings.revalidate_every)})
    metrics = Metrics(reader, supervisor, writer)
    service = Service(settings, reader, tracked_model, metrics, supervisor)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        # These threads only compute: more of them would be no faster, and each takes memory.
        anyio.to_thread.current_default_thread_limiter().total_tokens = settings.max_forecasts
        with own_log if writer is own_log else contextlib.nullcontext():
            async with supervisor.running():
                yield

    app = FastAPIOffline(
        title="Wearcast",
        version=version("wearcast"),
        description=_DESCRIPTION,
        lifespan=lifespan,
        redirect_slashes=False,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
        swagger_ui_oauth2_redirect_url="/docs/oauth2-redirect",
    )
    app.state.service = service
    app.state.methods = _methods_by_path()
    for router in _ROUTERS:
        app.include_router(router)
    problem_details.install_handlers(app)
    openapi_document.install(app)
    _add_middleware(app, service, writer)
    return app


class Cors(CORSMiddleware):
    """CORS whose refusals are problems (RFC 9457), too."""

    def preflight_response(self, request_headers: Headers) -> Response:
        """The response to a preflight request."""
        response = super().preflight_response(request_headers)
        if response.status_code == 200:
            return response
        headers = {
            name: value
            for name, value in response.headers.items()
            if not name.startswith("content-")
        }
        return problem_details.problem_response(
            response.status_code, bytes(response.body).decode(), headers
        )


def _methods_by_path() -> dict[str, list[str]]:
    """The allowed methods of each path."""
    methods_by_path: dict[str, set[str]] = {}
    for route in _routes():
        methods = methods_by_path.setdefault(route.path, set())
        methods.update(route.methods or ())
        if "GET" in methods:
            methods.add("HEAD")
    return {path: sorted(methods) for path, methods in methods_by_path.items()}


def _routes() -> list[APIRoute]:
    routes: list[APIRoute] = []
    for router in _ROUTERS:
        routes += [route for route in router.routes if isinstance(route, APIRoute)]
    return routes


def _add_middleware(app: FastAPI, service: Service, log: LogWriter) -> None:
    settings = service.settings
    routes = _routes()
    cached_paths = [
        "/docs",
        *(route.path for route in routes if route.methods and "GET" in route.methods),
    ]
    # The last added is the outermost.
    app.add_middleware(GZipMiddleware, minimum_size=_MIN_GZIP_BYTES, compresslevel=6)
    app.add_middleware(ResponseCache, paths=cached_paths, version=service.cache_version)
    app.add_middleware(
        RequestLimits,
        max_bytes=settings.max_body_bytes,
        receive_timeout=settings.receive_timeout,
        max_concurrent=settings.max_forecasts,
    )
    if settings.cors_origins:
        cors_methods: dict[str, Any] = {
            "allow_methods": ["GET", "HEAD", "POST"],
            "allow_headers": ["Content-Type", "If-None-Match"],
        }
        exposed_headers = [
            "ETag",
            "X-Request-ID",
            "Retry-After",
            *(f"Wearcast-{name}" for name in ("Issued-At", "Model", "Age", "Stale", "Replay")),
        ]
        app.add_middleware(
            Cors,
            allow_origins=settings.cors_origins,
            expose_headers=exposed_headers,
            **cors_methods,
        )
    app.add_middleware(
        RequestTelemetry, metrics=service.metrics, log=log, paths=[route.path for route in routes]
    )
