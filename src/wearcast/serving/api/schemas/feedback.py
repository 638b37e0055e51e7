"""The schemas of feedback."""

import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field, model_validator

from wearcast.clothing.personal_offset import Verdict
from wearcast.serving.api.schemas.requests import (
    DayQuery,
    GarmentId,
    OptionalLanguage,
    RequestModel,
    StationId,
)
from wearcast.vocabulary import MAX_OFFSET_C, USUAL_SENSITIVITY, Sensitivity, Units

_MAX_WORN = 12


class GivenVote(DayQuery):
    """What a person says of a day: with their settings as they were advised."""

    station: StationId = Field(
        description="The id of the station whose advice it was.", examples=["EWR"]
    )
    id: UUID = Field(
        description="Made by the client: the same vote sent again, after a lost answer, is one.",
        examples=["0d3a8d5e-6f0b-4c55-9c0e-5a0f8f6f4b10"],
    )
    target_date: datetime.date = Field(
        description="Today or yesterday by the station's clocks.", examples=["2013-03-12"]
    )
    verdict: Verdict
    piece: GarmentId | None = Field(
        default=None, description="Which garment it was; null where it was the whole."
    )
    worn: list[GarmentId] = Field(
        default=[],
        max_length=_MAX_WORN,
        description=(
            "The ids of what they wore by their own choice, where it wasn't what was advised:"
            " `wake` and `sleep` then say when, such as 8 and 9."
        ),
    )

    @model_validator(mode="after")
    def _worn_once(self) -> "GivenVote":
        if len(set(self.worn)) < len(self.worn):
            raise ValueError("worn names a garment twice")
        return self


class OwnVotesQuery(RequestModel):
    """Query of one's own votes."""

    sensitivity: Sensitivity = Field(
        default=USUAL_SENSITIVITY, description="What `offset_c` in the answer is for."
    )
    units: Units = "metric"
    lang: OptionalLanguage = None


class Offset(BaseModel):
    """How many °C colder than most a person feels, negative where warmer."""

    votes: int = Field(description="How many it is from: the last one on each day.")
    mean_c: float
    low_c: float = Field(description="Of its 80 % interval.")
    high_c: float
    sensitivity: Sensitivity = Field(description="That which was asked with.")
    offset_c: float = Field(
        ge=-MAX_OFFSET_C,
        le=MAX_OFFSET_C,
        description=(
            "What to send as `offset_c` with that `sensitivity`: `mean_c` without what the"
            " sensitivity says already."
        ),
    )
    text: str = Field(
        description="The same in words.",
        examples=["You run 1.4 ± 0.6 °C cold; from 9 votes."],
    )


class TakenVote(BaseModel):
    """A vote that is kept."""

    id: UUID
    state: Literal["new", "known"] = Field(description="known: it was kept already, and is one.")
    offset: Offset


class OwnVote(BaseModel):
    """A vote as it is kept, but for the token's hash and what the offset is learned from."""

    id: UUID
    station: str
    target_date: datetime.date
    verdict: Verdict
    piece: Annotated[str, Field(description="Empty where it was the whole.")]
    own_clothes: bool
    offset_c: float = Field(description="How much colder than most the advice took them to feel.")
    said_right: float | None = Field(
        description="The share of hours that the advice said to be right."
    )
    model: str
    snapshot: str
    received_at: AwareDatetime


class OwnVotes(BaseModel):
    """A person's votes, the oldest first, and what they say."""

    votes: list[OwnVote]
    offset: Offset


class Erased(BaseModel):
    """How many votes were erased."""

    erased: int
