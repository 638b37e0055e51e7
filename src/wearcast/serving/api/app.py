"""The app: its routes, and around them, from the outside in, the middleware for telemetry, CORS,
cached responses and limits of bodies."""

import contextlib
import gc
import sys
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from importlib.metadata import version
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from fastapi_offline import FastAPIOffline
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from wearcast.serving.api import openapi_document, problem_details
from wearcast.serving.api.asked_places import AskedPlaces
from wearcast.serving.api.audience import Audience
from wearcast.serving.api.bounded_bodies import BoundedBodies
from wearcast.serving.api.computing import computed_by
from wearcast.serving.api.feedback_metrics import FeedbackCollector
from wearcast.serving.api.metrics import Metrics, RequestTelemetry
from wearcast.serving.api.operation import Operation
from wearcast.serving.api.place_metrics import PlaceCollector
from wearcast.serving.api.preparation import Preparation
from wearcast.serving.api.request_limits import BodyLimit, RequestBodies
from wearcast.serving.api.response_cache import CachedAnswers, Compute
from wearcast.serving.api.routes import feedback, forecasts, health, model, places, recommendations
from wearcast.serving.api.served_models import (
    ServedModel,
    models_of_workers,
    served_models,
    shadow_readers,
    snapshot_store,
    tracked_models,
)
from wearcast.serving.api.service import Service
from wearcast.serving.api.several_stations import SeveralStations
from wearcast.serving.api.started_workers import StartedProcess
from wearcast.serving.api.taken_feedback import TakenFeedback
from wearcast.serving.api.variant_metrics import VariantCollector
from wearcast.serving.api.worker_metrics import WorkerCollector
from wearcast.serving.api.workers.pool import Workers
from wearcast.serving.experiment.assignment import CLIENT_HEADER, MODEL_HEADER, Assignment
from wearcast.serving.experiment.variants import CHAMPION
from wearcast.serving.feedback.evidence import PastAdvice
from wearcast.serving.feedback.votes_of_people import VotesOfPeople
from wearcast.serving.log_writer import LogWriter
from wearcast.serving.settings import Deployment
from wearcast.serving.store.current_snapshot import ServedSnapshot
from wearcast.serving.store.last_good import LastGood
from wearcast.serving.store.object_storage import open_storage
from wearcast.serving.store.snapshot_reader import SnapshotReader
from wearcast.serving.store.snapshot_store import SnapshotStore
from wearcast.serving.supervisor import StartTask, Supervisor

_DESCRIPTION: Final = """
What to wear, hour by hour, for the days ahead, and how sure that is.

Every answer says which forecast it comes from: when it was issued, by which model, how old it is,
whether it is stale, and whether it is a replay of past weather. JSON answers say it in `forecast`,
all answers in the headers `Wearcast-…`. Answers may be kept until the next forecast is expected:
they carry `ETag` and `Cache-Control`. Errors are problem details (RFC 9457).
"""
_MOMENTARY: Final = (feedback.router, health.router, places.router)
"""Their answers are of the moment: they are neither kept nor computed elsewhere."""
_ROUTERS: Final = (forecasts.router, recommendations.router, model.router, *_MOMENTARY)
_WARDROBE: Final = BodyLimit(64_000, max_containers=1_000, max_values=5_000)
"""60 garments of Wearcast's and 60 of one's own take 20 kB."""
_HISTORY: Final = BodyLimit(1_500_000, max_containers=10_000, max_values=100_000)
"""9,600 hours of eight values with a decimal take 1.4 MB."""
_VOTE: Final = BodyLimit(4_000, max_containers=10, max_values=100)
_PLACE: Final = BodyLimit(1_000, max_containers=5, max_values=50)
_BODY_LIMITS: Final = {
    "/feedback": _VOTE,
    "/places": _PLACE,
    "/recommendation/by_day": _WARDROBE,
    "/recommendation/by_hour": _WARDROBE,
    "/forecast": _HISTORY,
}
_DOCUMENTS: Final = ("/docs", "/openapi.json")
_DOCUMENT_FILES: Final = "/static-offline-docs/"


