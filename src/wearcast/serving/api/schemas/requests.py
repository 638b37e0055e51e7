"""The schemas of queries and request bodies: unknown fields are refused, every value is bounded."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    WithJsonSchema,
    create_model,
    model_validator,
)

from wearcast.clothing.target_day import Relative, read_day
from wearcast.clothing.wardrobe import Place, Resistance
from wearcast.messages import language_of
from wearcast.outing import MAX_LENGTH, TEXT_PATTERN, outings_text, read_outings
from wearcast.serving.api.selection import QUANTILE_NAMES, Selection
from wearcast.serving.api.units import METRIC_NAMES
from wearcast.variables import HISTORY, VARIABLES
from wearcast.vocabulary import (
    LANGUAGES,
    MAX_HORIZON_H,
    MAX_OFFSET_C,
    SLEEP_HOURS,
    USUAL_ACTIVITY,
    USUAL_EXPOSURE,
    USUAL_SENSITIVITY,
    USUAL_SLEEP,
    USUAL_STYLE,
    USUAL_WAKE,
    WAKE_HOURS,
    Activity,
    Exposure,
    Language,
    Layer,
    Sensitivity,
    Style,
    Units,
)

_MAX_FIELDS: Final = 40
"""More than any object has, with as many unknown ones as an answer lists."""

MAX_TOGETHER: Final = 50
"""Stations in one answer of forecasts."""
MAX_STATIONS: Final = 100
"""Of a page of /stations: its 100 kB take as long as one station's forecast."""

EXAMPLE_DAY: Final = "2013-03-13"
"""A day of the replay's beginning."""


class RequestModel(BaseModel):
    """A part of a request; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _few_fields(cls, value: Any) -> Any:
        """Refuse an object of very many fields at once: Pydantic would make an error for each."""
        if isinstance(value, dict) and len(value) > _MAX_FIELDS:
            known = ", ".join(cls.model_fields)
            raise ValueError(f"has {len(value)} fields; there are only: {known}")
        return value


def _matching(pattern: str, message: str) -> BeforeValidator:
    """A check of a value's text before Pydantic parses it, which would accept numbers as times."""

    def checked(value: Any) -> Any:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise ValueError(message)
        return value

    return BeforeValidator(checked)


def _day(value: Any) -> date | Relative:
    """A day parsed by `read_day`; values other than strings are refused."""
    text = value if isinstance(value, str) else ""
    return read_day(text)


def _without_null(schema: dict[str, Any]) -> None:
    """Remove null from a query parameter's schema: a query has none, parameters are left out."""
    variants = schema.pop("anyOf")
    [schema_of_value] = [variant for variant in variants if variant.get("type") != "null"]
    schema.pop("default", None)
    schema |= schema_of_value


_ANY_HOUR: Final = r"([01][0-9]|2[0-3])"
_UTC_HOUR: Final = (
    rf"^(19|20)[0-9]{{2}}-[0-9]{{2}}-[0-9]{{2}}T{_ANY_HOUR}:00:00(\.0+)?(Z|[+-]{_ANY_HOUR}:00)$"
)
"""A whole hour of UTC, in UTC or in a time zone of whole hours; other time zones must send UTC."""

_STATION_ID: Final = "[A-Za-z0-9_-]{1,32}"
StationId = Annotated[str, Field(pattern=f"^{_STATION_ID}$", examples=["EWR"])]


def station_ids(text: str) -> list[str]:
    """The ids in a text, separated by commas, each once.

    Raises:
        ValueError: they are too many, or can't be ids.
    """
    ids = list(dict.fromkeys(text.split(",")))
    if len(ids) > MAX_TOGETHER:
        raise ValueError(
            f"names {len(ids)} stations; ask for {MAX_TOGETHER} at most, and then for the others"
        )
    if not all(re.fullmatch(_STATION_ID, id) for id in ids):
        raise ValueError("must be an id, or several separated by commas")
    return ids


def _station_ids(text: str) -> str:
    return ",".join(station_ids(text))


