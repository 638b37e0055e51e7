"""The schemas of forecasts. Names carry units, those of imperial responses imperial ones."""

from datetime import date
from typing import Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, create_model

from wearcast.serving.api.units import DERIVED, quantities
from wearcast.variables import VARIABLES
from wearcast.vocabulary import MAX_HORIZON_H, Precipitation, Units


class ResponseModel(BaseModel):
    """A part of a response."""

    model_config = ConfigDict(frozen=True)


class GuidanceRun(ResponseModel):
    """A run of a numerical model that went into a forecast."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    model: str = Field(
        description="The model, by its source's name.", examples=["ecmwf_ifs025", "kma_short_term"]
    )
    issued_from: AwareDatetime = Field(description="When it started, at the earliest.")
    issued_until: AwareDatetime = Field(
        description="When it started, at the latest; the same as the earliest where that is known."
    )


class Guidance(ResponseModel):
    """The numerical forecasts that went into a forecast, beside the station's past."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    source: str = Field(description="Who gave them.", examples=["open_meteo"])
    runs: list[GuidanceRun] = Field(description="The newest run of each model that was used.")
    missing: list[str] = Field(
        description="Models that it is usually made from too, which weren't there this time.",
        examples=[["icon_seamless"]],
    )
    reach_h: int = Field(
        description=(
            "The last of the hours ahead whose temperature is made from them; those after it are"
            " from the station's past."
        ),
        examples=[162],
    )
    rain_reach_h: int = Field(
        description="The last of the hours ahead whose rain is made from them; 0 where none is.",
        examples=[114],
    )


class Provenance(ResponseModel):
    """Which forecast an answer comes from."""

    issued_at: AwareDatetime = Field(
        description=(
            "The time of the station's last observation, from which the forecast looks ahead."
        )
    )
    published_at: AwareDatetime | None = Field(
        description="When it was published; null for one made from a history of your own."
    )
    model: str = Field(description="The version of the model.", examples=["5136f5f6b779"])
    source: str = Field(description="The weather source.", examples=["sample"])
    attribution: str = Field(
        description=(
            "Whom its observations are owed to, and the numerical forecasts that it is made from;"
            " to be named wherever it is shown, mostly a licence's condition."
        )
    )
    guidance: Guidance | None = Field(
        default=None,
        description=(
            "The numerical forecasts that it is made from; null where it is from the station's past"
            " alone."
        ),
    )
    version: str = Field(
        description=(
            "The version of the snapshot: the sha256 of its bytes; of a forecast from a history of"
            " your own, of that and the model's version."
        )
    )
    age_s: int = Field(
        ge=0,
        description=("Seconds since it was issued, or of a replay, since it was published."),
    )
    stale: bool = Field(description="Whether it is older than a forecast should be.")
    replay: bool = Field(
        description="Whether past weather is replayed, as the bundled sample's is."
    )


class Station(ResponseModel):
    """A station."""

    id: str = Field(examples=["EWR"])
    name_en: str
    name_ko: str
    latitude: float
    longitude: float
    elevation_m: float
    time_zone: str = Field(examples=["America/New_York"])


def _selected(*always: str) -> ConfigDict:
    """Of a part that has only the fields that were asked for, beside those it always has."""

    def change(schema: dict[str, Any]) -> None:
        schema["required"] = [name for name in schema["required"] if name in always]
        if not schema["required"]:
            del schema["required"]

    return ConfigDict(frozen=True, json_schema_extra=change)


class Quantiles(ResponseModel):
    """A forecast quantity: p50 is its median, and p10 to p90 should hold it four times in five. All
    of them, unless `quantiles` asked for some."""

    model_config = _selected()

    p05: float
    p10: float
    p25: float
    p40: float
    p50: float
    p60: float
    p75: float
    p90: float
    p95: float


RAIN_OR_SNOW: Final = (
    "Of at least 0.1 mm in the hour, as rain or snow; null where the station reports neither."
)
OF_IT_SNOW: Final = (
    "The part of the chance of rain or snow that is the chance of snow, by temperature and dew"
    " point."
)


class _TimedHour(ResponseModel):
    valid_at: AwareDatetime = Field(
        description="The hour, UTC; precipitation is the sum of the hour before it."
    )
    local_time: AwareDatetime = Field(description="The same, by the station's clocks.")
    daylight: bool = Field(
        description=(
            "Whether it is light outdoors: the sun is up, or less than 6° below the horizon (civil"
            " twilight)."
        )
    )


class _ForecastHour(_TimedHour):
    model_config = _selected("valid_at", "local_time", "lead_h")

    lead_h: int = Field(ge=1, le=MAX_HORIZON_H, description="Hours since the issue time.")
    cloud_pct: Quantiles | None = Field(
        description="Cloud cover; null where the station doesn't report it."
    )
    rain_chance: float | None = Field(ge=0, le=1, description=RAIN_OR_SNOW)
    snow_chance: float | None = Field(default=None, ge=0, le=1, description=OF_IT_SNOW)


class _ObservedHour(_TimedHour):
    model_config = _selected("valid_at", "local_time")

    snow_chance: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description=(
            "That what fell was snow, by temperature and dew point; 0 of a dry hour, null where"
            " either isn't known."
        ),
    )


