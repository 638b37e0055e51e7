"""The schemas of stations, the model, its scores, and the service's health."""

from datetime import date
from typing import Literal

from pydantic import AwareDatetime, Field, JsonValue

from wearcast.serving.api.schemas.forecasts import Provenance, ResponseModel, Station


class ExpectedOfGuidance(ResponseModel):
    """What the past of such a place says of its forecasts where they come from numerical forecasts,
    over the hours that those reach. By hours ahead; null where nothing is known."""

    days: int = Field(description="Days of the archive of numerical forecasts that it is from.")
    mae_c: dict[str, float | None] = Field(
        description="The mean absolute error of the temperature's median, °C."
    )
    coverage_80: dict[str, float | None] = Field(
        description="The share of temperatures that came between p10 and p90; 0.8 is right."
    )


class Expected(ResponseModel):
    """What the past of a place that the model was not trained at says of its forecasts, as they
    would have been made then. By hours ahead, such as 1-24; null where nothing is known."""

    fitted_from: AwareDatetime = Field(description="The first hour of the record that it is from.")
    fitted_until: AwareDatetime
    days: int = Field(description="Days of that record with temperatures.")
    borrowed_from: list[str] = Field(
        description="Stations whose climatology its own leans on; empty where the record is enough."
    )
    nearest_km: float = Field(
        description="The distance to the nearest station that the model was trained at."
    )
    forecasts: int = Field(description="How many forecasts of its past these figures are of.")
    mae_c: dict[str, float | None] = Field(
        description="The mean absolute error of the temperature's median, °C.",
        examples=[{"1-24": 1.3, "25-72": 2.2, "73-168": 2.9, "all": 2.5}],
    )
    climatology_mae_c: dict[str, float | None] = Field(
        description="That of the climatology, with how far the last year was from it, °C."
    )
    coverage_80: dict[str, float | None] = Field(
        description="The share of temperatures that came between p10 and p90; 0.8 is right."
    )
    guided: ExpectedOfGuidance | None = Field(
        default=None,
        description=(
            "The same with numerical forecasts; null: the forecast is made from the place's past"
            " alone, as the other figures are."
        ),
    )


class Offered(Station):
    """A station, and what is forecast of it."""

    forecast: Provenance | None = Field(description="null: there is no forecast of it at present.")
    today: date | None = Field(
        description=(
            "The date by the station's clocks, of a replay by its issue time; null: there is no"
            " forecast of it at present."
        )
    )
    days: list[date] = Field(
        description=(
            "The local days that advice can be had for: today and those after it, as far as the"
            " forecast reaches; of one so old that it hasn't got today, those that it has."
        )
    )
    trained: bool = Field(
        default=True,
        description="Whether the model was trained there, and not only fitted to its past record.",
    )
    expected: Expected | None = Field(
        default=None,
        description=(
            "What to expect of the forecasts of a place that the model was not trained at; null of"
            " a station that it was trained at, or where it isn't known."
        ),
    )


class Stations(ResponseModel):
    """The stations that are forecast or that the model knows, the default one first; of those that
    `q` finds, the ones that fit it best."""

    stations: list[Offered]
    default: str = Field(
        description="The id of the station that answers are of where none is named."
    )
    total: int = Field(description="How many stations there are, or how many `q` finds.")
    next: str | None = Field(
        description="What to send as `after` for the next page; null: this is the last one."
    )


class TrainedOn(ResponseModel):
    """The hours that the model saw."""

    start: AwareDatetime
    until: AwareDatetime
    segments: int = Field(description="Stretches of hours, with margins between them.")
    source: str


class ModelCard(ResponseModel):
    """The tracked model: where it comes from, and how good it was found to be."""

    version: str
    onnx: str = Field(description="The hash of its network.")
    data: str = Field(
        description="The hash of the observations it was trained on, and of their split."
    )
    code: str = Field(description="The hash of the code that trained it.")
    trained_on: TrainedOn
    stations: list[Station] = Field(description="Those that it was trained at, in pages.")
    total: int = Field(description="How many stations it was trained at.")
    next: str | None = Field(
        description="What to send as `after` for the next page; null: this is the last one."
    )
    history_h: int = Field(
        description=(
            "Hours of the past that a forecast is made from, beside the drift's year and any"
            " numerical forecasts."
        )
    )
    horizon_h: int = Field(description="Hours that a forecast reaches ahead.")
    levels: list[float] = Field(description="The quantile levels p05 to p95.")
    params: dict[str, float | str | bool] = Field(description="The group `train` of params.yaml.")
    median: str | None = Field(
        description="Where the network moves the linear path's median; null of an older model."
    )
    judged: str | None = Field(
        description=(
            "The version of the model that `test` judges, where this one learned once more from all"
            " years; null: this one."
        )
    )
    libraries: dict[str, str]
    validation: dict[str, JsonValue] = Field(
        description="Scores on the validation period, in standard deviations."
    )
    test: dict[str, JsonValue] | None = Field(
        description="Scores on the test period; null where they aren't shipped."
    )


class Table(ResponseModel):
    """A small table that a plot is drawn from."""

    columns: list[str]
    rows: list[list[float | str | None]]


class Verification(ResponseModel):
    """How the model did on the test period, as the pipeline found it."""

    metrics: dict[str, JsonValue] | None
    verification: dict[str, JsonValue] | None
    plots: dict[str, Table]


class Recent(ResponseModel):
    """How the past snapshots of a station fared against what came."""

    forecast: Provenance
    station: str
    verification: dict[str, JsonValue] | None = Field(
        description="null: there is nothing to compare yet."
    )


class Health(ResponseModel):
    """Whether the service can answer."""

    status: Literal["ready", "waiting", "failing", "alive"]
    snapshot: str | None = Field(default=None, description="The version that is served.")
    age_s: int | None = None
    stale: bool | None = None
    store: str = Field(
        default="", description="What is wrong with the store; empty where nothing is."
    )
    model: str = Field(
        default="", description="What is wrong with the model; empty where nothing is."
    )
    tasks: str = Field(
        default="",
        description="What is wrong with what runs beside the requests; empty where nothing is.",
    )
