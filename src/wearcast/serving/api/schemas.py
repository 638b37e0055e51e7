"""What the API answers and accepts. Names carry units; where imperial ones are asked for, the names say that too."""

import re
from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, TypeAdapter

from wearcast.clothing.comfort import Activity, Sensitivity
from wearcast.clothing.settings import Language, Units
from wearcast.clothing.wardrobe import Layer, Place, Resistance, Style

EXAMPLE_DAY: Final = "2013-03-13"


class Answer(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(frozen=True)


class Provenance(Answer):
    """Which forecast an answer comes from."""

    issued_at: AwareDatetime = Field(description="The time of the station's last observation, from which the forecast looks ahead.")
    published_at: AwareDatetime | None = Field(description="When it was published; null for one made from a history of your own.")
    model: str = Field(description="The version of the model.", examples=["5136f5f6b779"])
    source: str = Field(description="The weather source.", examples=["sample"])
    version: str = Field(description="The version of the snapshot: the sha256 of its bytes.")
    age_s: int = Field(ge=0, description="Seconds since it was issued, or of a replay, since it was published; at most 10 s behind.")
    stale: bool = Field(description="Whether it is older than a forecast should be.")
    replay: bool = Field(description="Whether past weather is replayed, as the bundled sample's is.")


class Station(Answer):
    """A station."""

    id: str = Field(examples=["EWR"])
    name_en: str
    name_ko: str
    latitude: float
    longitude: float
    elevation_m: float
    time_zone: str = Field(examples=["America/New_York"])


class Quantiles(Answer):
    """A forecast quantity: p50 is its median, and p10 to p90 should hold it four times in five."""

    p05: float
    p10: float
    p25: float
    p40: float
    p50: float
    p60: float
    p75: float
    p90: float
    p95: float


class _When(Answer):
    valid_at: AwareDatetime = Field(description="The hour, UTC; precipitation is the sum of the hour before it.")
    local_time: AwareDatetime = Field(description="The same, by the station's clocks.")


class _Ahead(_When):
    lead_h: int = Field(ge=1, le=168, description="Hours since the issue time.")
    cloud_pct: Quantiles | None = Field(description="Cloud cover; null where the station doesn't report it.")
    rain_chance: float | None = Field(ge=0, le=1, description="Of at least 0.1 mm in the hour; null where the station reports no rain.")


class Hour(_Ahead):
    """An hour of a forecast."""

    temp_c: Quantiles
    dewpoint_c: Quantiles | None
    wind_ms: Quantiles | None
    precip_mm: Quantiles | None


class HourImperial(_Ahead):
    """An hour of a forecast, in imperial units."""

    temp_f: Quantiles
    dewpoint_f: Quantiles | None
    wind_mph: Quantiles | None
    precip_in: Quantiles | None


class Observed(_When):
    """An observed hour; null where nothing was observed."""

    temp_c: float | None
    dewpoint_c: float | None
    wind_ms: float | None
    precip_mm: float | None
    cloud_pct: float | None


class ObservedImperial(_When):
    """An observed hour, in imperial units; null where nothing was observed."""

    temp_f: float | None
    dewpoint_f: float | None
    wind_mph: float | None
    precip_in: float | None
    cloud_pct: float | None


class _Day(Answer):
    date: date
    observed_h: int = Field(description="Hours of it that had passed at the issue time.")
    rain_chance: float | None = Field(description="Of a wet hour among those ahead.")


class Day(_Day):
    """A local day from coherent trajectories: its lowest, mean and highest temperature as quantities of their own."""

    temp_min_c: Quantiles
    temp_mean_c: Quantiles
    temp_max_c: Quantiles


class DayImperial(_Day):
    """A local day from coherent trajectories, in imperial units."""

    temp_min_f: Quantiles
    temp_mean_f: Quantiles
    temp_max_f: Quantiles


class _Forecast(Answer):
    forecast: Provenance
    station: Station
    drift_h: int = Field(description="Hours of the past year known to the forecast; the fewer, the nearer it is to the plain climatology.")
    filled: float = Field(description="The share of the last 48 observed hours that quality control filled.")


class Forecast(_Forecast):
    """The next 168 hours of a station, the 48 before them, and the seven days they make."""

    units: Literal["metric"] = "metric"
    days: list[Day]
    observed: list[Observed]
    hours: list[Hour]


class ForecastImperial(_Forecast):
    """The same in imperial units."""

    units: Literal["imperial"] = "imperial"
    days: list[DayImperial]
    observed: list[ObservedImperial]
    hours: list[HourImperial]


class PlainHour(Answer):
    """An hour as the prototype's clients read it, in local time and °C."""

    year: int
    month: int
    day: int
    hour: int
    day_of_week: int = Field(ge=0, le=6, description="0 is Monday.")
    pred_Temperature: float = Field(description="The median, °C.")
    datetime: str = Field(examples=["2013-12-30 20:00:00"])
    date: str = Field(examples=["2013-12-30"])


PLAIN: Final = TypeAdapter(list[PlainHour])
"""The whole list."""


class WeatherSummary(Answer):
    """The day by the medians of its hours in `/forecast/latest`, and its observed hours: in °C, or in °F where `units` is imperial."""

    avg_temp: float
    min_temp: float
    max_temp: float
    temp_difference: float


class Recommendations(Answer):
    """What the prototype's clients read."""

    styles: dict[Style, list[str]] = Field(description="The garments of the outfit, for every style.")
    activity_tip: str
    layering_tip: str


class Piece(Answer):
    """A garment, and why it is worn."""

    id: str = Field(examples=["field_jacket"])
    name: str
    layer: str = Field(examples=["outer"])
    clo: float = Field(description="Its insulation.")
    removable: bool = Field(description="Whether it may come off outdoors.")
    reason: str


class Outfit(Answer):
    """What to wear, the outermost first."""

    style: Style
    rung: int = Field(description="On the style's ladder of outfits, 0 the lightest.")
    clo: float = Field(description="Insulation of the whole.")
    needs_clo: float = Field(description="What the coldest hour asks for.")
    pieces: list[Piece]


class _Step(Answer):
    at: AwareDatetime = Field(description="By the station's clocks.")
    observed: bool = Field(description="It has passed: the numbers are measurements, and nothing is advised.")
    rain_chance: float | None
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


class Carried(Answer):
    """Something to have along, and the chance that it will be wanted."""

    item: str = Field(examples=["umbrella"])
    name: str
    chance: float
    reason: str


class Sureness(Answer):
    """How sure the outfit is; the three chances sum to 1."""

    fits: float
    too_cold: float
    too_warm: float
    text: str
    second: list[str] = Field(description="Another outfit's garments, where the forecast leaves room for one.")
    second_clo: float | None
    second_text: str


class Person(Answer):
    """For whom the advice is."""

    activity: str
    sensitivity: str
    style: Style
    wake: int
    sleep: int
    language: Language


class _Recommendation(Answer):
    forecast: Provenance
    station: str
    target_date: date
    weather_summary: WeatherSummary
    recommendations: Recommendations
    person: Person
    why: str = Field(description="One sentence with the numbers that decide.")
    outfit: Outfit
    carry: list[Carried]
    certainty: Sureness
    missing: str = Field(description="What a wardrobe of your own lacks for it; empty where nothing does.")


class Recommendation(_Recommendation):
    """What to wear, why, what to carry, what to put on and take off when, and how sure that is."""

    units: Literal["metric"] = "metric"
    day: Day
    timeline: list[Step]


class RecommendationImperial(_Recommendation):
    """The same in imperial units."""

    units: Literal["imperial"] = "imperial"
    day: DayImperial
    timeline: list[StepImperial]


class Offered(Station):
    """A station, and what is forecast of it."""

    forecast: Provenance | None = Field(description="null: there is no forecast of it at present.")
    days: list[date] = Field(description="The local days that advice can be had for.")


class Stations(Answer):
    """Every station that is forecast or that the model knows, the default one first."""

    stations: list[Offered]


class TrainedOn(Answer):
    """The hours that the model saw."""

    start: AwareDatetime
    until: AwareDatetime
    segments: int = Field(description="Stretches of hours, with margins between them.")
    source: str


class ModelCard(Answer):
    """The tracked model: where it comes from, and how good it was found to be."""

    version: str
    onnx: str = Field(description="The hash of its network.")
    data: str = Field(description="The hash of the observations it was trained on, and of their split.")
    code: str = Field(description="The hash of the code that trained it.")
    trained_on: TrainedOn
    stations: list[Station]
    history_h: int = Field(description="Hours of the past that a forecast is made from, beside the drift's year.")
    horizon_h: int
    levels: list[float] = Field(description="The quantile levels p05 to p95.")
    params: dict[str, float] = Field(description="The group `train` of params.yaml.")
    libraries: dict[str, str]
    validation: dict[str, JsonValue] = Field(description="Scores on the validation period, in standard deviations.")
    test: dict[str, JsonValue] | None = Field(description="Scores on the test period; null where they aren't shipped.")


class Table(Answer):
    """A small table that a plot is drawn from."""

    columns: list[str]
    rows: list[list[float | str | None]]


class Verification(Answer):
    """How the model did on the test period, as the pipeline found it."""

    metrics: dict[str, JsonValue] | None
    verification: dict[str, JsonValue] | None
    plots: dict[str, Table]


class Recent(Answer):
    """How the past snapshots of a station fared against what came."""

    forecast: Provenance
    station: str
    verification: dict[str, JsonValue] | None = Field(description="null: there is nothing to compare yet.")


class Health(Answer):
    """Whether the service can answer."""

    status: Literal["ready", "waiting", "alive"]
    snapshot: str | None = Field(default=None, description="The version that is served.")
    age_s: int | None = None
    stale: bool | None = None
    store: str = Field(default="", description="What is wrong with the store; empty where nothing is.")
    model: str = Field(default="", description="What is wrong with the model; empty where nothing is.")


class Asked(BaseModel):
    """A part of a request: every field is known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _written(pattern: str, said: str) -> BeforeValidator:
    """A check that a value is written in one way, before anything is made of it: dates and times could be numbers else."""

    def checked(value: Any) -> Any:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise ValueError(said)
        return value

    return BeforeValidator(checked)


def _or_left_out(schema: dict[str, Any]) -> None:
    """A query has no null: what isn't asked for is left out."""
    [asked] = [variant for variant in schema.pop("anyOf") if variant.get("type") != "null"]
    schema.pop("default", None)
    schema |= asked


_DATE: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_ANY_HOUR: Final = r"([01][0-9]|2[0-3])"
_UTC_HOUR: Final = (
    rf"^(19|20)[0-9]{{2}}-[0-9]{{2}}-[0-9]{{2}}T{_ANY_HOUR}:"
    rf"(00:00(\.0{{1,6}})?(Z|[+-]{_ANY_HOUR}:00)|30:00(\.0{{1,6}})?[+-]{_ANY_HOUR}:30|45:00(\.0{{1,6}})?\+{_ANY_HOUR}:45)$"
)
"""A whole hour of UTC by any clock, in a year that has records."""

StationId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,32}$", examples=["EWR"])]
AnyStation = Annotated[StationId | None, Field(description="Its id; else the first of /stations.", json_schema_extra=_or_left_out)]
LocalDate = Annotated[date, _written(_DATE, "must be a date such as 2013-12-31")]
UtcHour = Annotated[
    AwareDatetime,
    _written(_UTC_HOUR, "must be a whole hour of UTC from 1900 to 2099 with its zone, such as 2013-12-24T00:00:00Z"),
    Field(json_schema_extra={"pattern": _UTC_HOUR}),
]
Measured = Annotated[float, Field(strict=True, allow_inf_nan=False)]
"""A number; text that looks like one isn't."""


