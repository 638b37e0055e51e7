"""Forecasts: a station's published one, and one computed from a client's own history."""

import hashlib
import logging
import math
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import numpy as np
from fastapi import APIRouter, Depends, Query
from fastapi.responses import PlainTextResponse, Response

from wearcast.config import Station
from wearcast.errors import ModelError, some_of
from wearcast.forecasting.daily import dates, reader_clock
from wearcast.forecasting.history import History
from wearcast.forecasting.snapshot import Origin, Snapshot
from wearcast.serving.api import schemas
from wearcast.serving.api.expectations import expected, is_trained
from wearcast.serving.api.forecast_view import StationForecastView
from wearcast.serving.api.problem_details import (
    invalid_field,
    problem_responses,
    require_json,
)
from wearcast.serving.api.routes.station_page import page_of
from wearcast.serving.api.selection import Selection
from wearcast.serving.api.service import Service, ServiceDep, as_json_bytes, provenance_headers
from wearcast.serving.store.current_snapshot import ServedSnapshot
from wearcast.variables import HISTORY

_LOG: Final = logging.getLogger(__name__)
router = APIRouter(tags=["forecast"])
_CSV: Final = {"content": {"text/csv": {"schema": {"type": "string"}}}}


@router.get(
    "/forecast/latest",
    summary="The hours ahead of a station, or of several",
    response_model=schemas.Forecast
    | schemas.ForecastImperial
    | schemas.Forecasts
    | schemas.ForecastsImperial
    | list[schemas.PlainHour],
    responses=problem_responses(404, 422, 429, 503),
)
async def forecast_latest(
    service: ServiceDep, query: Annotated[schemas.ForecastQuery, Query()]
) -> Response:
    """The hours ahead of a station with quantiles, as far as the model's `horizon_h` reaches, the
    48 observed before them, and the days they make; or a part of that. Of several stations as
    `forecasts`, in the order that `station` names them; the headers are of the first one."""
    current = service.current
    index = service.station_index(current, _one_station(query))
    now = service.reader.now()
    view = service.station_view(current, index, query.units, now)
    provenance = service.provenance(current, index)
    match query.format:
        case "json":
            max_age_s = service.seconds_until_next_date(current, index, now)
            content = view.as_json(provenance, query.selection)
            return service.json_response(current, [index], content, provenance, max_age_s=max_age_s)
        case "csv":
            return _csv_response(service, current, view, query.selection)
        case "records":
            body = schemas.LEGACY_RECORDS.dump_json(view.legacy_records())
            headers = provenance_headers(provenance)
            return service.cacheable_response(current, [index], body, "application/json", headers)


@router.get(
    "/forecast/latest.csv",
    summary="The same as a table",
    response_class=PlainTextResponse,
    responses={200: _CSV, **problem_responses(404, 422, 429, 503)},
)
async def forecast_latest_csv(
    service: ServiceDep, query: Annotated[schemas.TableQuery, Query()]
) -> Response:
    """The hours ahead of a station as a table: a row an hour, a column a quantity and quantile; at
    the end of each row its station, issue time and attribution. Of several stations, one after the
    other."""
    current = service.current
    index = service.station_index(current, _one_station(query))
    view = service.station_view(
        current,
        index,
        query.units,
        service.reader.now(),
    )
    return _csv_response(service, current, view, query.selection, query.header == "present")


def _one_station(query: schemas.HoursQuery) -> str | None:
    """The station asked for. What asks for several, in a form in which it can be answered, doesn't
    come to a route: see `several_stations`.

    Raises:
        ProblemError: 422, there are several.
    """
    if query.station and "," in query.station:
        message = (
            "names several; they are answered as JSON, and as a table by /forecast/latest.csv."
        )
        raise invalid_field("query.station", message)
    return query.station


def _csv_response(
    service: Service,
    current: ServedSnapshot,
    view: StationForecastView,
    selection: Selection,
    has_header: bool = True,
) -> Response:
    provenance = service.provenance(current, view.index)
    name = f"wearcast-{view.station.id}-{provenance.issued_at:%Y%m%dT%HZ}.csv"
    headers = provenance_headers(provenance)
    headers["Content-Disposition"] = f'attachment; filename="{name}"'
    text = view.csv(provenance, selection, has_header)
    body = text.encode()
    media_type = "text/csv; charset=utf-8"
    return service.cacheable_response(current, [view.index], body, media_type, headers)


