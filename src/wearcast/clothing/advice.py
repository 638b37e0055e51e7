"""Advice: what to wear on a day or at an hour, why, what to carry, and how sure that is. The only
place where it is computed; `wording` puts it into words.

`day_advice` and `hour_advice` answer from a snapshot, `day_choice` and `hour_choice` with the
outfits of all styles beside it, `every_style` with all that can be said of each; `advise` and
`choice` answer from any hours of weather. All are pure: the same weather and settings give the same
advice.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from wearcast.clothing.carrying import Carry, carried
from wearcast.clothing.certainty import Certainty, certainty
from wearcast.clothing.day_before import DayBefore, beside_day_before, needs_of_day_before
from wearcast.clothing.dressing import Dressed
from wearcast.clothing.gaps import Lack, hours_without_forecast, lack
from wearcast.clothing.ladders import Ladder, ladder
from wearcast.clothing.outfits import Outfit
from wearcast.clothing.rain_ahead import RainAhead, rain_ahead
from wearcast.clothing.reasons import OutfitReason, Piece, outfit_reason, pieces
from wearcast.clothing.required_insulation import Moment, Needs
from wearcast.clothing.settings import Settings
from wearcast.clothing.snapshot_weather import (
    weather_of_day,
    weather_of_day_before,
    weather_of_hour,
)
from wearcast.clothing.timeline import Span, Step, timeline
from wearcast.clothing.tips import ActivityTip, LayeringTip, activity_tip, layering_tip
from wearcast.clothing.weather_input import Weather
from wearcast.forecasting.snapshot import Snapshot
from wearcast.vocabulary import Style


@dataclass(frozen=True)
class Advice:
    """What to wear.

    Attributes:
        station: its id.
        date: the local date it is for; a night's hours go on after it.
        settings: the person's.
        rung: of the ladder, 0 the lightest, the one nearest in insulation.
        clo: insulation of the whole outfit.
        needs_clo: what the coldest hour asks for.
        reason: what decides.
        rain: the rain or snow of the hours ahead; None where its chance isn't known.
        coldest: the hour ahead that asks for most.
        warmest: the hour ahead that feels warmest.
        hottest_shade_c: how the hottest hour feels in the shade.
        pieces: the outfit, the outermost first.
        layering_tip: what to do with the layers.
        activity_tip: what the weather means for what the person does.
        carry: what to have along.
        certainty: how sure it is.
        timeline: hour by hour.
        without_forecast: the hours outdoors that the forecast doesn't reach.
        day_before: the day beside the one before; None where too little of that is known, and
            where the weather isn't a snapshot's day.
        lack: what a person's own wardrobe has nothing of.
    """

    station: str
    date: date
    settings: Settings
    rung: int
    clo: float
    needs_clo: float
    reason: OutfitReason
    rain: RainAhead | None
    coldest: Moment
    warmest: Moment
    hottest_shade_c: float
    pieces: tuple[Piece, ...]
    layering_tip: LayeringTip
    activity_tip: ActivityTip
    carry: tuple[Carry, ...]
    certainty: Certainty
    timeline: tuple[Step, ...]
    without_forecast: Span | None
    day_before: DayBefore | None = None
    lack: Lack | None = None

    @classmethod
    def of(cls, dressed: Dressed, settings: Settings, before: Needs | None = None) -> "Advice":
        """All that can be said of an outfit; `before` are the needs of the day before."""
        needs = dressed.needs
        return cls(
            station=needs.weather.station.id,
            date=needs.weather.on,
            settings=settings,
            rung=dressed.rung,
            clo=round(dressed.outfit.clo, 3),
            needs_clo=round(needs.typical_clo, 3),
            reason=outfit_reason(dressed),
            rain=rain_ahead(dressed),
            coldest=needs.coldest,
            warmest=needs.warmest,
            hottest_shade_c=needs.hottest_shade_c,
            pieces=pieces(dressed),
            layering_tip=layering_tip(dressed),
            activity_tip=activity_tip(dressed),
            carry=carried(dressed),
            certainty=certainty(dressed),
            timeline=timeline(dressed),
            without_forecast=hours_without_forecast(dressed),
            day_before=beside_day_before(dressed, before),
        )


@dataclass(frozen=True)
class Choice:
    """An advice, and what would be worn in every style."""

    advice: Advice
    styles: Mapping[Style, Outfit]


def day_advice(
    snapshot: Snapshot, station: str, on: date, settings: Settings, owned: Ladder | None = None
) -> Advice:
    """What to wear at a station on one of the snapshot's days, or through the night that begins on
    it.

    `owned` is a ladder of what the person has.

    Raises:
        ModelError: the station or the date isn't in the snapshot.
    """
    needs = Needs.of(weather_of_day(snapshot, station, on, settings), settings)
    return _advice(needs, owned, _needs_before(snapshot, needs))


def every_style(
    snapshot: Snapshot, station: str, on: date, settings: Settings
) -> Mapping[Style, Advice]:
    """What to wear on a day, in every style; none of it beside the day before.

    Raises:
        ModelError: the station or the date isn't in the snapshot.
    """
    needs = Needs.of(weather_of_day(snapshot, station, on, settings), settings)
    return {
        style: Advice.of(dressed, settings.model_copy(update={"style": style}))
        for style, dressed in _dressed_in_every_style(needs).items()
    }


def hour_advice(
    snapshot: Snapshot, station: str, at: datetime, settings: Settings, owned: Ladder | None = None
) -> Advice:
    """What to wear at a station in one hour of the snapshot's days, given with its zone.

    Raises:
        ModelError: the station or the hour isn't in the snapshot, or the hour has no zone.
    """
    return advise(weather_of_hour(snapshot, station, at), settings, owned)


def day_choice(
    snapshot: Snapshot, station: str, on: date, settings: Settings, owned: Ladder | None = None
) -> Choice:
    """As `day_advice`, with the outfits of all styles.

    Raises:
        ModelError: as `day_advice` does.
    """
    needs = Needs.of(weather_of_day(snapshot, station, on, settings), settings)
    return _choice(needs, owned, _needs_before(snapshot, needs))


def hour_choice(
    snapshot: Snapshot, station: str, at: datetime, settings: Settings, owned: Ladder | None = None
) -> Choice:
    """As `hour_advice`, with the outfits of all styles.

    Raises:
        ModelError: as `hour_advice` does.
    """
    return choice(weather_of_hour(snapshot, station, at), settings, owned)


def advise(weather: Weather, settings: Settings, owned: Ladder | None = None) -> Advice:
    """What to wear during the hours outdoors of any weather, or during all of it where it has
    none."""
    return _advice(Needs.of(weather, settings), owned)


def choice(weather: Weather, settings: Settings, owned: Ladder | None = None) -> Choice:
    """As `advise`, with the outfits of all styles."""
    return _choice(Needs.of(weather, settings), owned)


def _needs_before(snapshot: Snapshot, needs: Needs) -> Needs | None:
    weather, settings = needs.weather, needs.settings
    before = weather_of_day_before(snapshot, weather.station.id, weather.on, settings)
    return needs_of_day_before(needs, before)


def _choice(needs: Needs, owned: Ladder | None, before: Needs | None = None) -> Choice:
    styles = _dressed_in_every_style(needs)
    if owned:
        advice = _advice(needs, owned, before)
    else:
        advice = Advice.of(styles[needs.settings.style], needs.settings, before)
    return Choice(advice, {style: dressed.outfit for style, dressed in styles.items()})


def _advice(needs: Needs, owned: Ladder | None, before: Needs | None = None) -> Advice:
    dressed = Dressed.of(needs, owned or ladder(needs.settings.style, needs.settings.activity))
    advice = Advice.of(dressed, needs.settings, before)
    return replace(advice, lack=lack(dressed)) if owned else advice


def _dressed_in_every_style(needs: Needs) -> dict[Style, Dressed]:
    return {style: Dressed.of(needs, ladder(style, needs.settings.activity)) for style in Style}