class WhichForecast(Asked):
    """Query of a forecast."""

    station: AnyStation = None
    units: Units = "metric"
    format: Literal["json", "csv", "records"] = Field(
        default="json", description="records: the bare list of an earlier prototype, in local time and °C whatever `units` says."
    )


class WhichStation(Asked):
    """Query of a station."""

    station: AnyStation = None


class _Asker(Asked):
    station: AnyStation = None
    target_date: LocalDate | None = Field(
        default=None,
        description="A local day of the station, one of those /stations lists; else tomorrow.",
        examples=[EXAMPLE_DAY],
        json_schema_extra=_or_left_out,
    )
    activity: Activity = Activity.STROLLING
    sensitivity: Sensitivity = Field(default=Sensitivity.AVERAGE, description="How easily the person feels cold.")
    style: Style = Style.CASUAL
    lang: Language | None = Field(
        default=None, description="Of every text; else what Accept-Language prefers, else English.", json_schema_extra=_or_left_out
    )
    units: Units = "metric"


class WhichDay(_Asker):
    """Query of a day's advice."""

    wake: int = Field(default=7, ge=0, le=23, description="The first local hour outdoors.")
    sleep: int = Field(default=22, ge=0, le=24, description="The hour from which the person is in again; not the same as `wake`.")