StationIds = Annotated[
    Annotated[
        str,
        AfterValidator(_station_ids),
        Field(
            json_schema_extra={
                "pattern": f"^{_STATION_ID}(,{_STATION_ID}){{0,{MAX_TOGETHER - 1}}}$"
            },
            examples=["EWR", "EWR,JFK"],
        ),
    ]
    | None,
    Field(
        description=(
            f"Its id; else the `default` of /stations. Or up to {MAX_TOGETHER} ids separated by"
            " commas, for several at once."
        ),
        json_schema_extra=_without_null,
    ),
]
OptionalStation = Annotated[
    StationId | None,
    Field(description="Its id; else the `default` of /stations.", json_schema_extra=_without_null),
]
_DAY_WORDS: Final = {"type": "string", "enum": list(get_args(Relative))}
TargetDay = Annotated[
    date | Relative,
    PlainValidator(_day),
    WithJsonSchema({"type": "string", "oneOf": [_DAY_WORDS, {"type": "string", "format": "date"}]}),
]


def _outings(text: str) -> str:
    """Outings in the text form that they are answered in."""
    return outings_text(read_outings(text))


Outings = Annotated[
    str,
    AfterValidator(_outings),
    WithJsonSchema({"type": "string", "pattern": TEXT_PATTERN, "maxLength": MAX_LENGTH}),
]
UtcHour = Annotated[
    AwareDatetime,
    _matching(
        _UTC_HOUR,
        "must be a whole hour of UTC from 1900 to 2099 with its zone, such as 2013-12-24T00:00:00Z",
    ),
    Field(json_schema_extra={"pattern": _UTC_HOUR}),
]
Measurement = Annotated[float, Field(strict=True, allow_inf_nan=False)]
"""A finite number; strings are refused."""


def _reads_names_of(known: Sequence[str]) -> PlainValidator:
    """A check of a list of names, separated by commas."""

    def checked(value: Any) -> Any:
        if not isinstance(value, str) or len(value) > _MAX_LIST_LENGTH:
            raise ValueError(f"must be names separated by commas, of: {', '.join(known)}")
        unknown = [name for name in value.split(",") if name not in known]
        if unknown:
            raise ValueError(f"there is no {unknown[0]!r:.40}, only: {', '.join(known)}")
        return value

    return PlainValidator(checked)


def _names_of(known: Sequence[str]) -> WithJsonSchema:
    name = f"({'|'.join(known)})"
    pattern = f"^{name}(,{name})*$"
    return WithJsonSchema({"type": "string", "pattern": pattern, "maxLength": _MAX_LIST_LENGTH})


_MAX_LIST_LENGTH: Final = 200
_KNOWN_VARIABLES: Final = tuple(METRIC_NAMES)
_Variables = Annotated[str, _reads_names_of(_KNOWN_VARIABLES), _names_of(_KNOWN_VARIABLES)]
_Quantiles = Annotated[str, _reads_names_of(QUANTILE_NAMES), _names_of(QUANTILE_NAMES)]


class HoursQuery(RequestModel):
    """Query of a forecast, or of a part of one."""

    station: StationIds = None
    units: Units = "metric"
    hours: int | None = Field(
        default=None,
        ge=1,
        le=MAX_HORIZON_H,
        description="How many hours ahead, from the first; all there are where there are fewer.",
        examples=[24],
        json_schema_extra=_without_null,
    )
    variables: _Variables | None = Field(
        default=None,
        description=(
            "What an hour has beside its times, separated by commas, in any order; else all. Names"
            " of either system of units will do: temp_c asks for temp_f where `units` is imperial."
        ),
        examples=["temp_c,rain_chance"],
        json_schema_extra=_without_null,
    )
    quantiles: _Quantiles | None = Field(
        default=None,
        description="The quantiles of hours and days, separated by commas, in any order; else all.",
        examples=["p10,p50,p90"],
        json_schema_extra=_without_null,
    )

    @property
    def selection(self) -> Selection:
        """The part of the forecast that is asked for."""
        fields, levels = None, QUANTILE_NAMES
        if self.variables is not None:
            fields = frozenset(METRIC_NAMES[name] for name in self.variables.split(","))
        if self.quantiles is not None:
            wanted = self.quantiles.split(",")
            levels = tuple(level for level in QUANTILE_NAMES if level in wanted)
        return Selection(self.hours, fields, levels)


