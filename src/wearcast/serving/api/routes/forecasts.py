"""Forecasts: the published one of a station, and one from a client's own history."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import numpy as np
from fastapi import APIRouter, Query
from fastapi.responses import Response

from wearcast.config import Station
from wearcast.errors import ModelError
from wearcast.forecasting.daily import reader_clock
from wearcast.forecasting.history import History
from wearcast.forecasting.snapshot import Origin, Snapshot, version
from wearcast.serving.api import schemas
from wearcast.serving.api.forecast_view import Told
from wearcast.serving.api.problem_details import ProblemError, documented, wrong_field
from wearcast.serving.api.service import Service, ServiceDep, described, written
from wearcast.serving.store.snapshot_reader import Current

_LOG: Final = logging.getLogger(__name__)
router = APIRouter(tags=["forecast"])
_CSV: Final = {"content": {"text/csv": {"schema": {"type": "string"}}}}


@router.get(
    "/forecast/latest",
    summary="A station's next 168 hours",
    response_model=schemas.Forecast | schemas.ForecastImperial | list[schemas.PlainHour],
    responses={200: _CSV, **documented(404, 422, 503)},
)
async def forecast_latest(
    service: ServiceDep, query: Annotated[schemas.WhichForecast, Query()]
) -> Response:
    """The next 168 hours of a station, hour by hour with quantiles, the 48 observed before them,
    and the days they make."""
    current = service.current
    station = service.station(current, query.station)
    provenance = service.provenance(current, station)
    now = service.reader.now()
    told = service.told(current, station, query.units, now)
    match query.format:
        case "json":
            lasts_s = service.days_last_s(current, station, now)
            return service.answer(current, told.forecast(provenance), provenance, lasts_s=lasts_s)
        case "csv":
            known = current.snapshot.stations[station]
            name = f"wearcast-{known.id}-{provenance.issued_at:%Y%m%dT%HZ}.csv"
            headers = {
                **described(provenance),
                "Content-Disposition": f'attachment; filename="{name}"',
            }
            return service.kept(current, told.csv().encode(), "text/csv; charset=utf-8", headers)
        case "records":
            return service.kept(
                current,
                schemas.PLAIN.dump_json(told.plain()),
                "application/json",
                described(provenance),
            )


@router.post(
    "/forecast",
    summary="A forecast from your own record",
    response_model=schemas.Forecast | schemas.ForecastImperial,
    responses=documented(400, 408, 413, 422, 503),
)
def forecast_own(service: ServiceDep, body: schemas.OwnHistory) -> Response:
    """A forecast by the tracked model from your own record of one of its stations, 168 to 9,600
    hours long."""
    history = _history(service, body)
    snapshot = _forecast(service, history)
    provenance = _provenance(service, snapshot)
    today = reader_clock(snapshot, history.station, service.reader.now()).date()
    content = Told(snapshot, 0, body.units, today).forecast(provenance)
    headers = {"Cache-Control": "no-store", **described(provenance)}
    return Response(written(content), headers=headers, media_type="application/json")


def _history(service: Service, body: schemas.OwnHistory) -> History:
    known = service.forecaster.manifest.standardization.climatologies
    if body.station not in known:
        raise wrong_field(
            "body.station",
            f"the model doesn't know {body.station}; it was trained for: {', '.join(known)}.",
        )
    valid_at = np.datetime64(body.first.astimezone(UTC).replace(tzinfo=None), "h") + np.arange(
        len(body.hours)
    )
    names = schemas.OwnHour.model_fields
    values = {
        name: np.array([getattr(hour, name) for hour in body.hours], dtype=np.float64)
        for name in names
    }
    try:
        return History(body.station, valid_at, values)
    except ModelError as error:
        raise wrong_field("body.hours", str(error)) from error


def _forecast(service: Service, history: History) -> Snapshot:
    manifest = service.forecaster.manifest
    place = next(station for station in manifest.stations if station.id == history.station)
    try:
        forecast = service.forecaster.predict(history)
    except ModelError as error:
        raise wrong_field("body.hours", str(error)) from error
    return Snapshot.of(
        [place], [forecast], [history], [0.0], Origin(manifest.version, "client", replay=False)
    )


def _provenance(service: Service, snapshot: Snapshot) -> schemas.Provenance:
    issued_at = snapshot.issued_at[0].item().replace(tzinfo=UTC)
    age = max(service.reader.now() - issued_at, timedelta(0))
    return schemas.Provenance(
        issued_at=issued_at,
        published_at=None,
        model=snapshot.origin.model,
        source=snapshot.origin.source,
        attribution="",
        version=version(snapshot.to_bytes()),
        age_s=int(age.total_seconds()),
        stale=age > service.settings.stale_after,
        replay=False,
    )


@router.get(
    "/stations",
    summary="Where, and for which days",
    response_model=schemas.Stations,
    responses=documented(422, 503),
)
async def stations(service: ServiceDep) -> Response:
    """Every station that is forecast, and the days that advice can be had for."""
    current = service.current
    now = service.reader.now()
    found = schemas.Stations(
        stations=[_offered(service, current, place, now) for place in service.stations(current)]
    )
    lasts_s = min(
        service.days_last_s(current, station, now)
        for station in range(len(current.snapshot.stations))
    )
    return service.answer(current, found, service.provenance(current, 0), lasts_s=lasts_s)


def _offered(service: Service, current: Current, place: Station, now: datetime) -> schemas.Offered:
    try:
        index = service.station(current, place.id)
    except ProblemError:
        return schemas.Offered(**place.model_dump(), forecast=None, today=None, days=[])
    told = service.told(current, index, "metric", now)
    dates = [day.date for day in told.days]
    return schemas.Offered(
        **place.model_dump(),
        forecast=service.provenance(current, index),
        today=told.today,
        days=dates,
    )
