"""The model and how good it is: its card, its scores on the test period, and how past snapshots
fared."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel

from wearcast.forecasting.manifest import Manifest
from wearcast.forecasting.quantiles import LEVELS
from wearcast.serving.api import schemas
from wearcast.serving.api.problem_details import documented
from wearcast.serving.api.service import Service, ServiceDep, described, written
from wearcast.vocabulary import HORIZON_H

router = APIRouter(tags=["model"])


@router.get(
    "/model",
    summary="What the model is",
    response_model=schemas.ModelCard,
    responses=documented(503),
)
async def model(service: ServiceDep) -> Response:
    """The tracked model: version, hashes of data and code, what it was trained on, and its
    scores."""
    return _lasting(service, _card(service.forecaster.manifest, service.card.metrics))


@router.get(
    "/model/verification",
    summary="How good it was on the test period",
    response_model=schemas.Verification,
    responses=documented(503),
)
async def model_verification(service: ServiceDep) -> Response:
    """All scores of the tracked model and its baselines on the test period, and the tables that
    plots are drawn from."""
    card = service.card
    plots = {name: schemas.Table(**table) for name, table in card.plots.items()}
    return _lasting(
        service,
        schemas.Verification(metrics=card.metrics, verification=card.verification, plots=plots),
    )


@router.get(
    "/verification/recent",
    summary="How past forecasts fared",
    response_model=schemas.Recent,
    responses=documented(404, 422, 503),
)
async def verification_recent(
    service: ServiceDep, query: Annotated[schemas.WhichStation, Query()]
) -> Response:
    """How the past snapshots of a station fared against what came; hours that quality control
    filled don't count."""
    current = service.current
    station = service.station(current, query.station)
    provenance = service.provenance(current, station)
    id = current.snapshot.stations[station].id
    found = (current.recent or {}).get(id)
    return service.answer(
        current, schemas.Recent(forecast=provenance, station=id, verification=found), provenance
    )


def _lasting(service: Service, content: BaseModel) -> Response:
    """An answer about the model, with the current forecast in its headers."""
    current = service.current
    return service.kept(
        current, written(content), "application/json", described(service.provenance(current, 0))
    )


def _card(manifest: Manifest, metrics: dict[str, Any] | None) -> schemas.ModelCard:
    origin, trained = manifest.origin, manifest.origin["trained_on"]
    return schemas.ModelCard(
        version=manifest.version,
        onnx=manifest.onnx,
        data=origin["data"],
        code=origin["code"],
        trained_on=schemas.TrainedOn(
            start=_hour(trained["from"]),
            until=_hour(trained["until"]),
            segments=trained["segments"],
            source=trained["source"],
        ),
        stations=[schemas.Station(**station.model_dump()) for station in manifest.stations],
        history_h=manifest.standardization.history_h,
        horizon_h=HORIZON_H,
        levels=LEVELS.tolist(),
        params=origin["params"],
        libraries=origin["libraries"],
        validation=origin["validation"],
        test=metrics,
    )


def _hour(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}:00").replace(tzinfo=UTC)