class Api:
    """The API as an ASGI app: a front of our own, which answers most requests, before FastAPI,
    whose middleware alone takes as long as sending a kept answer does.

    Attributes:
        fastapi: the routes, and the lifespan.
    """

    def __init__(self, fastapi: FastAPI, front: RequestTelemetry) -> None:
        self.fastapi = fastapi
        self.front = front

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request, or the lifespan."""
        handler: ASGIApp = self.front if scope["type"] == "http" else self.fastapi
        await handler(scope, receive, send)

    def count_refusal(self, status: int) -> None:
        """Count and log a request that doesn't reach the app: see `CountsRefusals`."""
        self.front.count_refusal(status)


def create_app(
    settings: Deployment,
    reader: SnapshotReader | None = None,
    log: LogWriter | None = None,
    *,
    in_workers: bool = False,
    started: list[StartedProcess] | None = None,
    keeps_last_good: bool = False,
) -> Api:
    """Create the API.

    Args:
        settings: the deployment's settings.
        reader: used instead of a reader of `settings.store`.
        log: a running writer for the access log; without it the app starts one of its own on the
            standard error.
        in_workers: whether answers are computed in processes of their own, as a server of many
            clients needs, or in this one.
        started: such processes that are started already; those that are used are taken out.
        keeps_last_good: whether the last good snapshot is kept in `settings.last_good`, and served
            from there while the store is gone.
    """
    last_good = LastGood(settings.last_good, settings.store) if keeps_last_good else None
    reader = reader or SnapshotReader(
        SnapshotStore(open_storage(settings.store, settings.store_timeout), settings.keep),
        settings.stale_after,
        last_good=last_good,
    )
    own_log = LogWriter(sys.stderr)
    writer = log or own_log
    tracked = models_of_workers(settings) if in_workers else tracked_models(settings)
    models = served_models(settings, reader, tracked, keeps_last_good)
    workers = Workers(settings, lambda name: models[name].reader.current, started)
    variants = {name: served.reader for name, served in models.items() if name != CHAMPION}
    variants |= shadow_readers(settings)
    watch = {"store_watch": _watch(reader, settings)}
    for name, of_variant in variants.items():
        watch[f"store_watch_{name}"] = _watch(of_variant, settings)
    asked_places = AskedPlaces.open(settings)
    if asked_places.queue is not None:
        watch["place_requests"] = asked_places.watch
    supervisor = Supervisor({**watch, **workers.tasks} if in_workers else watch)
    metrics = Metrics(reader, supervisor, writer)
    if variants:
        metrics.watch(VariantCollector(variants))
    if in_workers:
        metrics.watch(WorkerCollector(workers))
    taken_feedback = TakenFeedback(settings, _votes_of_people(settings, models))
    if taken_feedback.votes:
        metrics.watch(FeedbackCollector(taken_feedback.counts))
    if asked_places.queue is not None:
        metrics.watch(PlaceCollector(asked_places))

    def model_error() -> str:
        return workers.load_error if in_workers else tracked[CHAMPION].load_error

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if in_workers:
            _prepare(models, workers, settings.root_path, metrics)
        with own_log if writer is own_log else contextlib.nullcontext():
            async with supervisor.running():
                if in_workers:
                    # What is there by now stays; no garbage collection has to look at it again.
                    gc.freeze()
                yield
            taken_feedback.close()
            asked_places.close()

    app = routes_app({name: served.service for name, served in models.items()}, lifespan)
    app.state.feedback = taken_feedback
    app.state.places = asked_places
    app.state.operation = Operation(
        reader,
        supervisor,
        metrics,
        model_error,
        lambda: all(served.was_looked_for for served in models.values()),
    )
    compute = workers.compute if in_workers else computed_by(app, is_fixed)
    front = _front(app, settings, models, compute, workers.join)
    paths = [route.path for route in _routes()]
    return Api(app, RequestTelemetry(front, metrics, writer, paths))


def _watch(reader: SnapshotReader, settings: Deployment) -> StartTask:
    return lambda: reader.watch(settings.revalidate_every)