@router.post(
    "/forecast",
    summary="A forecast from your own record",
    response_model=schemas.Forecast | schemas.ForecastImperial,
    responses=problem_responses(400, 408, 413, 415, 422, 429, 503),
    dependencies=[Depends(require_json)],
)
async def forecast_own(service: ServiceDep, body: schemas.OwnHistory) -> Response:
    """A forecast by the tracked model from your own record of one of its stations, 168 to 9,600
    hours long."""
    history = _history(service, body)
    snapshot = _forecast(service, history)
    version = _version(snapshot.origin.model, history)
    provenance = _provenance(service, snapshot, version)
    now = service.reader.now()
    local_now = reader_clock(snapshot, history.station, now)
    today = local_now.date()
    climatology = service.climatology(history.station)
    view = StationForecastView(snapshot, 0, body.units, today, climatology)
    content = view.as_json(provenance)
    headers = {"Cache-Control": "no-store"}
    headers |= provenance_headers(provenance)
    document = as_json_bytes(content)
    return Response(document, headers=service.with_model(headers), media_type="application/json")


def _history(service: Service, body: schemas.OwnHistory) -> History:
    known = service.forecaster.manifest.standardization.climatologies
    if body.station not in known:
        raise invalid_field(
            "body.station",
            f"the model doesn't know {body.station}; it was trained for: {some_of(known)}.",
        )
    first = body.first.astimezone(UTC).replace(tzinfo=None)
    valid_at = np.datetime64(first, "h") + np.arange(len(body.hours))
    values = {}
    for name in schemas.OwnHour.model_fields:
        column = [getattr(hour, name) for hour in body.hours]
        values[name] = np.array(column, dtype=np.float64)
    try:
        return History(body.station, valid_at, values)
    except ModelError as error:
        raise invalid_field("body.hours", str(error)) from error


def _forecast(service: Service, history: History) -> Snapshot:
    manifest = service.forecaster.manifest
    [station] = [station for station in manifest.stations if station.id == history.station]
    try:
        forecast = service.forecaster.predict(history)
    except ModelError as error:
        raise invalid_field("body.hours", str(error)) from error
    origin = Origin(manifest.version, "client", replay=False)
    return Snapshot.of(
        [station],
        [forecast],
        [history],
        [0.0],
        origin,
    )


def _version(model: str, history: History) -> str:
    """The version of a forecast from a client's own history: the sha256 of what determines it, the
    model's version and the history. Writing a snapshot for its hash would take as long as its
    JSON."""
    digest = hashlib.sha256(f"{model} {history.station} {history.valid_at[0]}".encode())
    for name in HISTORY:
        digest.update(name.encode())
        digest.update(history.column(name).tobytes())
    return digest.hexdigest()


def _provenance(service: Service, snapshot: Snapshot, version: str) -> schemas.Provenance:
    issued_at = snapshot.issued_at[0].item().replace(tzinfo=UTC)
    age = max(service.reader.now() - issued_at, timedelta(0))
    return schemas.Provenance(
        issued_at=issued_at,
        published_at=None,
        model=snapshot.origin.model,
        source=snapshot.origin.source,
        attribution="",
        version=version,
        age_s=int(age.total_seconds()),
        stale=age > service.settings.stale_after,
        replay=False,
    )


@router.get(
    "/stations",
    summary="Where, and for which days",
    response_model=schemas.Stations,
    responses=problem_responses(422, 429, 503),
)
async def stations(
    service: ServiceDep, query: Annotated[schemas.StationsQuery, Query()]
) -> Response:
    """The stations that are forecast, and the days that advice can be had for: all of them, or
    those that a part of a name finds; many of them in pages."""
    current = service.current
    now = service.reader.now()
    page = page_of(service.directory(current), query.q, query)
    offered = []
    indices = []
    left_s = []
    for station in page.stations:
        index = _index(current, station)
        offered.append(_offered_station(service, current, station, index, now))
        if index is not None:
            indices.append(index)
            left_s.append(service.seconds_until_next_date(current, index, now))
    content = schemas.Stations(
        stations=offered,
        default=service.default_station(current),
        total=page.total,
        next=page.next,
    )
    # Where none is forecast, the headers are of the first that is.
    of_headers = indices or [0]
    return service.json_response(
        current,
        of_headers,
        content,
        service.provenance(current, of_headers[0]),
        max_age_s=min(left_s, default=math.inf),
    )


def _index(current: ServedSnapshot, station: Station) -> int | None:
    """A station's index in the snapshot; None where it has no forecast."""
    try:
        return current.snapshot.index(station.id)
    except ModelError:
        return None


def _offered_station(
    service: Service,
    current: ServedSnapshot,
    station: Station,
    index: int | None,
    now: datetime,
) -> schemas.Offered:
    forecaster = service.tracked_model.forecaster
    fields = {**station.model_dump(), "trained": is_trained(current, forecaster, station.id)}
    if index is None:
        return schemas.Offered(**fields, forecast=None, today=None, days=[])
    today = service.local_now(current, index, now).date()
    return schemas.Offered(
        **fields,
        forecast=service.provenance(current, index),
        today=today,
        days=list(dates(current.snapshot, station.id, today)),
        expected=None if fields["trained"] else expected(current, station.id),
    )