class TableQuery(HoursQuery):
    """Query of a forecast as a table."""

    header: Literal["present", "absent"] = Field(
        default="present", description="Whether the first row names the columns."
    )


class ForecastQuery(HoursQuery):
    """Query of a forecast in one of its formats."""

    format: Literal["json", "csv", "records"] = Field(
        default="json",
        description=(
            "records: the bare list of an earlier prototype, in local time and °C, every hour of"
            " it, whatever else the query says. csv is accepted, too; it has an address of its own,"
            " /forecast/latest.csv."
        ),
        json_schema_extra={"enum": ["json", "records"]},
    )


class StationQuery(RequestModel):
    """Query of a station."""

    station: OptionalStation = None


class StationPageQuery(BaseModel):
    """Query of what comes with a page of stations; unknown fields are passed over, as they were
    before it had any."""

    model_config = ConfigDict(frozen=True)

    after: StationId | None = Field(
        default=None,
        description="The `next` of the page before; else the first page.",
        examples=["EWR"],
        json_schema_extra=_without_null,
    )
    limit: int = Field(
        default=MAX_STATIONS, ge=1, le=MAX_STATIONS, description="How many stations a page has."
    )


class StationsQuery(StationPageQuery):
    """Query of the stations."""

    q: str = Field(
        default="",
        max_length=60,
        description=(
            "A part of a name, in English or in Korean, or of an id; else all. Case, accents,"
            " spaces and signs don't count, and a Korean syllable may be half typed."
        ),
        examples=["newark", "서울"],
    )


def _language(value: Any) -> Any:
    """The language of a tag such as ko-KR, in any case."""
    found = language_of(value) if isinstance(value, str) else None
    if found is None:
        known = " or ".join(map(repr, LANGUAGES))
        raise ValueError(f"must be {known}, or a tag of one, such as ko-KR")
    return found


OptionalLanguage = Annotated[
    Annotated[Language, BeforeValidator(_language)] | None,
    Field(
        description=(
            "Of every text; else what Accept-Language prefers, else English. A language tag such as"
            " ko-KR stands for its language."
        ),
        json_schema_extra=_without_null,
    ),
]


class _AdviceQuery(RequestModel):
    station: OptionalStation = None
    target_date: TargetDay | None = Field(
        default=None,
        description=(
            "today, tomorrow or a date, by the station's clocks, one of those that /stations lists."
            " Else today while an hour outdoors is still to come, and tomorrow after that; the"
            " nearest day where the forecast hasn't got that one."
        ),
        examples=[EXAMPLE_DAY],
        json_schema_extra=_without_null,
    )
    activity: Activity = USUAL_ACTIVITY
    sensitivity: Sensitivity = Field(
        default=USUAL_SENSITIVITY, description="How easily the person feels cold."
    )
    offset_c: float = Field(
        default=0.0,
        ge=-MAX_OFFSET_C,
        le=MAX_OFFSET_C,
        allow_inf_nan=False,
        description=(
            "How many °C colder they feel than `sensitivity` says, negative where warmer: the"
            " `offset_c`, not the `mean_c`, that /feedback tells where it is asked with the same"
            " `sensitivity`."
        ),
        examples=[1.4],
    )
    exposure: Exposure = Field(
        default=USUAL_EXPOSURE,
        description=(
            "How long the person is out at a stretch. errands: errands and commuting, minutes up to"
            " an hour or two; hours: outdoors for hours, which takes more below 9 °C."
        ),
    )
    style: Style = USUAL_STYLE
    lang: OptionalLanguage = None
    units: Units = "metric"