class WhichHour(_Asker):
    """Query of an hour's advice."""

    hour: int = Field(ge=0, le=23, description="A local hour of the day.", examples=[8])


GarmentId = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,40}$", examples=["hoodie"])]
_Name = Annotated[str, Field(min_length=1, max_length=60)]
MOST_GARMENTS: Final = 60


def _each_once(places: list[Place]) -> list[Place]:
    if len(set(places)) < len(places):
        raise ValueError("names a place twice")
    return places


class OwnGarment(Asked):
    """A garment that Wearcast's wardrobe doesn't know."""

    name_en: _Name
    name_ko: _Name
    layer: Layer
    covers: Annotated[list[Place], AfterValidator(_each_once)] = Field(
        default=[],
        max_length=4,
        description="The places it takes, each once; empty where the layer says it.",
        json_schema_extra={"uniqueItems": True},
    )
    clo: Measured = Field(ge=0, le=2, description="Its insulation, as of the nearest garment of Wearcast's.")
    wind: Resistance = Field(default=0, description="0 lets it through, 1 resists, 2 keeps it out.")
    water: Resistance = Field(default=0, description="Likewise.")


def _no_other_names(schema: dict[str, Any]) -> None:
    """Pydantic says what follows from a name that matches, not that every name must; typed clients want it said so, too."""
    [(pattern, garment)] = schema.pop("patternProperties").items()
    schema |= {"propertyNames": {"pattern": pattern}, "additionalProperties": garment}


