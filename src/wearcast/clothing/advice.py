"""Advice: what to wear on a day or at an hour, why, what to carry, and how sure that is. The only
place where it is computed.

`day_advice` and `hour_advice` answer from a snapshot, `day_choice` and `hour_choice` with the
outfits of all styles beside it, `every_style` with all that can be said of each, and `advise` from
any hours of weather. All are pure: the same weather and settings give the same advice.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from wearcast.clothing import phrases, tips
from wearcast.clothing.carrying import Carry, carried
from wearcast.clothing.dressing import Dressed
from wearcast.clothing.ladders import Ladder, Outfit, ladder
from wearcast.clothing.required_insulation import Needs
from wearcast.clothing.settings import Settings
from wearcast.clothing.snapshot_weather import weather_of_day, weather_of_hour
from wearcast.clothing.weather_input import Weather
from wearcast.forecasting.snapshot import Snapshot
from wearcast.messages import name
from wearcast.vocabulary import Style


@dataclass(frozen=True)
class Piece:
    """A garment of an outfit: its id, name, layer and insulation in clo, whether it comes off
    outdoors, and why it is worn."""

    id: str
    name: str
    layer: str
    clo: float
    removable: bool
    reason: str


@dataclass(frozen=True)
class Step:
    """An hour of the timeline; None where the weather isn't known.

    Attributes:
        at: local time.
        valid_at: the same in UTC.
        observed: it has passed; the numbers are measurements, and nothing is advised.
        temp_c: of the air.
        feels_c: feels-like temperature.
        wind_ms: wind speed at 10 m.
        rain_chance: of at least 0.1 mm in the hour.
        needs_clo: the insulation it asks for.
        wears_clo: the insulation of what is on.
        worn: the ids of what is on.
        change: what to put on or take off, in words; mostly empty.
    """

    at: datetime
    valid_at: datetime
    observed: bool
    temp_c: float
    feels_c: float
    wind_ms: float | None
    rain_chance: float | None
    needs_clo: float
    wears_clo: float
    worn: tuple[str, ...]
    change: str


@dataclass(frozen=True)
class Certainty:
    """How sure an outfit is: chances that sum to 1, in words too.

    Attributes:
        fits: it is right within `dressing.MARGIN_CLO`.
        too_cold: the coldest hour asks for more.
        too_warm: even the coldest hour asks for less.
        text: the same in words.
        second: the names of another outfit's garments, where the forecast leaves room for one.
        second_clo: its insulation.
        second_text: how to change into it.
    """

    fits: float
    too_cold: float
    too_warm: float
    text: str
    second: tuple[str, ...] = ()
    second_clo: float | None = None
    second_text: str = ""


@dataclass(frozen=True)
class Advice:
    """What to wear.

    Attributes:
        station: its id.
        date: the local date it is for; a night's hours go on after it.
        settings: the person's.
        rung: of the ladder, 0 the lightest.
        clo: insulation of the whole outfit.
        needs_clo: what the coldest hour asks for.
        pieces: the outfit, the outermost first.
        why: one sentence.
        layering_tip: what to do with the layers.
        activity_tip: what the weather means for what the person does.
        carry: what to have along.
        certainty: how sure it is.
        timeline: hour by hour.
        unknown: which hours outdoors the forecast doesn't reach, in words; empty where it reaches
            all.
        missing: what a person's own wardrobe lacks for it; empty where nothing does.
    """

    station: str
    date: date
    settings: Settings
    rung: int
    clo: float
    needs_clo: float
    pieces: tuple[Piece, ...]
    why: str
    layering_tip: str
    activity_tip: str
    carry: tuple[Carry, ...]
    certainty: Certainty
    timeline: tuple[Step, ...]
    unknown: str = ""
    missing: str = ""


@dataclass(frozen=True)
class Choice:
    """An advice, and by their names the garments that would be worn in every style."""

    advice: Advice
    styles: Mapping[Style, tuple[str, ...]]


def day_advice(
    snapshot: Snapshot, station: str, on: date, settings: Settings, owned: Ladder | None = None
) -> Advice:
    """What to wear at a station on one of the snapshot's days, or through the night that begins on
    it.

    `owned` is a ladder of what the person has.

    Raises:
        ModelError: the station or the date isn't in the snapshot.
    """
    return advise(weather_of_day(snapshot, station, on, settings), settings, owned)


def every_style(
    snapshot: Snapshot, station: str, on: date, settings: Settings
) -> Mapping[Style, Advice]:
    """What to wear on a day, in every style.

    Raises:
        ModelError: the station or the date isn't in the snapshot.
    """
    needs = Needs.of(weather_of_day(snapshot, station, on, settings), settings)
    return {
        style: _told(Dressed.of(needs, ladder(style)), settings.model_copy(update={"style": style}))
        for style in Style
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
    return _choice(weather_of_day(snapshot, station, on, settings), settings, owned)


def hour_choice(
    snapshot: Snapshot, station: str, at: datetime, settings: Settings, owned: Ladder | None = None
) -> Choice:
    """As `hour_advice`, with the outfits of all styles.

    Raises:
        ModelError: as `hour_advice` does.
    """
    return _choice(weather_of_hour(snapshot, station, at), settings, owned)


def advise(weather: Weather, settings: Settings, owned: Ladder | None = None) -> Advice:
    """What to wear during the hours outdoors of any weather, or during all of it where it has
    none."""
    return _advice(Needs.of(weather, settings), owned)


def _choice(weather: Weather, settings: Settings, owned: Ladder | None) -> Choice:
    needs = Needs.of(weather, settings)
    others = {style: Dressed.of(needs, ladder(style)) for style in Style}
    return Choice(
        _advice(needs, owned),
        {style: _names(dressed, dressed.outfit) for style, dressed in others.items()},
    )


def _advice(needs: Needs, owned: Ladder | None) -> Advice:
    dressed = Dressed.of(needs, owned or ladder(needs.settings.style))
    advice = _told(dressed, needs.settings)
    return replace(advice, missing=tips.missing(dressed)) if owned else advice


def _told(dressed: Dressed, settings: Settings) -> Advice:
    needs = dressed.needs
    return Advice(
        station=needs.weather.station.id,
        date=needs.weather.on,
        settings=settings,
        rung=dressed.rung,
        clo=round(dressed.outfit.clo, 3),
        needs_clo=round(needs.typical_clo, 3),
        pieces=_pieces(dressed),
        why=phrases.why(dressed),
        layering_tip=tips.layering_tip(dressed),
        activity_tip=tips.activity_tip(dressed),
        carry=carried(dressed),
        certainty=_certainty(dressed),
        timeline=_timeline(dressed),
        unknown=tips.unknown(dressed),
    )


def _pieces(dressed: Dressed) -> tuple[Piece, ...]:
    language = dressed.needs.settings.language
    return tuple(
        Piece(
            garment.id,
            name(language, garment),
            garment.layer.value,
            garment.clo,
            garment.removable,
            phrases.reason(dressed, garment),
        )
        for garment in dressed.outfit.garments
    )


def _certainty(dressed: Dressed) -> Certainty:
    cold, warm, second = dressed.too_cold, dressed.too_warm, dressed.second
    fits = round(1 - cold - warm, 6)
    text = tips.certainty(dressed)
    if second is None:
        return Certainty(fits, cold, warm, text)
    return Certainty(
        fits,
        cold,
        warm,
        text,
        _names(dressed, second),
        round(second.clo, 3),
        tips.instead(dressed, second),
    )


def _names(dressed: Dressed, outfit: Outfit) -> tuple[str, ...]:
    return tuple(name(dressed.needs.settings.language, garment) for garment in outfit.garments)


def _timeline(dressed: Dressed) -> tuple[Step, ...]:
    outfit, states, ahead = dressed.outfit, dressed.states.tolist(), dressed.needs.ahead.tolist()
    worn = [tuple(g.id for g in outfit.garments if g.id not in off) for off in outfit.takings_off]
    clo = [round(value, 3) for value in outfit.clo_by_state.tolist()]
    first = ahead.index(True)
    return tuple(
        Step(
            **row,
            wears_clo=clo[states[hour]],
            worn=worn[states[hour]],
            change=phrases.change(dressed, hour, hour == first) if ahead[hour] else "",
        )
        for hour, row in enumerate(dressed.needs.rows)
    )