class DayQuery(_AdviceQuery):
    """Query of a day's advice."""

    wake: int = Field(
        default=USUAL_WAKE,
        ge=WAKE_HOURS[0],
        le=WAKE_HOURS[-1],
        description="The first local hour outdoors.",
    )
    sleep: int = Field(
        default=USUAL_SLEEP,
        ge=SLEEP_HOURS[0],
        le=SLEEP_HOURS[-1],
        description=(
            "From then on in again; before `wake` it is the next morning's hour. Not the same as"
            " `wake`."
        ),
    )
    out: Outings | None = Field(
        default=None,
        description=(
            "Up to four outings from hour to hour instead of `wake` and `sleep`, with hours indoors"
            " between any two of them; the last one may end on the next morning. Their length"
            " replaces `exposure`: from three hours on an outing is one for hours. Where `wake` or"
            " `sleep` is given as well, it must be the first or the last hour of these."
        ),
        examples=["8-9,18-19"],
        json_schema_extra=_without_null,
    )


class HourQuery(_AdviceQuery):
    """Query of an hour's advice."""

    hour: int = Field(ge=0, le=23, description="A local hour of the day.", examples=[8])


GarmentId = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,40}$", examples=["hoodie"])]
_Name = Annotated[str, Field(min_length=1, max_length=60)]
MAX_GARMENTS: Final = 60


def _distinct(places: list[Place]) -> list[Place]:
    if len(set(places)) < len(places):
        raise ValueError("names a place twice")
    return places


class OwnGarment(RequestModel):
    """A garment that Wearcast's wardrobe doesn't know."""

    name_en: _Name
    name_ko: _Name
    layer: Layer
    covers: Annotated[list[Place], AfterValidator(_distinct)] = Field(
        default=[],
        max_length=4,
        description="The places it takes, each once; empty where the layer says it.",
        json_schema_extra={"uniqueItems": True},
    )
    clo: Measurement = Field(
        ge=0, le=2, description="Its insulation, as of the nearest garment of Wearcast's."
    )
    wind: Resistance = Field(default=0, description="0 lets it through, 1 resists, 2 keeps it out.")
    water: Resistance = Field(default=0, description="Likewise.")


def _few_garments(value: Any) -> Any:
    """Refuse too many garments before any of them is validated."""
    if isinstance(value, dict) and len(value) > MAX_GARMENTS:
        raise ValueError(f"has {len(value)} garments; there may be {MAX_GARMENTS}")
    return value


def _no_other_names(schema: dict[str, Any]) -> None:
    """Require that all names match: Pydantic's `patternProperties` alone allows others, and
    generated clients ignore it."""
    [(pattern, garment)] = schema.pop("patternProperties").items()
    schema |= {"propertyNames": {"pattern": pattern}, "additionalProperties": garment}


class OwnWardrobe(RequestModel):
    """What a person owns: it must cover chest, legs and feet."""

    own: list[GarmentId] = Field(
        default=[],
        max_length=MAX_GARMENTS,
        fail_fast=True,
        description="Ids of Wearcast's garments, or of those below.",
    )
    garments: Annotated[dict[GarmentId, OwnGarment], BeforeValidator(_few_garments)] = Field(
        default={},
        max_length=MAX_GARMENTS,
        description="Garments of one's own, by an id.",
        json_schema_extra=_no_other_names,
    )


def _own_hour() -> type[RequestModel]:
    """A field for each variable that a forecast is made from and that a single hour can have."""
    fields: dict[str, Any] = {}
    for name in HISTORY:
        variable = VARIABLES[name]
        if variable.period_h <= 1:
            bounded = Field(default=None, ge=variable.low, le=variable.high)
            fields[name] = (Measurement | None, bounded)
    return create_model("OwnHour", __base__=RequestModel, **fields)


class OwnHour(_own_hour()):  # type: ignore[misc]
    """An observed hour of one's own; null where nothing was observed."""


class OwnHistory(RequestModel):
    """A station's recent past by one's own records, every hour of it, the oldest first."""

    station: StationId
    first: UtcHour = Field(
        description="The first hour, a whole one of UTC, with its zone.",
        examples=["2013-03-05T03:00:00Z"],
    )
    hours: list[OwnHour] = Field(
        min_length=168,
        max_length=9_600,
        fail_fast=True,
        description="Three in four of the last 168 need a temperature, and the last one does.",
    )
    units: Units = Field(default="metric", description="Of the answer; what is sent is metric.")