_DERIVED: Final = {
    "rh_pct": "Relative humidity; null where the dew point isn't known.",
    "feels_c": (
        "How it feels at a stroll with wind, humidity, sun and rain, as in the advice; of these, an"
        " unknown one counts as none."
    ),
}
"""Derived in every trajectory, so that their quantiles are quantiles of their own."""


def _with_variables(base: type[ResponseModel], units: Units, kind: Any) -> type[ResponseModel]:
    """`base` and a field of a kind for each forecast variable that it hasn't got; only the
    temperature of an hour ahead is always known."""
    fields: dict[str, Any] = {}
    for variable in VARIABLES.values():
        name = variable.scale(units).name
        if variable.in_forecast and name not in base.model_fields:
            is_always_known = kind is Quantiles and variable.name == "temp_c"
            annotation = kind if is_always_known else kind | None
            fields[name] = (annotation, ...)
    for name in DERIVED:
        field = Field(default=None, description=_DERIVED[name])
        quantity = quantities(units)[name]
        fields[quantity.name] = (kind | None, field)
    return create_model(base.__name__, __base__=base, **fields)


class Hour(_with_variables(_ForecastHour, "metric", Quantiles)):  # type: ignore[misc]
    """An hour of a forecast."""


class HourImperial(_with_variables(_ForecastHour, "imperial", Quantiles)):  # type: ignore[misc]
    """An hour of a forecast, in imperial units."""


class Observed(_with_variables(_ObservedHour, "metric", float)):  # type: ignore[misc]
    """An observed hour; null where nothing was observed."""


class ObservedImperial(_with_variables(_ObservedHour, "imperial", float)):  # type: ignore[misc]
    """An observed hour, in imperial units; null where nothing was observed."""


_AMOUNT: Final = (
    "Its rain and melted snow, with the hours that had passed; null where the station reports"
    " neither."
)
_STRONGEST_GUST: Final = "Its strongest gust; null where the station's gusts aren't known."


_USUAL: Final = (
    "What is usual on its date by the climatology of the model that the service has; null where it"
    " has none of the station."
)


class UsualDay(ResponseModel):
    """The course of the temperature that is usual on a date: its lowest, mean and highest. Most
    days are a bit colder at their coldest and warmer at their warmest, so compare means."""

    temp_min_c: float
    temp_mean_c: float
    temp_max_c: float


class UsualDayImperial(ResponseModel):
    """The course of the temperature that is usual on a date, in imperial units."""

    temp_min_f: float
    temp_mean_f: float
    temp_max_f: float


class _Day(ResponseModel):
    date: date
    observed_h: int = Field(description="Hours of it that had passed at the issue time.")
    rain_chance: float | None = Field(
        description="Of an hour with rain or snow among those ahead; null as in the hours."
    )
    snow_chance: float | None = Field(
        default=None, description="Of an hour with snow among those ahead."
    )
    precipitation: Precipitation | None = Field(
        default=None,
        description="What falls if anything does: rain, snow, or either; null as in the hours.",
    )


class Day(_Day):
    """A local day from coherent trajectories: its lowest, mean and highest temperature as
    quantities of their own."""

    temp_min_c: Quantiles
    temp_mean_c: Quantiles
    temp_max_c: Quantiles
    gust_ms: Quantiles | None = Field(default=None, description=_STRONGEST_GUST)
    precip_mm: Quantiles | None = Field(default=None, description=_AMOUNT)
    usual: UsualDay | None = Field(default=None, description=_USUAL)


class DayImperial(_Day):
    """A local day from coherent trajectories, in imperial units."""

    temp_min_f: Quantiles
    temp_mean_f: Quantiles
    temp_max_f: Quantiles
    gust_mph: Quantiles | None = Field(default=None, description=_STRONGEST_GUST)
    precip_in: Quantiles | None = Field(default=None, description=_AMOUNT)
    usual: UsualDayImperial | None = Field(default=None, description=_USUAL)


class _Forecast(ResponseModel):
    forecast: Provenance
    station: Station
    drift_h: int = Field(
        description=(
            "Hours of the past year known to the forecast; the fewer, the nearer what it makes of"
            " the station's past is to the plain climatology."
        )
    )
    filled: float = Field(
        description="The share of the last 48 observed hours that quality control filled."
    )


class Forecast(_Forecast):
    """The hours ahead of a station as far as the model's `horizon_h` reaches, the 48 before them,
    and the days they make: today and those after it."""

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


class Forecasts(ResponseModel):
    """The forecasts of several stations, in the order that they were asked for."""

    forecasts: list[Forecast]


class ForecastsImperial(ResponseModel):
    """The same in imperial units."""

    forecasts: list[ForecastImperial]


class PlainHour(ResponseModel):
    """An hour as the prototype's clients read it, in local time and °C."""

    year: int
    month: int
    day: int
    hour: int
    day_of_week: int = Field(ge=0, le=6, description="0 is Monday.")
    pred_Temperature: float = Field(description="The median, °C.")
    datetime: str = Field(examples=["2013-12-30 20:00:00"])
    date: str = Field(examples=["2013-12-30"])


LEGACY_RECORDS: Final = TypeAdapter(list[PlainHour])
"""The list of the format `records`."""
