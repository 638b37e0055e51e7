"""Advice as the API's schemas; it is computed in `wearcast.clothing.advice` alone."""

from datetime import date, datetime, time
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
    """An advice with the weather of its day, and the outfits of every style."""
    advice = choice.advice
    settings = advice.settings
    imperial = settings.units == "imperial"
    kind = schemas.RecommendationImperial if imperial else schemas.Recommendation
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
        timeline=[_step(step, view.station, settings.units) for step in advice.timeline],
    )


def local_hour(on: date, hour: int, station: Station) -> datetime:
    """A local hour of a station with its time zone; of an ambiguous hour, the first."""
    midnight = datetime.combine(on, time(), station.zone)
    return midnight.replace(hour=hour)


def _outfit(advice: Advice) -> schemas.Outfit:
    return schemas.Outfit(
        style=advice.settings.style,
        rung=advice.rung,
        clo=advice.clo,
        needs_clo=advice.needs_clo,
        pieces=[schemas.Piece(**vars(piece)) for piece in advice.pieces],
    )


def _certainty(certainty: Certainty) -> schemas.Sureness:
    fields = {**vars(certainty), "second": list(certainty.second)}
    return schemas.Sureness(**fields)


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
    """The hour's weather in the client's units; metric values are the advice's own."""
    if units == "metric":
        return {"temp_c": step.temp_c, "feels_c": step.feels_c, "wind_ms": step.wind_ms}
    return {
        "temp_f": round(fahrenheit(step.temp_c), 2),
        "feels_f": round(fahrenheit(step.feels_c), 2),
        "wind_mph": None if step.wind_ms is None else round(mph(step.wind_ms), 2),
    }
