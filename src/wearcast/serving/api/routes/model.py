"""The model: its card, its scores on the test period, and the live verification of snapshots."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel

from wearcast.forecasting.manifest import Manifest
from wearcast.forecasting.median_share import told
from wearcast.forecasting.quantiles import LEVELS
from wearcast.serving.api import schemas
from wearcast.serving.api.problem_details import problem_responses
from wearcast.serving.api.routes.station_page import page_of
from wearcast.serving.api.service import Service, ServiceDep, as_json_bytes, provenance_headers
from wearcast.serving.api.station_directory import Page, StationDirectory
from wearcast.serving.api.utc_time import with_whole_times

router = APIRouter(tags=["model"])


@router.get(
    "/model",
    summary="What the model is",
    response_model=schemas.ModelCard,
    responses=problem_responses(422, 429, 503),
)
async def model(
    service: ServiceDep, query: Annotated[schemas.StationPageQuery, Query()]
) -> Response:
    """The tracked model: version, hashes of data and code, what it was trained on, and its
    scores; many stations in pages."""
    manifest = service.forecaster.manifest
    metrics = service.tracked_model.metrics
    page = page_of(StationDirectory(manifest.stations), "", query)
    return _model_response(service, _model_card(manifest, page, metrics))


@router.get(
    "/model/verification",
    summary="How good it was on the test period",
    response_model=schemas.Verification,
    responses=problem_responses(429, 503),
)
async def model_verification(service: ServiceDep) -> Response:
    """All scores of the tracked model and its baselines on the test period, and the tables that
    plots are drawn from."""
    model = service.tracked_model
    plots = {name: schemas.Table(**with_whole_times(table)) for name, table in model.plots.items()}
    verification = schemas.Verification(
        metrics=model.metrics, verification=with_whole_times(model.verification), plots=plots
    )
    return _model_response(service, verification)


@router.get(
    "/verification/recent",
    summary="How past forecasts fared",
    response_model=schemas.Recent,
    responses=problem_responses(404, 422, 429, 503),
)
async def verification_recent(
    service: ServiceDep, query: Annotated[schemas.StationQuery, Query()]
) -> Response:
    """How the past snapshots of a station fared against what came; hours that quality control
    filled don't count."""
    current = service.current
    index = service.station_index(current, query.station)
    provenance = service.provenance(current, index)
    station = current.snapshot.stations[index]
    by_station = current.live_verification or {}
    scores = by_station.get(station.id)
    recent = schemas.Recent(
        forecast=provenance, station=station.id, verification=with_whole_times(scores)
    )
    return service.json_response(current, [index], recent, provenance)


def _model_response(service: Service, content: BaseModel) -> Response:
    """A response about the model, with headers about the current forecast."""
    current = service.current
    headers = provenance_headers(service.provenance(current, 0))
    body = as_json_bytes(content)
    return service.cacheable_response(current, [0], body, "application/json", headers)


def _model_card(
    manifest: Manifest, page: Page, metrics: dict[str, Any] | None
) -> schemas.ModelCard:
    origin = manifest.origin
    trained = origin["trained_on"]
    return schemas.ModelCard(
        version=manifest.version,
        onnx=manifest.onnx,
        data=origin["data"],
        code=origin["code"],
        trained_on=schemas.TrainedOn(
            start=_utc_hour(trained["from"]),
            until=_utc_hour(trained["until"]),
            segments=trained["segments"],
            source=trained["source"],
        ),
        stations=[schemas.Station(**station.model_dump()) for station in page.stations],
        total=page.total,
        next=page.next,
        history_h=manifest.standardization.history_h,
        horizon_h=manifest.standardization.horizon_h,
        levels=LEVELS.tolist(),
        params=origin["params"],
        median=told(origin["median"]) if "median" in origin else None,
        judged=origin.get("judged"),
        libraries=origin["libraries"],
        validation=origin["validation"],
        test=metrics,
    )


def _utc_hour(text: str) -> datetime:
    naive = datetime.fromisoformat(f"{text}:00")
    return naive.replace(tzinfo=UTC)