def _prepare(
    models: Mapping[str, ServedModel], workers: Workers, root_path: str, metrics: Metrics
) -> None:
    """Have each model's snapshots prepared by the workers before they are served, and what the
    metrics tell of the champion's."""
    for name, served in models.items():
        version = served.present.version_with
        preparation = Preparation(workers, served.cache, version, root_path, name)
        preparation.begin()
        served.reader.check = preparation.check
    of_champion = models[CHAMPION].reader
    check = of_champion.check

    def check_and_tell(snapshot: ServedSnapshot, content: bytes) -> None:
        check(snapshot, content)
        if of_champion.current is not None:
            metrics.prepare(snapshot)
            return
        # Everybody waits for the first one.
        threading.Thread(target=metrics.prepare, args=[snapshot], daemon=True).start()

    of_champion.check = check_and_tell


def _votes_of_people(
    settings: Deployment, models: Mapping[str, ServedModel]
) -> VotesOfPeople | None:
    """The votes that the service takes; None where feedback is off."""
    url = settings.feedback.get_secret_value()
    if not url:
        return None
    # SQLAlchemy takes a tenth of a second, in each worker too, which has no use for it.
    from wearcast.serving.feedback.feedback_store import FeedbackStore

    past = {name: PastAdvice(snapshot_store(settings, name)) for name in models}
    now = models[CHAMPION].reader.now
    return VotesOfPeople(FeedbackStore(url, now=now), past, now)


def routes_app(services: Mapping[str, Service], lifespan: Any = None) -> FastAPI:
    """An app of the routes alone, each of which answers whatever it is asked.

    Args:
        services: those behind the routes, by the name of their model, the champion among them.
        lifespan: of the app.
    """
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
    app.state.services = services
    app.state.methods = _methods_by_path()
    for router in _ROUTERS:
        app.include_router(router)
    problem_details.install_handlers(app)
    openapi_document.install(app)
    return app


def is_fixed(path: str) -> bool:
    """Whether the answer of a path, whatever its query, stays the same while the process runs: of
    the documents and what they show."""
    return path in _DOCUMENTS or path.startswith(_DOCUMENT_FILES)


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
        routes += _routes_of(router)
    return routes


def _routes_of(router: APIRouter) -> list[APIRoute]:
    return [route for route in router.routes if isinstance(route, APIRoute)]


def _front(
    app: ASGIApp,
    settings: Deployment,
    models: Mapping[str, ServedModel],
    compute: Compute,
    join: Callable[[Scope], None],
) -> ASGIApp:
    """What stands before the routes: kept answers, limits, and CORS where there are origins."""
    bodies = RequestBodies(_BODY_LIMITS, settings.receive_timeout, settings.trusted_proxies)
    apps: dict[str, ASGIApp] = {}
    for name, served in models.items():
        cached = CachedAnswers(
            BoundedBodies(app, bodies, _BODY_LIMITS),
            compute=compute,
            join=join,
            paths=_computed_paths(),
            is_fixed=is_fixed,
            cache=served.cache,
            present=served.present.present,
            arrived=bodies.arrived,
        )
        apps[name] = SeveralStations(cached, settings.trusted_proxies)
    front = apps[CHAMPION]
    if len(models) > 1:
        assignment = Assignment(settings.experiment, settings.variants)
        paths = {path for of_method in _computed_paths().values() for path in of_method}
        paths |= {route.path for route in _routes_of(feedback.router)}
        front = Audience(assignment, apps, paths, lambda name: models[name].present.is_fresh())
    return _with_cors(front, settings, has_variants=len(models) > 1)


def _with_cors(front: ASGIApp, settings: Deployment, *, has_variants: bool) -> ASGIApp:
    if not settings.cors_origins:
        return front
    of_variants = [CLIENT_HEADER, MODEL_HEADER] if has_variants else []
    told = [f"Wearcast-{name}" for name in ("Issued-At", "Model", "Age", "Stale", "Replay")]
    return Cors(
        front,
        allow_origins=settings.cors_origins,
        allow_methods=["GET", "HEAD", "POST", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "If-None-Match", *of_variants],
        expose_headers=["ETag", "X-Request-ID", "Retry-After", *told, *of_variants[1:]],
    )


def _momentary_paths() -> list[str]:
    """The paths whose answers are of the moment."""
    return [route.path for router in _MOMENTARY for route in _routes_of(router)]


def _computed_paths() -> dict[str, list[str]]:
    """By method, the paths whose answers are computed."""
    momentary = _momentary_paths()
    computed = [route for route in _routes() if route.path not in momentary]
    return {
        method: [route.path for route in computed if method in (route.methods or ())]
        for method in ("GET", "POST")
    }
