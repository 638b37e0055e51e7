"""Places that are not forecast yet: found by their names, and asked for."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel

from wearcast.config import Station
from wearcast.serving.api import schemas
from wearcast.serving.api.asked_places import PlacesDep, require_allowed
from wearcast.serving.api.problem_details import ProblemError, problem_responses, require_json
from wearcast.serving.api.service import Service, ServiceDep, as_json_bytes
from wearcast.weather.geocoded_places import CREDIT

router = APIRouter(
    prefix="/places",
    tags=["places"],
    responses=problem_responses(401, 403, 404, 422, 429, 503),
    dependencies=[Depends(require_allowed)],
)
_HOUR_S = 3_600


@router.get("", summary="Places that can be asked for", response_model=schemas.FoundPlaces)
async def places(
    request: Request,
    service: ServiceDep,
    places: PlacesDep,
    query: Annotated[schemas.PlacesQuery, Query()],
) -> Response:
    """The places of a name, in English or Korean, and of each whether it is forecast, was asked
    for, or can be, where the operator lets people ask."""
    found, room = await places.found(request, query.name, _forecast(service))
    return _momentary(schemas.FoundPlaces(places=found, room=room, credit=CREDIT))


@router.post(
    "",
    summary="Ask for a place",
    response_model=schemas.FoundPlace,
    responses={
        202: {"model": schemas.FoundPlace, "description": "It is asked for"},
        **problem_responses(400, 408, 409, 413, 415),
    },
    dependencies=[Depends(require_json)],
)
async def ask_for_place(
    request: Request, service: ServiceDep, places: PlacesDep, body: schemas.WantedPlace
) -> Response:
    """Have a place forecast that a name finds. The next refreshes fit the model to its past
    weather, and say here why where they can't. Asked for again, the answer is what became of it."""
    place, answer = await places.ask(request, body, _forecast(service))
    match answer:
        case "full":
            raise ProblemError(409, "There are as many places here as the operator allows.")
        case "today":
            raise ProblemError(
                429,
                "As many places were asked for as the operator allows a day.",
                retry_after_s=_HOUR_S,
            )
        case "new":
            return _momentary(place, 202)
        case "known":
            return _momentary(place)


def _forecast(service: Service) -> tuple[Station, ...]:
    """The stations that are forecast."""
    return tuple(service.current.snapshot.stations)


def _momentary(content: BaseModel, status: int = 200) -> Response:
    """A response that nobody keeps."""
    headers = {"Cache-Control": "no-store"}
    return Response(as_json_bytes(content), status, headers, "application/json")
