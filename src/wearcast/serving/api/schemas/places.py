"""The schemas of places that can be asked for."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field

from wearcast.serving.api.schemas.requests import RequestModel
from wearcast.serving.places.request_states import Reason, Room

MAX_NAME_LENGTH = 60


def _printable(name: str) -> str:
    if not name.isprintable() or len(name.strip()) < 2:
        raise ValueError("Input should be a name of two letters or more")
    return name.strip()


PlaceName = Annotated[
    str,
    AfterValidator(_printable),
    Field(
        min_length=2,
        max_length=MAX_NAME_LENGTH,
        description="The name of a place, in English or Korean.",
        examples=["강릉"],
    ),
]


class PlacesQuery(RequestModel):
    """Query of places."""

    name: PlaceName


class WantedPlace(RequestModel):
    """A place that is asked for: one of those that its name finds."""

    name: PlaceName
    number: int = Field(
        ge=1, le=10**12, description="Of the place, as it was found.", examples=[1843137]
    )


class FoundPlace(BaseModel):
    """A place that a name finds."""

    number: int = Field(description="What GeoNames calls it.", examples=[1843137])
    name_en: str
    name_ko: str
    where: str = Field(
        description="The region and the country, and how many people live there.",
        examples=["Gangwon-do, South Korea, 180,611 people"],
    )
    latitude: float
    longitude: float
    state: Literal["new", "waiting", "added", "refused", "forecast"] = Field(
        description=(
            "new: it can be asked for; waiting: it was, and the next refreshes add it; added: the"
            " next forecast has it; refused: it isn't added, see `reason`; forecast: a station is"
            " there or within 5 km."
        )
    )
    station: str | None = Field(
        default=None,
        description="The id of its station, where it is forecast or was asked for.",
    )
    reason: Reason | None = Field(
        default=None,
        description=(
            "source: too little is known of its past weather; model: the model is of no use there;"
            " full: there are as many places as may be; operator: this service can add none."
        ),
    )


class FoundPlaces(BaseModel):
    """The places that a name finds, the most likely first."""

    places: list[FoundPlace]
    room: Room = Field(
        description=(
            "Whether one may be asked for: full: there are as many places as may be; today: as many"
            " were asked for as may be within a day."
        )
    )
    credit: str