class OwnWardrobe(Asked):
    """What a person owns: it must cover chest, legs and feet."""

    own: list[GarmentId] = Field(default=[], max_length=MOST_GARMENTS, description="Ids of Wearcast's garments, or of those below.")
    garments: dict[GarmentId, OwnGarment] = Field(
        default={}, max_length=MOST_GARMENTS, description="Garments of one's own, by an id.", json_schema_extra=_no_other_names
    )


class OwnHour(Asked):
    """An observed hour of one's own; null where nothing was observed."""

    temp_c: Measured | None = Field(default=None, ge=-90, le=57)
    dewpoint_c: Measured | None = Field(default=None, ge=-100, le=36)
    wind_ms: Measured | None = Field(default=None, ge=0, le=113)
    wind_dir_deg: Measured | None = Field(default=None, ge=0, le=360)
    pressure_hpa: Measured | None = Field(default=None, ge=870, le=1085)
    cloud_pct: Measured | None = Field(default=None, ge=0, le=100)
    precip_mm: Measured | None = Field(default=None, ge=0, le=400)


class OwnHistory(Asked):
    """A station's recent past by one's own records, every hour of it, the oldest first."""

    station: StationId
    first: UtcHour = Field(description="The first hour, a whole one of UTC, with its zone.", examples=["2013-03-05T03:00:00Z"])
    hours: list[OwnHour] = Field(
        min_length=168, max_length=9_600, description="Three in four of the last 168 need a temperature, and the last one does."
    )
    units: Units = Field(default="metric", description="Of the answer; what is sent is metric.")
