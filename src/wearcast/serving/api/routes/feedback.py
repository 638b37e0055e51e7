"""Feedback: what people say of past advice, and what it says of them."""

import re
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel

from wearcast.clothing.wardrobe import Garment, builtin
from wearcast.messages import preferred_language
from wearcast.serving.api import schemas
from wearcast.serving.api.asked_settings import asked_settings
from wearcast.serving.api.audience import MODEL
from wearcast.serving.api.problem_details import (
    ProblemError,
    invalid_field,
    problem_responses,
    require_json,
)
from wearcast.serving.api.routes.recommendations import AcceptLanguage
from wearcast.serving.api.service import ServiceDep, as_json_bytes
from wearcast.serving.api.taken_feedback import FeedbackDep, require_feedback
from wearcast.serving.experiment.variants import CHAMPION
from wearcast.serving.feedback.votes import TOKEN_PATTERN
from wearcast.serving.feedback.votes_of_people import GivenVote, History
from wearcast.serving.feedback.wording import offset_in_words
from wearcast.vocabulary import Language

router = APIRouter(
    prefix="/feedback",
    tags=["feedback"],
    responses=problem_responses(401, 404, 422, 429, 503),
    dependencies=[Depends(require_feedback)],
)
_SCHEME = "bearer "


async def _token(
    authorization: Annotated[
        str,
        Header(
            description=(
                "Bearer and a token of 32 to 64 letters, digits, - and _, which the client makes at"
                " random and keeps: whoever has it sees and erases the votes given with it."
            ),
            examples=["Bearer 3q8Jt0e5b1Yk7cVn2Rz9LwXa6Mf4GhPd"],
        ),
    ] = "",
) -> str:
    token = authorization[len(_SCHEME) :].strip()
    if not authorization.lower().startswith(_SCHEME) or not re.fullmatch(TOKEN_PATTERN, token):
        raise ProblemError(
            401,
            "Send the header `Authorization: Bearer` and a token of 32 to 64 letters, digits, - and"
            " _, which you make at random and keep.",
        )
    return token


TokenDep = Annotated[str, Depends(_token)]


@router.post(
    "",
    summary="Say how a day's clothes were",
    response_model=schemas.TakenVote,
    responses={
        201: {"model": schemas.TakenVote, "description": "It is new"},
        **problem_responses(400, 408, 409, 413, 415, 507),
    },
    dependencies=[Depends(require_json)],
)
async def give_feedback(
    request: Request,
    service: ServiceDep,
    feedback: FeedbackDep,
    token: TokenDep,
    body: schemas.GivenVote,
    accept_language: AcceptLanguage = "",
) -> Response:
    """Too cold, right or too warm: a vote on the advice that stood when the day's first hour
    outdoors began, or on clothes of one's own. Sent again with the same id it counts once."""
    given = _given_vote(body, token, accept_language)
    current = service.current
    model = request.scope.get(MODEL, CHAMPION)
    is_new, history = await feedback.run(request, lambda votes: votes.give(given, current, model))
    if is_new:
        feedback.counts.votes[body.verdict] += 1
    language = given.settings.language
    taken = schemas.TakenVote(
        id=body.id,
        state="new" if is_new else "known",
        offset=_offset(history, language, body),
    )
    return _private(taken, language, 201 if is_new else 200)


@router.get("", summary="Your own votes", response_model=schemas.OwnVotes)
async def own_feedback(
    request: Request,
    feedback: FeedbackDep,
    token: TokenDep,
    query: Annotated[schemas.OwnVotesQuery, Query()],
    accept_language: AcceptLanguage = "",
) -> Response:
    """The votes given with a token, and how much colder than most they say that its owner
    feels."""
    language = query.lang or preferred_language(accept_language)
    history = await feedback.run(request, lambda votes: votes.history(token))
    own = schemas.OwnVotes(
        votes=[
            schemas.OwnVote.model_validate(
                {"target_date": vote.day, **vars(vote)}, from_attributes=True
            )
            for vote in history.votes
        ],
        offset=_offset(history, language, query),
    )
    return _private(own, language)


@router.delete("", summary="Erase your votes", response_model=schemas.Erased)
async def erase_feedback(request: Request, feedback: FeedbackDep, token: TokenDep) -> Response:
    """Erase all votes given with a token."""
    erased = await feedback.run(request, lambda votes: votes.store.erase(token))
    return _private(schemas.Erased(erased=erased))


def _given_vote(body: schemas.GivenVote, token: str, accept_language: str) -> GivenVote:
    wardrobe = builtin().garments
    if body.piece is not None and body.piece not in wardrobe:
        raise invalid_field("body.piece", f"there is no garment {body.piece} in the wardrobe.")
    return GivenVote(
        id=str(body.id),
        token=token,
        station=body.station,
        day=body.target_date,
        verdict=body.verdict,
        settings=asked_settings(body, accept_language, "body"),
        piece=body.piece or "",
        worn=tuple(_garment(id) for id in body.worn),
    )


def _garment(id: str) -> Garment:
    wardrobe = builtin().garments
    if id not in wardrobe:
        raise invalid_field("body.worn", f"there is no garment {id} in the wardrobe.")
    return wardrobe[id]


def _offset(
    history: History, language: Language, asked: schemas.GivenVote | schemas.OwnVotesQuery
) -> schemas.Offset:
    offset = history.offset
    return schemas.Offset(
        votes=offset.votes,
        mean_c=round(offset.mean_c, 2),
        low_c=round(offset.low_c, 2),
        high_c=round(offset.high_c, 2),
        sensitivity=asked.sensitivity,
        offset_c=round(history.offset_beside(asked.sensitivity), 2),
        text=offset_in_words(language, asked.units, offset),
    )


def _private(content: BaseModel, language: Language | None = None, status: int = 200) -> Response:
    """A response that nobody keeps."""
    headers = {"Cache-Control": "no-store"}
    if language is not None:
        headers |= {"Content-Language": language, "Vary": "Accept-Language"}
    return Response(as_json_bytes(content), status, headers, "application/json")
