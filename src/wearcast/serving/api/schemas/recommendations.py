"""The schemas of recommendations."""

import datetime
from typing import Final, Literal

from pydantic import AwareDatetime, ConfigDict, Field

from wearcast.serving.api.schemas.forecasts import (
    OF_IT_SNOW,
    RAIN_OR_SNOW,
    Day,
    DayImperial,
    Provenance,
    ResponseModel,
)
from wearcast.vocabulary import Language, Precipitation, Style

_WARMER: Final = (
    "How much warmer it feels in the mean of these hours, negative where colder: a difference."
)


_UNKNOWN_BEFORE: Final = (
    "How the day differs from the one before; null where too little of that is known, and for an"
    " hour."
)


class WeatherSummary(ResponseModel):
    """The day by the medians of its hours in `/forecast/latest`, and its observed hours: in °C, or
    in °F where `units` is imperial."""

    avg_temp: float
    min_temp: float
    max_temp: float
    temp_difference: float


class Recommendations(ResponseModel):
    """What the prototype's clients read."""

    styles: dict[Style, list[str]] = Field(
        description="The garments of the outfit, for every style."
    )
    activity_tip: str
    layering_tip: str


class Piece(ResponseModel):
    """A garment, and why it is worn."""

    id: str = Field(examples=["field_jacket"])
    name: str
    layer: str = Field(examples=["outer"])
    clo: float = Field(description="Its insulation.")
    removable: bool = Field(description="Whether it may come off outdoors.")
    reason: str


class Outfit(ResponseModel):
    """What to wear, the outermost first."""

    style: Style
    rung: int = Field(
        description="Of the ladder of outfits, 0 the lightest, the one nearest in insulation."
    )
    clo: float = Field(description="Insulation of the whole.")
    needs_clo: float = Field(description="What the coldest hour asks for.")
    pieces: list[Piece]


class _Step(ResponseModel):
    at: AwareDatetime = Field(description="By the station's clocks.")
    observed: bool = Field(
        description="It has passed: the numbers are measurements, and nothing is advised."
    )
    rain_chance: float | None = Field(description=RAIN_OR_SNOW)
    snow_chance: float | None = Field(default=None, description=OF_IT_SNOW)
    needs_clo: float
    wears_clo: float
    worn: list[str] = Field(description="The ids of what is on.")
    change: str = Field(description="What to put on or take off; mostly empty.")


class Step(_Step):
    """An hour outdoors."""

    temp_c: float
    feels_c: float
    wind_ms: float | None


class StepImperial(_Step):
    """An hour outdoors, in imperial units."""

    temp_f: float
    feels_f: float
    wind_mph: float | None


class Carried(ResponseModel):
    """Something to have along, and the chance that it will be wanted."""

    item: str = Field(examples=["umbrella"])
    name: str
    chance: float
    reason: str


class PrecipitationAhead(ResponseModel):
    """The rain or snow of the hours outdoors to come."""

    kind: Precipitation = Field(description="What falls if anything does.")
    chance: float = Field(description="Of at least one hour with rain or snow.")
    hours: list[AwareDatetime] = Field(
        description="In which it is likely, by the station's clocks; none where the chance is low."
    )
    take: Literal["umbrella", "rain_jacket"] | None = Field(
        description="What to take against it, which `carry` names, too."
    )
    text: str = Field(description="The same in words; empty where the chance is low.")


class Umbrella(ResponseModel):
    """Whether to take an umbrella, and when it will be wanted."""

    model_config = ConfigDict(frozen=True, serialize_by_alias=True)

    advised: bool = Field(
        description=(
            "As in `carry`: rain or snow is likely, and neither wind nor full hands rule one out."
        )
    )
    chance: float | None = Field(
        description="Of rain or snow in the hours outdoors to come; null where it isn't known."
    )
    since: AwareDatetime | None = Field(
        alias="from",
        description=(
            "The first of the hours in which it is likely, by the station's clocks; null where no"
            " umbrella is advised, or no hour is likelier than the others."
        ),
    )
    until: AwareDatetime | None = Field(description="The end of the last of those hours.")


class _DayBefore(ResponseModel):
    date: datetime.date
    new: list[str] = Field(
        description="The ids of what the outfit has instead of that day's, by its largest changes."
    )
    old: list[str] = Field(description="The ids of what that day's outfit has instead.")
    text: str


class DayBefore(_DayBefore):
    """The day beside the one before, in the same hours."""

    warmer_c: float = Field(description=_WARMER)


class DayBeforeImperial(_DayBefore):
    """The day beside the one before, in the same hours, in imperial units."""

    warmer_f: float = Field(description=_WARMER)


class TimeSpan(ResponseModel):
    """A run of hours, from the first one's start to the last one's end."""

    start: AwareDatetime = Field(description="By the station's clocks.")
    end: AwareDatetime


class Sureness(ResponseModel):
    """How sure the outfit is: expected shares of the hours outdoors to come, which sum to 1."""

    fits: float = Field(description="In which what is on, as the timeline says, is right.")
    too_cold: float
    too_warm: float
    cold_spans: list[TimeSpan] = Field(description="When it is more likely than not too cold.")
    warm_spans: list[TimeSpan] = Field(description="When it is more likely than not too warm.")
    text: str
    second: list[str] = Field(
        description="Another outfit's garments, where the forecast leaves room for one."
    )
    second_clo: float | None
    second_text: str


class Person(ResponseModel):
    """For whom the advice is."""

    activity: str
    sensitivity: str
    offset_c: float = Field(
        default=0.0, description="How many °C colder than that they feel, as their votes taught."
    )
    exposure: str = Field(examples=["errands"])
    style: Style
    wake: int
    sleep: int
    out: str = Field(
        description="The outings; empty where there is one, from `wake` to `sleep`.",
        examples=["8-9,18-19"],
    )
    language: Language


class _Recommendation(ResponseModel):
    forecast: Provenance | None = Field(
        description="Null only where `wearcast advise --weather` was given the hours."
    )
    made_from: str = Field(
        default="",
        description=(
            "What the forecast is made from, in words: `guidance` of `forecast`, or the station's"
            " past alone. Empty where the hours were given."
        ),
        examples=["Made from ECMWF, GFS and ICON, runs of 06 UTC, fitted to this station."],
    )
    station: str = Field(description="Its id; empty where hours were given without a station.")
    target_date: datetime.date
    weather_summary: WeatherSummary
    recommendations: Recommendations
    person: Person
    why: str = Field(description="One sentence with the numbers that decide.")
    precipitation: PrecipitationAhead | None = Field(
        default=None, description="Null where its chance isn't known."
    )
    umbrella: Umbrella
    outfit: Outfit
    carry: list[Carried]
    certainty: Sureness
    missing: str = Field(
        description="What a wardrobe of your own lacks for it; empty where nothing does."
    )
    unknown: str = Field(
        default="",
        description="Which hours outdoors the forecast doesn't reach; empty where it reaches all.",
    )


class Recommendation(_Recommendation):
    """What to wear, why, what to carry, what to put on and take off when, and how sure that is."""

    units: Literal["metric"] = "metric"
    day: Day
    day_before: DayBefore | None = Field(default=None, description=_UNKNOWN_BEFORE)
    timeline: list[Step]


class RecommendationImperial(_Recommendation):
    """The same in imperial units."""

    units: Literal["imperial"] = "imperial"
    day: DayImperial
    day_before: DayBeforeImperial | None = Field(default=None, description=_UNKNOWN_BEFORE)
    timeline: list[StepImperial]
