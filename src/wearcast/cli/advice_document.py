"""Advice as a document: the API's answer, for the forecast's days and for given hours."""

from datetime import UTC

import numpy as np

from wearcast.cli.asked_day import ForecastDay
from wearcast.cli.given_weather import GivenDay
from wearcast.clothing.advice import choice, day_choice
from wearcast.clothing.precipitation import Snow
from wearcast.clothing.weather_input import Weather
from wearcast.forecasting.daily import Day, reader_clock
from wearcast.forecasting.quantiles import LEVELS
from wearcast.forecasting.snapshot import version
from wearcast.serving.api import schemas
from wearcast.serving.api.day_view import day_schemas
from wearcast.serving.api.forecast_view import StationForecastView, guidance_of, weather_summary
from wearcast.serving.api.recommendation_view import recommendation
from wearcast.serving.api.units import quantities
from wearcast.serving.made_from import owed_to
from wearcast.serving.settings import Deployment

Document = schemas.Recommendation | schemas.RecommendationImperial


def of_forecast(asked: ForecastDay) -> bytes:
    """What to wear on a day of the forecast."""
    snapshot, settings = asked.snapshot, asked.settings
    today = reader_clock(snapshot, asked.place.id, asked.now).date()
    index = snapshot.index(asked.place.id)
    view = StationForecastView(snapshot, index, settings.units, today)
    chosen = day_choice(
        snapshot,
        asked.place.id,
        asked.on,
        settings,
        asked.owned,
    )
    summary, day = view.summary(asked.on), view.day(asked.on)
    provenance = _provenance(asked)
    made_from = view.made_from(settings.language)
    content = recommendation(chosen, asked.place, summary, day, provenance, made_from, today)
    return _as_json(content)


def of_given_weather(given: GivenDay) -> bytes:
    """What to wear in given hours, which are of no forecast."""
    weather = given.weather
    settings = given.settings
    of_the_date = weather.on_date(given.on)
    members = of_the_date.members
    temp_c = np.median(members["temp_c"], axis=0)
    in_units = quantities(settings.units)["temp_c"]
    temperatures = in_units(temp_c).tolist()
    summary = weather_summary(temperatures)
    snow = Snow.of(members)
    only_day = _day(of_the_date)
    [day] = day_schemas([only_day], [snow], settings.units)
    chosen = choice(given.outing, settings, given.owned)
    content = recommendation(chosen, weather.station, summary, day, None)
    return _as_json(content)


def _as_json(document: Document) -> bytes:
    return document.model_dump_json(indent=2).encode()


def _provenance(asked: ForecastDay) -> schemas.Provenance:
    """As of the API, but nobody published it."""
    snapshot = asked.snapshot
    index = snapshot.index(asked.place.id)
    issued_at = snapshot.issued_at[index].item().replace(tzinfo=UTC)
    age_s = (reader_clock(snapshot, asked.place.id, asked.now) - issued_at).total_seconds()
    return schemas.Provenance(
        issued_at=issued_at,
        published_at=None,
        model=snapshot.origin.model,
        source=snapshot.origin.source,
        attribution=owed_to(snapshot.origin.source, snapshot.guidance[index]),
        guidance=guidance_of(snapshot, index),
        version=version(snapshot.to_bytes()),
        age_s=max(0, int(age_s)),
        stale=age_s > Deployment().stale_after.total_seconds(),
        replay=snapshot.origin.replay,
    )


def _day(weather: Weather) -> Day:
    """The given hours of a date as a day of a forecast; where they are known, its quantiles are all
    the same."""
    temp_c = weather.members["temp_c"]
    extremes = {
        "min": temp_c.min(axis=1),
        "mean": temp_c.mean(axis=1),
        "max": temp_c.max(axis=1),
    }
    return Day(
        date=weather.on,
        valid_at=weather.valid_at,
        hours=weather.hours,
        observed_h=0,
        temp_c={name: np.quantile(values, LEVELS) for name, values in extremes.items()},
        daily_rain_chance=float(weather.rain_chance.max()),
        members=weather.members,
    )
