"""Advice as the API's schemas; it is computed in `wearcast.clothing.advice` alone."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final, Literal

from wearcast.clothing.advice import Advice, Choice
from wearcast.clothing.day_before import DayBefore
from wearcast.clothing.rain_ahead import Protection, RainAhead
from wearcast.clothing.timeline import Span, Step
from wearcast.clothing.wording import AdviceText, in_words, names
from wearcast.config import Station
from wearcast.forecasting.local_time import HasZone
from wearcast.serving.api import schemas
from wearcast.variables import fahrenheit, fahrenheit_difference, mph
from wearcast.vocabulary import Units

_TAKEN: Final[Mapping[Protection, Literal["umbrella", "rain_jacket"]]] = {
    Protection.UMBRELLA: "umbrella",
    Protection.RAIN_JACKET: "rain_jacket",
}


def recommendation(
    choice: Choice,
    station: HasZone,
    summary: schemas.WeatherSummary,
    day: Any,
    provenance: schemas.Provenance | None,
    made_from: str = "",
    today: date | None = None,
) -> schemas.Recommendation | schemas.RecommendationImperial:
    """An advice with the weather of its day, and the outfits of every style.

    Args:
        choice: the advice.
        station: by whose clocks the hours are told.
        summary: the temperatures of its day.
        day: that day as `day_schemas` gives it; both in the person's units.
        provenance: of the forecast; None for hours that somebody gave.
        made_from: what the forecast is made from, in words.
        today: the reader's date, where there is a day before to call yesterday or today.
    """
    advice = choice.advice
    settings = advice.settings
    text = in_words(advice, settings.language, settings.units, today)
    imperial = settings.units == "imperial"
    kind = schemas.RecommendationImperial if imperial else schemas.Recommendation
    return kind(
        forecast=provenance,
        made_from=made_from,
        station=advice.station,
        target_date=advice.date,
        weather_summary=summary,
        recommendations=schemas.Recommendations(
            styles={
                style: list(names(settings.language, outfit.garments))
                for style, outfit in choice.styles.items()
            },
            activity_tip=text.activity_tip,
            layering_tip=text.layering_tip,
        ),
        person=schemas.Person(**settings.model_dump(exclude={"units"})),
        why=text.why,
        day_before=_day_before(advice.day_before, text, settings.units),
        precipitation=_precipitation(advice.rain, text, station),
        umbrella=_umbrella(advice.rain, station),
        outfit=_outfit(advice, text),
        carry=_carry(advice, text),
        certainty=_certainty(advice, text, station),
        missing=text.lack,
        unknown=text.without_forecast,
        day=day,
        timeline=[
            _step(step, change, station, settings.units)
            for step, change in zip(advice.timeline, text.changes, strict=True)
        ],
    )


def local_hour(on: date, hour: int, station: Station) -> datetime:
    """A local hour of a station with its time zone; of an ambiguous hour, the first."""
    midnight = datetime.combine(on, time(), station.zone)
    return midnight.replace(hour=hour)


def _day_before(before: DayBefore | None, text: AdviceText, units: Units) -> Any:
    if before is None:
        return None
    fields: dict[str, Any] = {
        "date": before.date,
        "new": [garment.id for garment in before.swap.new],
        "old": [garment.id for garment in before.swap.old],
        "text": text.day_before,
    }
    if units == "metric":
        return schemas.DayBefore(warmer_c=round(before.warmer_c, 2), **fields)
    warmer_f = round(fahrenheit_difference(before.warmer_c), 2)
    return schemas.DayBeforeImperial(warmer_f=warmer_f, **fields)


def _precipitation(
    rain: RainAhead | None, text: AdviceText, station: HasZone
) -> schemas.PrecipitationAhead | None:
    if rain is None:
        return None
    return schemas.PrecipitationAhead(
        kind=rain.kind,
        chance=rain.chance,
        hours=[at.astimezone(station.zone) for at in rain.hours],
        take=_TAKEN.get(rain.protection),
        text=text.rain,
    )


def _umbrella(rain: RainAhead | None, station: HasZone) -> schemas.Umbrella:
    advised = rain is not None and rain.protection is Protection.UMBRELLA
    since = until = None
    if rain is not None and advised and rain.hours:
        since = rain.hours[0].astimezone(station.zone)
        until = (rain.hours[-1] + timedelta(hours=1)).astimezone(station.zone)
    fields = {
        "advised": advised,
        "chance": None if rain is None else rain.chance,
        "from": since,
        "until": until,
    }
    return schemas.Umbrella.model_validate(fields)


def _outfit(advice: Advice, text: AdviceText) -> schemas.Outfit:
    pieces = [
        schemas.Piece(
            id=piece.garment.id,
            name=said.name,
            layer=piece.garment.layer,
            clo=piece.garment.clo,
            removable=piece.garment.removable,
            reason=said.reason,
        )
        for piece, said in zip(advice.pieces, text.pieces, strict=True)
    ]
    return schemas.Outfit(
        style=advice.settings.style,
        rung=advice.rung,
        clo=advice.clo,
        needs_clo=advice.needs_clo,
        pieces=pieces,
    )


def _carry(advice: Advice, text: AdviceText) -> list[schemas.Carried]:
    return [
        schemas.Carried(
            item=thing.item,
            name=said.name,
            chance=thing.chance,
            reason=said.reason,
        )
        for thing, said in zip(advice.carry, text.carry, strict=True)
    ]


def _certainty(advice: Advice, text: AdviceText, station: HasZone) -> schemas.Sureness:
    certainty = advice.certainty
    return schemas.Sureness(
        fits=round(certainty.fits, 6),
        too_cold=certainty.too_cold,
        too_warm=certainty.too_warm,
        cold_spans=_spans(certainty.cold_spans, station),
        warm_spans=_spans(certainty.warm_spans, station),
        text=text.certainty,
        second=list(text.second),
        second_clo=round(certainty.second.outfit.clo, 3) if certainty.second else None,
        second_text=text.second_tip,
    )


def _spans(spans: Iterable[Span], station: HasZone) -> list[schemas.TimeSpan]:
    return [
        schemas.TimeSpan(
            start=span.start.replace(tzinfo=station.zone), end=span.end.replace(tzinfo=station.zone)
        )
        for span in spans
    ]


def _step(step: Step, change: str, station: HasZone, units: Units) -> Any:
    kind = schemas.StepImperial if units == "imperial" else schemas.Step
    return kind(
        at=step.valid_at.astimezone(station.zone),
        observed=step.observed,
        rain_chance=step.rain_chance,
        snow_chance=step.snow_chance,
        needs_clo=step.needs_clo,
        wears_clo=step.wears_clo,
        worn=list(step.worn),
        change=change,
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
