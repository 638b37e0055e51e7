"""Advice as the API tells it. What to wear is decided in `wearcast.clothing.advice` alone; here it
is put into an answer."""

from datetime import date, datetime
from typing import Any

from wearcast.clothing.advice import Advice, Certainty, Choice, Step
from wearcast.config import Station
from wearcast.serving.api import schemas
from wearcast.serving.api.forecast_view import StationForecastView
from wearcast.variables import fahrenheit, mph
from wearcast.vocabulary import Units


def recommendation(
    view: StationForecastView, choice: Choice, provenance: schemas.Provenance
) -> schemas.Recommendation | schemas.RecommendationImperial:
    """An advice with the weather of its day, and what would be worn in every style."""
    advice = choice.advice
    settings, station = advice.settings, view.snapshot.stations[view.station]
    kind = (
        schemas.RecommendationImperial if settings.units == "imperial" else schemas.Recommendation
    )
    return kind(
        forecast=provenance,
        station=advice.station,
        target_date=advice.date,
        weather_summary=view.summary(advice.date),
        recommendations=schemas.Recommendations(
            styles={style: list(names) for style, names in choice.styles.items()},
            activity_tip=advice.activity_tip,
            layering_tip=advice.layering_tip,
        ),
        person=schemas.Person(**settings.model_dump(exclude={"units"})),
        why=advice.why,
        outfit=_outfit(advice),
        carry=[schemas.Carried(**vars(carry)) for carry in advice.carry],
        certainty=_certainty(advice.certainty),
        missing=advice.missing,
        unknown=advice.unknown,
        day=view.day(advice.date),
        timeline=[_step(step, station, settings.units) for step in advice.timeline],
    )


def local_hour(on: date, hour: int, station: Station) -> datetime:
    """A local hour of a station with its zone; one that is told twice is the first."""
    return datetime(on.year, on.month, on.day, hour, tzinfo=station.zone)


def _outfit(advice: Advice) -> schemas.Outfit:
    return schemas.Outfit(
        style=advice.settings.style,
        rung=advice.rung,
        clo=advice.clo,
        needs_clo=advice.needs_clo,
        pieces=[schemas.Piece(**vars(piece)) for piece in advice.pieces],
    )


def _certainty(certainty: Certainty) -> schemas.Sureness:
    return schemas.Sureness(**{**vars(certainty), "second": list(certainty.second)})


def _step(step: Step, station: Station, units: Units) -> Any:
    kind = schemas.StepImperial if units == "imperial" else schemas.Step
    return kind(
        at=step.valid_at.astimezone(station.zone),
        observed=step.observed,
        rain_chance=step.rain_chance,
        needs_clo=step.needs_clo,
        wears_clo=step.wears_clo,
        worn=list(step.worn),
        change=step.change,
        **_measures(step, units),
    )


def _measures(step: Step, units: Units) -> dict[str, Any]:
    """The hour's weather, just as the advice has it where that is what was asked for."""
    if units == "metric":
        return {"temp_c": step.temp_c, "feels_c": step.feels_c, "wind_ms": step.wind_ms}
    return {
        "temp_f": round(fahrenheit(step.temp_c), 2),
        "feels_f": round(fahrenheit(step.feels_c), 2),
        "wind_mph": None if step.wind_ms is None else round(mph(step.wind_ms), 2),
    }
