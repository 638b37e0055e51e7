"""Recommendations: what to wear on a day or in an hour, from Wearcast's wardrobe or a client's
own."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import Response

from wearcast.clothing.advice import Choice, day_choice, hour_choice
from wearcast.clothing.ladders import Ladder
from wearcast.clothing.own_wardrobe import garments_of, own_ladder
from wearcast.clothing.settings import Settings
from wearcast.clothing.target_day import target_day
from wearcast.errors import ConfigError, ModelError
from wearcast.serving.api import schemas
from wearcast.serving.api.asked_settings import asked_settings
from wearcast.serving.api.expiry import seconds_until_next_hour
from wearcast.serving.api.forecast_view import StationForecastView
from wearcast.serving.api.problem_details import (
    ProblemError,
    invalid_field,
    problem_responses,
    require_json,
)
from wearcast.serving.api.recommendation_view import local_hour, recommendation
from wearcast.serving.api.service import Service, ServiceDep
from wearcast.serving.store.current_snapshot import ServedSnapshot
from wearcast.vocabulary import Activity

router = APIRouter(
    prefix="/recommendation",
    tags=["recommendation"],
    responses=problem_responses(404, 422, 429, 503),
)
AcceptLanguage = Annotated[
    str, Header(description="Used where `lang` isn't given.", examples=["ko"])
]
_KINDS: Final = schemas.Recommendation | schemas.RecommendationImperial


@router.get("/by_day", summary="What to wear on a day", response_model=_KINDS)
async def recommendation_by_day(
    service: ServiceDep,
    query: Annotated[schemas.DayQuery, Query()],
    accept_language: AcceptLanguage = "",
) -> Response:
    """What to wear on a day: the outfit with its reasons, hour by hour, what to carry, and how sure
    that is."""
    return _recommendation_response(service, query, accept_language)


@router.post(
    "/by_day",
    summary="The same from what you own",
    response_model=_KINDS,
    responses=problem_responses(400, 408, 413, 415),
    dependencies=[Depends(require_json)],
)
async def recommendation_by_day_own(
    service: ServiceDep,
    query: Annotated[schemas.DayQuery, Query()],
    body: schemas.OwnWardrobe,
    accept_language: AcceptLanguage = "",
) -> Response:
    """The same from what you own, and what is missing in it for the weather."""
    return _recommendation_response(service, query, accept_language, body)


@router.get("/by_hour", summary="What to wear in an hour", response_model=_KINDS)
async def recommendation_by_hour(
    service: ServiceDep,
    query: Annotated[schemas.HourQuery, Query()],
    accept_language: AcceptLanguage = "",
) -> Response:
    """What to wear in one hour of a day."""
    return _recommendation_response(service, query, accept_language)


@router.post(
    "/by_hour",
    summary="The same from what you own",
    response_model=_KINDS,
    responses=problem_responses(400, 408, 413, 415),
    dependencies=[Depends(require_json)],
)
async def recommendation_by_hour_own(
    service: ServiceDep,
    query: Annotated[schemas.HourQuery, Query()],
    body: schemas.OwnWardrobe,
    accept_language: AcceptLanguage = "",
) -> Response:
    """The same from what you own."""
    return _recommendation_response(service, query, accept_language, body)


def _recommendation_response(
    service: Service,
    query: schemas.DayQuery | schemas.HourQuery,
    accept_language: str,
    body: schemas.OwnWardrobe | None = None,
) -> Response:
    current = service.current
    index = service.station_index(current, query.station)
    now = service.reader.now()
    view = service.station_view(current, index, query.units, now)
    settings = asked_settings(query, accept_language)
    choice = _choice(
        view,
        query,
        settings,
        _own_ladder(body, settings.activity),
        now,
    )
    provenance = service.provenance(current, index)
    on = choice.advice.date
    content = recommendation(
        choice,
        view.station,
        view.summary(on),
        view.day(on),
        provenance,
        view.made_from(settings.language),
        view.today,
    )
    headers = {"Content-Language": settings.language, "Vary": "Accept-Language"}
    max_age_s = _max_age_s(service, current, index, query, now)
    response = service.json_response(current, [index], content, provenance, headers, max_age_s)
    if body is not None:
        response.headers["Cache-Control"] = "no-store"
    return response


def _own_ladder(body: schemas.OwnWardrobe | None, activity: Activity) -> Ladder | None:
    if body is None:
        return None
    try:
        garments = garments_of(body.model_dump(), "the wardrobe")
        return own_ladder(garments, "the wardrobe", activity)
    except ConfigError as error:
        raise invalid_field("body", str(error)) from error


def _choice(
    view: StationForecastView,
    query: schemas.DayQuery | schemas.HourQuery,
    settings: Settings,
    own: Ladder | None,
    now: datetime,
) -> Choice:
    """The advice, from the person's own garments where they are given, and the outfits of all
    styles."""
    snapshot, station = view.snapshot, view.station
    try:
        on = target_day(snapshot, station.id, query.target_date, settings, now)
        if isinstance(query, schemas.HourQuery):
            hour = local_hour(on, query.hour, station)
            return hour_choice(snapshot, station.id, hour, settings, own)
        return day_choice(snapshot, station.id, on, settings, own)
    except ModelError as error:
        raise ProblemError(404, str(error)) from error


def _max_age_s(
    service: Service,
    current: ServedSnapshot,
    index: int,
    query: schemas.DayQuery | schemas.HourQuery,
    now: datetime,
) -> float:
    """For how long `target_date` means the same day and that day is called the same, as beside
    yesterday: until midnight, the default until the next hour."""
    if query.target_date is None and not current.snapshot.origin.replay:
        local_now = service.local_now(current, index, now)
        return seconds_until_next_hour(local_now)
    return service.seconds_until_next_date(current, index, now)
