"""What the API answers and accepts."""

from wearcast.serving.api.schemas.asked import (
    EXAMPLE_DAY,
    MOST_GARMENTS,
    OwnGarment,
    OwnHistory,
    OwnHour,
    OwnWardrobe,
    WhichDay,
    WhichForecast,
    WhichHour,
    WhichStation,
)  # fmt: skip
from wearcast.serving.api.schemas.forecasts import (
    PLAIN,
    Day,
    DayImperial,
    Forecast,
    ForecastImperial,
    Hour,
    HourImperial,
    Observed,
    ObservedImperial,
    PlainHour,
    Provenance,
    Quantiles,
    Station,
)  # fmt: skip
from wearcast.serving.api.schemas.model import Health, ModelCard, Offered, Recent, Stations, Table, TrainedOn, Verification
from wearcast.serving.api.schemas.recommendations import (
    Carried,
    Outfit,
    Person,
    Piece,
    Recommendation,
    RecommendationImperial,
    Recommendations,
    Step,
    StepImperial,
    Sureness,
    WeatherSummary,
)  # fmt: skip

__all__ = [
    "EXAMPLE_DAY", "MOST_GARMENTS", "PLAIN", "Carried", "Day", "DayImperial", "Forecast", "ForecastImperial", "Health", "Hour",
    "HourImperial", "ModelCard", "Observed", "ObservedImperial", "Offered", "Outfit", "OwnGarment", "OwnHistory", "OwnHour",
    "OwnWardrobe", "Person", "Piece", "PlainHour", "Provenance", "Quantiles", "Recent", "Recommendation", "RecommendationImperial",
    "Recommendations", "Station", "Stations", "Step", "StepImperial", "Sureness", "Table", "TrainedOn", "Verification",
    "WeatherSummary", "WhichDay", "WhichForecast", "WhichHour", "WhichStation",
]  # fmt: skip
